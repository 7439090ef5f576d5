"""How much clients may ask of us: all together in a turn of the reactor, each a second, and each address.

Work is counted in units, of which each port says what it takes them for.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from camsvc.system.token_bucket import TokenBucket, TokenBuckets


@frozen
class FloodLimits:
    """What holds at one port, in units.

    Attributes:
        in_a_row: that one connection is served before others are.
        in_a_turn: that all are served in one turn of the reactor.
        rate: that one connection gets a second.
        burst: that one connection gets at once.
        address_rate: that all connections of one address get a second.
        address_burst: that all connections of one address get at once.
        held_back_s: who was held back for so long in all, without a rest in between, is cut off.
        spares_loopback: this machine's addresses are not counted.
    """

    in_a_row: int
    in_a_turn: int
    rate: float
    burst: float
    address_rate: float
    address_burst: float
    held_back_s: float = 5.0
    spares_loopback: bool = False


class TurnBudget:
    """The work of one turn of the reactor; who comes too late is served in the next ones.

    Those who wait are served first come first served, but one address after the other: who has many connections is
    not served more often for it.
    """

    def __init__(self, clock: IReactorTime, limits: FloodLimits) -> None:
        """Set up; nobody waits.

        Args:
            clock: begins turns.
            limits: of the port.
        """
        self._clock = clock
        self._limits = limits
        self._left = limits.in_a_turn
        self._is_due = False
        self._serving = False
        self._waiting: OrderedDict[str, deque[Callable[[], None]]] = OrderedDict()

    def allowance(self) -> int:
        """Units that one connection may be served now; none while others have waited for longer."""
        return min(self._limits.in_a_row, self._left) if self._serving or not self._waiting else 0

    def spend(self, units: int) -> None:
        """Count work that was done in this turn."""
        self._left -= units
        if not self._is_due:
            self._is_due = True
            self._clock.callLater(0, self._next_turn)

    def wait(self, work: Callable[[], None], address: str = "") -> None:
        """Call ``work`` in one of the next turns."""
        self._waiting.setdefault(address, deque()).append(work)
        self.spend(0)

    def _next_turn(self) -> None:
        self._left = self._limits.in_a_turn
        self._is_due = False
        self._serving = True
        for _ in range(sum(map(len, self._waiting.values()))):
            if self._left <= 0:
                break
            address, works = self._waiting.popitem(last=False)
            work = works.popleft()
            if works:
                self._waiting[address] = works  # behind the other addresses
            work()
        self._serving = False
        if self._waiting:
            self.spend(0)


class FloodGuard:
    """What all connections of a port share: the budget of a turn, and a bucket for each address."""

    def __init__(self, clock: IReactorTime, limits: FloodLimits) -> None:
        """Set up; nobody has asked for anything.

        Args:
            clock: time.
            limits: of the port.
        """
        self.clock = clock
        self.limits = limits
        self.turn = TurnBudget(clock, limits)
        self.addresses = TokenBuckets(limits.address_rate, limits.address_burst)

    def shuts_out(self, address: str) -> bool:
        """Whether a new connection of an address would be cut off at once."""
        return self.addresses.owed_s(address, self.clock.seconds()) >= self.limits.held_back_s


class ConnectionMeter:
    """What one connection has asked for."""

    def __init__(self, guard: FloodGuard) -> None:
        """Nothing yet."""
        self._guard = guard
        self._bucket = TokenBucket.full(guard.limits.rate, guard.limits.burst, guard.clock.seconds())
        self._held_back_s = 0.0

    @property
    def floods(self) -> bool:
        """Whether it went on for too long."""
        return self._held_back_s >= self._guard.limits.held_back_s

    def spend(self, units: int, address: str | None) -> float:
        """Count work that was done.

        Args:
            units: how much.
            address: the client's; None where it does not count.

        Returns:
            for how many seconds nothing more may be read from it.
        """
        now = self._guard.clock.seconds()
        wait_s = self._bucket.spend(now, units)
        if address is not None and not (self._guard.limits.spares_loopback and _is_ours(address)):
            wait_s = max(wait_s, self._guard.addresses.spend(address, now, units))
        self._held_back_s += wait_s
        if not wait_s and self._bucket.tokens > self._guard.limits.burst / 2:
            self._held_back_s = 0.0
        return wait_s


def _is_ours(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
