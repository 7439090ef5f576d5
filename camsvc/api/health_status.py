"""How the parts of the service are, for ``get_status`` and ``/health``."""

from __future__ import annotations

from collections.abc import Callable

from camsvc.devices.inventory import Inventory
from camsvc.engine.supervisor import Engine
from camsvc.model import Status
from camsvc.streams.path_rounds import PathRounds


class HealthStatus:
    """The state of each part, and what follows for the whole."""

    def __init__(
        self,
        inventory: Inventory,
        engine: Engine,
        rounds: PathRounds,
        listening: Callable[[], bool | None],
        audited: Callable[[], bool] = lambda: True,
        stored: Callable[[], bool] = lambda: True,
    ) -> None:
        """Set up.

        Args:
            inventory: a camera in ERROR degrades the whole.
            engine: without it nothing works.
            rounds: whether the engine took every path.
            listening: whether udev is heard; None where it need not be.
            audited: whether the audit log is on the disk.
            stored: whether there is room to record.
        """
        self._inventory = inventory
        self._engine = engine
        self._rounds = rounds
        self._listening = listening
        self._audited = audited
        self._stored = stored

    def states(self) -> dict[str, str]:
        """RUNNING, STARTING, STOPPED or ERROR, by name of the part."""
        heard = self._listening()
        engine = "RUNNING" if self._engine.up else "ERROR" if self._engine.ever_up else "STARTING"
        return {
            "websocket_server": "RUNNING",  # or nobody would read this
            "camera_monitor": "STOPPED" if heard is None else "RUNNING" if heard else "ERROR",
            "mediamtx": engine,
        }

    @property
    def health(self) -> str:
        """``unhealthy`` without an engine, ``degraded`` while something needs a look, else ``healthy``."""
        if not self._engine.up:
            return "unhealthy"
        faulty = any(camera.status is Status.ERROR for camera in self._inventory.all())
        if (
            faulty
            or not self._audited()
            or not self._stored()
            or not self._rounds.in_step
            or "ERROR" in self.states().values()
        ):
            return "degraded"
        return "healthy"
