"""Sending over several turns of the reactor: how much in each, in which order, and what too much of it does."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.webrtc.pacer import MOST, PER_TURN, Pacer


class OneByOne(Clock):
    """A clock on which, as on a real reactor, what a due call puts off is not due in the same turn."""

    def advance(self, amount: float) -> None:
        self.rightNow += amount
        due, self.calls = self.calls, []
        for call in due:
            call.called = 1
            call.func(*call.args, **call.kw)


class TurnsTests(SynchronousTestCase):
    """`Pacer`."""

    def setUp(self) -> None:
        self.clock = OneByOne()
        self.pacer = Pacer(self.clock)
        self.sent: list[int] = []

    def add(self, packets: int, *names: int) -> None:
        for name in names:
            self.pacer.add(packets, lambda name=name: self.sent.append(name))  # type: ignore[misc]

    def test_one_turn(self) -> None:
        """Not at once, but in the next turn; then nothing is due."""
        self.add(10, 1, 2)
        self.assertEqual(self.sent, [])
        self.clock.advance(0)
        self.assertEqual((self.sent, self.clock.getDelayedCalls()), ([1, 2], []))

    def test_many_turns(self) -> None:
        """A turn ends with the one that makes it full; who comes later is served later."""
        self.add(PER_TURN // 2 + 1, 1, 2, 3)
        self.clock.advance(0)
        self.assertEqual(self.sent, [1, 2])
        self.add(1, 4)
        self.clock.advance(0)
        self.assertEqual(self.sent, [1, 2, 3, 4])

    def test_too_much(self) -> None:
        """All is sent before the next is taken."""
        self.add(MOST // 2, 1, 2)
        self.assertEqual(self.sent, [])
        self.add(1, 3)
        self.assertEqual(self.sent, [1, 2, 3])
        self.clock.advance(0)
        self.assertEqual((self.sent, self.clock.getDelayedCalls()), ([1, 2, 3], []))

    def test_failure(self) -> None:
        """Is logged, and the others are served."""
        self.pacer.add(1, lambda: 1 / 0)
        self.add(1, 2)
        self.clock.advance(0)
        self.assertEqual((self.sent, len(self.flushLoggedErrors(ZeroDivisionError))), ([2], 1))
