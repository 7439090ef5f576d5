"""Which finished files somebody reads now: what is downloaded, exported or moved is not deleted by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial


class FilesInUse:
    """Counts who holds each file; nothing is held at the start."""

    def __init__(self) -> None:
        self._held: Counter[tuple[str, str]] = Counter()

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

    def __contains__(self, file: tuple[str, str]) -> bool:
        """Whether somebody holds the file of this kind and name."""
        return file in self._held

    def _let_go(self, held: list[tuple[str, str]]) -> None:
        for file in held:
            self._held[file] -= 1
            if not self._held[file]:
                del self._held[file]
        held.clear()
