"""What camsvc itself is and how it does."""

from __future__ import annotations

import platform
from importlib import metadata

from msgspec import UNSET, Struct, UnsetType

import camsvc
from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.health_status import HealthStatus
from camsvc.api.integrations import Integration
from camsvc.devices.inventory import Inventory
from camsvc.engine.supervisor import Engine
from camsvc.model import Status
from camsvc.streams.hardware_encoders import EncoderResult, Encoders
from camsvc.streams.path_rounds import PathRounds
from camsvc.system.clocks import Clocks

BUILD_DATE = "2026-11-23"
MAX_CAMERAS = 64


class SystemStatus(Struct, frozen=True):
    """``starting``, ``partial`` or ``ready``, and why."""

    status: str
    message: str
    available_cameras: list[str]
    discovery_active: bool


class EncoderView(Struct, frozen=True):
    """A hardware encoder: whether a real encode has shown that it works, and why it is not used.

    ``failing``: cameras for which it has failed since then, and why; libx264 encodes those, and it is tried again.
    """

    name: str
    works: bool
    failing: dict[str, str]
    reason: str | UnsetType = UNSET


class ServerInfo(Struct, frozen=True):
    """``go_version`` is kept for old clients and holds what runs us instead.

    ``encoders``: hardware, in the order in which it is taken; empty until it was probed. libx264 is there besides.
    """

    name: str
    version: str
    build_date: str
    go_version: str
    python_version: str
    mediamtx_version: str
    architecture: str
    capabilities: list[str]
    supported_formats: list[str]
    max_cameras: int
    encoders: list[EncoderView]


class ServiceStatus(Struct, frozen=True):
    """HEALTHY, DEGRADED or UNHEALTHY; ``uptime`` in seconds; components RUNNING, STARTING, STOPPED or ERROR.

    ``integrations``: the systems that the configuration connects camsvc to.
    """

    status: str
    uptime: float
    version: str
    components: dict[str, str]
    integrations: dict[str, Integration]


class SystemMethods:
    """Methods about the service."""

    def __init__(
        self,
        inventory: Inventory,
        engine: Engine,
        rounds: PathRounds,
        health_status: HealthStatus,
        encoders: Encoders,
        clocks: Clocks,
    ) -> None:
        self._encoders = encoders
        self._inventory = inventory
        self._engine = engine
        self._rounds = rounds
        self._health_status = health_status
        self._clocks = clocks
        self._began = self._clocks.boot_s()

    @method("get_status", role=Role.ADMIN, result=ServiceStatus, reads=True, cameras=CameraScope.NONE)
    def get_status(self, call: Call, params: NoParams) -> ServiceStatus:
        """How the service and its parts are."""
        return ServiceStatus(
            self._health_status.health.upper(),
            round(self._clocks.boot_s() - self._began, 1),
            camsvc.__version__,
            self._health_status.states(),
            self._health_status.integrations.all(),
        )

    @method("get_system_status", role=Role.VIEWER, result=SystemStatus, reads=True, cameras=CameraScope.VISIBLE)
    def get_system_status(self, call: Call, params: NoParams) -> SystemStatus:
        """Whether everything is up: starting, partial or ready."""
        cameras = [
            camera
            for camera in self._inventory.all()
            if camera.status is Status.CONNECTED and call.principal.sees(camera.device)
        ]
        if self._rounds.in_step:
            status, message = "ready", "everything is up"
        elif self._engine.up:
            status, message = "starting", "the media engine is taking the cameras' paths"
        elif self._engine.ever_up:
            status, message = "partial", f"the media engine {self._engine.trouble}"
        else:
            status, message = "starting", f"the media engine {self._engine.trouble}"
        discovers = self._health_status.states()["camera_monitor"] == "RUNNING"
        return SystemStatus(status, message, [camera.device for camera in cameras], discovers)

    @method("get_server_info", role=Role.VIEWER, result=ServerInfo, reads=True, cameras=CameraScope.VISIBLE)
    def get_server_info(self, call: Call, params: NoParams) -> ServerInfo:
        """Name, versions and what this installation can do."""
        return ServerInfo(
            name="camsvc",
            version=camsvc.__version__,
            build_date=BUILD_DATE,
            go_version=f"none (Python {platform.python_version()}, Twisted {metadata.version('twisted')})",
            python_version=platform.python_version(),
            mediamtx_version=self._engine.version or "",
            architecture=platform.machine(),
            capabilities=[
                *(
                    "rtsp",
                    "hls",
                    "webrtc",
                    "mjpeg",
                    "recording",
                    "snapshots",
                    "thumbnails",
                    "notifications",
                    "events",
                ),
                *("users", "api_keys", "external_streams", "audit", "batch"),
            ],
            supported_formats=["fmp4", "mp4", "mkv", "jpg"],
            max_cameras=MAX_CAMERAS,
            encoders=[self._encoder(call, each) for each in self._encoders.results],
        )

    def _encoder(self, call: Call, found: EncoderResult) -> EncoderView:
        failing = self._encoders.failing.cameras(found.name)
        visible = {device: why for device, why in failing.items() if call.principal.sees(device)}
        return EncoderView(found.name, found.why_not is None, visible, found.why_not or UNSET)
