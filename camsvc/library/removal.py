"""How a finished file is deleted, with its thumbnail: from the disk, then from the index.

A crash between the two loses no file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from camsvc.errors import DependencyFailed
from camsvc.library import index, thumbnail_names
from camsvc.library.index import RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.system.database import Database


async def remove(database: Database, folders: MediaFolders, kind: str, filename: str) -> None:
    """Delete a finished file; one that is gone from the disk already is dropped from the index alone.

    Args:
        database: holds the index.
        folders: knows the folders.
        kind: ``recordings`` or ``snapshots``.
        filename: as it stands in the index.

    Raises:
        DependencyFailed: the file system refuses.
    """
    folder = folders.recordings_dir if kind == RECORDINGS else folders.snapshots_dir
    try:
        await folders.thread(_unlink, folder / filename)
        await folders.thread(thumbnail_names.drop, folders.thumbnails_dir, [thumbnail_names.name_of(filename)])
    except OSError as why:
        raise DependencyFailed("storage", f"{filename} cannot be deleted: {why.strerror}") from why
    await database.run(partial(index.drop, kind=kind, filename=filename))


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
