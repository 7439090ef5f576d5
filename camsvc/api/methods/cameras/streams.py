"""Streams that are kept ready without a viewer, and how each stream is."""

from __future__ import annotations

from msgspec import Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.declaration import method
from camsvc.api.methods.cameras.cameras import DeviceParam
from camsvc.api.urls import Urls
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.engine.path_options import IDLE_S
from camsvc.errors import DependencyFailed, InvalidState
from camsvc.model import Camera, Status, iso
from camsvc.recording.recorder import Recorder, require_connected
from camsvc.streams.kept_streams import KeptStreams
from camsvc.streams.launch_orders import LaunchOrders
from camsvc.streams.stream_states import StreamStates
from camsvc.system.clocks import Clocks
from camsvc.system.redaction import redact

_OF_LAUNCHER = {"starting": "STARTING", "waiting": "STARTING", "retrying": "ERROR"}


class StreamStarted(Struct, frozen=True):
    """A stream that runs without viewers; ``auto_close_after`` in seconds, 0 for never."""

    device: str
    stream_name: str
    stream_url: str
    status: str
    start_time: str
    auto_close_after: int
    ffmpeg_command: str


class StreamStopped(Struct, frozen=True):
    """A stream that is no longer kept; ``stream_continues`` while others watch or it is recorded."""

    device: str
    stream_name: str
    status: str
    start_time: str
    end_time: str
    duration: float
    stream_continues: bool


class FfmpegProcess(Struct, frozen=True):
    """``pid`` is 0 while it does not run; ``uptime`` in seconds."""

    running: bool
    pid: int
    uptime: float


class EnginePath(Struct, frozen=True):
    """The camera's path as the engine runs it."""

    exists: bool
    ready: bool
    readers: int


class StreamMetrics(Struct, frozen=True):
    """Since the stream began; ``bitrate`` is the mean in bit/s."""

    bytes_sent: int
    frames_sent: int
    bitrate: int
    fps: float


class StreamStatus(Struct, frozen=True):
    """ACTIVE, INACTIVE, ERROR or STARTING; ``start_time`` is empty while it does not run."""

    device: str
    stream_name: str
    status: str
    ready: bool
    ffmpeg_process: FfmpegProcess
    mediamtx_path: EnginePath
    metrics: StreamMetrics
    start_time: str


class StreamMethods:
    """Methods that keep a stream ready."""

    def __init__(
        self,
        inventory: Inventory,
        kept: KeptStreams,
        streams: StreamStates,
        orders: LaunchOrders,
        recorder: Recorder,
        urls: Urls,
    ) -> None:
        self._inventory = inventory
        self._kept = kept
        self._streams = streams
        self._orders = orders
        self._recorder = recorder
        self._urls = urls

    @method("start_streaming", role=Role.OPERATOR, params=DeviceParam, result=StreamStarted)
    async def start_streaming(self, call: Call, params: DeviceParam) -> StreamStarted:
        """Start a camera before anybody watches; without a viewer it sleeps again after `auto_close_after`."""
        camera = self._inventory.get(params.device)
        require_connected(camera)
        began = await self._kept.start(camera.device)
        return StreamStarted(
            device=camera.device,
            stream_name=camera.device,
            stream_url=self._urls.streams(camera.device, call.principal, call.base_url)["rtsp"],
            status="STARTED",
            start_time=iso(began),
            auto_close_after=0 if camera.always_on else IDLE_S,
            ffmpeg_command=self._command(camera),
        )

    @method("stop_streaming", role=Role.OPERATOR, params=DeviceParam, result=StreamStopped)
    async def stop_streaming(self, call: Call, params: DeviceParam) -> StreamStopped:
        """Take start_streaming back; who watches goes on watching, and without anybody the camera sleeps soon.

        Raises:
            InvalidState: start_streaming was not called.
        """
        self._inventory.get(params.device)
        times = self._kept.stop(params.device)
        if times is None:
            raise InvalidState(
                f"{params.device} was not started",
                reason="not_streaming",
                state="INACTIVE",
                allowed_states=["STARTED"],
                suggestion="start_streaming starts it",
            )
        await self._streams.fresh_states()
        began, now = times
        return StreamStopped(
            device=params.device,
            stream_name=params.device,
            status="STOPPED",
            start_time=iso(began),
            end_time=iso(now),
            duration=round(max(0.0, now - began), 3),
            stream_continues=self._streams.viewers(params.device) > 0 or self._recorder.recording(params.device),
        )

    def _command(self, camera: Camera) -> str:
        """What ffmpeg runs, without devices and credentials, also where the configuration has words of its own."""
        made = self._orders.pipeline(camera)
        words = (camera.device if _names_source(word, made.source) else word for word in (*made.input, *made.video))
        return redact(" ".join(["ffmpeg", *words, "-f", "rtsp", camera.device]))


class StreamStatusMethods:
    """Methods that read how a stream is."""

    def __init__(self, inventory: Inventory, streams: StreamStates, health: LauncherHealth, clocks: Clocks) -> None:
        self._inventory = inventory
        self._streams = streams
        self._health = health
        self._clocks = clocks

    @method("get_stream_status", role=Role.VIEWER, params=DeviceParam, result=StreamStatus, reads=True)
    async def get_stream_status(self, call: Call, params: DeviceParam) -> StreamStatus:
        """How a camera's stream is: process, path, metrics."""
        camera = self._inventory.get(params.device)
        try:
            state = (await self._streams.fresh_states()).get(camera.device)
        except DependencyFailed:
            state = None
        health = self._health.get(camera.device)
        running = health is not None and health.ffmpeg_pid is not None
        ready = state is not None and state.ready
        uptime = max(0.0, self._clocks.boot_s() - health.since) if health is not None and running else 0.0
        if camera.status is Status.ERROR:
            status = "ERROR"
        elif ready:
            status = "ACTIVE"
        else:
            status = _OF_LAUNCHER.get(health.state, "INACTIVE") if health is not None else "INACTIVE"
        received = state.bytes_received if state is not None else 0
        return StreamStatus(
            device=camera.device,
            stream_name=camera.device,
            status=status,
            ready=ready,
            ffmpeg_process=FfmpegProcess(
                running, (health.ffmpeg_pid or 0) if health is not None else 0, round(uptime, 1)
            ),
            mediamtx_path=EnginePath(state is not None, ready, self._streams.viewers(camera.device)),
            metrics=StreamMetrics(
                bytes_sent=state.bytes_sent if state is not None else 0,
                frames_sent=health.frames if health is not None else 0,
                bitrate=int(received * 8 / uptime) if uptime else 0,
                fps=health.fps if health is not None else 0.0,
            ),
            start_time=iso(self._clocks.wall_s() - uptime) if running else "",
        )


def _names_source(word: str, source: str) -> bool:
    return word == source or "/dev/" in word or "://" in word
