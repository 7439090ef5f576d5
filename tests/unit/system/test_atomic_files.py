"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from camsvc.system import atomic_files


class AtomicFilesTests(SynchronousTestCase):
    """``replace``, ``create`` and ``write_draft``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "file"

    def names(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir())

    def test_replace(self) -> None:
        """The file that was there is another one after it; nothing else is left."""
        self.path.write_bytes(b"old")
        before = self.path.stat().st_ino
        atomic_files.replace(self.path, b"new")
        self.assertEqual(self.path.read_bytes(), b"new")
        self.assertNotEqual(self.path.stat().st_ino, before)
        self.assertEqual(self.names(), ["file"])

    def test_mode_whatever_the_umask(self) -> None:
        """The mode is the one that was asked for."""
        for umask in (0, 0o077):
            self.addCleanup(os.umask, os.umask(umask))
            for mode in (0o600, 0o640):
                atomic_files.replace(self.path, b"x", mode)
                self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), mode)

    def test_full_disk(self) -> None:
        """A write that fails leaves the old file, and no draft."""
        self.path.write_bytes(b"old")
        with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            self.assertRaises(OSError, atomic_files.replace, self.path, b"new")
        self.assertEqual((self.path.read_bytes(), self.names()), (b"old", ["file"]))

    def test_not_durable(self) -> None:
        """Where nobody waits for the disk, it is not asked."""
        with patch("os.fsync", side_effect=AssertionError):
            atomic_files.replace(self.path, b"x", durable=False)
        self.assertEqual(self.path.read_bytes(), b"x")

    def test_onto_a_folder(self) -> None:
        """A rename that fails leaves no draft."""
        self.path.mkdir()
        self.assertRaises(OSError, atomic_files.replace, self.path, b"new")
        self.assertEqual(self.names(), ["file"])

    def test_create(self) -> None:
        """Made where nothing is; what is there stays."""
        atomic_files.create(self.path, b"first", 0o600)
        self.assertRaises(FileExistsError, atomic_files.create, self.path, b"second")
        self.assertEqual((self.path.read_bytes(), self.names()), (b"first", ["file"]))

    def test_long_name(self) -> None:
        """A name as long as file systems allow (255 bytes) has room for its draft."""
        atomic_files.replace(self.folder / ("n" * 255), b"x")
        self.assertEqual(self.names(), ["n" * 255])

    def test_owner(self) -> None:
        """Root can write for another user."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        atomic_files.replace(self.path, b"x", owner=(65534, 65534))
        self.assertEqual((self.path.stat().st_uid, self.path.stat().st_gid), (65534, 65534))

    def test_publish(self) -> None:
        """Under its name, in one step, over what a crash left, with the mode that was asked for."""
        draft = self.folder / ".x.part"
        draft.write_bytes(b"new")
        draft.chmod(0o666)
        self.path.write_bytes(b"old")
        atomic_files.publish(draft, self.path)
        self.assertEqual((self.path.read_bytes(), self.names()), (b"new", ["file"]))
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)

    def test_create_first(self) -> None:
        """The first name that is free; with none free nothing is left."""
        names = [self.folder / name for name in "ab"]
        made = [atomic_files.create_first(names, data) for data in (b"1", b"2")]
        self.assertEqual(made, [str(name) for name in names])
        self.assertEqual([name.read_bytes() for name in names], [b"1", b"2"])
        self.assertRaises(FileExistsError, atomic_files.create_first, names, b"3")
        self.assertRaises(FileExistsError, atomic_files.create_first, [], b"3")
        self.assertEqual(self.names(), ["a", "b"])
