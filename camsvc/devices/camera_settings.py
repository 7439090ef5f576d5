"""What its owner has set for a camera through the API: kept in the database, laid over what discovery found."""

from __future__ import annotations

import sqlite3

from attrs import evolve, frozen

from camsvc.config.cameras import UsbCamera
from camsvc.devices import modes
from camsvc.model import Found, Mode


@frozen
class Settings:
    """None is as the camera itself or the configuration says.

    Attributes:
        name: for people.
        mode: ``FORMAT WIDTHxHEIGHT FPS``, as in the configuration.
        always_on: runs without viewers.
    """

    name: str | None = None
    mode: str | None = None
    always_on: bool | None = None

    @property
    def wanted(self) -> Mode | None:
        """``mode`` as a value, without ``fps`` for any rate; None for any mode."""
        return UsbCamera(device="*", mode=self.mode or "").wanted


UNSET_ALL = Settings()


def laid_over(found: Found, settings: Settings) -> Found:
    """What discovery found, as its owner wants it; a mode that is not offered does not count."""
    wanted = settings.wanted
    if wanted is not None and modes.offers(found.modes, wanted):
        chosen = modes.choose_mode(found.modes, wanted)
        found = evolve(found, modes=chosen, source=chosen[0].node or found.source)
    return evolve(
        found,
        name=found.name if settings.name is None else settings.name,
        always_on=found.always_on if settings.always_on is None else settings.always_on,
    )


def load(db: sqlite3.Connection) -> dict[str, Settings]:
    """All that was set, by the camera's id."""
    rows = db.execute("SELECT number, name, mode, always_on FROM camera_setting").fetchall()
    return {
        f"camera{number}": Settings(name, mode, None if always_on is None else bool(always_on))
        for number, name, mode, always_on in rows
    }


def store(db: sqlite3.Connection, device: str, settings: Settings) -> None:
    """Keep what was set for a camera."""
    row = (int(device.removeprefix("camera")), settings.name, settings.mode, settings.always_on)
    db.execute("INSERT OR REPLACE INTO camera_setting (number, name, mode, always_on) VALUES (?, ?, ?, ?)", row)
