"""Whether a camera can be watched now."""

from __future__ import annotations

from camsvc.engine.path_reconciler import PathReconciler
from camsvc.engine.supervisor import Engine
from camsvc.model import web_path


class Availability:
    """What follows for cameras from the engine and the paths that it has taken."""

    def __init__(self, engine: Engine, paths: PathReconciler) -> None:
        self._engine = engine
        self._paths = paths

    def watchable(self, device: str) -> bool:
        """The engine is up and runs what is wanted for a camera."""
        names = [name for name in (device, web_path(device)) if name == device or name in self._paths.desired]
        return self._engine.up and all(self._paths.taken(name) for name in names)

    def settled(self, device: str) -> bool:
        """The engine runs what is wanted for a camera, has refused it, or is down: there is nothing to wait for."""
        return not self._engine.up or (self._paths.settled(device) and self._paths.settled(web_path(device)))
