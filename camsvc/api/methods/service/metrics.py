"""Figures of the machine, the cameras, the recordings and the streams."""

from __future__ import annotations

import threading
from pathlib import Path

from msgspec import Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.library import parts
from camsvc.library.media_folders import MediaFolders
from camsvc.model import Status, iso
from camsvc.recording.recorder import Recorder
from camsvc.streams.stream_states import StreamStates
from camsvc.system.clocks import Clocks

PROC = Path("/proc")


class SystemMetrics(Struct, frozen=True):
    """In percent of the machine; ``goroutines`` is our thread count, under the name that old clients know."""

    cpu_usage: float
    memory_usage: float
    disk_usage: float
    goroutines: int


class CameraFigures(Struct, frozen=True):
    """One camera: readers now, bytes since its stream began, frames a second of the capture."""

    status: str
    readers: int
    bytes_sent: int
    fps: float


class CamerasMetrics(Struct, frozen=True):
    """The cameras that are connected, and each one's figures."""

    connected_cameras: int
    cameras: dict[str, CameraFigures]


class StreamsMetrics(Struct, frozen=True):
    """Streams that run, paths there are, and viewers of all."""

    active_streams: int
    total_streams: int
    total_viewers: int


class Metrics(Struct, frozen=True):
    """All of it; ``recording_metrics`` has the bytes so far of each recording under way, by file name."""

    timestamp: str
    system_metrics: SystemMetrics
    camera_metrics: CamerasMetrics
    recording_metrics: dict[str, int]
    stream_metrics: StreamsMetrics


class Processor:
    """How busy the processors were between two looks (proc(5), /proc/stat)."""

    def __init__(self) -> None:
        self._before = (0, 0)

    def usage(self) -> float:
        """Percent since the last look; since the boot at the first."""
        line = (PROC / "stat").read_text().partition("\n")[0]
        ticks = [int(word) for word in line.split()[1:9]]
        total, idle = sum(ticks), ticks[3] + ticks[4]
        passed, rested = total - self._before[0], idle - self._before[1]
        self._before = (total, idle)
        return round(100 * (passed - rested) / passed, 1) if passed > 0 else 0.0


def memory_usage() -> float:
    """Percent of the memory that is not available to new programs (proc(5), MemAvailable)."""
    fields = dict(line.split(":", 1) for line in (PROC / "meminfo").read_text().splitlines())
    total, available = (int(fields[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return round(100 * (total - available) / total, 1)


class MetricsMethods:
    """One method."""

    def __init__(
        self,
        inventory: Inventory,
        streams: StreamStates,
        health: LauncherHealth,
        recorder: Recorder,
        folders: MediaFolders,
        clocks: Clocks,
    ) -> None:
        self._inventory = inventory
        self._streams = streams
        self._health = health
        self._recorder = recorder
        self._folders = folders
        self._clocks = clocks
        self._processor = Processor()

    @method("get_metrics", role=Role.ADMIN, result=Metrics, reads=True, cameras=CameraScope.VISIBLE)
    async def get_metrics(self, call: Call, params: NoParams) -> Metrics:
        """Load of the machine since the last call, and figures of cameras, recordings and streams."""
        return await self.figures(call.principal.cameras)

    async def figures(self, scope: frozenset[str] | None) -> Metrics:
        """What get_metrics answers to somebody who may know of the cameras in ``scope``, None for all."""
        disk = await self._folders.thread(parts.disk_usage, self._folders.recordings_dir)
        states = self._streams.camera_states()
        cameras = {
            camera.device: CameraFigures(
                status=camera.status.value,
                readers=self._streams.viewers(camera.device),
                bytes_sent=states[camera.device].bytes_sent if camera.device in states else 0,
                fps=health.fps if (health := self._health.get(camera.device)) is not None else 0.0,
            )
            for camera in self._inventory.all()
            if scope is None or camera.device in scope
        }
        seen = [state for name, state in states.items() if name in cameras]
        return Metrics(
            timestamp=iso(self._clocks.wall_s()),
            system_metrics=SystemMetrics(
                cpu_usage=self._processor.usage(),
                memory_usage=memory_usage(),
                disk_usage=disk.percentage,
                goroutines=threading.active_count(),
            ),
            camera_metrics=CamerasMetrics(
                sum(each.status == Status.CONNECTED.value for each in cameras.values()), cameras
            ),
            recording_metrics={
                name: footage.size_bytes
                for name, footage in self._recorder.under_way().items()
                if not name.startswith(".") and (scope is None or name.partition("_")[0] in scope)
            },
            stream_metrics=StreamsMetrics(
                sum(state.ready for state in seen), len(seen), sum(each.readers for each in cameras.values())
            ),
        )
