"""How the daemon stops, with each of its steps failing in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import Logger, capturedLogs, formatEvent

from camsvc.app.service import Camsvc
from camsvc.app.shutdown import Step, take
from camsvc.app.wiring import cameras as cameras_module
from camsvc.app.wiring import media_plane
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.engine.supervisor import Engine
from camsvc.system.database import Database
from camsvc.system.logs import Threshold
from tests.unit.app.test_startup import PreparedTestCase

ENGINE, LAUNCHERS, DATABASE = "ending the media engine", "ending launchers", "closing the database"
SYSTEMD_LIMIT_S = 90.0
"""DefaultTimeoutStopSec (systemd-system.conf(5)): then all is killed."""


class Died(Exception):
    """What a step raises."""


class StopTests(PreparedTestCase):
    """``Camsvc.stopService``, on a reactor that does nothing, with an engine and a launcher that are only names."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = MemoryReactorClock()
        self.ended: list[str] = []
        self.patch(Engine, "pid", 17)
        self.patch(LauncherHealth, "all", lambda _: [type("Health", (), {"pid": 18})])
        self.patch(media_plane.os, "kill", lambda pid, _: self.ended.append({17: ENGINE, 18: LAUNCHERS}[pid]))
        self.assertIs(media_plane.os, cameras_module.os)
        self.patch(Database, "stop", self.note(DATABASE, Database.stop))
        self.prepared = self.prepare()
        self.service = Camsvc(
            self.reactor, self.prepared, self.prepared.engine_process(self.reactor), Threshold("info")
        )

    def note(self, what: str, work: Callable[..., object] = lambda *_: None) -> Callable[..., object]:
        """Do something, and note that it was done."""

        def noted(*args: object) -> object:
            self.ended.append(what)
            return work(*args)

        return noted

    def steps(self) -> list[Step]:
        """Those of the service; engine and launchers, which are names here, end at once."""
        stand_ins = {name: self.note(name) for name in (ENGINE, LAUNCHERS)}
        return [evolve(each, work=stand_ins.get(each.doing, each.work)) for each in self.service.stop_steps()]

    def run_with(self, steps: list[Step]) -> None:
        """Take them, with all the time that they have."""
        taken = Deferred.fromCoroutine(take(steps, self.reactor, Logger()))
        for each in steps:
            self.reactor.advance(each.limit_s)
        self.successResultOf(taken)

    def test_all_well(self) -> None:
        """Engine, then launchers, then the database; the state folder is free for another."""
        with capturedLogs() as events:
            self.run_with(self.steps())
        self.assertEqual(self.ended, [ENGINE, LAUNCHERS, DATABASE])
        self.assertEqual([formatEvent(event) for event in events if event["log_level"].name == "error"], [])
        self.assertTrue(self.prepared.lock.closed)

    def failing(self, work: Callable[[], Any]) -> None:
        for number, failing in enumerate(self.service.stop_steps()):
            self.ended.clear()
            steps = self.steps()
            steps[number] = evolve(steps[number], work=work)
            with capturedLogs() as events:
                self.run_with(steps)
            expected = {ENGINE, LAUNCHERS, DATABASE} - ({DATABASE} if failing.doing == DATABASE else set())
            self.assertEqual(set(self.ended), expected, failing.doing)
            self.assertTrue(any(failing.doing in formatEvent(event) for event in events), failing.doing)
            self.flushLoggedErrors(Died)

    def test_each_raises(self) -> None:
        """Whichever it is, engine, launchers and database are ended, by force where their own step failed."""

        def die() -> None:
            raise Died

        self.failing(die)

    def test_each_hangs(self) -> None:
        """The same."""
        self.failing(Deferred)

    def test_limits(self) -> None:
        """All steps hanging, camsvc still ends by itself before systemd kills it and leaves engine and launchers."""
        self.assertLess(sum(each.limit_s for each in self.service.stop_steps()), SYSTEMD_LIMIT_S)
