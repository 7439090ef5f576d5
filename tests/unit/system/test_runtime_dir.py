"""The folder of what lives for one boot."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.errors import StartError
from camsvc.system.clocks import Clocks
from camsvc.system.runtime_dir import RuntimeDir, default_path, make_name


class FolderTests(SynchronousTestCase):
    """Made, kept, refused."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "run"

    def test_private(self) -> None:
        """0700, even where it was there before."""
        self.path.mkdir(parents=True, mode=0o755)
        RuntimeDir(self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o700)
        self.assertTrue((self.path / "pipelines").is_dir())

    def test_secrets_last_for_a_boot(self) -> None:
        """The same after a restart of camsvc, another after one of the machine, and each name has its own."""
        folder = RuntimeDir(self.path)
        first = folder.secret("api")
        self.assertNotEqual(folder.secret("publish"), first)
        self.assertEqual(RuntimeDir(self.path).secret("api"), first)
        self.patch(Clocks, "boot_id", lambda self: "another")
        self.assertNotEqual(RuntimeDir(self.path).secret("api"), first)

    def test_another_boot(self) -> None:
        """What the launchers left before the reboot is gone, once."""
        RuntimeDir(self.path).write("camera0.json", b"{}")
        self.patch(Clocks, "boot_id", lambda self: "another")
        RuntimeDir(self.path).write("camera1.json", b"{}")
        RuntimeDir(self.path)
        self.assertFalse((self.path / "camera0.json").exists())
        self.assertTrue((self.path / "camera1.json").exists())

    def refused(self, words: str) -> None:
        with self.assertRaises(StartError) as caught:
            RuntimeDir(self.path)
        self.assertIn(words, caught.exception.message)

    def test_not_ours(self) -> None:
        """Somebody else's folder, a link, a file."""
        self.path.mkdir(parents=True)
        self.patch(os, "geteuid", lambda: os.getuid() + 1)
        self.refused("not a folder of this user")
        self.patch(os, "geteuid", os.getuid)
        other = self.path.with_name("other")
        self.path.rename(other)
        self.path.symlink_to(other.resolve())
        self.refused("not a folder of this user")
        self.path.unlink()
        self.path.touch()
        self.refused("cannot be made")

    def test_write(self) -> None:
        """Replaced in one step, 0600, nothing left beside it."""
        folder = RuntimeDir(self.path)
        folder.write("a", b"1")
        folder.write("a", b"22")
        self.assertEqual((self.path / "a").read_bytes(), b"22")
        self.assertEqual(stat.S_IMODE((self.path / "a").stat().st_mode), 0o600)
        self.assertFalse((self.path / "a.new").exists())

    def test_default_path(self) -> None:
        """Below XDG_RUNTIME_DIR where there is one, by the state folder's name."""
        here = Path(self.mktemp())
        here.mkdir()
        self.addCleanup(os.environ.pop, "XDG_RUNTIME_DIR", None)
        before = os.environ.get("XDG_RUNTIME_DIR")
        if before is not None:
            self.addCleanup(os.environ.__setitem__, "XDG_RUNTIME_DIR", before)
        os.environ["XDG_RUNTIME_DIR"] = str(here)
        self.assertEqual(default_path(here).parent, here)
        self.assertNotEqual(default_path(here), default_path(here / "x"))

    def test_default_path_where_everybody_may_make_folders(self) -> None:
        """In /dev/shm nobody knows the name before: by a secret of the state folder, another one for each boot."""
        here, other = Path(self.mktemp()), Path(self.mktemp())
        self.patch(os, "environ", {"XDG_RUNTIME_DIR": str(here / "absent")})
        self.assertRaises(FileNotFoundError, default_path, here)
        make_name(here)
        path = default_path(here)
        self.assertTrue(str(path).startswith(f"/dev/shm/camsvc-{os.geteuid()}-"))
        make_name(here)
        self.assertEqual(default_path(here), path)
        self.patch(Clocks, "boot_id", lambda _: "another boot")
        self.assertNotEqual(default_path(here), path)
        make_name(other)
        self.assertNotEqual(default_path(other), default_path(here))


class WatchTests(TestCase):
    """Who is told of changes (inotify)."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.folder = RuntimeDir(Path(self.mktemp()))
        self.folder.start(reactor)  # type: ignore[arg-type]
        self.addCleanup(self.folder.stop)
        self.names: list[str] = []
        self.waiting: dict[str, Deferred[None]] = {}
        self.stop_hearing = self.folder.changes.add(self.heard)

    def heard(self, name: str) -> None:
        self.names.append(name)
        if name in self.waiting:
            self.waiting.pop(name).callback(None)

    def when(self, name: str) -> Deferred[None]:
        self.waiting[name] = Deferred()
        return self.waiting[name]

    async def test_told(self) -> None:
        """Of a file that came by rename and of one that went; not of the temporary one."""
        came = self.when("camera0.json")
        self.folder.write("camera0.json", b"{}")
        await came
        gone = self.when("camera0.json")
        (self.folder.path / "camera0.json").unlink()
        await gone
        self.assertEqual(self.names, ["camera0.json", "camera0.json"])

    async def test_one_listener_breaks(self) -> None:
        """The others are told all the same."""

        def broken(name: str) -> None:
            raise ValueError(name)

        self.stop_hearing()
        self.folder.changes.add(broken)
        self.folder.changes.add(self.heard)
        came = self.when("x")
        self.folder.write("x", b"")
        await came
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    async def test_unsubscribed(self) -> None:
        """No more is told, and stop() twice is fine."""
        other: list[str] = []
        stop_other = self.folder.changes.add(other.append)
        stop_other()
        came = self.when("x")
        self.folder.write("x", b"")
        await came
        self.assertEqual(other, [])
        self.folder.stop()
        self.folder.stop()
