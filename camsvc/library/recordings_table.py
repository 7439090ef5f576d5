"""The recordings that the database knows, and the order of their parts; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from camsvc.model import Recording, RecordingState, stamp

_COLUMNS = (
    "id, device, name, format, state, started_at, seconds, boot_id, deadline, ended_at, reason, clock, lead_s,"
    " first_sample, trigger, pre_record_s"
)


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


def say_trigger(db: sqlite3.Connection, recording: Recording, trigger: str) -> Recording:
    """Store what began a recording: ``manual``, ``timed``, ``schedule`` or ``continuous``."""
    db.execute("UPDATE recording SET trigger = ? WHERE id = ?", (trigger, recording.ident))
    return evolve(recording, trigger=trigger)


def forget(db: sqlite3.Connection, ident: int) -> None:
    """Delete a recording that never began."""
    db.execute("DELETE FROM part WHERE recording = ?", (ident,))
    db.execute("DELETE FROM recording WHERE id = ?", (ident,))


def forget_ended(db: sqlite3.Connection, ident: int) -> None:
    """Delete a recording whose files are gone, unless it is under way or being finished."""
    if db.execute("SELECT 1 FROM recording WHERE id = ? AND state IN ('FINISHED', 'EMPTY')", (ident,)).fetchone():
        forget(db, ident)


def update(db: sqlite3.Connection, recording: Recording) -> None:
    """Store where a recording stands."""
    db.execute(
        "UPDATE recording SET state = ?, boot_id = ?, deadline = ?, ended_at = ?, reason = ?, clock = ?, lead_s = ?,"
        " first_sample = ?, pre_record_s = ? WHERE id = ?",
        (
            recording.state,
            recording.boot_id,
            recording.deadline,
            recording.ended_at,
            recording.reason,
            recording.clock,
            recording.lead_s,
            recording.first_sample,
            recording.pre_record_s,
            recording.ident,
        ),
    )


def protect(db: sqlite3.Connection, name: str, protected: bool) -> None:
    """Say of a recording whether retention leaves the files alone that it has, or will have.

    Args:
        db: inside a transaction.
        name: of the recording, as its files' names begin.
        protected: whether it does.
    """
    db.execute("UPDATE recording SET protected = ? WHERE name = ?", (protected, name))


def is_protected(db: sqlite3.Connection, ident: int) -> bool:
    """Whether retention leaves a recording's files alone."""
    return db.execute("SELECT 1 FROM recording WHERE id = ? AND protected", (ident,)).fetchone() is not None


def in_state(db: sqlite3.Connection, state: RecordingState) -> tuple[Recording, ...]:
    """The recordings that stand there, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM recording WHERE state = ? ORDER BY id", (state,))
    return tuple(_recording(row) for row in rows)


def states(db: sqlite3.Connection, idents: Sequence[int]) -> dict[int, RecordingState]:
    """Where recordings stand, by their ids; those that are not known are left out."""
    marks = ", ".join("?" * len(idents))
    rows = db.execute(f"SELECT id, state FROM recording WHERE id IN ({marks})", tuple(idents))
    return {ident: RecordingState(state) for ident, state in rows}


def add_part(db: sqlite3.Connection, ident: int, name: str) -> None:
    """Note that a part came next: names alone do not tell the order once the clock was stepped."""
    db.execute(
        "INSERT OR IGNORE INTO part (recording, number, name)"
        " SELECT ?, coalesce(max(number) + 1, 0), ? FROM part WHERE recording = ?",
        (ident, name, ident),
    )


def add_parts_before(db: sqlite3.Connection, ident: int, names: Sequence[str]) -> None:
    """Note parts that come before all that are known."""
    first = db.execute("SELECT min(0, coalesce(min(number), 0)) FROM part WHERE recording = ?", (ident,)).fetchone()[
        0
    ]
    db.executemany(
        "INSERT OR IGNORE INTO part (recording, number, name) VALUES (?, ?, ?)",
        [(ident, first - len(names) + place, name) for place, name in enumerate(names)],
    )


def part_order(db: sqlite3.Connection, ident: int) -> tuple[str, ...]:
    """Names of a recording's parts, in the order they came."""
    return tuple(row[0] for row in db.execute("SELECT name FROM part WHERE recording = ? ORDER BY number", (ident,)))


def parts_in_files(db: sqlite3.Connection, ident: int) -> tuple[str, ...]:
    """Names of the parts that are in a file of the index."""
    query = "SELECT name FROM part WHERE recording = ? AND segment IS NOT NULL"
    return tuple(row[0] for row in db.execute(query, (ident,)))


def segments(db: sqlite3.Connection, ident: int) -> int:
    """How many files have been made of a recording, deleted ones included."""
    return int(db.execute("SELECT coalesce(max(segments), 0) FROM recording WHERE id = ?", (ident,)).fetchone()[0])


def put_into_files(db: sqlite3.Connection, ident: int, names: Sequence[str], last: int) -> None:
    """Note that parts are in files, the last of which is the recording's ``last``."""
    for name in names:
        add_part(db, ident, name)
    db.executemany(
        "UPDATE part SET segment = ? WHERE recording = ? AND name = ?", [(last, ident, name) for name in names]
    )
    db.execute("UPDATE recording SET segments = ? WHERE id = ?", (last, ident))


def made(db: sqlite3.Connection, ident: int) -> tuple[int, float]:
    """Bytes and seconds of a recording's files."""
    query = (
        "SELECT coalesce(sum(size_bytes), 0), coalesce(sum(duration_s), 0.0) FROM media_file"
        " WHERE kind = 'recordings' AND recording = ?"
    )
    size, duration_s = db.execute(query, (ident,)).fetchone()
    return int(size), float(duration_s)


def sound_of(db: sqlite3.Connection, ident: int) -> str | None:
    """The codec of a recording's sound, empty where it has none; None where no file is known."""
    row = db.execute(
        "SELECT max(sound) FROM media_file WHERE kind = 'recordings' AND recording = ?", (ident,)
    ).fetchone()
    return None if row[0] is None else str(row[0])


def _recording(row: tuple[Any, ...]) -> Recording:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Recording(ident=values.pop("id"), state=RecordingState(values.pop("state")), **values)
