"""How the parts are: covered from outside by test_system_methods and test_site; here what those cannot reach."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.api.health_status import HealthStatus
from camsvc.devices.inventory import Inventory
from tests.unit.api.methods.service.test_system import FakeEngine


class HealthStatusTests(SynchronousTestCase):
    """States."""

    def test_monitor(self) -> None:
        """Off where no camera on USB is looked for: that degrades nothing."""
        engine: Any = FakeEngine()
        engine.trouble, engine.in_step = None, True
        for heard, state, health in ((None, "STOPPED", "healthy"), (True, "RUNNING", "healthy"),
                                     (False, "ERROR", "degraded")):  # fmt: skip
            health_status = HealthStatus(Inventory(), engine, engine, lambda heard=heard: heard)  # type: ignore[misc]
            self.assertEqual((health_status.states()["camera_monitor"], health_status.health), (state, health))

    def test_audit(self) -> None:
        """An audit log that is not on the disk degrades the whole."""
        engine: Any = FakeEngine()
        engine.trouble, engine.in_step = None, True
        health_status = HealthStatus(Inventory(), engine, engine, lambda: None, [lambda: False])
        self.assertEqual(health_status.health, "degraded")
