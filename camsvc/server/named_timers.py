"""The timers of one connection, each under a name, so that one can be ended and all end with the connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class NamedTimers:
    """Timers that run once; a name stands for at most one at a time."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._running: dict[str, IDelayedCall] = {}

    def start(self, name: str, delay_s: float, work: Callable[..., Any], *args: Any) -> None:
        """Call ``work(*args)`` after a while; a timer that runs under this name is ended first."""
        self.cancel(name)
        self._running[name] = self._reactor.callLater(delay_s, self._run, name, work, args)

    def cancel(self, name: str) -> None:
        """End a timer, if it runs."""
        timer = self._running.pop(name, None)
        if timer is not None:
            timer.cancel()

    def cancel_all(self) -> None:
        """End them all."""
        for name in tuple(self._running):
            self.cancel(name)

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._running))

    def _run(self, name: str, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
        del self._running[name]
        work(*args)
