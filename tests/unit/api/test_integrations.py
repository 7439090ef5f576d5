"""What integrations say of themselves, and what follows for the whole."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from twisted.trial.unittest import SynchronousTestCase

from camsvc.api.health_status import HealthStatus
from camsvc.api.integrations import Integration, Integrations
from camsvc.devices.inventory import Inventory
from tests.unit.api.methods.service.test_system import FakeEngine


class IntegrationsTests(SynchronousTestCase):
    """``Integrations``."""

    def setUp(self) -> None:
        self.integrations = Integrations()
        self.told: list[str] = []
        engine: Any = FakeEngine()
        engine.trouble, engine.in_step = None, True
        self.health = HealthStatus(Inventory(), engine, engine, lambda: None, integrations=self.integrations)
        self.integrations.changes.add(lambda: self.told.append(self.health.health))

    def test_worst_counts(self) -> None:
        """Of several of one name, the worst, and which it is."""
        one, other = (self.integrations.reporter("webhooks", part) for part in ("a.example", "b.example"))
        self.assertEqual(self.integrations.all(), {"webhooks": Integration("STARTING", UNSET)})
        one("RUNNING", "")
        other("ERROR", "answers with status 500")
        found = self.integrations.all()["webhooks"]
        self.assertEqual((found.state, found.error), ("ERROR", "b.example: answers with status 500"))
        other("RUNNING", "")
        self.assertEqual(self.integrations.all(), {"webhooks": Integration("RUNNING", UNSET)})

    def test_health(self) -> None:
        """One in error degrades the whole, which is told once."""
        report = self.integrations.reporter("mqtt")
        report("RUNNING", "")
        report("ERROR", "gone")
        report("ERROR", "still gone")
        report("RUNNING", "")
        self.assertEqual(self.told, ["healthy", "degraded", "healthy"])
