"""Changes of cameras, told only once the engine has taken their paths: who is told of a camera can watch it.

A client that is told CONNECTED opens the stream at once; without this it would be quicker than the engine.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.model import Camera
from camsvc.streams.availability import Availability
from camsvc.system.subscribers import Subscribers

LONGEST_DELAY_S = 1.0
"""For an engine that does not answer; a healthy one takes a path in some milliseconds."""


class DelayedChanges:
    """Passes the inventory's changes on, each camera's in the order they came, and adds those of being watchable.

    Attributes:
        changes: told of each change, as the inventory's: the camera before it, and after.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, availability: Availability) -> None:
        """Set up.

        Args:
            clock: for the longest delay.
            availability: which cameras can be watched, and for which the engine has yet to take something.
        """
        self._clock = clock
        self._availability = availability
        self._waiting: dict[str, list[tuple[Camera | None, Camera]]] = {}
        self._last_told: dict[str, tuple[Camera, bool]] = {}
        self._timer: Any = None
        self.changes: Subscribers[[Camera | None, Camera]] = Subscribers("telling that a camera changed", self._log)

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """Tell of a change when the engine has followed, or when that takes too long."""
        self._waiting.setdefault(camera.device, []).append((before, camera))
        if self._timer is None:
            self._timer = self._clock.callLater(LONGEST_DELAY_S, self._on_too_long)
        self.tell_settled()

    def tell_settled(self) -> None:
        """Tell of what the engine has followed by now, and of cameras that can be watched now, or no longer."""
        self._tell_waiting([device for device in self._waiting if self._availability.settled(device)])
        for device, (camera, watchable) in tuple(self._last_told.items()):
            if device not in self._waiting and camera.present and watchable != self._availability.watchable(device):
                self._tell(camera, camera)

    def stop(self) -> None:
        """Tell nothing more of what waits."""
        self._waiting.clear()
        self._tell_waiting([])

    def _on_too_long(self) -> None:
        self._timer = None
        self._tell_waiting(list(self._waiting))

    def _tell_waiting(self, devices: list[str]) -> None:
        for device in devices:
            for before, camera in self._waiting.pop(device):
                self._tell(before, camera)
        if self._timer is not None and not self._waiting:
            self._timer.cancel()
            self._timer = None

    def _tell(self, before: Camera | None, camera: Camera) -> None:
        self._last_told[camera.device] = camera, self._availability.watchable(camera.device)
        self.changes.tell(before, camera)
