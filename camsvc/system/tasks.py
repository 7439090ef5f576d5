"""Coroutines that nobody awaits, and time limits: the two things every part of the daemon does with Deferreds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

T = TypeVar("T")


def launch(coroutine: Coroutine[Deferred[Any], Any, T], log: Logger, doing: str) -> Deferred[T | None]:
    """Run a coroutine that nobody waits for; every failure but a cancellation is logged.

    Args:
        coroutine: what to run.
        log: the caller's logger.
        doing: what it does, as in "while {doing}".

    Returns:
        A Deferred that never fails; cancel it to end the coroutine.
    """

    def failed(failure: Any) -> None:
        if not failure.check(CancelledError):
            log.failure("while {doing}", failure=failure, doing=doing)

    return Deferred.fromCoroutine(coroutine).addErrback(failed)


def shielded(coroutine: Coroutine[Deferred[Any], Any, T], log: Logger, doing: str) -> Deferred[T]:
    """Run a coroutine to its end, whatever becomes of who waits for it.

    Args:
        coroutine: what to run.
        log: the caller's logger; takes a failure that nobody waits for any more.
        doing: what it does, as in "while {doing}".

    Returns:
        A Deferred of its result; cancelling it leaves the coroutine running.
    """
    waiter: Deferred[T] = Deferred()

    def done(value: T) -> None:
        if not waiter.called:
            waiter.callback(value)

    def failed(failure: Any) -> None:
        if not waiter.called:
            waiter.errback(failure)
        elif not failure.check(CancelledError):
            log.failure("while {doing}", failure=failure, doing=doing)

    _ = Deferred.fromCoroutine(coroutine).addCallbacks(done, failed)
    return waiter


def sleep(clock: IReactorTime, seconds: float) -> Deferred[None]:
    """A Deferred that fires after ``seconds``; cancelling it ends the timer."""
    done: Deferred[None] = Deferred(lambda _: call.cancel())
    call = clock.callLater(seconds, done.callback, None)
    return done


class Repeater:
    """Runs a coroutine function again and again, ``interval_s`` after its last end, whatever it raised."""

    def __init__(
        self,
        clock: IReactorTime,
        interval_s: float,
        work: Callable[[], Coroutine[Deferred[Any], Any, None]],
        log: Logger,
        doing: str,
    ) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._work = work
        self._log = log
        self._doing = doing
        self._running: Deferred[None] | None = None
        self._stopped = False
        self._nudged = False
        self._pause: Deferred[None] | None = None

    def start(self) -> None:
        """Begin; the first round starts at once."""
        if self._running is None:
            self._stopped = False
            self._running = launch(self._loop(), self._log, self._doing)

    def nudge(self) -> None:
        """Make the next round start now, or right after the present one."""
        self._nudged = True
        if self._pause is not None:
            self._pause.cancel()

    def stop(self) -> None:
        """End; a round under way is cancelled."""
        self._stopped = True
        if self._running is not None:
            running, self._running = self._running, None
            running.cancel()

    async def _loop(self) -> None:
        while not self._stopped:
            self._nudged = False
            await launch(self._work(), self._log, self._doing)
            if self._nudged or self._stopped:
                continue
            self._pause = sleep(self._clock, self._interval_s)
            try:
                await self._pause
            except CancelledError:
                if self._stopped or not self._nudged:
                    raise
            finally:
                self._pause = None


async def within(clock: IReactorTime, seconds: float, work: Awaitable[T]) -> T:
    """Await ``work`` for at most ``seconds``; then it is cancelled, and Twisted's TimeoutError raised."""

    async def awaited() -> T:
        return await work

    return await Deferred.fromCoroutine(awaited()).addTimeout(seconds, clock)


def cancelled_plainly(work: Deferred[T]) -> Deferred[T]:
    """A Deferred whose cancelling says CancelledError at once, where ``work`` has words of its own for it.

    twisted.web's requests say ResponseFailed of all their failures, this one too: who catches those went on.
    """

    def cancel(outer: Deferred[T]) -> None:
        outer.errback(CancelledError())
        work.cancel()

    outer: Deferred[T] = Deferred(cancel)
    _ = work.addBoth(lambda result: None if outer.called else outer.callback(result))
    return outer
