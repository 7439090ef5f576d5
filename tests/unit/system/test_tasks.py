"""Coroutines nobody awaits, rounds, and time limits, by a Clock."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.tasks import Repeater, cancelled_plainly, launch, shielded, sleep, within

log = Logger()


class LaunchTests(SynchronousTestCase):
    """``launch``."""

    def test_value(self) -> None:
        """The result comes through."""

        async def work() -> int:
            return 3

        self.assertEqual(self.successResultOf(launch(work(), log, "working")), 3)

    def test_failure_is_logged(self) -> None:
        """Once, and the Deferred does not fail."""

        async def work() -> None:
            raise ValueError("x")

        self.assertIsNone(self.successResultOf(launch(work(), log, "working")))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_cancelled(self) -> None:
        """Cancelling ends the coroutine and is no failure."""
        inner: Deferred[None] = Deferred()

        async def work() -> None:
            await inner

        done = launch(work(), log, "working")
        done.cancel()
        self.assertIsNone(self.successResultOf(done))
        self.assertTrue(inner.called)


async def _raise() -> None:
    raise ValueError


class ShieldedTests(SynchronousTestCase):
    """``shielded``."""

    def setUp(self) -> None:
        self.inner: Deferred[int] = Deferred()
        self.seen: list[int] = []

    async def work(self) -> int:
        value = await self.inner
        self.seen.append(value)
        return value

    def test_result(self) -> None:
        """Value or failure go to the one who waits."""
        done = shielded(self.work(), log, "working")
        self.assertNoResult(done)
        self.inner.callback(4)
        self.assertEqual(self.successResultOf(done), 4)
        self.failureResultOf(shielded(_raise(), log, "working"), ValueError)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_work_goes_on(self) -> None:
        """Who waits is cancelled; the work is not."""
        done = shielded(self.work(), log, "working")
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.inner.callback(5)
        self.assertEqual(self.seen, [5])

    def test_late_failure_is_logged(self) -> None:
        """When nobody waits any more."""
        done = shielded(self.work(), log, "working")
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.inner.errback(ValueError())
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class SleepTests(SynchronousTestCase):
    """``sleep`` and ``within``."""

    def test_sleep(self) -> None:
        """Not before, exactly at."""
        clock = Clock()
        done = sleep(clock, 2)
        clock.advance(1.99)
        self.assertNoResult(done)
        clock.advance(0.01)
        self.successResultOf(done)

    def test_cancelled_sleep(self) -> None:
        """Leaves no timer."""
        clock = Clock()
        done = sleep(clock, 2)
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_within(self) -> None:
        """In time: the value, and no timer is left."""
        clock = Clock()
        inner: Deferred[int] = Deferred()
        done = Deferred.fromCoroutine(within(clock, 1, inner))
        inner.callback(3)
        self.assertEqual(self.successResultOf(done), 3)
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_too_late(self) -> None:
        """The work is cancelled, whoever waits gets TimeoutError."""
        clock = Clock()
        ended: list[bool] = []
        inner: Deferred[int] = Deferred(lambda _: ended.append(True))
        done = Deferred.fromCoroutine(within(clock, 1, inner))
        clock.advance(1)
        self.failureResultOf(done, TimeoutError)
        self.assertEqual(ended, [True])


class RepeaterTests(SynchronousTestCase):
    """``Repeater``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.rounds = 0
        self.inner: Deferred[None] | None = None
        self.repeater = Repeater(self.clock, 2.0, self.work, log, "working")
        self.addCleanup(self.repeater.stop)

    async def work(self) -> None:
        self.rounds += 1
        if self.inner is not None:
            await self.inner

    def test_interval(self) -> None:
        """At once, then every two seconds."""
        self.repeater.start()
        self.assertEqual(self.rounds, 1)
        self.clock.advance(1.9)
        self.assertEqual(self.rounds, 1)
        self.clock.advance(0.1)
        self.assertEqual(self.rounds, 2)

    def test_interval_counts_from_the_end(self) -> None:
        """Rounds never overlap, however long one takes."""
        self.inner = Deferred()
        self.repeater.start()
        self.clock.pump([1] * 10)
        self.assertEqual(self.rounds, 1)
        inner, self.inner = self.inner, None
        inner.callback(None)
        self.clock.advance(1.9)
        self.assertEqual(self.rounds, 1)
        self.clock.advance(0.1)
        self.assertEqual(self.rounds, 2)

    def test_survives_failures(self) -> None:
        """A round that raises is logged and the next one comes."""

        async def broken() -> None:
            self.rounds += 1
            raise ValueError

        repeater = Repeater(self.clock, 1.0, broken, log, "working")
        self.addCleanup(repeater.stop)
        repeater.start()
        self.clock.pump([1, 1])
        self.assertEqual(self.rounds, 3)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 3)

    def test_nudge(self) -> None:
        """In a pause: at once; during a round: right after it, once; before the start: nothing."""
        self.repeater.nudge()
        self.repeater.start()
        self.repeater.nudge()
        self.assertEqual(self.rounds, 2)
        self.inner = Deferred()
        self.repeater.nudge()
        self.repeater.nudge()
        self.repeater.nudge()
        inner, self.inner = self.inner, None
        inner.callback(None)
        self.assertEqual(self.rounds, 4)

    def test_stop_in_a_pause(self) -> None:
        """No timer and no further round."""
        self.repeater.start()
        self.repeater.stop()
        self.repeater.nudge()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.rounds, 1)

    def test_stop_in_a_round(self) -> None:
        """The round is cancelled."""
        ended: list[bool] = []
        self.inner = Deferred(lambda _: ended.append(True))
        self.repeater.start()
        self.repeater.stop()
        self.assertEqual((ended, self.clock.getDelayedCalls()), ([True], []))

    def test_start_twice_and_again(self) -> None:
        """A second start changes nothing; after a stop it begins anew."""
        self.repeater.start()
        self.repeater.start()
        self.assertEqual(self.rounds, 1)
        self.repeater.stop()
        self.repeater.start()
        self.assertEqual(self.rounds, 2)


class CancelledPlainlyTests(SynchronousTestCase):
    """``cancelled_plainly``."""

    def test_passes_on(self) -> None:
        """A result, a failure."""
        work: Deferred[int] = Deferred()
        outer = cancelled_plainly(work)
        work.callback(7)
        self.assertEqual(self.successResultOf(outer), 7)
        failing: Deferred[int] = Deferred()
        outer = cancelled_plainly(failing)
        failing.errback(ValueError())
        self.failureResultOf(outer, ValueError)

    def test_cancelled(self) -> None:
        """The work is cancelled, and what it makes of that is for nobody."""
        work: Deferred[int] = Deferred(lambda it: it.errback(ConnectionError()))
        outer = cancelled_plainly(work)
        outer.cancel()
        self.failureResultOf(outer, CancelledError)
        self.assertTrue(work.called)
