"""What files hold, read again when they change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.reread import Reread
from camsvc.system.secret_files import read_secret
from tests.support.samples import OTHER_SECRET, SECRET

NOW = 1_800_000_000.0


class RereadTests(SynchronousTestCase):
    """``Reread``."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()).resolve()
        self.write(SECRET)

    def write(self, secret: bytes) -> None:
        self.path.write_bytes(secret)
        self.path.chmod(0o600)

    def test_goes_on(self) -> None:
        """What cannot be read leaves all as it was, and is said once."""
        said: list[Any] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        watched = Reread(read_secret, self.path, self.path.with_name("other"))
        for number, spoil in enumerate(
            (lambda: self.path.chmod(0o644) or os.utime(self.path), lambda: self.write(b"short"), self.path.unlink), 1
        ):
            spoil()
            for _ in range(3):
                self.assertEqual(watched.value(NOW + 10 * number), SECRET)
                watched.look(NOW + 10 * number)
            errors = [event for event in said if event["log_level"].name == "error"]
            self.assertEqual(len(errors), number)
        self.write(OTHER_SECRET)
        self.assertEqual(watched.value(NOW + 100), OTHER_SECRET)

    def test_looked_at_once_a_second(self) -> None:
        """And by the wall clock set back, too."""
        watched = Reread(read_secret, self.path)
        self.assertEqual(watched.value(NOW), SECRET)
        self.write(OTHER_SECRET)
        self.assertEqual(watched.value(NOW + 0.9), SECRET)
        self.assertEqual(watched.value(NOW - 3600), OTHER_SECRET)

    def test_nothing_new(self) -> None:
        """``look`` says so."""
        watched = Reread(read_secret, self.path)
        self.assertFalse(watched.look(NOW))
        self.write(OTHER_SECRET)
        self.assertTrue(watched.look(NOW))
        self.assertFalse(watched.look(NOW))
