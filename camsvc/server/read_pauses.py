"""Reasons not to read a connection; reading resumes when none is left."""

from __future__ import annotations

from collections.abc import Callable


class ReadPauses:
    """The reasons, by name."""

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """Set up, without a reason.

        Args:
            pause: stops the reading of the connection.
            resume: goes on with it.
        """
        self._pause = pause
        self._resume = resume
        self._reasons: set[str] = set()

    @property
    def paused(self) -> bool:
        """Whether there is a reason not to read."""
        return bool(self._reasons)

    def add(self, reason: str) -> None:
        """Do not read the connection for this reason, until it is removed."""
        if not self._reasons:
            self._pause()
        self._reasons.add(reason)

    def remove(self, reason: str) -> None:
        """This reason is gone; nothing happens where it was none."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            if not self._reasons:
                self._resume()
