"""camsvc as a unit of systemd: when it is told ready, and when its watchdog is fed."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.app.unit import READY_AT_LATEST_S, SystemdUnit
from camsvc.errors import DependencyFailed


class _Manager:
    """Systemd, as far as it listens."""

    listens = True
    watchdog_s: float | None = 30.0

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []

    def tell(self, **fields: str) -> None:
        self.told.append(fields)

    def count(self, name: str) -> int:
        return sum(name in each for each in self.told)


class _Database:
    """One whose thread answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Deferred[None]] = []

    def run(self, work: Any) -> Deferred[None]:
        self.asked.append(Deferred())
        return self.asked[-1]


class UnitTests(SynchronousTestCase):
    """``SystemdUnit``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.manager, self.database = _Manager(), _Database()
        runtime: Any = type("Runtime", (), {"reactor": self.clock, "database": self.database})
        self.unit = SystemdUnit(runtime, self.manager, lambda: "2 cameras")  # type: ignore[arg-type]
        self.addCleanup(self.unit.stop)

    def test_watchdog(self) -> None:
        """It is fed each time that the database has answered, and not before."""
        self.unit.start()
        self.clock.advance(20)
        self.assertEqual((len(self.database.asked), self.manager.count("WATCHDOG")), (1, 0))
        self.database.asked[0].callback(None)
        self.assertEqual(self.manager.told[-1], {"WATCHDOG": "1", "STATUS": "2 cameras"})
        self.clock.advance(10)
        self.assertEqual((len(self.database.asked), self.manager.count("WATCHDOG")), (2, 1))

    def test_full_disk(self) -> None:
        """A database that answers that it cannot is one that answers: another start would help nobody."""
        self.unit.start()
        self.database.asked[0].errback(DependencyFailed("storage", "no room"))
        self.assertEqual(self.manager.count("WATCHDOG"), 1)

    def test_short_watchdog(self) -> None:
        """It is fed three times in its time at least."""
        self.manager.watchdog_s = 3.0
        runtime: Any = type("Runtime", (), {"reactor": self.clock, "database": self.database})
        unit = SystemdUnit(runtime, self.manager, str)  # type: ignore[arg-type]
        unit.start()
        self.addCleanup(unit.stop)
        for _ in range(3):
            self.database.asked[-1].callback(None)
            self.clock.advance(1)
        self.assertEqual(self.manager.count("WATCHDOG"), 3)

    def test_ready(self) -> None:
        """Once, with how it is."""
        self.unit.start()
        self.unit.ready()
        self.assertEqual(self.manager.told[-1], {"READY": "1", "STATUS": "2 cameras"})
        self.clock.advance(READY_AT_LATEST_S)
        self.assertEqual(self.manager.count("READY"), 1)

    def test_ready_at_latest(self) -> None:
        """Without an engine systemd waits a minute, and no longer."""
        self.unit.start()
        self.clock.advance(READY_AT_LATEST_S - 1)
        self.assertEqual(self.manager.count("READY"), 0)
        self.clock.advance(1)
        self.assertEqual(self.manager.count("READY"), 1)

    def test_stopping(self) -> None:
        """Told; and nothing after it."""
        self.unit.start()
        self.unit.stopping()
        self.assertEqual(self.manager.told[-1]["STOPPING"], "1")
        self.unit.stop()
        told = len(self.manager.told)
        self.clock.advance(READY_AT_LATEST_S * 2)
        self.assertEqual(len(self.manager.told), told)

    def test_no_systemd(self) -> None:
        """Nothing runs."""
        self.manager.listens = False
        self.unit.start()
        self.clock.advance(100)
        self.assertEqual((self.database.asked, self.clock.getDelayedCalls()), ([], []))
