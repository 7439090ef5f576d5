"""The finished files that the database knows: rows in, values out; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from attrs import evolve

from camsvc.library import names, recordings_table
from camsvc.model import MediaFile

RECORDINGS, SNAPSHOTS, EXPORTS = "recordings", "snapshots", "exports"
EXTENSIONS = {RECORDINGS: (".mp4", ".mkv"), SNAPSHOTS: (".jpg", ".jpeg"), EXPORTS: (".mp4", ".mkv")}

MEDIA = "media"
"""The location of a file that lies in the folder of its kind."""

ARCHIVE = "archive"
"""The location of a recording that was moved to the second folder."""

_FILE_COLUMNS = (
    "filename, device, size_bytes, created_at, modified_at, duration_s, width, height, codec, sound,"
    " protected, location"
)
_VALUES = ", ".join("?" * (_FILE_COLUMNS.count(",") + 5))
_RENEWED = "recording = coalesce(excluded.recording, recording), " + ", ".join(
    f"{column} = excluded.{column}" for column in _FILE_COLUMNS.split(", ") if column not in ("filename", "protected")
)


def add_files(db: sqlite3.Connection, kind: str, files: Iterable[MediaFile], recording: int | None = None) -> None:
    """Enter files into the index; one that is known gets new values, and stays protected where it was.

    Args:
        db: inside a transaction.
        kind: RECORDINGS, SNAPSHOTS or EXPORTS.
        files: which recording each belongs to, and its place in that, are what its name says.
        recording: id of the recording that they are the files of, where the database has one.
    """
    db.executemany(
        f"INSERT INTO media_file (kind, recording, title, segment, {_FILE_COLUMNS}) VALUES ({_VALUES})"
        f" ON CONFLICT (kind, filename) DO UPDATE SET {_RENEWED}, examined = 0",
        [
            (
                kind,
                recording,
                *names.place_of(file.filename),
                file.filename,
                file.device,
                file.size_bytes,
                file.created_at,
                file.modified_at,
                file.duration_s,
                file.width,
                file.height,
                file.codec,
                file.sound,
                file.protected,
                file.location,
            )
            for file in files
        ],
    )


def by_rows(db: sqlite3.Connection, kind: str, rows: Sequence[int]) -> list[MediaFile]:
    """Recordings or files by the ids of their rows (of a recording the first file's), in that order."""
    if not rows:
        return []
    several = "(SELECT count(*) > 1 FROM media_file AS s WHERE s.kind = f.kind AND s.title = f.title)"
    query = (
        f"SELECT rowid, {several}, {_FILE_COLUMNS}, 'FINISHED' FROM media_file AS f"
        f" WHERE rowid IN ({', '.join('?' * len(rows))})"
    )
    found = {row[0]: (row[1], _file(row[2:])) for row in db.execute(query, rows)}
    return [_as_a_whole(db, kind, found[row][1]) if found[row][0] else found[row][1] for row in rows if row in found]


def under_way(db: sqlite3.Connection) -> list[MediaFile]:
    """Recordings under way and being finished, as files; of no size yet."""
    return [_file(row) for row in db.execute(_PENDING)]


def find(db: sqlite3.Connection, kind: str, name: str) -> MediaFile | None:
    """One recording or file by its name, with or without its extension; None when there is none.

    The name of a recording's first file stands for the recording as a whole; that of another for that file alone.
    """
    tried = [name, *(name + extension for extension in EXTENSIONS[kind])]
    query = f"SELECT * FROM ({_all_files(kind)}) WHERE filename IN ({', '.join('?' * len(tried))})"
    found = {row[0]: _file(row) for row in db.execute(query, (kind, *tried))}
    first = next((found[each] for each in tried if each in found), None)
    return _as_a_whole(db, kind, first) if first is not None else None


def segments(db: sqlite3.Connection, kind: str, filename: str) -> tuple[MediaFile, ...]:
    """The finished files of a recording, in order; each with its own size and length.

    Args:
        db: inside a transaction.
        kind: RECORDINGS; of any other kind each file is one of its own.
        filename: of one of them, or of a recording under way.
    """
    query = (
        f"SELECT {_FILE_COLUMNS}, 'FINISHED' FROM media_file WHERE kind = ? AND title = ? ORDER BY segment, filename"
    )
    return tuple(_file(row) for row in db.execute(query, (kind, names.place_of(filename)[0])))


def overlapping(db: sqlite3.Connection, device: str, since: float, until: float) -> list[MediaFile]:
    """The finished files of a camera's recordings that show anything of a time, oldest first.

    Args:
        db: inside a transaction.
        device: the camera.
        since: seconds since the epoch.
        until: likewise.
    """
    query = (
        f"SELECT {_FILE_COLUMNS}, 'FINISHED' FROM media_file WHERE kind = ? AND device = ? AND created_at < ?"
        " AND created_at + duration_s > ? ORDER BY created_at, filename"
    )
    return [_file(row) for row in db.execute(query, (RECORDINGS, device, until, since))]


def protect(db: sqlite3.Connection, kind: str, filename: str, protected: bool) -> int:
    """Say of all files of a recording whether retention leaves them alone, and of those that it will have.

    Returns:
        how many files it has.
    """
    title = names.place_of(filename)[0]
    if kind == RECORDINGS:
        recordings_table.protect(db, title, protected)
    changed = "UPDATE media_file SET protected = ? WHERE kind = ? AND title = ?"
    return db.execute(changed, (protected, kind, title)).rowcount


def protect_all(db: sqlite3.Connection, titles: Iterable[str]) -> None:
    """Protect recordings by their names; those of which nothing is known are left out."""
    for title in titles:
        recordings_table.protect(db, title, True)
        db.execute(
            "UPDATE media_file SET protected = 1 WHERE kind = ? AND title = ? AND NOT protected", (RECORDINGS, title)
        )


def is_protected(db: sqlite3.Connection, title: str) -> bool:
    """Whether a recording is protected, by its name."""
    query = "SELECT 1 FROM media_file WHERE kind = ? AND title = ? AND protected LIMIT 1"
    return db.execute(query, (RECORDINGS, title)).fetchone() is not None


def protected_titles(db: sqlite3.Connection, location: str) -> set[str]:
    """The names of the protected recordings that have a file in a place."""
    query = "SELECT title FROM media_file WHERE protected AND kind = ? AND location = ?"
    return {row[0] for row in db.execute(query, (RECORDINGS, location))}


def relocate(db: sqlite3.Connection, kind: str, filename: str, location: str) -> None:
    """Say that a file lies in another folder from now on: MEDIA, or what ``MediaFolders.folder`` knows."""
    db.execute("UPDATE media_file SET location = ? WHERE kind = ? AND filename = ?", (location, kind, filename))


def oldest(
    db: sqlite3.Connection, limit: int, after: tuple[str, MediaFile] | None = None
) -> list[tuple[str, MediaFile]]:
    """Finished files with their kind, oldest first, a page at a time: there may be a hundred thousand.

    Args:
        db: inside a transaction.
        limit: at most so many.
        after: the last of the page before; None for the first page.
    """
    kind, last = after if after is not None else ("", None)
    place = (last.created_at, last.filename, kind) if last is not None else (float("-inf"), "", "")
    query = (
        f"SELECT kind, {_FILE_COLUMNS}, 'FINISHED' FROM media_file"
        " WHERE (created_at, filename, kind) > (?, ?, ?) ORDER BY created_at, filename, kind LIMIT ?"
    )
    return [(row[0], _file(row[1:])) for row in db.execute(query, (*place, limit))]


def newest(db: sqlite3.Connection, limit: int) -> list[tuple[str, MediaFile]]:
    """The newest finished files with their kind, at most so many, newest first."""
    query = (
        f"SELECT kind, {_FILE_COLUMNS}, 'FINISHED' FROM media_file ORDER BY created_at DESC, filename DESC LIMIT ?"
    )
    return [(row[0], _file(row[1:])) for row in db.execute(query, (limit,))]


def known(db: sqlite3.Connection, kind: str, filenames: Collection[str]) -> set[str]:
    """Which of some names are those of finished files."""
    marks = ", ".join("?" * len(filenames))
    rows = db.execute(f"SELECT filename FROM media_file WHERE kind = ? AND filename IN ({marks})", (kind, *filenames))
    return {row[0] for row in rows}


def unexamined(db: sqlite3.Connection, after: int, limit: int) -> list[tuple[int, str, MediaFile]]:
    """Files that nobody has opened yet: row, kind and file, by their rows.

    Args:
        db: inside a transaction.
        after: the last row of the page before; 0 for the first.
        limit: at most so many.
    """
    query = (
        f"SELECT rowid, kind, {_FILE_COLUMNS}, 'FINISHED' FROM media_file"
        " WHERE examined = 0 AND rowid > ? ORDER BY rowid LIMIT ?"
    )
    return [(row[0], row[1], _file(row[2:])) for row in db.execute(query, (after, limit))]


def drop(db: sqlite3.Connection, kind: str, filename: str) -> None:
    """Forget a file that is gone; its recording too when that was its last, and none can follow."""
    row = db.execute(
        "DELETE FROM media_file WHERE kind = ? AND filename = ? RETURNING recording", (kind, filename)
    ).fetchone()
    if row and row[0] and not db.execute("SELECT 1 FROM media_file WHERE recording = ?", row).fetchone():
        recordings_table.forget_ended(db, row[0])


def sizes(db: sqlite3.Connection) -> dict[str, int]:
    """Bytes of the finished files, by kind."""
    rows = db.execute("SELECT kind, sum(size_bytes) FROM media_total GROUP BY kind").fetchall()
    return {RECORDINGS: 0, SNAPSHOTS: 0, EXPORTS: 0} | dict(rows)


_PENDING = (
    "SELECT name || CASE format WHEN 'mkv' THEN '.mkv' ELSE '.mp4' END, device, 0, started_at,"
    " coalesce(ended_at, started_at), NULL, NULL, NULL, NULL, NULL, protected, 'media', state FROM recording"
    " WHERE state IN ('RECORDING', 'FINISHING')"
)
"""Recordings under way and being finished, as rows of files."""


def _all_files(kind: str) -> str:
    """A query with one value, the kind: its files, for recordings those under way and being finished too."""
    source = f"SELECT {_FILE_COLUMNS}, 'FINISHED' AS status FROM media_file WHERE kind = ?"
    return f"{source} UNION ALL {_PENDING}" if kind == RECORDINGS else source


def _as_a_whole(db: sqlite3.Connection, kind: str, file: MediaFile) -> MediaFile:
    """The recording that a file is the first one of; any other file as it is."""
    all_of_it = segments(db, kind, file.filename) if file.status == "FINISHED" else ()
    if len(all_of_it) < 2 or all_of_it[0].filename != file.filename:
        return file
    lengths = [each.duration_s for each in all_of_it if each.duration_s is not None]
    return evolve(
        file,
        segments=len(all_of_it),
        size_bytes=sum(each.size_bytes for each in all_of_it),
        duration_s=sum(lengths) if len(lengths) == len(all_of_it) else None,
        modified_at=max(each.modified_at for each in all_of_it),
    )


def _file(row: tuple[Any, ...]) -> MediaFile:
    """A row of ``_FILE_COLUMNS`` and a status."""
    name, device, size, created, modified, duration, width, height, codec, sound, protected, location, status = row
    return MediaFile(
        name, device, size, created, modified, status, duration, width, height, codec, sound,
        protected=bool(protected), location=location,
    )  # fmt: skip
