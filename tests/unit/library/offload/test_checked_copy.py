"""Copies of files that are believed only when they were read back."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.offload import checked_copy
from camsvc.library.offload.checked_copy import CopyDiffers

BODY = bytes(range(256)) * 10_000


class CopyTests(SynchronousTestCase):
    """One file, and a folder that it goes to."""

    def setUp(self) -> None:
        base = Path(self.mktemp())
        self.source, self.target = base / "first" / "a.mp4", base / "second" / "a.mp4"
        for path in (self.source, self.target):
            path.parent.mkdir(parents=True)
        self.source.write_bytes(BODY)
        os.utime(self.source, (1e9, 1e9))
        self.told: list[int] = []

    def copy(self) -> None:
        checked_copy.copy(self.source, self.target, self.told.append)

    def names(self) -> list[str]:
        return [path.name for path in self.target.parent.iterdir()]

    def test_copied(self) -> None:
        """The same bytes and time, for nobody else to read; the first is still there; progress goes up to the end."""
        self.copy()
        facts = self.target.stat()
        self.assertEqual((self.target.read_bytes(), facts.st_mtime, facts.st_mode & 0o777), (BODY, 1e9, 0o640))
        self.assertEqual((self.names(), self.source.read_bytes()), (["a.mp4"], BODY))
        self.assertEqual((sorted(self.told), self.told[-1]), (self.told, 2 * len(BODY)))

    def test_disk_writes_something_else(self) -> None:
        """It is not believed, and nothing is left."""
        real = os.fsync

        def spoil(fd: int) -> None:
            os.pwrite(fd, b"?", 1000)
            real(fd)

        self.patch(os, "fsync", spoil)
        self.assertRaises(CopyDiffers, self.copy)
        self.assertEqual((self.names(), self.source.read_bytes()), ([], BODY))

    def test_changed_meanwhile(self) -> None:
        """What is still written is no finished file."""

        def change(done: int) -> None:
            if self.source.stat().st_size == len(BODY):
                with self.source.open("ab") as file:
                    file.write(b"more")

        self.assertRaises(CopyDiffers, checked_copy.copy, self.source, self.target, change)
        self.assertEqual(self.names(), [])

    def test_broken_off(self) -> None:
        """By an error of the disk, or as nobody waits any more: nothing is left, and the next try goes through."""

        def break_off(done: int) -> None:
            raise InterruptedError

        self.assertRaises(InterruptedError, checked_copy.copy, self.source, self.target, break_off)
        self.assertEqual(self.names(), [])
        (self.target.parent / ".a.mp4.part").write_bytes(b"killed before")
        self.copy()
        self.assertEqual(self.names(), ["a.mp4"])

    def test_there_already(self) -> None:
        """From a move that was broken off after it: it must be the same; nothing else is replaced."""
        self.copy()
        self.copy()
        self.target.write_bytes(b"another")
        self.assertRaises(CopyDiffers, self.copy)
        self.assertEqual(self.target.read_bytes(), b"another")

    def test_link(self) -> None:
        """Is not followed."""
        self.source.rename(self.source.with_name("b.mp4"))
        self.source.symlink_to("b.mp4")
        self.assertRaises(OSError, self.copy)
