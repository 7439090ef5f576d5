"""Steps of a connection's work: bounded in a turn, and by the second."""

from __future__ import annotations

from functools import partial

from attrs import define
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.server.paced_work import HELD_BYTES, PacedWork
from camsvc.system.floods.flood_guard import FloodGuard, FloodLimits

LIMITS = FloodLimits(in_a_row=2, in_a_turn=4, rate=10, burst=20, address_rate=10, address_burst=20)


@define
class Wire:
    """A transport that is read or not."""

    reading: bool = True
    aborted: bool = False
    disconnecting: bool = False

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True

    def abortConnection(self) -> None:
        self.aborted = True


class PacedWorkTests(SynchronousTestCase):
    """With a Clock and steps that cost one unit."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.guard = FloodGuard(self.clock, LIMITS)
        self.wire = Wire()
        self.left = self.done = 0
        self.charge = False
        self.work = PacedWork(self.guard, lambda: self.wire, self.step)
        self.work.identify("192.0.2.1")

    def step(self) -> bool:
        if not self.left:
            return False
        self.left -= 1
        self.done += 1
        self.work.spend(1, self.charge)
        return True

    def add(self, others: list[PacedWork]) -> None:
        """Another connection, whose steps are its own."""

        def step() -> bool:
            self.done += 1
            others[number].spend(1)
            return True

        number = len(others)
        others.append(PacedWork(self.guard, lambda: self.wire, step))

    def next_turn(self) -> None:
        """What is due, and nothing that becomes due by it."""
        for call in self.clock.getDelayedCalls():
            if call.getTime() <= self.clock.seconds():
                work = partial(call.func, *call.args, **call.kw)
                call.cancel()
                work()

    def test_in_turns(self) -> None:
        """Two steps in a row, the rest in the next turns."""
        self.left = 7
        self.work.work()
        self.work.work()
        self.assertEqual(self.done, 2)
        self.next_turn()
        self.assertEqual(self.done, 4)
        for _ in range(3):
            self.next_turn()
        self.assertEqual((self.done, self.wire.reading), (7, True))

    def test_budget_of_all(self) -> None:
        """Four steps in a turn, whoever asks; who comes while others wait, waits as well."""
        self.left = 2
        self.work.work()
        others: list[PacedWork] = []
        for _ in range(5):
            self.add(others)
        self.left = 100
        for each in others:
            each.work()
        self.assertEqual(self.done, 2)
        self.next_turn()
        self.assertEqual(self.done, 6)

    def test_stopped(self) -> None:
        """It takes no step and is not read; then it goes on."""
        self.left = 1
        self.work.stop()
        self.work.work()
        self.assertEqual((self.done, self.wire.reading), (0, False))
        self.work.go_on()
        self.assertEqual((self.done, self.wire.reading), (1, True))

    def test_held(self) -> None:
        """What waits to be parsed is bounded: also when somebody else has resumed the transport."""
        self.work.hold(HELD_BYTES)
        self.assertFalse(self.wire.reading)
        self.wire.resumeProducing()
        self.work.hold(HELD_BYTES + 1)
        self.assertFalse(self.wire.reading)
        self.work.hold(0)
        self.assertTrue(self.wire.reading)

    def test_charged(self) -> None:
        """Who spends too much by the second rests, and takes its steps later; who goes on is cut off."""
        self.charge = True
        self.work.spend(25, charge=True)
        self.left = 1
        self.work.work()
        self.assertEqual((self.done, self.wire.reading), (0, False))
        self.clock.advance(0.5)
        self.assertEqual((self.done, self.wire.reading, self.wire.aborted), (1, False, False))
        for _ in range(20):
            self.work.spend(20, charge=True)
            self.clock.advance(0.1)
        self.assertTrue(self.wire.aborted)
        self.assertTrue(self.guard.shuts_out("192.0.2.1"))
        self.assertFalse(self.guard.shuts_out("192.0.2.2"))
        self.clock.advance(100)
        self.assertFalse(self.guard.shuts_out("192.0.2.1"))

    def test_what_is_permitted_is_not_charged(self) -> None:
        """It costs a share of the turn alone."""
        for _ in range(100):
            self.work.spend(20)
            self.clock.advance(0)
        self.assertTrue(self.wire.reading)

    def test_closed(self) -> None:
        """No timer is left, and no step is taken."""
        self.work.spend(30, charge=True)
        self.left = 1
        self.work.close()
        self.clock.advance(10)
        self.assertEqual((self.done, self.clock.getDelayedCalls()), (0, []))
