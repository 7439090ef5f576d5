"""The engine's paths of recordings: each pulls its camera's over loopback and writes what comes."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from camsvc.engine.api.paths_api import PathsApi, PathState
from camsvc.engine.path_options import PathOptions, recorded_camera
from camsvc.engine.path_reconciler import PathReconciler
from camsvc.engine.supervisor import Engine
from camsvc.model import Camera, Recording, web_path
from camsvc.streams.camera_paths import CameraPaths
from camsvc.system.tasks import sleep


class RecordingPaths:
    """Begins and ends recordings at the engine."""

    def __init__(
        self,
        clock: IReactorTime,
        engine: Engine,
        api: PathsApi,
        paths: PathReconciler,
        options: PathOptions,
        cameras: CameraPaths,
    ) -> None:
        """Set up.

        Args:
            clock: time.
            engine: which one it is decides what is recorded.
            api: calls to it.
            paths: adds and deletes.
            options: makes what the engine is told of each.
            cameras: knows which of them browsers play.
        """
        self._clock = clock
        self._engine = engine
        self._api = api
        self._paths = paths
        self._options = options
        self._cameras = cameras
        engine.changes.add(self._on_engine_changed)

    @property
    def engine_up(self) -> bool:
        """The engine answers."""
        return self._engine.up

    def require_engine(self) -> None:
        """Refuse a call while the engine is down."""
        self._engine.require_up()

    async def add_recording(self, recording: Recording) -> None:
        """Make the engine record; where it is down or refuses, nothing stays wanted."""
        self._engine.require_up()
        keys = self._options.recording(recording, self._source_path(recording.device))
        await self._paths.add(recording.path_name, keys)

    def want_recording(self, recording: Recording) -> None:
        """Have the engine record at the next round, or go on with it where it does."""
        keys = self._options.recording(recording, self._source_path(recording.device))
        self._paths.desired.set(recording.path_name, keys)

    async def remove_recording(self, recording: Recording) -> None:
        """Make the engine end a recording; the file's last write comes some milliseconds after."""
        await self._paths.delete(recording.path_name)

    async def read_again(self, recording: Recording) -> None:
        """Have the engine read a camera that is back at once: MediaMTX tries only every 5 s."""
        await self._paths.renew(recording.path_name)

    async def state(self, path: str) -> PathState | None:
        """How a path is at the engine; None where that does not run it, DependencyFailed where it does not say."""
        return await self._api.state(path)

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """What browsers play of a camera may have changed, and what is recorded with it."""
        self._choose_sources()

    def _on_engine_changed(self, up: bool) -> None:
        if up:
            self._choose_sources()

    def _choose_sources(self) -> None:
        for name in self._paths.desired:
            keys = self._paths.desired.get(name)
            if keys is not None and (device := recorded_camera(name)) is not None:
                since = keys["source"].partition("?")[2]
                source = self._options.source_url(self._source_path(device), since)
                self._paths.desired.set(name, {**keys, "source": source})

    def _source_path(self, device: str) -> str:
        """The path that a recording is made of; the relay writes only what browsers play."""
        relay = (self._engine.version or "").startswith("camsvc-relay/")
        return web_path(device) if relay and self._cameras.encoded_for_all(device) else device


async def when_path_gone(clock: IReactorTime, paths: RecordingPaths, recording: Recording) -> None:
    """Returns when the engine no longer runs a recording's path."""
    while await paths.state(recording.path_name) is not None:
        await sleep(clock, 0.01)
