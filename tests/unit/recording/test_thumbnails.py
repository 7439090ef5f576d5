"""When thumbnails are made, in which order, and of what; ffmpeg is a stand-in here, and real in functional tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.library import index, recordings_table
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile
from camsvc.recording import thumbnails as module
from camsvc.recording.finisher import Progress
from camsvc.recording.thumbnails import EVERY_S, Thumbnails
from camsvc.system.processes import Output
from tests.support.immediate import database_and_folders
from tests.support.samples import recording, runtime
from tests.unit.library.test_jpeg import picture

JPEG = picture(320, 180)


class ThumbnailsTests(SynchronousTestCase):
    """``Thumbnails``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.database, self.folders = database_and_folders(self)
        self.asked: list[list[str]] = []
        self.answers: list[Any] = []
        self.patch(module, "run", self.run_ffmpeg)
        self.incomplete = False
        self.thumbnails = Thumbnails(
            runtime(self.clock, database=self.database), self.folders, lambda: self.incomplete
        )
        self.addCleanup(self.thumbnails.stop)

    async def run_ffmpeg(self, reactor: Any, argv: list[str], *, timeout_s: float) -> Output:
        self.asked.append(argv)
        answer = self.answers.pop(0) if self.answers else JPEG
        if isinstance(answer, Deferred):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return Output(0 if answer else 1, None, answer, b"")

    def file(self, name: str, kind: str = RECORDINGS, duration_s: float | None = 60.0, at: float = 1.0) -> MediaFile:
        folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
        (folder / name).write_bytes(b"x")
        file = MediaFile(name, "camera0", 1, at, at, duration_s=duration_s)
        self.database.now(lambda db: index.add_files(db, kind, [file]))
        return file

    def there(self) -> list[str]:
        return sorted(path.name for path in self.folders.thumbnails_dir.iterdir())

    def sources(self) -> list[str]:
        return [Path(argv[argv.index("-i") + 1]).name for argv in self.asked]

    def ready(self, name: str) -> bool:
        return self.successResultOf(Deferred.fromCoroutine(self.thumbnails.ready(name)))

    def test_links(self) -> None:
        """No picture is made of what a link leads to, nor a link taken for a thumbnail."""
        outside = Path(self.mktemp())
        outside.write_bytes(b"secret")
        self.file("a.mp4")
        (self.folders.recordings_dir / "a.mp4").unlink()
        (self.folders.recordings_dir / "a.mp4").symlink_to(outside)
        self.file("b.mp4")
        (self.folders.thumbnails_dir / "b.mp4.jpg").symlink_to(outside)
        self.thumbnails.start()
        self.assertEqual(self.sources(), ["b.mp4"])
        self.assertEqual(self.there(), ["b.mp4.jpg"])
        self.assertEqual((self.folders.thumbnails_dir / "b.mp4.jpg").read_bytes(), JPEG)
        self.assertEqual(outside.read_bytes(), b"secret")

    def test_start(self) -> None:
        """What is missing is made, the newest first; what belongs to nothing goes."""
        self.file("old.mp4", at=1.0)
        self.file("new.mkv", at=3.0)
        self.file("door.jpg", SNAPSHOTS, None, at=2.0)
        self.file("done.mp4", at=4.0)
        (self.folders.thumbnails_dir / "done.mp4.jpg").write_bytes(b"x")
        (self.folders.thumbnails_dir / "gone.mp4.jpg").write_bytes(b"x")
        self.thumbnails.start()
        self.assertEqual(self.sources(), ["new.mkv", "door.jpg", "old.mp4"])
        self.assertEqual(self.there(), ["done.mp4.jpg", "door.jpg.jpg", "new.mkv.jpg", "old.mp4.jpg"])
        self.assertEqual((self.folders.thumbnails_dir / "new.mkv.jpg").read_bytes(), JPEG)

    def test_out_of_the_way(self) -> None:
        """At a low priority, with one thread; at the lowest it would wait where encoders take it all."""
        self.file("a.mp4")
        self.thumbnails.start()
        self.assertEqual(self.asked[0][:4], ["/usr/bin/nice", "-n", "10", "/usr/bin/ffmpeg"])
        self.assertEqual(self.asked[0][self.asked[0].index("-threads") + 1], "1")

    def test_moment(self) -> None:
        """A tenth into the recording, 10 s at most; its beginning where nothing comes of that."""
        self.file("short.mp4", duration_s=4.0, at=3.0)
        self.file("long.mp4", duration_s=3600.0, at=2.0)
        self.file("unknown.mp4", duration_s=None, at=1.0)
        self.answers = [b"", JPEG]
        self.thumbnails.start()
        moments = [argv[argv.index("-ss") + 1] for argv in self.asked]
        self.assertEqual(moments, ["0.400", "0.000", "10.000", "0.000"])
        self.assertEqual(len(self.there()), 3)

    def test_left_over(self) -> None:
        """A thumbnail whose file is gone goes, once the index is complete; it may know of that file soon."""
        self.file("a.mp4")
        (self.folders.thumbnails_dir / "gone.mp4.jpg").write_bytes(b"x")
        (self.folders.thumbnails_dir / "none.jpg").write_bytes(b"x")
        self.incomplete = True
        self.thumbnails.start()
        self.assertEqual(self.there(), ["a.mp4.jpg", "gone.mp4.jpg", "none.jpg"])
        self.incomplete = False
        self.clock.advance(EVERY_S)
        self.assertEqual(self.there(), ["a.mp4.jpg"])

    def test_every_hour(self) -> None:
        """One that is lost is made again; one that cannot be made is not tried over and over."""
        self.file("a.mp4")
        self.file("broken.mp4", duration_s=0.0, at=2.0)
        self.answers = [b""]
        self.thumbnails.start()
        self.assertEqual((self.sources(), self.there()), (["broken.mp4", "a.mp4"], ["a.mp4.jpg"]))
        (self.folders.thumbnails_dir / "a.mp4.jpg").unlink()
        self.clock.advance(EVERY_S)
        self.assertEqual((self.sources()[2:], self.there()), (["a.mp4"], ["a.mp4.jpg"]))

    def test_new_files(self) -> None:
        """A finished recording and a taken snapshot have theirs at once."""
        self.thumbnails.start()
        self.file("a.mp4")
        for status, made in (("RECORDING", []), ("STOPPED", ["a.mp4.jpg"])):
            self.thumbnails.recording_changed(Progress(recording(), status, 1.0, 1))
            self.assertEqual(self.there(), made)
        self.thumbnails.snapshot_taken(self.file("door.jpg", SNAPSHOTS, None))
        self.assertEqual(self.there(), ["a.mp4.jpg", "door.jpg.jpg"])

    def test_one_at_a_time(self) -> None:
        """However many are asked for; and who asks for the same one twice has it made once."""
        first: Deferred[bytes] = Deferred()
        self.answers = [first]
        self.file("a.mp4")
        self.file("b.mp4")
        waits = [Deferred.fromCoroutine(self.thumbnails.ready(f"{name}.mp4.jpg")) for name in "aba"]
        self.assertEqual(self.sources(), ["a.mp4"])
        first.callback(JPEG)
        self.assertEqual([self.successResultOf(wait) for wait in waits], [True, True, True])
        self.assertEqual(self.sources(), ["a.mp4", "b.mp4"])

    def test_asked_for_nothing(self) -> None:
        """Names of no file, of one under way, and a name without its extension."""
        self.file("a.mp4")
        self.database.now(lambda db: recordings_table.begin(db, "camera0", "fmp4", None, "boot", 1.0))
        running = self.database.now(lambda db: db.execute("SELECT name FROM recording").fetchone()[0])
        for name in ("absent.mp4.jpg", "a.txt", f"{running}.mp4.jpg", "a.jpg"):
            self.assertFalse(self.ready(name), name)
        self.assertEqual(self.asked, [])

    def test_too_slow(self) -> None:
        """What is not made in time is tried again, as the machine may be busy; after three times it is given up."""
        self.file("a.mp4")
        self.file("b.mp4")
        self.answers = [TimeoutError()]
        self.assertEqual([self.ready("a.mp4.jpg") for _ in range(2)], [False, True])
        self.answers = [TimeoutError() for _ in range(3)]
        self.assertEqual([self.ready("b.mp4.jpg") for _ in range(4)], [False] * 4)
        self.assertEqual(self.sources(), ["a.mp4"] * 2 + ["b.mp4"] * 3)

    def test_away(self) -> None:
        """None is given up while the disk of its file is away, before or while ffmpeg reads it: later it is made."""
        self.file("a.mp4", duration_s=0.0)
        path = self.folders.recordings_dir / "a.mp4"
        path.unlink()
        self.assertFalse(self.ready("a.mp4.jpg"))
        path.write_bytes(b"x")
        broken: Deferred[bytes] = Deferred()
        self.answers = [broken]
        wait = Deferred.fromCoroutine(self.thumbnails.ready("a.mp4.jpg"))
        path.unlink()
        broken.callback(b"")
        self.assertFalse(self.successResultOf(wait))
        path.write_bytes(b"x")
        self.assertTrue(self.ready("a.mp4.jpg"))

    def test_deleted_meanwhile(self) -> None:
        """Nothing is left of it."""
        first: Deferred[bytes] = Deferred()
        self.answers = [first]
        self.file("a.mp4")
        wait = Deferred.fromCoroutine(self.thumbnails.ready("a.mp4.jpg"))
        (self.folders.recordings_dir / "a.mp4").unlink()
        first.callback(JPEG)
        self.assertFalse(self.successResultOf(wait))
        self.assertEqual(self.there(), [])

    def test_no_room(self) -> None:
        """Told in the log, and tried again in the next round."""
        self.file("a.mp4")
        self.folders.thumbnails_dir.rmdir()
        self.assertFalse(self.ready("a.mp4.jpg"))
        self.folders.thumbnails_dir.mkdir()
        self.assertTrue(self.ready("a.mp4.jpg"))

    def test_stop(self) -> None:
        """Ends what runs."""
        ended: list[None] = []
        self.answers = [Deferred(lambda _: ended.append(None))]
        self.thumbnails.snapshot_taken(self.file("door.jpg", SNAPSHOTS, None))
        self.thumbnails.stop()
        self.assertEqual((len(ended), self.clock.getDelayedCalls()), (1, []))
