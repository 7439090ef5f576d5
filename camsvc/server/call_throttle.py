"""How often one connection may call, and that it is not read for a while where it calls on after refusals."""

from __future__ import annotations

from collections.abc import Callable

from camsvc.config.schema import Limits
from camsvc.server.named_timers import NamedTimers
from camsvc.server.read_pauses import ReadPauses
from camsvc.system.token_bucket import TokenBucket

REFUSALS_IN_A_ROW, PAUSE_S = 50, 5.0
"""Who goes on after so many refusals in a row is not read for a while: refusing costs nearly what answering does."""


class CallThrottle:
    """A token bucket of one connection, and the refusals in a row."""

    def __init__(
        self, limits: Limits, timers: NamedTimers, read_pauses: ReadPauses, monotonic_s: Callable[[], float]
    ) -> None:
        """Set up, with a full bucket.

        Args:
            limits: how many calls, at once and a second.
            timers: of the connection.
            read_pauses: of the connection.
            monotonic_s: what time it is.
        """
        self._bucket = TokenBucket.full(limits.calls_per_second, limits.burst, monotonic_s())
        self._timers = timers
        self._read_pauses = read_pauses
        self._monotonic_s = monotonic_s
        self._refused = 0

    def take(self) -> float:
        """How long a call has to wait, in seconds; 0 where it may be made."""
        return self._bucket.take(self._monotonic_s())

    def count(self, refused: bool) -> None:
        """Count a call that was refused, here or by another limit; one that was not begins the count anew."""
        self._refused = self._refused + 1 if refused else 0
        if self._refused > REFUSALS_IN_A_ROW:
            self._refused = 0
            self._read_pauses.add("refused calls")
            self._timers.start("refused calls", PAUSE_S, self._read_pauses.remove, "refused calls")
