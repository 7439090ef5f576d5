"""The finished files that the database knows: rows in, values out; every function runs inside a transaction."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from camsvc.library import recordings_table
from camsvc.model import MediaFile

RECORDINGS, SNAPSHOTS = "recordings", "snapshots"
EXTENSIONS = {RECORDINGS: (".mp4", ".mkv"), SNAPSHOTS: (".jpg", ".jpeg")}

_OUR_NAME = re.compile(r"(camera[0-9]+)_[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}Z[0-9_.-]*\.[a-z0-9]+\Z")
_FILE_COLUMNS = "filename, device, size_bytes, created_at, modified_at, duration_s, width, height, codec"


@frozen
class FilePage:
    """A page of a list, and how many there are in all."""

    files: tuple[MediaFile, ...]
    total: int


@frozen
class Query:
    """What a list asks for; times are seconds since the epoch."""

    limit: int = 50
    offset: int = 0
    device: str | None = None
    since: float | None = None
    until: float | None = None
    search: str | None = None
    cameras: frozenset[str] | None = None


def add_files(db: sqlite3.Connection, kind: str, files: Iterable[MediaFile], recording: int | None = None) -> None:
    """Enter files into the index."""
    db.executemany(
        f"INSERT OR REPLACE INTO media_file (kind, recording, {_FILE_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                kind,
                recording,
                file.filename,
                file.device,
                file.size_bytes,
                file.created_at,
                file.modified_at,
                file.duration_s,
                file.width,
                file.height,
                file.codec,
            )
            for file in files
        ],
    )


def files(db: sqlite3.Connection, kind: str, query: Query) -> FilePage:
    """A page of files, newest first; recordings under way and being finished stand among them."""
    source = _all_files(kind)
    where, values = _conditions(query)
    total = db.execute(f"SELECT count(*) FROM ({source}){where}", (kind, *values)).fetchone()[0]
    rows = db.execute(
        f"SELECT * FROM ({source}){where} ORDER BY created_at DESC, filename DESC LIMIT ? OFFSET ?",
        (kind, *values, query.limit, query.offset),
    )
    return FilePage(tuple(_file(row) for row in rows), total)


def find(db: sqlite3.Connection, kind: str, name: str) -> MediaFile | None:
    """One file by its name, with or without its extension; None when there is none."""
    names = [name, *(name + extension for extension in EXTENSIONS[kind])]
    query = f"SELECT * FROM ({_all_files(kind)}) WHERE filename IN ({', '.join('?' * len(names))})"
    found = {row[0]: _file(row) for row in db.execute(query, (kind, *names))}
    return next((found[each] for each in names if each in found), None)


def finished(db: sqlite3.Connection) -> list[tuple[str, MediaFile]]:
    """Every finished file with its kind, oldest first."""
    query = f"SELECT kind, {_FILE_COLUMNS}, 'FINISHED' FROM media_file ORDER BY created_at, filename"
    return [(row[0], _file(row[1:])) for row in db.execute(query)]


def drop(db: sqlite3.Connection, kind: str, filename: str) -> None:
    """Forget a file that is gone; its recording too when that was its last."""
    row = db.execute(
        "DELETE FROM media_file WHERE kind = ? AND filename = ? RETURNING recording", (kind, filename)
    ).fetchone()
    if row and row[0] and not db.execute("SELECT 1 FROM media_file WHERE recording = ?", row).fetchone():
        recordings_table.forget(db, row[0])


def sizes(db: sqlite3.Connection) -> dict[str, int]:
    """Bytes of the finished files, by kind."""
    rows = db.execute("SELECT kind, sum(size_bytes) FROM media_file GROUP BY kind").fetchall()
    return {RECORDINGS: 0, SNAPSHOTS: 0} | dict(rows)


def rebuild(db: sqlite3.Connection, kind: str, on_disk: Sequence[MediaFile]) -> tuple[int, int]:
    """Make the index equal to the files there are.

    Returns:
        how many files were added, and how many entries were dropped.
    """
    known = {row[0] for row in db.execute("SELECT filename FROM media_file WHERE kind = ?", (kind,))}
    there = {file.filename for file in on_disk}
    new = [file for file in on_disk if file.filename not in known]
    add_files(db, kind, new)
    gone = known - there
    db.executemany("DELETE FROM media_file WHERE kind = ? AND filename = ?", [(kind, name) for name in gone])
    return len(new), len(gone)


def scan(folder: Path, kind: str) -> list[MediaFile]:
    """The files of a folder; those that hide behind a dot are work in progress and left out, links are not followed.

    Args:
        folder: where they are.
        kind: RECORDINGS or SNAPSHOTS.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            hidden = entry.name.startswith(".") or not _is_text(entry.name)
            if not hidden and entry.name.endswith(EXTENSIONS[kind]) and entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                device = device_of(entry.name)
                found.append(MediaFile(entry.name, device, stat.st_size, stat.st_mtime, stat.st_mtime))
    return found


def device_of(filename: str) -> str:
    """The camera that a name of ours says; empty for a name that somebody may have chosen.

    Who may see one camera alone must see nothing of another because its file is called like that.
    """
    found = _OUR_NAME.match(filename)
    return found[1] if found is not None else ""


def _is_text(name: str) -> bool:
    """Whether a file name is UTF-8: others (os.fsdecode's surrogates) go into no database and no JSON."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _all_files(kind: str) -> str:
    """A query with one value, the kind: its files, for recordings those under way and being finished too."""
    pending = (
        " UNION ALL SELECT name || CASE format WHEN 'mkv' THEN '.mkv' ELSE '.mp4' END, device, 0, started_at,"
        " coalesce(ended_at, started_at), NULL, NULL, NULL, NULL, state FROM recording"
        " WHERE state IN ('RECORDING', 'FINISHING')"
    )
    source = f"SELECT {_FILE_COLUMNS}, 'FINISHED' AS status FROM media_file WHERE kind = ?"
    return source + (pending if kind == RECORDINGS else "")


def _conditions(query: Query) -> tuple[str, tuple[object, ...]]:
    parts: list[tuple[str, object]] = []
    if query.device is not None:
        parts.append(("device = ?", query.device))
    if query.since is not None:
        parts.append(("created_at >= ?", query.since))
    if query.until is not None:
        parts.append(("created_at < ?", query.until))
    if query.search:
        parts.append(("instr(lower(filename), lower(?)) > 0", query.search))
    text = [condition for condition, _ in parts]
    values = [value for _, value in parts]
    if query.cameras is not None:
        text.append(f"device IN ({', '.join('?' * len(query.cameras))})")
        values += sorted(query.cameras)
    return (" WHERE " + " AND ".join(text) if text else ""), tuple(values)


def _file(row: tuple[Any, ...]) -> MediaFile:
    name, device, size, created, modified, duration, width, height, codec, status = row
    return MediaFile(name, device, size, created, modified, status, duration, width, height, codec)
