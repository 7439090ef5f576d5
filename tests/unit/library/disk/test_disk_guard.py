"""The guard on real folders; which file system a folder is on is said by the test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.storage import Storage
from camsvc.errors import DependencyFailed, InvalidState
from camsvc.library.disk import volume
from camsvc.library.disk.disk_guard import ANSWER_LIMIT_S, EVERY_S, DiskGuard
from camsvc.library.disk.disk_status import DiskStatus
from camsvc.library.disk.volume import MARKER
from tests.support.immediate import database_and_folders
from tests.support.samples import runtime


class DiskGuardTestCase(SynchronousTestCase):
    """A folder of recordings, whose disk has the room that the test says."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.database, self.folders = database_and_folders(self)
        self.folder = self.folders.recordings_dir
        self.process = runtime(self.clock, database=self.database)
        self.own = True
        self.free = 1 << 40
        self.read_only = False
        self.patch(volume, "_on_own_disk", lambda folder, state_dir: self.own)
        self.patch(volume, "_figures", lambda folder: (os.stat(folder), (self.read_only, self.free, 1 << 41))[1])
        self.told: list[str] = []
        self.guard = self.start()

    def start(self, **storage: Any) -> DiskGuard:
        """A new camsvc."""
        guard = DiskGuard(self.process, self.folders, Storage(state_dir=str(self.folder.parent), **storage))
        guard.changes.add(self.heard)
        guard.load()
        return guard

    def heard(self, status: DiskStatus) -> None:
        self.told.append(status.state.value)

    def ask(self, guard: DiskGuard | None = None) -> Deferred[None]:
        return Deferred.fromCoroutine((guard or self.guard).require_room())

    def refused(self) -> str:
        found: str = self.failureResultOf(self.ask(), DependencyFailed).value.data["reason"]
        return found


class RoomTests(DiskGuardTestCase):
    """Whether a recording may begin."""

    def test_edge(self) -> None:
        """To the byte, with the figures."""
        self.free = 1 << 30
        self.successResultOf(self.ask())
        self.free -= 1
        why = self.failureResultOf(self.ask(), InvalidState).value
        self.assertEqual((why.data["free_bytes"], why.data["required_bytes"]), (self.free, 1 << 30))

    def test_read_only(self) -> None:
        """Said as what it is."""
        self.read_only = True
        self.assertEqual(self.refused(), "read_only")

    def test_shortage(self) -> None:
        """What is to be freed: nothing, or up to the limit and some room to spare; a policy may want more."""

        def to_free(gigabytes: float) -> int:
            found: int = self.successResultOf(Deferred.fromCoroutine(self.guard.shortage(gigabytes))).to_free
            return found

        self.free = 1 << 30
        self.assertEqual(to_free(0), 0)
        self.assertEqual(to_free(2), 2_000_000_000 + 125_000_000 - (1 << 30))
        self.free -= 1
        self.assertEqual(to_free(0.5), (1 << 26) + 1)

    def test_parts_count_twice(self) -> None:
        """What is in no file yet needs its size once more; what is in one does not, however long it is recorded."""
        parts = self.folder / ".rec" / "camera0" / "17"
        parts.mkdir(parents=True)
        (parts / "2026-01-31_12-00-00-000000.mp4").write_bytes(bytes(100))
        (self.folder / "camera0_2026-01-31_11-00-00Z_17.mp4").write_bytes(bytes(5000))
        self.free = (1 << 30) + 99
        why = self.failureResultOf(self.ask(), InvalidState).value
        self.assertEqual(why.data["required_bytes"], (1 << 30) + 100)


class VolumeTests(DiskGuardTestCase):
    """Whether the folder is the one that it was."""

    def test_marked_at_its_first_use(self) -> None:
        """The marker is there after the first start, and the same after the next."""
        marker = (self.folder / MARKER).read_text()
        self.assertRegex(marker, r"^[0-9a-f]{32}\Z")
        self.start()
        self.assertEqual((self.folder / MARKER).read_text(), marker)
        self.assertEqual(self.told, [])

    def unmount(self) -> None:
        """An empty mount point of the system's disk is left."""
        self.away = self.folder.rename(self.folder.parent / "away")
        self.folder.mkdir()
        self.own = False

    def mount(self) -> None:
        self.folder.rmdir()
        self.away.rename(self.folder)
        self.own = True

    def test_unmounted(self) -> None:
        """Refused until it is back; told once each; nothing is put into the mount point."""
        self.unmount()
        for _ in range(3):
            self.assertEqual(self.refused(), "foreign")
        self.assertEqual((list(self.folder.iterdir()), self.told), ([], ["foreign"]))
        self.mount()
        self.successResultOf(self.ask())
        self.assertEqual(self.told, ["foreign", "ok"])

    def test_unmounted_at_the_start(self) -> None:
        """As above."""
        self.unmount()
        self.guard = self.start()
        self.assertEqual((self.guard.status.state, list(self.folder.iterdir())), ("foreign", []))
        self.mount()
        self.successResultOf(self.ask())

    def test_another_volume(self) -> None:
        """With a marker of another camsvc: refused, until an admin takes it."""
        (self.folder / MARKER).write_text("another")
        self.assertEqual(self.refused(), "foreign")
        self.successResultOf(Deferred.fromCoroutine(self.guard.accept()))
        self.successResultOf(self.ask())
        self.guard = self.start()
        self.successResultOf(self.ask())

    def test_gone(self) -> None:
        """The folder itself."""
        (self.folder / MARKER).unlink()
        self.folder.rmdir()
        self.assertEqual(self.refused(), "gone")
        done = Deferred.fromCoroutine(self.guard.accept())
        self.assertEqual(self.failureResultOf(done, DependencyFailed).value.data["reason"], "gone")

    def test_marker_lost_on_the_states_own_disk(self) -> None:
        """Written again: that disk cannot be away."""
        self.own = False
        (self.folder / MARKER).unlink()
        self.database.now(lambda db: db.execute("DELETE FROM setting"))
        guard = self.start()
        (self.folder / MARKER).unlink()
        guard.start()
        self.addCleanup(guard.stop)
        self.clock.advance(EVERY_S)
        self.assertTrue((self.folder / MARKER).exists())
        self.successResultOf(self.ask(guard))

    def test_database_lost(self) -> None:
        """The folder is taken with the marker that it has."""
        marker = (self.folder / MARKER).read_text()
        self.database.now(lambda db: db.execute("DELETE FROM setting"))
        self.guard = self.start()
        self.successResultOf(self.ask())
        self.assertEqual((self.folder / MARKER).read_text(), marker)

    def test_who_waits(self) -> None:
        """Goes on when it can be written to, or is cancelled at the end."""
        self.read_only = True
        self.refused()
        waits, leaves = self.guard.when_writable(), self.guard.when_writable()
        leaves.cancel()
        leaves.addErrback(lambda _: None)
        self.assertNoResult(waits)
        self.read_only = False
        self.successResultOf(self.ask())
        self.successResultOf(waits)
        self.successResultOf(self.guard.when_writable())

    def test_hangs(self) -> None:
        """A mount that does not answer is gone, asked once, and well when it answers."""
        looks: list[Deferred[Any]] = []

        def thread(work: Any, *args: Any) -> Deferred[Any]:
            looks.append(Deferred())
            return looks[-1].addCallback(lambda _: work(*args))

        self.patch(self.folders, "thread", thread)
        asked = self.ask()
        self.clock.advance(ANSWER_LIMIT_S)
        self.assertEqual(self.failureResultOf(asked, DependencyFailed).value.data["reason"], "gone")
        self.assertEqual(self.refused(), "gone")
        self.assertEqual(len(looks), 1)
        looks[0].callback(None)
        asked = self.ask()
        looks[1].callback(None)
        self.successResultOf(asked)


class RealVolumeTests(SynchronousTestCase):
    """The kernel's own figures."""

    def test_look(self) -> None:
        """Of a folder on the state's own disk, of one on another, and of none."""
        folder = Path(self.mktemp())
        folder.mkdir()
        seen = volume.look(folder, folder.parent, None)
        self.assertEqual((seen.trouble, seen.own, seen.ident), (None, False, None))
        found = os.statvfs(folder)
        self.assertEqual(seen.total_bytes, found.f_blocks * found.f_frsize)
        self.assertTrue(volume.look(Path("/dev/shm"), folder, None).own)
        self.assertEqual(volume.look(folder / "absent", folder, None).trouble, "gone")
        self.assertEqual(volume.look(Path("/sys"), folder, None).own, True)
