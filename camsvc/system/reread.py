"""What some files hold, read again when one of them changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from twisted.logger import Logger

from camsvc.errors import StartError

LOOK_EVERY_S = 1.0

T = TypeVar("T")


class Reread(Generic[T]):
    """What some files hold, read again when one of them has changed."""

    _log = Logger()

    def __init__(self, read: Callable[[Path], T], path: Path, *besides: Path) -> None:
        """Read it for the first time; whatever ``read`` raises is raised.

        Args:
            read: reads ``path``, and what is ``besides``.
            path: must be there.
            besides: other files, which need not.
        """
        self._read = read
        self._path = path
        self._besides = besides
        self._seen = self._stats()
        self._value = read(path)
        self._looked_at: float | None = None

    def value(self, now: float) -> T:
        """What they hold, at most one second old."""
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY_S:
            self.look(now)
        return self._value

    def look(self, now: float) -> bool:
        """Look at once; True when there is something new. What cannot be read leaves all as it was."""
        self._looked_at = now
        stats = self._stats()
        if stats == self._seen:
            return False
        self._seen = stats
        try:
            self._value = self._read(self._path)
        except (OSError, StartError) as why:
            words = why.message if isinstance(why, StartError) else f"{self._path}: {why.strerror}"
            self._log.error("{why}; going on with what was there before", why=words)
            return False
        self._log.info("{path} has changed and is in force", path=self._path)
        return True

    def _stats(self) -> tuple[Any, ...]:
        return tuple(_stat(path) for path in (self._path, *self._besides))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
