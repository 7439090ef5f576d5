"""What its owner has set for a camera through the API: kept in the database, laid over what discovery found."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from attrs import astuple, evolve, frozen
from twisted.logger import Logger

from camsvc.devices import modes
from camsvc.kinds.usb import mode_of
from camsvc.model import Found, Mode
from camsvc.system.subscribers import Subscribers


@frozen
class OwnerSettings:
    """None is as the camera itself or the configuration says.

    Attributes:
        name: for people.
        mode: ``FORMAT WIDTHxHEIGHT FPS``, as in the configuration.
        always_on: runs without viewers.
        microphone: its sound is sent.
    """

    name: str | None = None
    mode: str | None = None
    always_on: bool | None = None
    microphone: bool | None = None

    @property
    def wanted(self) -> Mode | None:
        """``mode`` as a value, without ``fps`` for any rate; None for any mode."""
        return mode_of(self.mode or "")


UNSET_ALL = OwnerSettings()


class CameraSettings:
    """The settings of every camera, as they hold.

    Attributes:
        changes: told the camera's id.
    """

    _log = Logger()

    def __init__(self) -> None:
        self.changes: Subscribers[str] = Subscribers("telling that settings changed", self._log)
        self._settings: dict[str, OwnerSettings] = {}

    def of(self, device: str) -> OwnerSettings:
        """What its owner has set for a camera."""
        return self._settings.get(device, UNSET_ALL)

    def set(self, device: str, settings: OwnerSettings) -> None:
        """Take settings over; they hold at once, and for what discovery says later."""
        self._settings[device] = settings
        self.changes.tell(device)

    def take(self, known: Mapping[str, OwnerSettings]) -> None:
        """Take over what was set in earlier runs, before any camera is listed."""
        self._settings.update(known)

    def laid_over(self, device: str, found: Found) -> Found:
        """What discovery found, as the camera's owner wants it."""
        return laid_over(found, self.of(device))


def laid_over(found: Found, settings: OwnerSettings) -> Found:
    """What discovery found, as its owner wants it; a mode that is not offered does not count."""
    wanted = settings.wanted
    if wanted is not None and modes.supports(found.modes, wanted):
        chosen = modes.choose_mode(found.modes, wanted)
        found = evolve(found, modes=chosen, source=chosen[0].node or found.source)
    on = settings.microphone is not False
    return evolve(
        found,
        name=found.name if settings.name is None else settings.name,
        always_on=found.always_on if settings.always_on is None else settings.always_on,
        microphone=on if found.microphone is not None or found.audio else None,
        audio=found.audio if on else "",
    )


def load(db: sqlite3.Connection) -> dict[str, OwnerSettings]:
    """All that was set, by the camera's id."""
    rows = db.execute("SELECT number, name, mode, always_on, microphone FROM camera_setting").fetchall()
    return {
        f"camera{number}": OwnerSettings(name, mode, *(None if each is None else bool(each) for each in switches))
        for number, name, mode, *switches in rows
    }


def store(db: sqlite3.Connection, device: str, settings: OwnerSettings) -> None:
    """Keep what was set for a camera."""
    row = (int(device.removeprefix("camera")), *astuple(settings))
    names = "number, name, mode, always_on, microphone"
    db.execute(f"INSERT OR REPLACE INTO camera_setting ({names}) VALUES (?, ?, ?, ?, ?)", row)
