"""Secrets in files: made once, read ever after, refused when others can read them."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import StartError
from camsvc.system.secret_files import read_secret, stored_secret


class SecretTests(SynchronousTestCase):
    """``stored_secret`` and ``read_secret``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.path = self.folder / "deep" / "jwt.key"

    def test_made_once(self) -> None:
        """256 random bits, 0600, the same ever after, and nothing else in the folder."""
        first = stored_secret(self.path)
        self.assertRegex(first, rb"^[0-9a-f]{64}\Z")
        self.assertEqual(stored_secret(self.path), first)
        self.assertEqual(read_secret(self.path), first)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(os.listdir(self.path.parent), ["jwt.key"])
        self.assertNotEqual(stored_secret(self.folder / "other"), first)

    def test_made_by_many_at_once(self) -> None:
        """All get the one that stands in the file."""
        with ThreadPoolExecutor(8) as pool:
            values = set(pool.map(lambda _: stored_secret(self.path), range(16)))
        self.assertEqual(values, {read_secret(self.path)})
        self.assertEqual(os.listdir(self.path.parent), ["jwt.key"])

    def test_leftover_of_a_crash(self) -> None:
        """A half-made file of the same process id, as in a container, does not stop the next start."""
        self.path.parent.mkdir(parents=True)
        (self.path.parent / f".jwt.key.{os.getpid()}").touch()
        self.assertEqual(len(stored_secret(self.path)), 64)

    def test_own_secret(self) -> None:
        """One that the owner brought counts, without its newline."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"x" * 40 + b"\n")
        self.path.chmod(0o400)
        self.assertEqual(stored_secret(self.path), b"x" * 40)

    def refused(self, words: str) -> None:
        with self.assertRaises(StartError) as caught:
            stored_secret(self.path)
        self.assertIn(words, caught.exception.message)
        self.assertIn(str(self.path), caught.exception.message)

    def test_refused(self) -> None:
        """Readable by others, too short, not a file."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"x" * 40)
        for mode in (0o640, 0o604, 0o660):
            self.path.chmod(mode)
            self.refused("others can read")
        self.path.chmod(0o600)
        self.path.write_bytes(b"x" * 31)
        self.refused("shorter than 32")
        self.path.unlink()
        self.path.mkdir()
        self.refused("cannot be read")

    def test_no_room_for_it(self) -> None:
        """Where a folder cannot be made: one line."""
        self.folder.mkdir()
        (self.folder / "deep").touch()
        self.refused("the secret cannot be ")

    def test_absent(self) -> None:
        """Reading alone makes none."""
        self.assertRaises(FileNotFoundError, read_secret, self.path)
