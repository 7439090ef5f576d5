"""How a finished file is deleted, with its thumbnail: from the disk, then from the index.

A crash between the two loses no file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from camsvc.errors import DependencyFailed
from camsvc.library import index, thumbnail_names
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile
from camsvc.system.database import Database


async def remove(database: Database, folders: MediaFolders, kind: str, file: MediaFile) -> None:
    """Delete a finished file; one that is gone from the disk already is dropped from the index alone.

    Args:
        database: holds the index.
        folders: knows the folders.
        kind: of the file.
        file: as it stands in the index; of a recording of several files the one that it names, and no other.

    Raises:
        DependencyFailed: the file system refuses.
    """
    filename = file.filename
    try:
        await folders.thread(_unlink, folders.path(kind, file))
        await folders.thread(thumbnail_names.drop, folders.thumbnails_dir, [thumbnail_names.name_of(filename)])
    except OSError as why:
        raise DependencyFailed("storage", f"{filename} cannot be deleted: {why.strerror}") from why
    await database.run(partial(index.drop, kind=kind, filename=filename))


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
