"""Steps of a stop: each is taken, whatever becomes of the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import Logger, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from camsvc.app.shutdown import Step, take


class TakeTests(SynchronousTestCase):
    """``take``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.done: list[str] = []

    def step(self, name: str, work: Callable[[], Any] = lambda: None, **keys: Any) -> Step:
        """Notes that it was taken, then works."""

        def noted() -> Any:
            self.done.append(name)
            return work()

        return Step(f"doing {name}", noted, **keys)

    def take(self, *steps: Step) -> Deferred[None]:
        return Deferred.fromCoroutine(take(steps, self.clock, Logger()))

    def test_in_turn(self) -> None:
        """One after the other; what takes time is waited for, coroutine or Deferred."""
        slow: Deferred[None] = Deferred()

        async def coroutine() -> None:
            await slow

        taken = self.take(self.step("a"), self.step("b", coroutine), self.step("c", lambda: None))
        self.assertEqual(self.done, ["a", "b"])
        slow.callback(None)
        self.successResultOf(taken)
        self.assertEqual(self.done, ["a", "b", "c"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_raises(self) -> None:
        """Logged with its name; the next is taken, and nothing is done by force that went well."""
        rescued: list[str] = []

        async def later() -> None:
            raise ValueError("two")

        def at_once() -> None:
            raise ValueError("one")

        with capturedLogs() as events:
            self.successResultOf(
                self.take(
                    self.step("a", at_once, rescue=lambda: rescued.append("a")),
                    self.step("b", later, rescue=lambda: rescued.append("b")),
                    self.step("c", rescue=lambda: rescued.append("c")),
                )
            )
        self.assertEqual((self.done, rescued), (["a", "b", "c"], ["a", "b"]))
        self.assertEqual([formatEvent(event) for event in events], ["while doing a", "while doing b"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_hangs(self) -> None:
        """Cancelled after its limit and waited for no longer, even if it does not take that."""
        cancelled: list[str] = []

        async def stubborn() -> None:
            while True:
                try:
                    await Deferred()
                except CancelledError:
                    cancelled.append("b")

        taken = self.take(
            self.step("a", lambda: Deferred(lambda _: cancelled.append("a")), limit_s=2.0),
            self.step("b", stubborn, limit_s=3.0, rescue=lambda: cancelled.append("by force")),
            self.step("c"),
        )
        self.assertNoResult(taken)
        with capturedLogs() as events:
            self.clock.advance(2.0)
            self.assertEqual(self.done, ["a", "b"])
            self.clock.advance(3.0)
        self.successResultOf(taken)
        self.assertEqual((self.done, cancelled), (["a", "b", "c"], ["a", "b", "by force"]))
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "doing a takes longer than 2.0 s; going on without",
                "doing b takes longer than 3.0 s; going on without",
            ],
        )

    def test_rescue_fails(self) -> None:
        """Logged too, and the next is taken."""

        def fail() -> None:
            raise OSError("no")

        self.successResultOf(self.take(self.step("a", fail, rescue=fail), self.step("b")))
        self.assertEqual(self.done, ["a", "b"])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 2)
