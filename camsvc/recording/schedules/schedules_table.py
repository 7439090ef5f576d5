"""The cameras' recording schedules as the database keeps them; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3
from typing import Literal

import msgspec
from attrs import frozen

from camsvc.library.retention.limits import Ring
from camsvc.recording.schedules.weekly import Window

FOR_EVER = 1e18
"""Until somebody sets the schedule again."""


class RecordingSchedule(msgspec.Struct, frozen=True):
    """When a camera is recorded by itself.

    Attributes:
        mode: ``off``: never; ``schedule``: in the windows; ``continuous``: always.
        windows: of the week.
        keep_hours: so much of its continuous recordings is kept; None: no limit.
        keep_gb: the same in gigabytes (10^9 bytes).
        pre_record_s: seconds before its call that a recording begins with; None: as the configuration says.
    """

    mode: Literal["off", "schedule", "continuous"] = "off"
    windows: tuple[Window, ...] = ()
    keep_hours: float | None = None
    keep_gb: float | None = None
    pre_record_s: int | None = None


@frozen
class KeptSchedule:
    """A schedule, and until when it rests as somebody has stopped its recording (seconds since the epoch)."""

    schedule: RecordingSchedule
    held_until: float = 0.0


def load(db: sqlite3.Connection) -> dict[str, KeptSchedule]:
    """All of them, by camera."""
    rows = db.execute("SELECT device, value, held_until FROM recording_schedule")
    return {
        device: KeptSchedule(msgspec.json.decode(value, type=RecordingSchedule), held_until or 0.0)
        for device, value, held_until in rows
    }


def save(db: sqlite3.Connection, device: str, kept: KeptSchedule) -> None:
    """Store one."""
    value = msgspec.json.encode(kept.schedule).decode()
    db.execute(
        "INSERT OR REPLACE INTO recording_schedule (device, value, held_until) VALUES (?, ?, ?)",
        (device, value, kept.held_until),
    )


def rings(db: sqlite3.Connection) -> dict[str, Ring]:
    """How much of continuous recordings is kept, by camera; of cameras that are recorded so no more, too."""
    return {
        device: Ring(kept.schedule.keep_hours, kept.schedule.keep_gb)
        for device, kept in load(db).items()
        if (kept.schedule.keep_hours, kept.schedule.keep_gb) != (None, None)
    }
