"""The engine's paths: what they should be, what they are, and the rounds that make them equal.

One path per camera, on demand through ``camsvc-publish``, and a web path for one that browsers do not play as it
comes; one shadow path per recording under way. The engine keeps nothing over a restart; this does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from camsvc.engine.config_file import EngineAddresses
from camsvc.engine.desired_paths import DesiredPaths, PathKeys
from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import PathOptions
from camsvc.engine.path_reconciler import PathReconciler
from camsvc.engine.paths_api import PathsApi, PathState
from camsvc.engine.supervisor import Engine
from camsvc.errors import DependencyFailed
from camsvc.kinds.pipeline import Pipeline
from camsvc.launcher.orders import file_name
from camsvc.model import CAMERA_ID, Camera, Recording, camera_of, web_path
from camsvc.streams.browser_rendition import WebProtocol, for_browsers, web_protocols
from camsvc.streams.held_changes import HeldChanges
from camsvc.streams.on_demand_start import start_camera
from camsvc.system.runtime_dir import RuntimeDir
from camsvc.system.tasks import Repeater, sleep

ROUND_S = 2.0
FOUND_WITHIN_S = 10.0
"""So long after the start a camera may not have been found yet: its path, with its viewers, is left alone."""


class Streams:
    """Keeps the engine's paths equal to the cameras and recordings there are."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        engine: Engine,
        api: PathsApi,
        addresses: EngineAddresses,
        folder: RuntimeDir,
        launcher: Path,
        ffmpeg: str,
        recordings_dir: Path,
        pipeline_of: Callable[[Camera], Pipeline],
        transcode: str = "auto",
    ) -> None:
        """Set up.

        Args:
            reactor: time, and connections to the engine's RTSP port.
            engine: nothing is asked of it while it is down.
            api: calls to it.
            addresses: its RTSP port, for shadow paths.
            folder: takes the pipelines that launchers read; holds the internal secret.
            launcher: absolute path of ``camsvc-publish``.
            ffmpeg: what the pipelines run.
            recordings_dir: below it the engine writes ``.rec/<camera>/<id>/``.
            pipeline_of: what a camera's launcher runs.
            transcode: ``auto`` for web paths where they are needed, ``never`` for none.
        """
        self._reactor = reactor
        self._engine = engine
        self._api = api
        self._rtsp = LoopbackRtsp(reactor, addresses.rtsp_port, folder.secret("internal").decode())
        self._folder = folder
        self._ffmpeg = ffmpeg
        self._pipeline_of = pipeline_of
        self._transcode = transcode
        self._web: dict[str, frozenset[WebProtocol]] = {}
        self._options = PathOptions(launcher, folder.path, recordings_dir, self._rtsp)
        self._desired = DesiredPaths()
        self._paths = PathReconciler(api, self._desired)
        self._states: dict[str, PathState] = {}
        self._answered = False
        self._all_found_at = 0.0
        self._rounds = Repeater(reactor, ROUND_S, self._round, self._log, "making the engine's paths equal to ours")
        self.on_states: Callable[[], None] = lambda: None
        self.changes = HeldChanges(reactor, self._settled, self.watchable)
        self._desired.changes.add(self._rounds.nudge)
        engine.subscribe(self._engine_changed)

    def start(self) -> None:
        """Begin the rounds."""
        self._all_found_at = self._reactor.seconds() + FOUND_WITHIN_S
        self._rounds.start()

    def stop(self) -> None:
        """End the rounds."""
        self._rounds.stop()
        self.changes.stop()

    @property
    def engine_up(self) -> bool:
        """The engine answers."""
        return self._engine.up

    @property
    def in_step(self) -> bool:
        """The engine is up and took every path that we want."""
        return self._engine.up and self._answered and self._paths.equal

    def watchable(self, device: str) -> bool:
        """The engine is up and runs what is wanted for a camera."""
        paths = self._paths
        return (
            self._engine.up
            and paths.taken(device)
            and (web_path(device) not in self._desired or paths.taken(web_path(device)))
        )

    def _settled(self, device: str) -> bool:
        return not self._engine.up or (self._paths.settled(device) and self._paths.settled(web_path(device)))

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """A camera came, went or offers something else; ``changes`` tells it when the engine has followed."""
        self.changes.hold(before, camera)
        if camera.present:
            made = self.pipeline(camera)
            self._folder.write(f"pipelines/{camera.device}.json", made.to_json().encode())
            self._want(camera.device, self._options.camera(camera))
        else:
            self._want(camera.device, None)
        self._web_changed(camera)
        self.changes.look()

    def _web_changed(self, camera: Camera) -> None:
        name = web_path(camera.device)
        self._web[camera.device] = needed = web_protocols(camera) if self._transcode == "auto" else frozenset()
        self._source_recordings()
        if not needed or not camera.present:
            self._want(name, None)
            return
        made = for_browsers(camera, self._ffmpeg, self._rtsp.url_with_login(camera.device))
        self._folder.write(f"pipelines/{file_name(name)}.json", made.to_json().encode())
        self._want(name, self._options.web(camera.device))

    def _recorded(self, device: str) -> str:
        """The path that a recording is made of; the relay writes only what browsers play."""
        relay = (self._engine.version or "").startswith("camsvc-relay/")
        return self.web_path(device, "hls") if relay and len(self._web.get(device, ())) > 1 else device

    def _source_recordings(self) -> None:
        for name in self._desired:
            keys = self._desired.get(name)
            if keys is not None and name.startswith("rec/"):
                source = self._rtsp.url_with_login(self._recorded(name.split("/")[1]))
                self._want(name, {**keys, "source": source})

    def pipeline(self, camera: Camera) -> Pipeline:
        """What its launcher runs."""
        return self._pipeline_of(camera)

    async def add_recording(self, recording: Recording) -> None:
        """Make the engine record.

        Raises:
            DependencyFailed: the engine is down or refuses; nothing stays wanted then.
        """
        self.require_engine()
        keys = self._options.recording(recording, self._recorded(recording.device))
        await self._paths.add(recording.path_name, keys)

    def want_recording(self, recording: Recording) -> None:
        """Have the engine record at the next round, or go on with it where it does."""
        self._want(recording.path_name, self._options.recording(recording, self._recorded(recording.device)))

    async def remove_recording(self, recording: Recording) -> None:
        """Make the engine end a recording; the file's last write comes some milliseconds after.

        Raises:
            DependencyFailed: the engine is down; the path goes at the next round.
        """
        await self._paths.delete(recording.path_name)

    async def read_again(self, recording: Recording) -> None:
        """Have the engine read a camera that is back at once: MediaMTX tries only every 5 s.

        Raises:
            DependencyFailed: the engine is down; it reads the camera when it is back.
        """
        await self._paths.renew(recording.path_name)

    async def when_path_gone(self, recording: Recording) -> None:
        """Returns when the engine no longer runs a recording's path.

        Raises:
            DependencyFailed: the engine is down.
        """
        while await self._api.state(recording.path_name) is not None:
            await sleep(self._reactor, 0.01)

    async def start_camera(self, device: str) -> None:
        """Have a sleeping camera started; it runs on for 20 s without readers.

        Raises:
            DependencyFailed: it did not come.
        """
        self.require_engine()
        await start_camera(self._reactor, self._rtsp, device)

    def web_path(self, device: str, protocol: WebProtocol) -> str:
        """The engine's path that serves a camera to browsers; whoever may read the camera may read it.

        Ask anew for each viewer: it changes when the camera turns out to send what browsers do not play.

        Args:
            device: the camera.
            protocol: ``webrtc`` or ``hls``.
        """
        return web_path(device) if protocol in self._web.get(device, ()) else device

    def camera_states(self) -> Mapping[str, PathState]:
        """The cameras' paths as they run, as of the last round; shadow and web paths are never shown."""
        return {name: state for name, state in self._states.items() if CAMERA_ID.match(name)}

    def viewers(self, device: str) -> int:
        """Readers of a camera and of its web path, less our own: recordings, and what makes the web path."""
        state, web = self._states.get(device), self._states.get(web_path(device))
        readers = len(state.readers) if state else 0
        if web is not None:
            readers += len(web.readers) - web.ready
        return max(0, readers - self._shadows(device))

    async def fresh_states(self) -> Mapping[str, PathState]:
        """As :meth:`camera_states`, asked for now.

        Raises:
            DependencyFailed: the engine is down.
        """
        self.require_engine()
        self._states = await self._api.states()
        return self.camera_states()

    def require_engine(self) -> None:
        """Raise what a caller is told while the engine is down (-32050)."""
        if not self._engine.up:
            raise DependencyFailed(
                "media engine",
                f"the media engine {self._engine.trouble}",
                suggestion="try again in some seconds; camsvc brings it back by itself",
            )

    def _shadows(self, device: str) -> int:
        return sum(
            1
            for name, state in self._states.items()
            if name.startswith(f"rec/{device}/") and state.ready and name in self._desired
        )

    def _want(self, name: str, keys: PathKeys | None) -> None:
        if keys is None:
            self._desired.remove(name)
        else:
            self._desired.set(name, keys)

    def _engine_changed(self, up: bool) -> None:
        self._paths.forget()
        if up:
            self._source_recordings()
            self._rounds.nudge()
        else:
            self._states = {}
            self.changes.look()

    async def _round(self) -> None:
        if not self._engine.up:
            return
        searching = self._reactor.seconds() < self._all_found_at
        try:
            await self._paths.make_equal(lambda name: searching and camera_of(name) is not None)
            self.changes.look()
            self._states = await self._api.states()
        except DependencyFailed as why:
            self._answered = False
            self._log.debug("round not finished: {why}", why=why.message)
            return
        self._answered = True
        self.on_states()
