"""All that puts cameras and recordings on the engine, wired together: their paths, and how these run."""

from __future__ import annotations

from functools import partial

from camsvc.app.shutdown import Step
from camsvc.config.schema import Config
from camsvc.engine.api.paths_api import PathsApi
from camsvc.engine.desired_paths import DesiredPaths
from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import PathOptions
from camsvc.engine.path_reconciler import PathReconciler
from camsvc.engine.supervisor import Engine
from camsvc.kinds.catalogue import pipeline_of, table_of
from camsvc.kinds.encoders import Encoder
from camsvc.model import Camera
from camsvc.streams.availability import Availability
from camsvc.streams.camera_paths import CameraPaths
from camsvc.streams.camera_starter import CameraStarter
from camsvc.streams.delayed_changes import DelayedChanges
from camsvc.streams.hardware_encoders import Encoders, wish_of
from camsvc.streams.launch_orders import LaunchOrders
from camsvc.streams.path_rounds import PathRounds
from camsvc.streams.recording_paths import RecordingPaths
from camsvc.streams.stream_states import StreamStates
from camsvc.system.runtime import Runtime


class Streaming:
    """The cameras' paths on the engine: stops the rounds over them, which ``MediaPlane`` starts.

    Its parts are ``rtsp``, ``orders``, ``cameras``, ``recordings``, ``states``, ``availability``, ``delayed``,
    ``rounds``, ``starter`` and ``encoders``.
    """

    def __init__(self, runtime: Runtime, config: Config, engine: Engine, api: PathsApi, kind: str = "relay") -> None:
        """Set up.

        Args:
            runtime: of this process.
            config: what it says of cameras, folders and the engine's ports.
            engine: what runs the paths.
            api: calls to it.
            kind: ``mediamtx`` or ``relay``.
        """
        reactor, folder = runtime.reactor, runtime.folder
        desired = DesiredPaths()
        paths = PathReconciler(api, desired)
        self.rtsp = LoopbackRtsp(reactor, config.media.rtsp_port, folder.secret("internal").decode())
        recordings, rules = config.storage.recordings, config.recording
        rings = rules.rings_dir(recordings)
        options = PathOptions(runtime.launcher, folder.path, recordings, self.rtsp, rules.segment_s, rings)
        self.encoders = Encoders(runtime)
        self.orders = LaunchOrders(
            folder,
            runtime.ffmpeg,
            partial(pipeline_of, config.camera, config.usb, runtime.ffmpeg),
            partial(self._encoder_of, config),
            by_arrival=kind == "mediamtx",
        )
        self.cameras = CameraPaths(desired, options, self.orders, self.rtsp, config.media.transcode)
        self.recordings = RecordingPaths(reactor, engine, api, paths, options, self.cameras)
        self.states = StreamStates(engine, api, desired)
        self.availability = Availability(engine, paths)
        self.delayed = DelayedChanges(reactor, self.availability)
        self.rounds = PathRounds(reactor, engine, paths, self.states, self.delayed)
        self.starter = CameraStarter(reactor, engine, self.rtsp)

    def _encoder_of(self, config: Config, camera: Camera) -> Encoder | None:
        if self.encoders.failing.holds(camera.device):
            return None
        return self.encoders.choose(wish_of(table_of(config.camera, config.usb, camera)))

    def stop_steps(self) -> tuple[Step, ...]:
        """How it ends."""
        return (
            Step("stopping the look at encoders", self.encoders.stop),
            Step("stopping the rounds over the cameras' paths", self.rounds.stop),
        )
