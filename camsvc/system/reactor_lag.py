"""How late the reactor is: what it is busy with too long, or kept from running by, makes all that waits for it late.

Who waits for an answer of another program asks here, before it takes its own lateness for the other's.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.system.clocks import Clocks

T = TypeVar("T")

_NEVER = 1 << 30

TICK_S = 0.1
"""How often it is measured: a stall is seen but for its first tenth of a second."""

KEPT_S = 60.0
EXCUSED_FROM_S = 0.2
"""By so much the reactor is late, and a time limit of another's answer says nothing of the other."""

EXCUSED_S = 30.0
"""So long at most a time limit is put off."""

TOLD_FROM_S = 1.0
"""Lateness that stands in the log, once a minute with the worst of it."""


class ReactorLag:
    """Measures by a timer how much later than it should it fires."""

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        """Set up; until it is started nothing is late.

        Args:
            clock: the reactor; its time must go on while nothing runs, and be set by nobody.
        """
        self._clock = clock
        self._timer: IDelayedCall | None = None
        self._due = 0.0
        self._worst: deque[tuple[int, float]] = deque()
        """Seconds of the reactor's time, and by how much it was late at most in each."""
        self._untold_s = 0.0
        self._told_at: float | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._schedule()

    def stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def worst_s(self, since: float) -> float:
        """By how many seconds the reactor was late at most, of late or this very moment; 0.0 where it was not.

        Args:
            since: a moment of the reactor's time, a minute ago at most.
        """
        known = max((late for second, late in self._worst if second + 1 > since), default=0.0)
        return max(known, self._clock.seconds() - self._due) if self._timer is not None else known

    def worst_of_last_minute_s(self) -> float:
        """The same for the last minute."""
        return self.worst_s(self._clock.seconds() - KEPT_S)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """Await an answer for at most so many seconds in which the reactor was in time.

        Where it was late, the answer may have come and lie unread: it is waited for as long again, EXCUSED_S at most.

        Args:
            seconds: the time limit.
            work: is cancelled when it has passed.

        Raises:
            twisted.internet.defer.TimeoutError: no answer came.
            twisted.internet.defer.CancelledError: whoever waits has given up.
        """

        async def awaited() -> T:
            return await work

        began = since = self._clock.seconds()
        passed = False
        timer: IDelayedCall

        def on_due() -> None:
            nonlocal since, timer, passed
            now = self._clock.seconds()
            if self.worst_s(since) >= EXCUSED_FROM_S and now - began < EXCUSED_S:
                since, timer = now, self._clock.callLater(seconds, on_due)
            else:
                passed = True
                answer.cancel()

        timer = self._clock.callLater(seconds, on_due)
        answer = Deferred.fromCoroutine(awaited())
        try:
            return await answer
        except CancelledError:
            if passed:
                raise TimeoutError(seconds, "no answer") from None
            raise
        finally:
            if timer.active():
                timer.cancel()

    def _schedule(self) -> None:
        self._due = self._clock.seconds() + TICK_S
        self._timer = self._clock.callLater(TICK_S, self._measure)

    def _measure(self) -> None:
        now = self._clock.seconds()
        late = max(now - self._due, 0.0)
        if self._worst and self._worst[-1][0] == int(now):
            self._worst.append((int(now), max(late, self._worst.pop()[1])))
        else:
            self._worst.append((int(now), late))
        while self._worst[0][0] < int(now - KEPT_S):
            self._worst.popleft()
        self._tell(now, late)
        self._schedule()

    def _tell(self, now: float, late: float) -> None:
        self._untold_s = max(self._untold_s, late)
        if self._untold_s >= TOLD_FROM_S and (self._told_at is None or now - self._told_at >= KEPT_S):
            self._log.warn(
                "camsvc was {late:.1f} s late with everything: it had too much to do at once, or was not let run",
                late=self._untold_s,
            )
            self._told_at, self._untold_s = now, 0.0


@contextmanager
def loading() -> Iterator[None]:
    """Load what stays: the garbage collector leaves it alone for good.

    Its walk through all of camsvc holds every thread for 20 to 40 ms, again and again where many objects are made.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
        gc.freeze()


def follow_boot_time(reactor: Any, clocks: Clocks) -> None:
    """Have the reactor's timers count in time since boot.

    Twisted's follow the wall clock: were it set ten minutes on, all would fire; set back, none for ten minutes. Every
    timer of ``ReactorBase`` asks ``reactor.seconds``.

    Args:
        reactor: before anything waits in it.
        clocks: of this machine.
    """
    reactor.seconds = clocks.boot_s
