"""Cameras that somebody has started before anybody watches, and since when."""

from __future__ import annotations

from camsvc.streams.camera_starter import CameraStarter
from camsvc.system.clocks import Clocks


class KeptStreams:
    """Which cameras were started, until that is taken back."""

    def __init__(self, starter: CameraStarter, clocks: Clocks) -> None:
        """Set up; none was started.

        Args:
            starter: has the engine start them.
            clocks: the wall's counts.
        """
        self._starter = starter
        self._clocks = clocks
        self._began: dict[str, float] = {}

    async def start(self, device: str) -> float:
        """Have a camera started, if it sleeps.

        Returns:
            when it was started first.
        """
        await self._starter.start_camera(device)
        return self._began.setdefault(device, self._clocks.wall_s())

    def stop(self, device: str) -> tuple[float, float] | None:
        """Take the start back; the camera itself is left to those who watch.

        Returns:
            when it was started, and now; None where it was not.
        """
        began = self._began.pop(device, None)
        return None if began is None else (began, self._clocks.wall_s())
