"""When the folders are first read: once camsvc is ready, as a hundred thousand files would hold that up."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

WITHIN_S = 5.0
"""Where camsvc does not get ready, as its engine does not run, they are read all the same."""


class FirstRead:
    """Begins it once."""

    def __init__(self, reactor: IReactorTime, begin: Callable[[], None]) -> None:
        """Set up.

        Args:
            reactor: time.
            begin: begins to read.
        """
        self._reactor = reactor
        self._begin = begin
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """Begin ``WITHIN_S`` from now at the latest."""
        self._timer = self._reactor.callLater(WITHIN_S, self.now)

    def now(self) -> None:
        """Begin now, unless it has begun, or must not any more."""
        if self._timer is not None:
            self.stop()
            self._begin()

    def stop(self) -> None:
        """Begin no more."""
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
