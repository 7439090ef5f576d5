"""What the index says, made equal to what was seen on the disk; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from camsvc.library import index, names
from camsvc.library.scan.folder_reader import SeenFile, is_text
from camsvc.model import MediaFile


def take_in(db: sqlite3.Connection, kind: str, location: str, seen: Sequence[SeenFile]) -> int:
    """Enter files that are new or were written again; what is known of the others stays.

    Camera and time of a new one are what its name says; where it says nothing, it was made when it was written.

    Args:
        db: inside a transaction.
        kind: of the files.
        location: where they lie; what lies elsewhere by the index is left to that place.
        seen: some files.

    Returns:
        how many entries are new or others.
    """
    marks = ", ".join("?" * len(seen))
    rows = db.execute(
        "SELECT filename, size_bytes, modified_at, created_at, location FROM media_file"
        f" WHERE kind = ? AND filename IN ({marks})",
        (kind, *(file.name for file in seen)),
    )
    known = {row[0]: row[1:] for row in rows}
    index.add_files(db, kind, [_file(file, location) for file in seen if file.name not in known])
    changed = len(seen) - len(known)
    for file in seen:
        size, modified_at, created_at, place = known.get(file.name, (None, None, None, None))
        if place == location and (size, modified_at) != (file.size_bytes, file.modified_at):
            began_at = file.modified_at if created_at == modified_at else created_at
            _rewrite(db, kind, file, began_at)
            changed += 1
    return changed


def listed(db: sqlite3.Connection, kind: str, location: str, after: str, most: int) -> list[str]:
    """Names of files that lie in a place by the index, in their order.

    Args:
        db: inside a transaction.
        kind: of the files.
        location: the place.
        after: the last name of the page before; empty for the first.
        most: of a page.
    """
    rows = db.execute(
        "SELECT filename FROM media_file WHERE kind = ? AND filename > ? AND location = ? ORDER BY filename LIMIT ?",
        (kind, after, location, most),
    )
    return [row[0] for row in rows]


def unknown(db: sqlite3.Connection, kind: str, filenames: Sequence[str]) -> list[str]:
    """Which of some names the index does not have; those that are no text it cannot have."""
    texts = [name for name in filenames if is_text(name)]
    known = index.known(db, kind, texts)
    return [name for name in filenames if name not in known]


def forget(db: sqlite3.Connection, kind: str, location: str, missing: Sequence[str]) -> int:
    """Drop what is gone from a place, where the index still says that it lies there.

    Returns:
        how many entries.
    """
    dropped = 0
    for name in missing:
        row = db.execute("SELECT location FROM media_file WHERE kind = ? AND filename = ?", (kind, name)).fetchone()
        if row is not None and row[0] == location:
            index.drop(db, kind, name)
            dropped += 1
    return dropped


def _file(seen: SeenFile, location: str) -> MediaFile:
    began_at = names.time_of(seen.name)
    created_at = seen.modified_at if began_at is None else began_at
    device = names.device_of(seen.name)
    return MediaFile(seen.name, device, seen.size_bytes, created_at, seen.modified_at, location=location)


def _rewrite(db: sqlite3.Connection, kind: str, seen: SeenFile, created_at: float) -> None:
    """What was known of its inside holds no more."""
    db.execute(
        "UPDATE media_file SET size_bytes = ?, modified_at = ?, created_at = ?, examined = 0"
        " WHERE kind = ? AND filename = ?",
        (seen.size_bytes, seen.modified_at, created_at, kind, seen.name),
    )
