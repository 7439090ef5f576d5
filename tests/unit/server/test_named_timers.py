"""The timers of one connection."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.server.named_timers import NamedTimers


class NamedTimersTests(SynchronousTestCase):
    """At most one under each name."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.timers = NamedTimers(self.clock)
        self.done: list[str] = []

    def test_runs_once(self) -> None:
        """With its arguments, and is known no more when it runs."""
        self.timers.start("a", 1.0, lambda word: self.done.append(f"{word} {list(self.timers)}"), "now")
        self.assertIn("a", self.timers)
        self.clock.advance(1)
        self.clock.advance(10)
        self.assertEqual(self.done, ["now []"])

    def test_starts_again(self) -> None:
        """One that runs under the name is ended; also from within its own work."""
        self.timers.start("a", 1.0, self.done.append, "first")
        self.timers.start("a", 2.0, lambda: self.timers.start("a", 1.0, self.done.append, "third"))
        self.clock.pump([1, 1, 1])
        self.assertEqual(self.done, ["third"])

    def test_cancel(self) -> None:
        """One, or all; those that do not run may be cancelled too."""
        for name in "abc":
            self.timers.start(name, 1.0, self.done.append, name)
        self.timers.cancel("a")
        self.timers.cancel("nothing")
        self.assertEqual(list(self.timers), ["b", "c"])
        self.timers.cancel_all()
        self.clock.advance(1)
        self.assertEqual((self.done, list(self.timers), self.clock.getDelayedCalls()), ([], [], []))
