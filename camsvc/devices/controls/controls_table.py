"""What was set of cameras' controls, as the database keeps it: by camera, and by profile."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from attrs import frozen

from camsvc.devices.controls.control import Raw

HELD = ""
"""In place of a profile's name: what holds, and is set again whenever the camera comes."""


@frozen
class Kept:
    """What a control was set to.

    Attributes:
        name: of the control, for people.
        value: as V4L2 has it.
    """

    name: str
    value: Raw


KeptByProfile = dict[str, dict[int, Kept]]
"""By the name of a profile or HELD, and by the control's id."""


def load(db: sqlite3.Connection) -> dict[str, KeptByProfile]:
    """All that is kept, by the camera's id."""
    found: dict[str, KeptByProfile] = {}
    for number, profile, control, name, value in db.execute(
        "SELECT number, profile, control, name, value FROM camera_control"
    ):
        found.setdefault(f"camera{number}", {}).setdefault(profile, {})[control] = Kept(name, json.loads(value))
    return found


def store(db: sqlite3.Connection, device: str, profile: str, kept: Mapping[int, Kept]) -> None:
    """Keep this of a camera under a profile, and nothing else; with nothing, the profile is gone."""
    number = int(device.removeprefix("camera"))
    db.execute("DELETE FROM camera_control WHERE number = ? AND profile = ?", (number, profile))
    rows = ((number, profile, control, each.name, json.dumps(each.value)) for control, each in kept.items())
    db.executemany("INSERT INTO camera_control (number, profile, control, name, value) VALUES (?, ?, ?, ?, ?)", rows)
