"""How the cameras' streams run, and who watches: the engine's paths as it last told of them."""

from __future__ import annotations

from collections.abc import Mapping

from camsvc.engine.api.paths_api import PathsApi, PathState
from camsvc.engine.desired_paths import DesiredPaths
from camsvc.engine.supervisor import Engine
from camsvc.model import CAMERA_ID, web_path


class StreamStates:
    """The states of all paths; recordings' and web paths' are counted, and never shown."""

    def __init__(self, engine: Engine, api: PathsApi, desired: DesiredPaths) -> None:
        """Set up; nothing is known yet.

        Args:
            engine: nothing runs while it is down.
            api: calls to it.
            desired: the recordings that are ours.
        """
        self._engine = engine
        self._api = api
        self._desired = desired
        self._states: dict[str, PathState] = {}
        engine.changes.add(self._on_engine_changed)

    def camera_states(self) -> Mapping[str, PathState]:
        """The cameras' paths as they run, as of the last :meth:`refresh`."""
        return {name: state for name, state in self._states.items() if CAMERA_ID.match(name)}

    async def fresh_states(self) -> Mapping[str, PathState]:
        """As :meth:`camera_states`, asked for now; refused while the engine is down."""
        self._engine.require_up()
        await self.refresh()
        return self.camera_states()

    async def refresh(self) -> None:
        """Ask the engine."""
        self._states = await self._api.states()

    def viewers(self, device: str) -> int:
        """Readers of a camera and of its web path, less our own: recordings, and what makes the web path."""
        state, web = self._states.get(device), self._states.get(web_path(device))
        readers = len(state.readers) if state else 0
        if web is not None:
            readers += len(web.readers) - web.ready
        return max(0, readers - self._recordings(device))

    def _recordings(self, device: str) -> int:
        return sum(
            1
            for name, state in self._states.items()
            if name.startswith(f"rec/{device}/") and state.ready and name in self._desired
        )

    def _on_engine_changed(self, up: bool) -> None:
        if not up:
            self._states = {}
