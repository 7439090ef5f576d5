"""What the ``camsvc`` command of twistd does before the daemon is made."""

from __future__ import annotations

from twisted.internet.selectreactor import SelectReactor
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.reactor_lag import follow_boot_time
from tests.support.clocks import FakeClocks


class FollowBootTimeTests(SynchronousTestCase):
    """``follow_boot_time``, with a reactor of Twisted's own that nobody runs."""

    def setUp(self) -> None:
        self.clocks = FakeClocks()
        self.reactor = SelectReactor()
        self.addCleanup(self.reactor.removeAll)
        follow_boot_time(self.reactor, self.clocks)
        self.fired: list[str] = []

    def test_wall_clock_is_set(self) -> None:
        """Neither forward nor back does it move a timer."""
        timer = self.reactor.callLater(5.0, self.fired.append, "x")
        for change in (600.0, -1200.0):
            self.clocks.wall += change
            self.reactor.runUntilCurrent()
        self.assertEqual((self.fired, timer.getTime()), ([], self.clocks.boot + 5.0))

    def test_time_passes(self) -> None:
        """A timer fires when its time since boot has come."""
        self.reactor.callLater(5.0, self.fired.append, "x")
        self.clocks.advance(4.9)
        self.reactor.runUntilCurrent()
        self.assertEqual(self.fired, [])
        self.clocks.advance(0.2)
        self.reactor.runUntilCurrent()
        self.assertEqual(self.fired, ["x"])
