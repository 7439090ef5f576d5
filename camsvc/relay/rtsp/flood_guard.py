"""How much clients may ask of us: all together in a turn of the reactor, each a second, and each address.

Work is counted in units: what a request costs is some 16 times what an interleaved frame costs that nobody awaits. A
publisher's media is free; it is let in by its credential, and what it sends is what the engine is for.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from camsvc.system.token_bucket import TokenBucket, TokenBuckets

REQUEST = 16
FRAME = 1
#: Units that one connection is served in a row, and all in one turn of the reactor: 8 and 32 requests, 1 and 4 ms.
IN_A_ROW = 8 * REQUEST
IN_A_TURN = 32 * REQUEST
#: Packets of a publisher that are taken in a row: 3 ms of work.
MEDIA_IN_A_ROW = 1024
#: What one connection gets: units a second, and at once. Players ask ten times at the start, then twice a minute.
RATE = 16 * REQUEST
BURST = 64 * REQUEST
#: What the connections of one address get together that have no session; this machine's own are not counted, as
#: camsvc and its launchers are among them.
ADDRESS_RATE = 64 * REQUEST
ADDRESS_BURST = 512 * REQUEST
#: Whose requests were held back for so long, seconds, without a rest in between is cut off.
HELD_BACK_S = 5.0


class TurnBudget:
    """The work of one turn of the reactor; who comes too late is served in the next ones, first come first served."""

    def __init__(self, clock: IReactorTime) -> None:
        """Nobody waits."""
        self._clock = clock
        self._left = IN_A_TURN
        self._is_due = False
        self._serving = False
        self._waiting: deque[Callable[[], None]] = deque()

    def allowance(self) -> int:
        """Units that one connection may be served now; none while others have waited for longer."""
        return min(IN_A_ROW, self._left) if self._serving or not self._waiting else 0

    def spend(self, units: int) -> None:
        """Count work that was done in this turn."""
        self._left -= units
        if not self._is_due:
            self._is_due = True
            self._clock.callLater(0, self._next_turn)

    def wait(self, work: Callable[[], None]) -> None:
        """Call ``work`` in one of the next turns."""
        self._waiting.append(work)
        self.spend(0)

    def _next_turn(self) -> None:
        self._left = IN_A_TURN
        self._is_due = False
        self._serving = True
        for _ in range(len(self._waiting)):
            if self._left <= 0:
                break
            self._waiting.popleft()()
        self._serving = False
        if self._waiting:
            self.spend(0)


class FloodGuard:
    """What all connections share: the budget of a turn, and a bucket for each address."""

    def __init__(self, clock: IReactorTime) -> None:
        """Nobody has asked for anything."""
        self.clock = clock
        self.turn = TurnBudget(clock)
        self.addresses = TokenBuckets(ADDRESS_RATE, ADDRESS_BURST)


class ConnectionMeter:
    """What one connection has asked for."""

    def __init__(self, guard: FloodGuard) -> None:
        """Nothing yet."""
        self._guard = guard
        self._bucket = TokenBucket.full(RATE, BURST, guard.clock.seconds())
        self._held_back_s = 0.0

    @property
    def floods(self) -> bool:
        """Whether it went on for too long."""
        return self._held_back_s >= HELD_BACK_S

    def spend(self, units: int, address: str | None) -> float:
        """Count work that was done.

        Args:
            units: how much.
            address: the client's, when it has no session; else None.

        Returns:
            for how many seconds nothing more may be read from it.
        """
        now = self._guard.clock.seconds()
        wait_s = self._bucket.spend(now, units)
        if address is not None and not _is_ours(address):
            wait_s = max(wait_s, self._guard.addresses.spend(address, now, units))
        self._held_back_s += wait_s
        if self._bucket.tokens > BURST / 2:
            self._held_back_s = 0.0
        return wait_s


def _is_ours(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
