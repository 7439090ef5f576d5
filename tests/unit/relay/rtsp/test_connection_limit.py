"""How many connections the kernel's limit on open files leaves room for."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.rtsp import connection_limit

NEEDED = connection_limit.MOST + connection_limit.OTHER_FILES
UNLIMITED = connection_limit.resource.RLIM_INFINITY


class ConnectionsTests(SynchronousTestCase):
    """`connections`."""

    def found(self, soft: int, hard: int) -> tuple[int, list[Any]]:
        """What it says, and what it asks the kernel for."""
        asked: list[Any] = []
        self.patch(connection_limit.resource, "getrlimit", lambda _: (soft, hard))
        self.patch(connection_limit.resource, "setrlimit", lambda _, limit: asked.append(limit))
        return connection_limit.connections(), asked

    def test_room(self) -> None:
        """As many as we want; the limit is raised as far as that needs, and never lowered."""
        self.assertEqual(self.found(1024, 4096), (connection_limit.MOST, [(NEEDED, 4096)]))
        self.assertEqual(self.found(1024, UNLIMITED), (connection_limit.MOST, [(NEEDED, UNLIMITED)]))
        self.assertEqual(self.found(20000, 20000), (connection_limit.MOST, []))
        self.assertEqual(self.found(UNLIMITED, UNLIMITED), (connection_limit.MOST, []))

    def test_little_room(self) -> None:
        """As many as remain; other files are left at least as much."""
        self.assertEqual(self.found(1024, 1024), (1024 - connection_limit.OTHER_FILES, [(1024, 1024)]))
        self.assertEqual(self.found(64, 256), (128, [(256, 256)]))
