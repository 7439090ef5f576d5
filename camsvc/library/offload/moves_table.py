"""Which recordings are to be moved, as the database keeps it; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3

from attrs import frozen

from camsvc.library.index import ARCHIVE, MEDIA, RECORDINGS


@frozen
class Move:
    """A file that is to be moved, or is moved but for its first copy.

    Attributes:
        filename: as it stands in the index.
        size_bytes: its size.
        device: its camera.
        moved: the index says that it is in the second folder; the first copy may still be there.
    """

    filename: str
    size_bytes: int
    device: str
    moved: bool


def ask(db: sqlite3.Connection, filename: str) -> None:
    """Have a file moved; one that waits already keeps its turn."""
    db.execute("INSERT OR IGNORE INTO move (filename) VALUES (?)", (filename,))


def ask_for_older(db: sqlite3.Connection, before: float) -> None:
    """Have every recording moved that ended before a time (seconds since the epoch)."""
    db.execute(
        "INSERT OR IGNORE INTO move (filename) SELECT filename FROM media_file WHERE kind = ? AND location = ?"
        " AND created_at + coalesce(duration_s, 0) < ? ORDER BY created_at",
        (RECORDINGS, MEDIA, before),
    )


def waiting(db: sqlite3.Connection) -> tuple[Move, ...]:
    """What is to be moved, in turn; what has been deleted meanwhile is forgotten."""
    db.execute(
        "DELETE FROM move WHERE filename NOT IN (SELECT filename FROM media_file WHERE kind = ?)", (RECORDINGS,)
    )
    rows = db.execute(
        "SELECT move.filename, size_bytes, device, location = ? FROM move"
        " JOIN media_file ON media_file.filename = move.filename AND kind = ? ORDER BY move.rowid",
        (ARCHIVE, RECORDINGS),
    )
    return tuple(Move(name, size, device, bool(moved)) for name, size, device, moved in rows)


def done(db: sqlite3.Connection, filename: str) -> None:
    """Forget one that is moved."""
    db.execute("DELETE FROM move WHERE filename = ?", (filename,))
