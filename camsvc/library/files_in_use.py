"""Which finished files somebody reads now: what is downloaded, exported or moved is not deleted by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from camsvc.system.clocks import Clocks

LENT_S = 3600.0
"""So long a file counts as read that a proxy sends, as nobody tells when it has done so."""


class FilesInUse:
    """Counts who holds each file; nothing is held at the start."""

    def __init__(self, clocks: Clocks) -> None:
        """Set up.

        Args:
            clocks: time.
        """
        self._clocks = clocks
        self._held: Counter[tuple[str, str]] = Counter()
        self._lent: dict[tuple[str, str], float] = {}

    def hold(self, kind: str, filename: str) -> Callable[[], None]:
        """Keep a file from being deleted by retention.

        Args:
            kind: ``recordings`` or ``snapshots``.
            filename: as it stands in the index.

        Returns:
            a callable to let go of it; calling it again does nothing.
        """
        held = [(kind, filename)]
        self._held[held[0]] += 1
        return partial(self._let_go, held)

    def lend(self, kind: str, filename: str) -> None:
        """Keep a file from being deleted by retention for ``LENT_S`` from now."""
        now = self._clocks.boot_s()
        self._lent.pop((kind, filename), None)  # the newest is the last
        self._lent[kind, filename] = now + LENT_S
        while self._lent[oldest := next(iter(self._lent))] <= now:
            del self._lent[oldest]

    def __contains__(self, file: tuple[str, str]) -> bool:
        """Whether somebody holds the file of this kind and name."""
        return file in self._held or self._lent.get(file, 0.0) > self._clocks.boot_s()

    def _let_go(self, held: list[tuple[str, str]]) -> None:
        for file in held:
            self._held[file] -= 1
            if not self._held[file]:
                del self._held[file]
        held.clear()
