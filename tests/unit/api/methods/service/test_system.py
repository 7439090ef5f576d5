"""get_system_status, get_server_info."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import camsvc
from camsvc.access.roles import Principal, Role
from camsvc.api.health_status import HealthStatus
from camsvc.api.methods.service.system import SystemMethods
from camsvc.api.registry import Registry
from camsvc.devices.inventory import Inventory
from camsvc.streams.hardware_encoders import Encoders
from camsvc.system.clocks import Clocks
from tests.support.samples import ask, found, principal, runtime


class FakeEngine:
    """An engine in some state."""

    def __init__(self) -> None:
        self.trouble: str | None = "is starting"
        self.ever_up = False
        self.version: str | None = None
        self.in_step = False

    @property
    def up(self) -> bool:
        return self.trouble is None


class SystemTests(SynchronousTestCase):
    """Through the registry."""

    def setUp(self) -> None:
        self.inventory = Inventory()
        self.engine = FakeEngine()
        self.heard: bool | None = None
        engine: Any = self.engine
        health_status = HealthStatus(self.inventory, engine, engine, lambda: self.heard)
        self.encoders = Encoders(runtime(Clock()))
        self.registry = Registry(
            SystemMethods(self.inventory, engine, engine, health_status, self.encoders, Clocks())
        )

    def ask(self, method: str, who: Principal | None = None) -> Any:
        return ask(self, self.registry, who or principal(Role.VIEWER), method)["result"]

    def status(self) -> tuple[str, str]:
        found = self.ask("get_system_status")
        return found["status"], found["message"]

    def test_status(self) -> None:
        """starting, then ready; partial when the engine went away; starting again while it takes the paths."""
        self.assertEqual(self.status(), ("starting", "the media engine is starting"))
        self.engine.trouble = None
        self.engine.ever_up = True
        self.assertEqual(self.status()[0], "starting")
        self.engine.in_step = True
        self.assertEqual(self.status(), ("ready", "everything is up"))
        self.engine.trouble, self.engine.in_step = "does not answer", False
        self.assertEqual(self.status(), ("partial", "the media engine does not answer"))

    def test_cameras(self) -> None:
        """Only those that deliver, and that the caller may know of."""
        for number in range(3):
            self.inventory.present(f"camera{number}", found(str(number)))
        self.inventory.gone("camera0")
        self.inventory.error("camera1", "x")
        self.assertEqual(self.ask("get_system_status")["available_cameras"], ["camera2"])
        scoped = principal(cameras=frozenset({"camera1"}))
        self.assertEqual(self.ask("get_system_status", scoped)["available_cameras"], [])
        self.assertIs(self.ask("get_system_status")["discovery_active"], False)
        self.heard = True
        self.assertIs(self.ask("get_system_status")["discovery_active"], True)

    def test_parts(self) -> None:
        """get_status, for admins: each part, and what follows for the whole."""
        admin = principal(Role.ADMIN)
        found_ = self.ask("get_status", admin)
        self.assertEqual((found_["status"], found_["version"]), ("UNHEALTHY", camsvc.__version__))
        parts = {"websocket_server": "RUNNING", "camera_monitor": "STOPPED", "mediamtx": "STARTING"}
        self.assertEqual(found_["components"], parts)
        self.assertGreaterEqual(found_["uptime"], 0)
        self.engine.trouble, self.engine.ever_up, self.engine.in_step = None, True, True
        self.assertEqual(self.ask("get_status", admin)["status"], "HEALTHY")
        self.inventory.present("camera0", found("a"))
        self.inventory.error("camera0", "no frames for 5 s")
        self.assertEqual(self.ask("get_status", admin)["status"], "DEGRADED")
        self.inventory.error("camera0", None)
        self.heard = False
        self.assertEqual(self.ask("get_status", admin)["components"]["camera_monitor"], "ERROR")
        self.assertEqual(self.ask("get_status", admin)["status"], "DEGRADED")
        self.engine.trouble = "does not answer"
        self.assertEqual(self.ask("get_status", admin)["components"]["mediamtx"], "ERROR")
        self.assertEqual(self.ask("get_status", admin)["status"], "UNHEALTHY")

    def test_info(self) -> None:
        """Every key of the contract, of the right type, while the engine is down too."""
        found = self.ask("get_server_info")
        self.assertEqual((found["name"], found["version"]), ("camsvc", camsvc.__version__))
        for key in ("build_date", "go_version", "python_version", "mediamtx_version", "architecture"):
            self.assertIsInstance(found[key], str, key)
        for key in ("capabilities", "supported_formats"):
            self.assertTrue(all(isinstance(value, str) for value in found[key]))
        self.assertIsInstance(found["max_cameras"], int)
        self.assertEqual(found["encoders"], [])
        self.engine.version = "1.20.1"
        self.assertEqual(self.ask("get_server_info")["mediamtx_version"], "1.20.1")
