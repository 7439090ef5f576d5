"""What connections may ask for: a turn's budget that is shared fairly, and meters of connections and addresses."""

from __future__ import annotations

from functools import partial

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.floods.flood_guard import ConnectionMeter, FloodGuard, FloodLimits

LIMITS = FloodLimits(in_a_row=2, in_a_turn=6, rate=10, burst=20, address_rate=15, address_burst=30)


class TurnBudgetTests(SynchronousTestCase):
    """Turns of a Clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.turn = FloodGuard(self.clock, LIMITS).turn
        self.served: list[str] = []

    def next_turn(self) -> None:
        """What is due, and nothing that becomes due by it."""
        for call in self.clock.getDelayedCalls():
            work = partial(call.func, *call.args, **call.kw)
            call.cancel()
            work()

    def wait(self, name: str, address: str, units: int = 2) -> None:
        def work() -> None:
            self.served.append(name)
            self.turn.spend(units)

        self.turn.wait(work, address)

    def test_allowance(self) -> None:
        """In a row, and what is left of the turn; none while others wait; all again in the next turn."""
        self.assertEqual(self.turn.allowance(), 2)
        self.turn.spend(5)
        self.assertEqual(self.turn.allowance(), 1)
        self.turn.wait(lambda: None)
        self.assertEqual(self.turn.allowance(), 0)
        self.next_turn()
        self.assertEqual(self.turn.allowance(), 2)

    def test_turns_end(self) -> None:
        """With the budget; the rest is served in the next ones, and then no timer is left."""
        for number in range(7):
            self.wait(str(number), "a")
        self.next_turn()
        self.assertEqual(self.served, ["0", "1", "2"])
        self.next_turn()
        self.next_turn()
        self.assertEqual(self.served, [str(number) for number in range(7)])
        self.next_turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_address_after_the_other(self) -> None:
        """Who has a hundred connections is served as often as who has one."""
        for number in range(100):
            self.wait(f"flood {number}", "192.0.2.1")
        self.wait("other", "192.0.2.2")
        self.next_turn()
        self.assertEqual(self.served, ["flood 0", "other", "flood 1"])

    def test_who_comes_back_waits(self) -> None:
        """Work that asks for more is served again in a later turn."""

        def again() -> None:
            self.served.append("again")
            self.turn.spend(2)
            self.turn.wait(again, "a")

        self.turn.wait(again, "a")
        self.wait("b", "b")
        self.next_turn()
        self.assertEqual(self.served, ["again", "b"])
        self.next_turn()
        self.assertEqual(self.served, ["again", "b", "again"])


class ConnectionMeterTests(SynchronousTestCase):
    """By the second."""

    def setUp(self) -> None:
        self.clock = Clock()

    def guard(self, **other: bool) -> FloodGuard:
        from attrs import evolve

        return FloodGuard(self.clock, evolve(LIMITS, **other))

    def test_rate(self) -> None:
        """So much at once, then so much a second; who goes on floods, and who rests does not."""
        meter = ConnectionMeter(self.guard())
        self.assertEqual(meter.spend(20, None), 0)
        self.assertEqual(meter.spend(10, None), 1.0)
        self.clock.advance(1)
        for _ in range(2):
            self.assertFalse(meter.floods)
            self.clock.advance(meter.spend(15, None))
        self.assertFalse(meter.floods)
        self.assertEqual(meter.spend(15, None), 1.5)
        self.assertTrue(meter.floods)
        self.clock.advance(5)
        meter.spend(1, None)
        self.assertFalse(meter.floods)

    def test_address(self) -> None:
        """All its connections together; this machine's are spared where that is said."""
        guard = self.guard()
        meters = [ConnectionMeter(guard) for _ in range(3)]
        self.assertEqual([meter.spend(15, "192.0.2.1") for meter in meters], [0, 0, 1.0])
        self.assertEqual(ConnectionMeter(guard).spend(15, "192.0.2.2"), 0)
        for address in ("127.0.0.1", "::1"):
            spared = self.guard(spares_loopback=True)
            for expected, found in ((0, spared), (1.0, guard)):
                spend = partial(ConnectionMeter(found).spend, 15, address)
                self.assertEqual(max(spend(), ConnectionMeter(found).spend(15, address),
                                     ConnectionMeter(found).spend(15, address)), expected)  # fmt: skip
