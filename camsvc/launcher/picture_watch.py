"""Whether a new picture has come into the file of the newest one.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import os


class PictureWatch:
    """Watches one file."""

    def __init__(self, path: str) -> None:
        """Begin; what is there now is not new.

        Args:
            path: the file, which ffmpeg replaces.
        """
        self._path = path
        self._seen = self._stamp()

    def change(self) -> bool | None:
        """Look: True for a new picture, False where there is none any more, None for no change."""
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        return stamp is not None

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
