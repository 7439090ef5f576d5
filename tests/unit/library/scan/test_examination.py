"""What files hold comes into the index without anybody's asking."""

from __future__ import annotations

import subprocess
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.library import index
from camsvc.library.index import RECORDINGS
from camsvc.library.scan.examination import EVERY_S, PAUSE_S, Examination
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders
from tests.support.samples import runtime

TITLE = "camera3_2026-01-31_12-00-00Z_7"


class ExaminationTests(SynchronousTestCase):
    """Of files that were put there by hand."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.database, self.folders = database_and_folders(self)
        self.examination = Examination(runtime(self.clock, database=self.database), self.folders)
        self.addCleanup(self.examination.stop)

    def put(self, name: str, data: bytes | None = None, created: float = 5.0, says: str = "") -> None:
        path = self.folders.recordings_dir / name
        if data is None:
            source = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=2")
            told = ("-metadata", f"creation_time={says}") if says else ()
            command = ("/usr/bin/ffmpeg", "-loglevel", "error", "-y", *source, "-c:v", "mjpeg", *told, str(path))
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
        else:
            path.write_bytes(data)
        size = path.stat().st_size
        self.enter(path, MediaFile(name, "camera3", size, created, 9.0))

    def enter(self, path: Path, file: MediaFile) -> None:
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [file]))

    def found(self, name: str) -> MediaFile:
        file = self.database.now(lambda db: index.segments(db, RECORDINGS, name))
        return next(each for each in file if each.filename == name)

    def examine(self) -> None:
        self.examination.start()
        self.clock.pump([PAUSE_S] * 9)

    def test_facts(self) -> None:
        """Length, codec, size, and that there is no sound."""
        self.put("a.mp4")
        self.examine()
        file = self.found("a.mp4")
        self.assertEqual((file.duration_s, file.codec, file.width, file.height, file.sound),
                         (2.0, "MJPEG", 160, 120, ""))  # fmt: skip
        self.assertEqual(self.database.now(lambda db: index.unexamined(db, 0, 9)), [])

    def test_not_whole(self) -> None:
        """Nothing is known of it, and it is not opened again and again."""
        self.put("a.mp4", b"no video")
        self.examine()
        self.assertIsNone(self.found("a.mp4").duration_s)
        self.assertEqual(self.database.now(lambda db: index.unexamined(db, 0, 9)), [])

    def test_gone(self) -> None:
        """A file that cannot be read keeps no other from being opened, and is tried again."""
        self.put("a.mp4", b"x")
        (self.folders.recordings_dir / "a.mp4").unlink()
        self.put("b.mp4")
        self.examine()
        self.assertEqual(self.found("b.mp4").duration_s, 2.0)
        self.assertEqual(
            [file.filename for _, _, file in self.database.now(lambda db: index.unexamined(db, 0, 9))], ["a.mp4"]
        )
        self.put("a.mp4")
        self.clock.advance(EVERY_S)
        self.clock.pump([PAUSE_S] * 3)
        self.assertEqual(self.found("a.mp4").duration_s, 2.0)

    def test_segments(self) -> None:
        """The files of a recording that came without a database follow each other."""
        for number in (1, 2, 3):
            self.put(f"{TITLE}{'' if number == 1 else f'-{number}'}.mp4", created=100.0)
        self.examine()
        found = self.database.now(lambda db: index.segments(db, RECORDINGS, f"{TITLE}.mp4"))
        self.assertEqual([file.created_at for file in found], [100.0, 102.0, 104.0])

    def test_begin(self) -> None:
        """What came without a database began when its file says so, unless that is before its name's time."""
        noon = 1769860800.0
        for name, says, begins in (
            (f"{TITLE}.mp4", "2026-01-31T12:00:03Z", noon + 3),
            (f"{TITLE}-2.mp4", "2026-01-31T13:00:00Z", noon + 3600),
            ("camera3_2026-01-31_12-00-00Z_8.mp4", "2020-01-01T00:00:00Z", 100.0),
            ("holiday.mp4", "2020-01-01T00:00:00Z", 100.0),
        ):
            self.put(name, created=100.0, says=says)
            self.examine()
            self.examination.look()
            self.clock.pump([PAUSE_S] * 3)
            self.assertEqual(self.found(name).created_at, begins, name)

    def test_written_again(self) -> None:
        """What is learnt of a file before it was written again counts no more."""
        self.put("a.mp4")
        self.examine()
        self.put("a.mp4", b"no video any more")
        self.examination.look()
        self.clock.pump([PAUSE_S] * 3)
        self.assertIsNone(self.found("a.mp4").duration_s)
