"""Who is told of something, one after the other, and that one who fails keeps nobody else from being told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

from twisted.logger import Logger

P = ParamSpec("P")


class Subscribers(Generic[P]):
    """Callables that are called in the order in which they were added."""

    def __init__(self, doing: str, log: Logger) -> None:
        """Set up, with nobody in it.

        Args:
            doing: what is being done, for the log line of one that fails: "telling of a new certificate".
            log: gets that line.
        """
        self._doing = doing
        self._log = log
        self._listeners: list[Callable[P, object]] = []

    def add(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Call this one too, from now on.

        Returns:
            a callable that ends this; calling it again does nothing.
        """
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all; one that raises is logged. Who is added meanwhile is not called this time."""
        for listener in tuple(self._listeners):
            with self._log.failuresHandled("while {doing}", doing=self._doing):
                listener(*args, **kwargs)

    def __len__(self) -> int:
        return len(self._listeners)
