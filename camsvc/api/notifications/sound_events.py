"""Events of cameras' sound."""

from __future__ import annotations

from camsvc.api.notifications.event_sender import EventSender
from camsvc.api.notifications.topics import SoundEvent
from camsvc.devices.sound_watch import SoundChange
from camsvc.model import iso
from camsvc.system.clocks import Clocks


class SoundEvents:
    """Says that a microphone hears nothing, or hears something again."""

    def __init__(self, sender: EventSender, clocks: Clocks) -> None:
        """Set up.

        Args:
            sender: sends.
            clocks: when it happened.
        """
        self._sender = sender
        self._clocks = clocks

    def sound_changed(self, change: SoundChange) -> None:
        """Tell of a camera that is silent, or audible again."""
        event = SoundEvent(change.device, change.level_db, iso(self._clocks.wall_s()))
        self._sender.send(change.event, lambda *_: event, change.device)
