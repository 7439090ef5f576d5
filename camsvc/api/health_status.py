"""How the parts of the service are, for ``get_status`` and ``/health``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from camsvc.api.integrations import Integrations
from camsvc.devices.inventory import Inventory
from camsvc.engine.supervisor import Engine
from camsvc.model import Status
from camsvc.streams.path_rounds import PathRounds


class HealthStatus:
    """The state of each part, and what follows for the whole.

    Attributes:
        integrations: how the systems that camsvc is connected to are doing.
    """

    def __init__(
        self,
        inventory: Inventory,
        engine: Engine,
        rounds: PathRounds,
        listening: Callable[[], bool | None],
        well: Iterable[Callable[[], bool]] = (),
        integrations: Integrations | None = None,
    ) -> None:
        """Set up.

        Args:
            inventory: a camera in ERROR degrades the whole.
            engine: without it nothing works.
            rounds: whether the engine took every path.
            listening: whether udev is heard; None where it need not be.
            well: each says whether something else is as it should be.
            integrations: one in ERROR degrades the whole; none when None.
        """
        self._inventory = inventory
        self._engine = engine
        self._rounds = rounds
        self._listening = listening
        self._well = tuple(well)
        self.integrations = Integrations() if integrations is None else integrations

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
            or not all(well() for well in self._well)
            or not self._rounds.in_step
            or "ERROR" in self.states().values()
            or any(each.state == "ERROR" for each in self.integrations.all().values())
        ):
            return "degraded"
        return "healthy"
