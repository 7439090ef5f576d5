"""Who is told, in which order, and what one who fails does to the others."""

from __future__ import annotations

from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.subscribers import Subscribers


class SubscribersTests(SynchronousTestCase):
    """``Subscribers``."""

    def setUp(self) -> None:
        self.told: list[str] = []
        self.subscribers: Subscribers[str] = Subscribers("telling of it", Logger())

    def test_order(self) -> None:
        """In the order in which they came."""
        self.subscribers.add(lambda what: self.told.append(f"first {what}"))
        self.subscribers.add(lambda what: self.told.append(f"second {what}"))
        self.subscribers.tell("x")
        self.assertEqual(self.told, ["first x", "second x"])

    def test_one_fails(self) -> None:
        """It is logged, and the next is told."""

        def fail(what: str) -> None:
            raise ValueError(what)

        self.subscribers.add(fail)
        self.subscribers.add(self.told.append)
        self.subscribers.tell("x")
        self.assertEqual(self.told, ["x"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_removed(self) -> None:
        """Who has left is told no more; leaving twice does nothing."""
        remove = self.subscribers.add(self.told.append)
        remove()
        remove()
        self.subscribers.tell("x")
        self.assertEqual((self.told, len(self.subscribers)), ([], 0))

    def test_added_meanwhile(self) -> None:
        """Who comes while others are told is told the next time."""
        self.subscribers.add(lambda what: self.subscribers.add(self.told.append))
        self.subscribers.tell("x")
        self.assertEqual(self.told, [])
        self.subscribers.tell("y")
        self.assertEqual(self.told, ["y"])
