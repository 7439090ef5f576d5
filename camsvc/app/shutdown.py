"""How camsvc stops: step by step, and no step that fails or hangs keeps the next ones from being done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure


@frozen
class Step:
    """One thing that is done when camsvc stops.

    Attributes:
        doing: what it does, as in "while {doing}".
        work: does it; what it gives is awaited, where it can be.
        limit_s: after so many seconds it is cancelled and left; one is much for what waits for nothing.
        rescue: is called when the work failed or took too long, where leaving it undone would leave a process.
    """

    doing: str
    work: Callable[[], Awaitable[object] | None]
    limit_s: float = 1.0
    rescue: Callable[[], object] | None = None


async def take(steps: Iterable[Step], clock: IReactorTime, log: Logger) -> None:
    """Take steps one after the other, each whatever became of the one before; what fails is logged.

    Args:
        steps: in their order.
        clock: for their limits.
        log: gets a line for each that fails or takes too long.
    """
    for step in steps:
        try:
            await _limited(step, clock)
        except TimeoutError:
            log.error("{doing} takes longer than {limit} s; going on without", doing=step.doing, limit=step.limit_s)
        except Exception:
            log.failure("while {doing}", doing=step.doing)
        else:
            continue
        if step.rescue is not None:
            with log.failuresHandled("while {doing} by force", doing=step.doing):
                step.rescue()


def _limited(step: Step, clock: IReactorTime) -> Deferred[None]:
    """Do the work of a step; fires at the latest after its limit, even where the work cannot be cancelled."""
    ended: Deferred[None] = Deferred()
    work: Deferred[Any] = maybeDeferred(step.work)

    def on_limit() -> None:
        try:
            work.cancel()
        finally:
            ended.errback(TimeoutError(step.limit_s, step.doing))

    timer = clock.callLater(step.limit_s, on_limit)

    def on_end(result: object) -> None:
        if not timer.active():  # too late, nobody waits
            return
        timer.cancel()
        if isinstance(result, Failure):
            ended.errback(result)
        else:
            ended.callback(None)

    _ = work.addBoth(on_end)
    return ended
