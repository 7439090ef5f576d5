"""The newest pictures: how often they are read, and who is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import Health
from camsvc.recording.latest_pictures import LatestPictures
from camsvc.system.subscribers import Subscribers
from tests.support.clocks import ClocksOf
from tests.support.samples import runtime


class FakeFolder:
    """A runtime_dir whose changes a test tells of."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self.changes: Subscribers[str] = Subscribers("telling", Logger())

    def picture(self, data: bytes, device: str = "camera0") -> None:
        (self.path / f"{device}.jpg").write_bytes(data)
        self.changes.tell(f"{device}.jpg")

    def remove(self, device: str = "camera0") -> None:
        (self.path / f"{device}.jpg").unlink()
        self.changes.tell(f"{device}.jpg")


class FakeHealth:
    """What the launcher says."""

    jpeg_at: float | None = None
    state = "starting"

    def get(self, device: str) -> Health | None:
        return Health(1, self.state, 0.0, jpeg_at=self.jpeg_at) if self.jpeg_at is not None else None


class LatestPicturesTests(SynchronousTestCase):
    """``LatestPictures``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.folder = FakeFolder(Path(self.mktemp()))
        self.health = FakeHealth()
        self.clock.advance(100)
        clocks = ClocksOf(self.clock)
        parts: Any = (runtime(self.clock, folder=self.folder, clocks=clocks), self.health, None)
        self.pictures = LatestPictures(*parts)

    def after(self, before: Any = None) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.pictures.after("camera0", before, 10))

    def test_read_once(self) -> None:
        """However many want it: the file is read once a picture, and not at all while nobody does."""
        reads = []
        read_bytes = Path.read_bytes
        self.patch(Path, "read_bytes", lambda path: reads.append(path.name) or read_bytes(path))
        self.folder.picture(b"one")
        self.assertEqual(reads, [])
        found = {self.pictures.latest("camera0").etag for _ in range(5)}
        self.assertEqual((len(found), len(reads)), (1, 1))
        waiting = [self.after(self.pictures.latest("camera0")) for _ in range(5)]
        self.folder.picture(b"two")
        self.assertEqual([self.successResultOf(waiter).data for waiter in waiting], [b"two"] * 5)
        self.assertEqual(len(reads), 2)

    def test_stale(self) -> None:
        """A picture older than 2 s is none; the next one is waited for, for so long."""
        self.folder.picture(b"one")
        self.clock.advance(1.9)
        self.assertIsNotNone(self.pictures.latest("camera0"))
        self.clock.advance(0.2)
        self.assertIsNone(self.pictures.latest("camera0"))
        waiting = self.after()
        self.clock.advance(9.9)
        self.assertNoResult(waiting)
        self.clock.advance(0.2)
        self.assertIsNone(self.successResultOf(waiting))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_key_frames_far_apart(self) -> None:
        """Of a camera that runs the newest picture counts, whatever its age, and the next one may take a minute."""
        self.health.state, self.health.jpeg_at = "running", 100.0
        self.folder.picture(b"one")
        self.clock.advance(20)
        found = self.pictures.latest("camera0")
        self.assertEqual((found.data, self.pictures.age_ms(found)), (b"one", 20_000))
        waiting = self.after(found)
        self.clock.pump([10.0] * 6)
        self.assertNoResult(waiting)
        self.folder.picture(b"two")
        newest = self.successResultOf(waiting)
        self.assertEqual((newest.data, self.pictures.age_ms(newest)), (b"two", 0))
        waiting = self.after(newest)
        self.clock.pump([10.0] * 7)
        self.assertIsNone(self.successResultOf(waiting))

    def test_from_before(self) -> None:
        """One that was there when camsvc started, by the launcher's word."""
        (self.folder.path / "camera0.jpg").write_bytes(b"old")
        self.assertIsNone(self.pictures.latest("camera0"))
        self.health.jpeg_at = 99.0
        self.assertEqual(self.pictures.latest("camera0").data, b"old")

    def test_gone(self) -> None:
        """A camera that sleeps has none, and who waits goes on waiting."""
        self.folder.picture(b"one")
        waiting = self.after(self.pictures.latest("camera0"))
        self.folder.remove()
        self.assertIsNone(self.pictures.latest("camera0"))
        self.assertNoResult(waiting)
        self.folder.picture(b"two")
        self.assertEqual(self.successResultOf(waiting).data, b"two")

    def test_others(self) -> None:
        """Files that are no pictures, and pictures of other cameras, wake nobody."""
        waiting = self.after()
        self.folder.picture(b"x", "camera1")
        for name in ("camera0.json", "camera0.jpg.new", "x.jpg"):
            self.folder.changes.tell(name)
        self.assertNoResult(waiting)
        waiting.cancel()
        self.failureResultOf(waiting)
        self.folder.picture(b"one")
