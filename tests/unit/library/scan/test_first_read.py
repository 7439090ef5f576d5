"""When the folders are first read."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.scan.first_read import WITHIN_S, FirstRead


class FirstReadTests(SynchronousTestCase):
    """Once: when it is time, or some seconds after the start, or never."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.begun: list[float] = []
        self.first = FirstRead(self.clock, lambda: self.begun.append(self.clock.seconds()))

    def test_ready(self) -> None:
        """At once, and not again."""
        self.first.now()
        self.assertEqual(self.begun, [])
        self.first.start()
        self.clock.advance(1)
        self.first.now()
        self.clock.advance(WITHIN_S)
        self.first.now()
        self.assertEqual(self.begun, [1.0])

    def test_not_ready(self) -> None:
        """All the same."""
        self.first.start()
        self.clock.advance(WITHIN_S)
        self.first.now()
        self.assertEqual(self.begun, [WITHIN_S])

    def test_stopped(self) -> None:
        """Not at all."""
        self.first.start()
        self.first.stop()
        self.clock.advance(WITHIN_S)
        self.first.now()
        self.assertEqual((self.begun, self.clock.getDelayedCalls()), ([], []))
