"""Whether a recording may begin: covered with figures and words in test_recorder; here the edge."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.storage import Storage
from camsvc.errors import DependencyFailed, InvalidState
from camsvc.library.free_space import require_room
from tests.support.immediate import ImmediateMediaFolders


class ReserveTests(SynchronousTestCase):
    """A file system of 1000 GB."""

    def setUp(self) -> None:
        self.folders = ImmediateMediaFolders(Path(self.mktemp()))

    def ask(self, free: int, running: int = 0, trouble: str | None = None) -> Deferred[None]:
        room = patch("camsvc.library.parts.room", lambda folder: (free, 10**12))
        state = patch("camsvc.library.parts.trouble", lambda folder: trouble)
        with room, state:
            return Deferred.fromCoroutine(require_room(self.folders, Storage(), running))

    def test_edge(self) -> None:
        """To the byte; what runs counts once more."""
        self.successResultOf(self.ask(1 << 30))
        why = self.failureResultOf(self.ask((1 << 30) - 1), InvalidState).value
        self.assertEqual((why.data["free_bytes"], why.data["required_bytes"]), ((1 << 30) - 1, 1 << 30))
        self.successResultOf(self.ask((1 << 30) + 5, 5))
        self.failureResultOf(self.ask((1 << 30) + 4, 5), InvalidState)

    def test_small_disk(self) -> None:
        """The smaller of both limits."""
        self.assertEqual(Storage().reserve_of(1000), 50)
        self.assertEqual(Storage().reserve_of(10**12), 1 << 30)

    def test_unusable(self) -> None:
        """Said as what it is."""
        for trouble in ("read_only", "gone"):
            why = self.failureResultOf(self.ask(1 << 40, 0, trouble), DependencyFailed).value
            self.assertEqual(why.data["reason"], trouble)
