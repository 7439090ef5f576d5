"""How many connections the kernel's limit on open files leaves room for."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay import limits

NEEDED = limits.MOST + limits.OTHER_FILES
UNLIMITED = limits.resource.RLIM_INFINITY


class ConnectionsTests(SynchronousTestCase):
    """`connections`."""

    def found(self, soft: int, hard: int) -> tuple[int, list[Any]]:
        """What it says, and what it asks the kernel for."""
        asked: list[Any] = []
        self.patch(limits.resource, "getrlimit", lambda _: (soft, hard))
        self.patch(limits.resource, "setrlimit", lambda _, limit: asked.append(limit))
        return limits.connections(), asked

    def test_room(self) -> None:
        """As many as we want; the limit is raised as far as that needs, and never lowered."""
        self.assertEqual(self.found(1024, 4096), (limits.MOST, [(NEEDED, 4096)]))
        self.assertEqual(self.found(1024, UNLIMITED), (limits.MOST, [(NEEDED, UNLIMITED)]))
        self.assertEqual(self.found(20000, 20000), (limits.MOST, []))
        self.assertEqual(self.found(UNLIMITED, UNLIMITED), (limits.MOST, []))

    def test_little_room(self) -> None:
        """As many as remain; other files are left at least as much."""
        self.assertEqual(self.found(1024, 1024), (1024 - limits.OTHER_FILES, [(1024, 1024)]))
        self.assertEqual(self.found(64, 256), (128, [(256, 256)]))
