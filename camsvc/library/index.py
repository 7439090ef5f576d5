"""The recordings and files that the database knows: rows in, values out; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from camsvc.model import MediaFile, Recording, RecordingState, stamp

RECORDINGS, SNAPSHOTS = "recordings", "snapshots"
EXTENSIONS = {RECORDINGS: (".mp4", ".mkv"), SNAPSHOTS: (".jpg", ".jpeg")}

_COLUMNS = "id, device, name, format, state, started_at, seconds, boot_id, deadline, ended_at, reason, clock"
_FILE_COLUMNS = "filename, device, size_bytes, created_at, modified_at, duration_s, width, height, codec"


@frozen
class Page:
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


def begin(
    db: sqlite3.Connection, device: str, form: str, seconds: int | None, boot_id: str, started_at: float
) -> Recording:
    """Store a new recording; its name is known from here on."""
    cursor = db.execute(
        "INSERT INTO recording (device, name, format, state, started_at, seconds, boot_id)"
        " VALUES (?, '', ?, ?, ?, ?, ?)",
        (device, form, RecordingState.RECORDING, started_at, seconds, boot_id),
    )
    ident = cursor.lastrowid or 0
    name = f"{device}_{stamp(started_at)}_{ident}"
    db.execute("UPDATE recording SET name = ? WHERE id = ?", (name, ident))
    return Recording(ident, device, name, form, RecordingState.RECORDING, started_at, seconds, boot_id)


def recover(db: sqlite3.Connection, device: str, ident: int, began_at: float) -> Recording | None:
    """Take parts that the database does not know of as a recording to be finished.

    Returns:
        the recording; None when one of this id is known, as then the parts are its own or were discarded.
    """
    if db.execute("SELECT 1 FROM recording WHERE id = ?", (ident,)).fetchone():
        return None
    name = f"{device}_{stamp(began_at)}_{ident}"
    state, reason = RecordingState.FINISHING, "shutdown"
    db.execute(
        "INSERT INTO recording (id, device, name, format, state, started_at, boot_id, ended_at, reason)"
        " VALUES (?, ?, ?, 'fmp4', ?, ?, '', ?, ?)",
        (ident, device, name, state, began_at, began_at, reason),
    )
    return Recording(ident, device, name, "fmp4", state, began_at, ended_at=began_at, reason=reason)


def forget(db: sqlite3.Connection, ident: int) -> None:
    """Delete a recording that never began."""
    db.execute("DELETE FROM part WHERE recording = ?", (ident,))
    db.execute("DELETE FROM recording WHERE id = ?", (ident,))


def store(db: sqlite3.Connection, recording: Recording) -> None:
    """Store where a recording stands."""
    db.execute(
        "UPDATE recording SET state = ?, boot_id = ?, deadline = ?, ended_at = ?, reason = ?, clock = ? WHERE id = ?",
        (
            recording.state,
            recording.boot_id,
            recording.deadline,
            recording.ended_at,
            recording.reason,
            recording.clock,
            recording.ident,
        ),
    )


def in_state(db: sqlite3.Connection, state: RecordingState) -> tuple[Recording, ...]:
    """The recordings that stand there, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM recording WHERE state = ? ORDER BY id", (state,))
    return tuple(_recording(row) for row in rows)


def add_part(db: sqlite3.Connection, ident: int, name: str) -> None:
    """Note that a part came next: names alone do not tell the order once the clock was stepped."""
    db.execute(
        "INSERT OR IGNORE INTO part SELECT ?, coalesce(max(number) + 1, 0), ? FROM part WHERE recording = ?",
        (ident, name, ident),
    )


def part_order(db: sqlite3.Connection, ident: int) -> tuple[str, ...]:
    """Names of a recording's parts, in the order they came."""
    return tuple(row[0] for row in db.execute("SELECT name FROM part WHERE recording = ? ORDER BY number", (ident,)))


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


def files(db: sqlite3.Connection, kind: str, query: Query) -> Page:
    """A page of files, newest first; recordings under way and being finished stand among them."""
    source = _all_files(kind)
    where, values = _conditions(query)
    total = db.execute(f"SELECT count(*) FROM ({source}){where}", (kind, *values)).fetchone()[0]
    rows = db.execute(
        f"SELECT * FROM ({source}){where} ORDER BY created_at DESC, filename DESC LIMIT ? OFFSET ?",
        (kind, *values, query.limit, query.offset),
    )
    return Page(tuple(_file(row) for row in rows), total)


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
        forget(db, row[0])


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


def scan(folder: Path, extensions: tuple[str, ...]) -> list[MediaFile]:
    """The files of a folder; those that hide behind a dot are work in progress and left out."""
    found = []
    for entry in folder.iterdir():
        if entry.suffix in extensions and not entry.name.startswith(".") and entry.is_file() and _is_text(entry.name):
            stat = entry.stat()
            device = entry.name.partition("_")[0]
            found.append(MediaFile(entry.name, device, stat.st_size, stat.st_mtime, stat.st_mtime))
    return found


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


def _recording(row: tuple[Any, ...]) -> Recording:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Recording(ident=values.pop("id"), state=RecordingState(values.pop("state")), **values)


def _file(row: tuple[Any, ...]) -> MediaFile:
    name, device, size, created, modified, duration, width, height, codec, status = row
    return MediaFile(name, device, size, created, modified, status, duration, width, height, codec)
