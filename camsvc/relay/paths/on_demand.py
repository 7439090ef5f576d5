"""When an on-demand path's command runs: from the first who wants the path until some time after the last."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class OnDemandStart:
    """Counts who wants a path; tells when the command has to run and when it may end."""

    def __init__(self, clock: IReactorTime, start: Callable[[], None], stop: Callable[[], None]) -> None:
        """Nobody wants it yet.

        Args:
            clock: for the time until stop.
            start: called when somebody wants the path and it did not run.
            stop: called when nobody has wanted it for the time given.
        """
        self._clock = clock
        self._start_command = start
        self._stop_command = stop
        self._users = 0
        self._stopping: IDelayedCall | None = None
        self.running = False

    def acquire(self) -> None:
        """One more wants the path."""
        self._users += 1
        self._cancel_stop()
        if not self.running:
            self.running = True
            self._start_command()

    def release(self, close_after_s: float) -> None:
        """One less; stop ``close_after_s`` seconds after the last."""
        self._users -= 1
        if self._users == 0 and self.running:
            self._cancel_stop()
            self._stopping = self._clock.callLater(close_after_s, self._close)

    def drop(self) -> None:
        """The path is gone: no timer is left, and nothing is called any more."""
        self._cancel_stop()
        self.running = False

    def _cancel_stop(self) -> None:
        if self._stopping is not None and self._stopping.active():
            self._stopping.cancel()
        self._stopping = None

    def _close(self) -> None:
        self._stopping = None
        self.running = False
        self._stop_command()
