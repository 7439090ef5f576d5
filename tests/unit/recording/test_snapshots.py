"""Snapshots: of a running capture, of one that sleeps, and of cameras that give none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.inventory import Inventory
from camsvc.errors import DependencyFailed, InvalidState, NotFound
from camsvc.library import jpeg
from camsvc.library.catalogue.listing import Listing, Query
from camsvc.library.index import SNAPSHOTS
from camsvc.model import Health
from camsvc.recording.snapshots import Snapshot, Snapshots
from camsvc.system.runtime_dir import RuntimeDir
from tests.support.clocks import ClocksOf
from tests.support.immediate import ImmediateDatabase, ImmediateMediaFolders
from tests.support.samples import found, runtime
from tests.unit.library.test_jpeg import picture

BOOT = 5000.0


class FakeStreams:
    """Wakes a camera when the test says so."""

    def __init__(self) -> None:
        self.starting: list[Deferred[None]] = []

    async def start_camera(self, device: str) -> None:
        self.starting.append(Deferred())
        await self.starting[-1]


class SnapshotsTests(SynchronousTestCase):
    """``Snapshots``, by a Clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        base = Path(self.mktemp())
        base.mkdir()
        self.database = ImmediateDatabase(base / "db")
        self.addCleanup(self.database.stop)
        self.folders = ImmediateMediaFolders(base)
        self.folder = RuntimeDir(base / "run")
        self.inventory = Inventory()
        self.inventory.present("camera0", found())
        self.health: dict[str, Health] = {}
        self.streams = FakeStreams()
        clocks = ClocksOf(self.clock, boot_s=BOOT)
        process = runtime(self.clock, database=self.database, folder=self.folder, clocks=clocks)
        health, streams = cast(Any, self.health), cast(Any, self.streams)
        self.snapshots = Snapshots(process, self.inventory, health, streams, self.folders)

    def take(
        self, device: str = "camera0", filename: str | None = None, quality: int | None = None
    ) -> Deferred[Snapshot]:
        return Deferred.fromCoroutine(self.snapshots.take(device, filename, quality))

    def capture(self, data: bytes, age_s: float = 0.5) -> None:
        """The launcher leaves a picture."""
        self.folder.write("camera0.jpg", data)
        self.health["camera0"] = Health(1, "running", BOOT, jpeg_at=BOOT + self.clock.seconds() - age_s)
        self.folder.changes.tell("camera0.jpg")

    def stored(self) -> list[str]:
        return sorted(os.listdir(self.folders.snapshots_dir))

    def test_running(self) -> None:
        """The newest picture at once, with its age and size; listed; the camera is not started."""
        self.capture(picture(640, 480))
        taken = self.successResultOf(self.take())
        self.assertEqual((taken.age_ms, taken.file.width, taken.file.height), (500, 640, 480))
        self.assertRegex(taken.file.filename, r"^camera0_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\dZ\.jpg\Z")
        self.assertEqual((self.folders.snapshots_dir / taken.file.filename).read_bytes(), picture(640, 480))
        page = self.successResultOf(Listing(self.database).files(SNAPSHOTS, Query()))
        self.assertEqual(page.files, (taken.file,))
        self.assertEqual(self.streams.starting, [])

    def test_told(self) -> None:
        """Of each, whatever one of those who listen makes of it."""
        told: list[str] = []

        def breaks(file: object) -> None:
            raise ValueError("broken")

        self.snapshots.taken.add(breaks)
        self.snapshots.taken.add(lambda file: told.append(file.filename))
        self.capture(picture())
        self.successResultOf(self.take(filename="door.jpg"))
        self.assertEqual(told, ["door.jpg"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_names(self) -> None:
        """As asked for, with a suffix where that is taken."""
        self.capture(picture())
        names = [self.successResultOf(self.take(filename="door.jpg")).file.filename for _ in range(3)]
        self.assertEqual(names, ["door.jpg", "door_2.jpg", "door_3.jpg"])
        self.assertEqual(self.stored(), sorted(names))

    def test_asleep(self) -> None:
        """Woken, and the first picture after that is taken."""
        self.capture(picture(64, 48), age_s=3)
        taking = self.take()
        self.assertNoResult(taking)
        self.capture(picture(640, 480))
        self.assertNoResult(taking)
        self.streams.starting[0].callback(None)
        self.assertEqual(self.successResultOf(taking).file.width, 640)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_awake_without_a_picture(self) -> None:
        """-32050 after the limit; nobody listens on."""
        taking = self.take()
        self.streams.starting[0].callback(None)
        self.clock.advance(4.9)
        self.assertNoResult(taking)
        self.clock.advance(0.2)
        why = self.failureResultOf(taking, DependencyFailed).value
        self.assertEqual(why.data["dependency"], "camera")
        self.assertEqual((self.stored(), len(self.folder.changes), self.clock.getDelayedCalls()), ([], 0, []))

    def test_key_frames_far_apart(self) -> None:
        """The newest picture, with its age, of a camera that makes one now and then; the first is waited for."""
        self.capture(picture(64, 48), age_s=7)
        taking = self.take()
        self.streams.starting[0].callback(None)
        self.clock.advance(1.9)
        self.assertNoResult(taking)
        self.clock.advance(0.2)
        self.assertEqual(self.successResultOf(taking).age_ms, 9100)
        self.health["camera0"] = Health(1, "running", BOOT)
        taking = self.take()
        self.streams.starting[1].callback(None)
        for _ in range(60):
            self.clock.advance(1)
        self.assertNoResult(taking)
        self.capture(picture(640, 480), age_s=0)
        self.assertEqual(self.successResultOf(taking).file.width, 640)
        self.assertEqual((len(self.folder.changes), self.clock.getDelayedCalls()), (0, []))

    def test_cannot_be_woken(self) -> None:
        """What waking says is told."""
        taking = self.take()
        self.streams.starting[0].errback(DependencyFailed("camera", "gave no picture"))
        self.failureResultOf(taking, DependencyFailed)
        self.assertEqual(len(self.folder.changes), 0)

    def test_picture_gone_at_the_last_moment(self) -> None:
        """A camera that falls asleep just now is woken."""
        self.capture(picture())
        (self.folder.path / "camera0.jpg").unlink()
        self.take()
        self.assertEqual(len(self.streams.starting), 1)

    def test_torn(self) -> None:
        """Half a picture is never stored."""
        self.capture(picture()[:-1])
        self.failureResultOf(self.take(), DependencyFailed)
        self.assertEqual(self.stored(), [])

    def test_cameras_that_cannot(self) -> None:
        """Unknown, away, in error."""
        self.failureResultOf(self.take("camera9"), NotFound)
        self.inventory.error("camera0", "no frames")
        self.assertEqual(self.failureResultOf(self.take(), InvalidState).value.data["reason"], "no frames")
        self.inventory.gone("camera0")
        self.assertEqual(self.failureResultOf(self.take(), InvalidState).value.data["state"], "DISCONNECTED")

    def test_no_room(self) -> None:
        """-32050 with the storage as what failed."""

        def full(*_: Any) -> Path:
            raise OSError(28, "No space left on device")

        self.patch(jpeg, "store", full)
        self.capture(picture())
        why = self.failureResultOf(self.take(), DependencyFailed).value
        self.assertEqual((why.data["dependency"], "No space" in why.message), ("storage", True))

    def test_not_in_the_index(self) -> None:
        """What is told as failed leaves no file, which the next start would list."""
        broken = fail(DependencyFailed("storage", "the database cannot be used"))
        self.patch(self.database, "run", lambda work: broken)
        self.capture(picture())
        self.failureResultOf(self.take(), DependencyFailed)
        self.assertEqual(self.stored(), [])

    def test_clock_of_another_boot(self) -> None:
        """A picture from the future has no negative age."""
        self.capture(picture(), age_s=-10)
        self.assertEqual(self.successResultOf(self.take()).age_ms, 0)
