"""How late the reactor is, on a clock that jumps, and on the reactor itself."""

from __future__ import annotations

import gc
import time

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.system.reactor_lag import EXCUSED_S, KEPT_S, TICK_S, ReactorLag, loading


class LagTests(SynchronousTestCase):
    """``ReactorLag``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        self.lag = ReactorLag(self.clock)

    def run_for(self, seconds: float) -> None:
        """Time passes as it should."""
        for _ in range(round(seconds / TICK_S)):
            self.clock.advance(TICK_S)

    def test_in_time(self) -> None:
        """Nothing is late, before it starts, while it runs and after it ended."""
        self.assertEqual(self.lag.worst_of_last_minute_s(), 0.0)
        self.lag.start()
        self.run_for(5)
        self.assertAlmostEqual(self.lag.worst_of_last_minute_s(), 0.0)
        self.lag.stop()
        self.clock.advance(100)
        self.assertAlmostEqual(self.lag.worst_of_last_minute_s(), 0.0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_late(self) -> None:
        """A stall is known for a minute, and to who asks about the time since it; the worst of several counts."""
        self.lag.start()
        self.run_for(3)
        began = self.clock.seconds()
        self.clock.advance(5.0)
        self.assertAlmostEqual(self.lag.worst_s(began), 5.0 - TICK_S)
        self.run_for(0.5)
        self.clock.advance(2.0)
        self.run_for(3)
        self.assertAlmostEqual(self.lag.worst_s(began), 5.0 - TICK_S)
        self.assertAlmostEqual(self.lag.worst_s(self.clock.seconds() - 2), 0.0)
        self.run_for(KEPT_S - 10)
        self.assertAlmostEqual(self.lag.worst_of_last_minute_s(), 5.0 - TICK_S)
        self.run_for(12)
        self.assertAlmostEqual(self.lag.worst_of_last_minute_s(), 0.0)

    def test_this_moment(self) -> None:
        """Who is called first after a stall is told of it, though the measuring timer has not fired yet."""
        self.lag.start()
        self.run_for(1)
        seen: list[float] = []
        self.clock.callLater(TICK_S / 2, lambda: seen.append(self.lag.worst_s(self.clock.seconds() - 1)))
        self.clock.advance(4.0)
        self.assertAlmostEqual(seen[0], 4.0 - TICK_S)

    def test_told(self) -> None:
        """Once a minute, with the worst of it; less than a second is not."""
        self.lag.start()
        with capturedLogs() as events:
            self.clock.advance(0.9)
            self.assertEqual(events, [])
            for late in (2.0, 3.0, 7.0):
                self.run_for(2)
                self.clock.advance(late)
            self.run_for(KEPT_S)
        self.assertEqual(
            [formatEvent(event).partition(" with")[0] for event in events],
            ["camsvc was 1.9 s late", "camsvc was 6.9 s late"],
        )


class WithinTests(SynchronousTestCase):
    """``within``: a time limit of another's answer."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        self.lag = ReactorLag(self.clock)
        self.lag.start()
        self.cancelled: list[object] = []
        self.answer: Deferred[str] = Deferred(self.cancelled.append)
        self.waiting = Deferred.fromCoroutine(self.lag.within(2.0, self.answer))

    def run_for(self, seconds: float) -> None:
        """Time passes as it should."""
        for _ in range(round(seconds / TICK_S)):
            self.clock.advance(TICK_S)

    def test_answered(self) -> None:
        """The answer, or the other's failure; no timer is left."""
        self.answer.callback("yes")
        self.assertEqual(self.successResultOf(self.waiting), "yes")
        failed: Deferred[str] = Deferred()
        waiting = Deferred.fromCoroutine(self.lag.within(2.0, failed))
        failed.errback(ValueError())
        self.failureResultOf(waiting, ValueError)
        self.lag.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_no_answer(self) -> None:
        """A reactor that is in time: the limit is the limit, and what was waited for is cancelled."""
        self.run_for(1.9)
        self.assertNoResult(self.waiting)
        self.run_for(0.2)
        self.assertEqual(self.cancelled, [self.answer])
        self.failureResultOf(self.waiting, TimeoutError)

    def test_late(self) -> None:
        """A turn of ours that took longer than the limit: the answer that lies unread is waited for."""
        self.clock.advance(7.5)
        self.assertNoResult(self.waiting)
        self.answer.callback("yes")
        self.assertEqual(self.successResultOf(self.waiting), "yes")

    def test_late_and_no_answer(self) -> None:
        """It ends once the reactor was in time for the whole limit."""
        self.clock.advance(7.5)
        self.run_for(1.9)
        self.assertNoResult(self.waiting)
        self.run_for(3.0)
        self.failureResultOf(self.waiting, TimeoutError)

    def test_always_late(self) -> None:
        """Not for ever: a reactor that is late all the time has the other for dead some day."""
        for _ in range(int(EXCUSED_S)):
            self.assertNoResult(self.waiting)
            self.clock.advance(1.0)
        self.clock.advance(2.0)
        self.failureResultOf(self.waiting, TimeoutError)

    def test_cancelled(self) -> None:
        """By who waits: that is no time-out."""
        self.waiting.cancel()
        self.failureResultOf(self.waiting, CancelledError)


class RealReactorTests(TestCase):
    """The measured thing itself."""

    async def test_blocked(self) -> None:
        """Work of 0.3 s is seen."""
        from twisted.internet import reactor

        lag = ReactorLag(reactor)
        lag.start()
        self.addCleanup(lag.stop)
        done: Deferred[None] = Deferred()
        began = reactor.seconds()

        def work() -> None:
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                pass
            done.callback(None)

        reactor.callLater(0.01, work)
        await done
        self.assertGreater(lag.worst_s(began), 0.15)


class LoadingTests(SynchronousTestCase):
    """`loading`."""

    def setUp(self) -> None:
        self.addCleanup(gc.unfreeze)

    def test_loaded(self) -> None:
        """What is there at its end is no longer walked through; what comes later is, as before."""
        before = gc.get_threshold()
        with loading():
            kept = [[number] for number in range(1000)]
        self.assertGreater(gc.get_freeze_count(), len(kept))
        self.assertEqual(gc.get_threshold(), before)

    def test_fails(self) -> None:
        """The collector goes on where loading fails."""
        before = gc.get_threshold()
        with self.assertRaises(ImportError), loading():
            raise ImportError("there is no such module")
        self.assertEqual(gc.get_threshold(), before)
