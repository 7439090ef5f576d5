"""When an on-demand path's command runs: from the first who wants the path until some time after the last."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class OnDemandStart:
    """Counts who wants a path; tells when the command has to run and when it may end."""

    def __init__(self, clock: IReactorTime, wake: Callable[[], None], rest: Callable[[], None]) -> None:
        """Nobody wants it yet.

        Args:
            clock: for the time until rest.
            wake: called when somebody wants the path and it rested.
            rest: called when nobody has wanted it for the time given.
        """
        self._clock = clock
        self._wake = wake
        self._rest = rest
        self._holders = 0
        self._closing: IDelayedCall | None = None
        self.awake = False

    def hold(self) -> None:
        """One more wants the path."""
        self._holders += 1
        self._keep()
        if not self.awake:
            self.awake = True
            self._wake()

    def release(self, close_after_s: float) -> None:
        """One less; rest ``close_after_s`` seconds after the last."""
        self._holders -= 1
        if self._holders == 0 and self.awake:
            self._keep()
            self._closing = self._clock.callLater(close_after_s, self._close)

    def drop(self) -> None:
        """The path is gone: no timer is left, and nothing is called any more."""
        self._keep()
        self.awake = False

    def _keep(self) -> None:
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        self._closing = None

    def _close(self) -> None:
        self._closing = None
        self.awake = False
        self._rest()
