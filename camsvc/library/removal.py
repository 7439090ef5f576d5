"""How finished files are deleted, with their thumbnails: from the disk, then from the index.

A crash between the two loses no file.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from camsvc.errors import DependencyFailed
from camsvc.library import index, names, protection_markers, thumbnail_names
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
    kept = await remove_many(database, folders, [(kind, file)])
    for why in kept.values():
        raise DependencyFailed("storage", f"{file.filename} cannot be deleted: {why}")


async def remove_many(
    database: Database, folders: MediaFolders, files: Sequence[tuple[str, MediaFile]]
) -> dict[tuple[str, str], str]:
    """Delete finished files, in one transaction.

    Args:
        database: holds the index.
        folders: knows the folders.
        files: each with its kind, as :func:`remove` takes them.

    Returns:
        those that the file system refuses to delete, by kind and name, each with the reason.
    """
    kept = await folders.thread(_unlink, folders, files)

    def drop(db: sqlite3.Connection) -> set[str]:
        last = set()
        for kind, file in files:
            if (kind, file.filename) not in kept:
                index.drop(db, kind, file.filename)
                if file.protected and not index.segments(db, kind, file.filename):
                    last.add(names.place_of(file.filename)[0])
        return last

    await folders.thread(_unmark, folders, await database.run(drop))
    return kept


def _unmark(folders: MediaFolders, titles: set[str]) -> None:
    """Nothing is left of these recordings that could be protected; a file that says so harms nothing."""
    for folder in (folders.recordings_dir, folders.archive_dir):
        if titles and folder is not None:
            with suppress(OSError):
                protection_markers.unmark(folder, titles)


def _unlink(folders: MediaFolders, files: Sequence[tuple[str, MediaFile]]) -> dict[tuple[str, str], str]:
    kept = {}
    for kind, file in files:
        try:
            _unlink_one(folders.path(kind, file))
            thumbnail_names.drop(folders.thumbnails_dir, [thumbnail_names.name_of(file.filename)])
        except OSError as why:
            kept[kind, file.filename] = why.strerror or str(why)
    return kept


def _unlink_one(path: Path) -> None:
    """Delete a file; one that is gone is fine, unless all of its folder is: then its disk is away, and comes back.

    Raises:
        FileNotFoundError: the folder is gone or empty.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        if not path.parent.is_dir() or not any(path.parent.iterdir()):
            raise FileNotFoundError(errno.ENOENT, "its disk is not there") from None
