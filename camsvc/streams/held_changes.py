"""Changes of cameras, held back until the engine has taken their paths: who is told of a camera can watch it.

A client that is told CONNECTED opens the stream at once; without this it would be quicker than the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.devices.inventory import Change
from camsvc.model import Camera

PATIENCE_S = 1.0
"""For an engine that does not answer; a healthy one takes a path in some milliseconds."""


class HeldChanges:
    """Passes the inventory's changes on, each camera's in the order they came, and adds those of being watchable."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, settled: Callable[[str], bool], watchable: Callable[[str], bool]) -> None:
        """Set up.

        Args:
            clock: for the end of patience.
            settled: whether the engine runs what is wanted for a camera, or is not worth waiting for.
            watchable: whether a camera that is there can be watched.
        """
        self._clock = clock
        self._settled = settled
        self._watchable = watchable
        self._held: dict[str, list[tuple[Camera | None, Camera]]] = {}
        self._told: dict[str, tuple[Camera, bool]] = {}
        self._subscribers: list[Change] = []
        self._patience: Any = None

    def subscribe(self, change: Change) -> None:
        """Call ``change(before, after)`` at every change; one that raises does not stop the others."""
        self._subscribers.append(change)

    def hold(self, before: Camera | None, camera: Camera) -> None:
        """A camera has changed; :meth:`look` passes it on, or the end of patience."""
        self._held.setdefault(camera.device, []).append((before, camera))
        if self._patience is None:
            self._patience = self._clock.callLater(PATIENCE_S, self._impatient)

    def look(self) -> None:
        """Pass on what is settled now, and cameras that can be watched now, or no longer."""
        self._pass_on([device for device in self._held if self._settled(device)])
        for device, (camera, watchable) in tuple(self._told.items()):
            if device not in self._held and camera.present and watchable != self._watchable(device):
                self._tell(camera, camera)

    def stop(self) -> None:
        """Nobody is told any more."""
        self._held.clear()
        self._pass_on([])

    def _impatient(self) -> None:
        self._patience = None
        self._pass_on(list(self._held))

    def _pass_on(self, devices: list[str]) -> None:
        for device in devices:
            for before, camera in self._held.pop(device):
                self._tell(before, camera)
        if self._patience is not None and not self._held:
            self._patience.cancel()
            self._patience = None

    def _tell(self, before: Camera | None, camera: Camera) -> None:
        self._told[camera.device] = camera, self._watchable(camera.device)
        for change in self._subscribers:
            with self._log.failuresHandled("while telling that {device} changed", device=camera.device):
                change(before, camera)
