"""get_metrics: figures of the machine from its own files, of cameras and streams from what runs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.service import metrics
from camsvc.api.methods.service.metrics import MetricsMethods, Processor, memory_usage
from camsvc.api.registry import Registry
from camsvc.devices.inventory import Inventory
from camsvc.engine.api.paths_api import PathState
from camsvc.library import parts
from camsvc.library.parts import DiskUsage
from camsvc.model import Health
from camsvc.recording.footage import Footage
from camsvc.system.clocks import Clocks
from tests.support.immediate import ImmediateMediaFolders
from tests.support.samples import ask, found, principal

THE_KERNELS = metrics.PROC


class FakeStreams:
    """One camera with two viewers, one that sleeps."""

    def camera_states(self) -> dict[str, PathState]:
        return {
            "camera0": PathState("camera0", True, "rtspSession", ("rtspSession",) * 2, 700, 10),
            "camera1": PathState("camera1", False, None, (), 0, 0),
        }

    def viewers(self, device: str) -> int:
        return 2 if device == "camera0" else 0


class MetricsTests(SynchronousTestCase):
    """Through the registry."""

    def setUp(self) -> None:
        self.inventory = Inventory()
        for number in range(2):
            self.inventory.present(f"camera{number}", found(str(number)))
        self.inventory.error("camera1", "x")
        self.proc = Path(self.mktemp())
        self.proc.mkdir()
        self.patch(metrics, "PROC", self.proc)
        self.patch(parts, "disk_usage", lambda folder: DiskUsage(1000, 750, 250))
        (self.proc / "meminfo").write_text("MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  400 kB\n")
        self.ticks(100, 900)
        streams: Any = FakeStreams()
        health: Any = {"camera0": Health(1, "running", 0.0, fps=30.0)}
        folders = ImmediateMediaFolders(Path(self.mktemp()))
        self.registry = Registry(MetricsMethods(self.inventory, streams, health, self, folders, Clocks()))  # type: ignore[arg-type]

    def under_way(self) -> dict[str, Footage]:
        """As the recorder's."""
        return {
            "camera0_x.mp4": Footage(77),
            "camera1_y.mp4": Footage(78),
            ".mp4": Footage(),
        }  # the last is not stored yet

    def ticks(self, busy: int, idle: int) -> None:
        (self.proc / "stat").write_text(f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 2 3\n")

    def ask(self, who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.ADMIN), "get_metrics")

    def test_all(self) -> None:
        """Every key."""
        found_ = self.ask()["result"]
        self.assertTrue(found_.pop("timestamp").endswith("Z"))
        self.assertEqual(
            found_,
            {
                "system_metrics": {
                    "cpu_usage": 10.0,
                    "memory_usage": 60.0,
                    "disk_usage": 75.0,
                    "goroutines": threading.active_count(),
                },
                "camera_metrics": {
                    "connected_cameras": 1,
                    "cameras": {
                        "camera0": {"status": "CONNECTED", "readers": 2, "bytes_sent": 700, "fps": 30.0},
                        "camera1": {"status": "ERROR", "readers": 0, "bytes_sent": 0, "fps": 0.0},
                    },
                },
                "recording_metrics": {"camera0_x.mp4": 77, "camera1_y.mp4": 78},
                "stream_metrics": {"active_streams": 1, "total_streams": 2, "total_viewers": 2},
            },
        )

    def test_load_between_calls(self) -> None:
        """Since the last one."""
        self.ask()
        self.ticks(150, 950)
        self.assertEqual(self.ask()["result"]["system_metrics"]["cpu_usage"], 50.0)
        self.assertEqual(self.ask()["result"]["system_metrics"]["cpu_usage"], 0.0)

    def test_scope(self) -> None:
        """A camera outside it does not exist; and only admins ask."""
        found_ = self.ask(principal(Role.ADMIN, cameras=frozenset({"camera1"})))["result"]
        self.assertEqual(set(found_["camera_metrics"]["cameras"]), {"camera1"})
        self.assertEqual(found_["recording_metrics"], {"camera1_y.mp4": 78})
        self.assertEqual(found_["stream_metrics"], {"active_streams": 0, "total_streams": 1, "total_viewers": 0})

    def test_this_machine(self) -> None:
        """The kernel's own files."""
        self.patch(metrics, "PROC", THE_KERNELS)
        processor = Processor()
        for figure in (processor.usage(), processor.usage(), memory_usage()):
            self.assertTrue(0 <= figure <= 100, figure)
