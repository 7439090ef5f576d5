"""Cameras and their streams: lists, status, capabilities, URLs."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId, CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.views import CameraView, Views
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.model import Camera, Health, Status
from camsvc.streams.stream_states import StreamStates
from camsvc.system.clocks import Clocks

_PAUSE_S = 3.0  # words have pauses


class DeviceParam(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a camera."""

    device: CameraId


Debug = Annotated[bool, Meta(description="true: an admin is told each device node, as debug.internal_device_path")]


class ListCamerasParams(Struct, forbid_unknown_fields=True, frozen=True):
    """What is shown besides."""

    debug: Debug = False


class CameraStatusParams(DeviceParam, forbid_unknown_fields=True, frozen=True):
    """Names a camera, and what is shown besides."""

    debug: Debug = False


class CameraList(Struct, frozen=True):
    """All cameras that the caller may know of."""

    cameras: list[CameraView]
    total: int
    connected: int


class CameraMetrics(Struct, frozen=True):
    """Bytes since the stream began, readers now, seconds since the capture began."""

    bytes_sent: int
    readers: int
    uptime: float


class SoundLevel(Struct, frozen=True):
    """How loud a camera's sound is: dBFS of the last second, and seconds since it was last more than silence.

    ``sound.silent`` and ``sound.audible`` tell it by themselves.
    """

    level_db: float
    silent_s: float


class FormatsAndSizes(Struct, frozen=True):
    """FOURCCs and ``WxH``."""

    formats: list[str]
    resolutions: list[str]


class CameraStatus(CameraView, frozen=True, kw_only=True):
    """A camera with its metrics; ``sound`` is there while camsvc encodes the sound of a microphone."""

    metrics: CameraMetrics
    capabilities: FormatsAndSizes
    sound: SoundLevel | UnsetType = UNSET


class ModeView(Struct, frozen=True):
    """A mode that a camera offers."""

    format: str
    width: int
    height: int
    fps: list[float]


class Capabilities(Struct, frozen=True):
    """What a camera offers; ``frame_rates`` is the name that some clients know ``fps_options`` by.

    ``validation_status`` is CONFIRMED, NONE while its formats are not known, or DISCONNECTED.
    """

    device: str
    formats: list[str]
    resolutions: list[str]
    fps_options: list[float]
    frame_rates: list[float]
    validation_status: str
    modes: list[ModeView]


class StreamUrl(Struct, frozen=True):
    """Where a camera can be watched."""

    device: str
    stream_name: str
    stream_url: str
    available: bool
    active_consumers: int
    stream_status: str
    urls: dict[str, str]


class StreamView(Struct, frozen=True):
    """A stream as the engine runs it."""

    name: str
    source: str
    ready: bool
    readers: int
    bytes_sent: int


class CameraMethods:
    """Methods that read cameras and streams."""

    def __init__(
        self, inventory: Inventory, streams: StreamStates, health: LauncherHealth, views: Views, clocks: Clocks
    ) -> None:
        self._inventory = inventory
        self._streams = streams
        self._health = health
        self._views = views
        self._clocks = clocks

    @method(
        "get_camera_list",
        role=Role.VIEWER,
        params=ListCamerasParams,
        result=CameraList,
        reads=True,
        cameras=CameraScope.VISIBLE,
    )
    def get_camera_list(self, call: Call, params: ListCamerasParams) -> CameraList:
        """All cameras, with their status and the URLs to watch them."""
        who = call.principal
        cameras = [camera for camera in self._inventory.all() if who.sees(camera.device)]
        views = [self._views.camera(camera, who, call.base_url, params.debug) for camera in cameras]
        connected = sum(camera.status is Status.CONNECTED for camera in cameras)
        return CameraList(views, len(views), connected)

    @method("get_camera_status", role=Role.VIEWER, params=CameraStatusParams, result=CameraStatus, reads=True)
    def get_camera_status(self, call: Call, params: CameraStatusParams) -> CameraStatus:
        """One camera with its metrics and formats."""
        camera = self._inventory.get(params.device)
        view = self._views.camera(camera, call.principal, call.base_url, params.debug)
        state = self._streams.camera_states().get(camera.device)
        health = self._health.get(camera.device)
        running = health is not None and health.state == "running"
        return CameraStatus(
            **{name: getattr(view, name) for name in view.__struct_fields__},
            metrics=CameraMetrics(
                bytes_sent=state.bytes_sent if state else 0,
                readers=self._streams.viewers(camera.device),
                uptime=round(self._clocks.boot_s() - health.since, 1) if health and running else 0.0,
            ),
            capabilities=FormatsAndSizes(_formats(camera), _resolutions(camera)),
            sound=self._sound(health) if health is not None and running else UNSET,
        )

    def _sound(self, health: Health) -> SoundLevel | UnsetType:
        if health.sound_db is None or health.loud_at is None:
            return UNSET
        silent_s = health.at - health.loud_at
        return SoundLevel(health.sound_db, round(silent_s) if silent_s > _PAUSE_S else 0.0)

    @method("get_camera_capabilities", role=Role.VIEWER, params=DeviceParam, result=Capabilities, reads=True)
    def get_camera_capabilities(self, call: Call, params: DeviceParam) -> Capabilities:
        """Formats, resolutions and frame rates that a camera offers."""
        camera = self._inventory.get(params.device)
        rates = sorted({rate for mode in camera.modes for rate in mode.fps})
        return Capabilities(
            device=camera.device,
            formats=_formats(camera),
            resolutions=_resolutions(camera),
            fps_options=rates,
            frame_rates=rates,
            validation_status=_validated(camera),
            modes=[ModeView(mode.format, mode.width, mode.height, list(mode.fps)) for mode in camera.modes],
        )

    @method("get_stream_url", role=Role.VIEWER, params=DeviceParam, result=StreamUrl, reads=True)
    async def get_stream_url(self, call: Call, params: DeviceParam) -> StreamUrl:
        """Where a camera can be watched, with a short-lived ticket; the camera starts with its first viewer."""
        camera = self._inventory.get(params.device)
        states = await self._streams.fresh_states()
        state = states.get(camera.device)
        urls = self._views.urls.streams(camera.device, call.principal, call.base_url)
        ready = "READY" if state is not None and state.ready else "NOT_READY"
        return StreamUrl(
            device=camera.device,
            stream_name=camera.device,
            stream_url=urls["rtsp"],
            available=state is not None and camera.status is Status.CONNECTED,
            active_consumers=self._streams.viewers(camera.device),
            stream_status="ERROR" if camera.status is Status.ERROR else ready,
            urls=urls | {"preview": self._views.urls.preview(camera.device, call.principal, call.base_url)},
        )

    @method("get_streams", role=Role.VIEWER, result=list[StreamView], reads=True, cameras=CameraScope.VISIBLE)
    async def get_streams(self, call: Call, params: NoParams) -> list[StreamView]:
        """Every camera's stream as the media engine runs it."""
        states = await self._streams.fresh_states()
        return [
            StreamView(name, state.source or "", state.ready, self._streams.viewers(name), state.bytes_sent)
            for name, state in sorted(states.items())
            if call.principal.sees(name)
        ]


def _validated(camera: Camera) -> str:
    if not camera.present:
        return "DISCONNECTED"
    return "CONFIRMED" if camera.modes else "NONE"


def _formats(camera: Camera) -> list[str]:
    return sorted({mode.format for mode in camera.modes})


def _resolutions(camera: Camera) -> list[str]:
    sizes = {(mode.width, mode.height) for mode in camera.modes}
    return [f"{width}x{height}" for width, height in sorted(sizes, reverse=True)]
