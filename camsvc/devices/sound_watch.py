"""Which cameras' sound is silence, and when that changes: by levels a second, told once for each change.

Silent is a camera of which nothing was louder than silence for a while; it is audible again at a level that is
clearly above that, so that noise at the edge tells nothing.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen
from twisted.logger import Logger

from camsvc.model import CAMERA_ID, Health
from camsvc.system.subscribers import Subscribers

SILENT_AFTER_S = 60.0
"""Rooms have pauses of half a minute; a microphone that is covered, muted or torn off is silent for longer."""

AUDIBLE_DB = -54.0
"""6 dB more than the launcher takes for silence."""


@frozen
class SoundChange:
    """A camera's sound became silence, or is audible again.

    Attributes:
        device: the camera.
        silent: which of both.
        level_db: dBFS of the last second.
    """

    device: str
    silent: bool
    level_db: float

    @property
    def event(self) -> Literal["sound.silent", "sound.audible"]:
        """What programs are told of it."""
        return "sound.silent" if self.silent else "sound.audible"


class SoundWatch:
    """Follows what the launchers measure.

    Attributes:
        changes: told each change; a camera is taken to be audible until it is silent.
    """

    _log = Logger()

    def __init__(self) -> None:
        """Set up; nothing is known of any camera."""
        self.changes: Subscribers[[SoundChange]] = Subscribers("telling of silence", self._log)
        self._silent: set[str] = set()
        self._measured: set[str] = set()

    def silent(self, device: str) -> bool | None:
        """Whether a camera's sound is silence; None where nobody measures it now."""
        return device in self._silent if device in self._measured else None

    def health_changed(self, device: str, health: Health | None) -> None:
        """Take a launcher's newest status.

        Args:
            device: of the launcher.
            health: what it says; None where it sleeps. What was known of the sound is kept until it runs again.
        """
        if health is None or health.sound_db is None or health.loud_at is None or not CAMERA_ID.match(device):
            self._measured.discard(device)
            return
        self._measured.add(device)
        level_db = health.sound_db
        if device in self._silent:
            if level_db >= AUDIBLE_DB:
                self._silent.discard(device)
                self._tell(SoundChange(device, False, level_db))
        elif health.at - health.loud_at >= SILENT_AFTER_S:
            self._silent.add(device)
            self._tell(SoundChange(device, True, level_db))

    def _tell(self, change: SoundChange) -> None:
        words = "has been silent for a minute" if change.silent else "is audible again"
        self._log.info("{device}: its microphone {words}", device=change.device, words=words)
        self.changes.tell(change)
