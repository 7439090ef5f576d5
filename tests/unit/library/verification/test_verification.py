"""What a verification finds in real folders, and what it does about that."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from camsvc.library import index
from camsvc.library.containers.inspection import inspect
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.protection import Protection
from camsvc.library.scan.library_scan import LibraryScan
from camsvc.library.verification.findings import Stage, Verdict
from camsvc.library.verification.verification import Verification
from camsvc.model import MediaFile
from camsvc.system.database import Database
from tests.support.samples import runtime
from tests.support.spawned import clock, eventually

SOURCE = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=4")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-pix_fmt", "yuv420p")
INSERT = "INSERT INTO recording (id, device, name, format, state, started_at, boot_id) VALUES (?, ?, ?, ?, ?, ?, ?)"
OURS = "camera3_2026-01-31_12-00-00Z_7.mp4"


class VerificationTests(TestCase):
    """A library of one good recording, and what a test puts beside it."""

    video: ClassVar[dict[str, bytes]] = {}

    async def setUp(self) -> None:
        self.base = Path(self.mktemp())
        self.recordings, self.snapshots, thumbnails = (self.base / name for name in ("r", "s", "t"))
        for folder in (self.recordings, self.snapshots, thumbnails):
            folder.mkdir(parents=True)
        reactor: Any = clock()
        self.folders = MediaFolders(reactor, self.recordings, self.snapshots, thumbnails)
        self.folders.start()
        self.addCleanup(self.folders.stop)
        self.database = Database(self.base / "db")
        self.database.start(reactor)
        self.addCleanup(self.database.stop)
        self.away = False
        self.runtime = runtime(reactor, database=self.database, ffmpeg="/usr/bin/ffmpeg")
        self.verification = Verification(self.runtime, self.folders, self.is_away)
        self.addCleanup(self.verification.cancel)
        self.put(OURS, self.made("mp4"))

    async def is_away(self, kind: str, location: str) -> bool:
        return self.away

    def made(self, form: str) -> bytes:
        """A video as ffmpeg makes it."""
        if form not in self.video:
            path = self.base / f"made.{form}"
            options = ("-movflags", "+faststart") if form == "mp4" else ()
            command = ("/usr/bin/ffmpeg", "-loglevel", "error", *SOURCE, *H264, *options, str(path))
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
            self.video[form] = path.read_bytes()
        return self.video[form]

    def put(self, name: str, data: bytes, folder: Path | None = None) -> Path:
        path = (folder or self.recordings) / name
        path.write_bytes(data)
        return path

    async def scanned(self) -> None:
        """The index knows what lies there now, and is not told of more."""
        protection = Protection(self.database, self.folders, self.is_away)
        scan = LibraryScan(self.runtime, self.folders, self.is_away, protection)
        scan.start()
        await eventually(lambda: not scan.under_way)
        scan.stop()

    async def verified(self, repair: bool = False) -> Verdict:
        self.verification.start(repair)
        await self.verification.when_ended()
        assert self.verification.verdict is not None
        return self.verification.verdict

    async def found(self, repair: bool = False) -> dict[str, tuple[str, str]]:
        """Findings and actions, by name."""
        verdict = await self.verified(repair)
        self.assertIs(verdict.stage, Stage.DONE)
        return {each.filename: (each.finding.value, each.action) for each in verdict.findings}

    async def entry(self, name: str) -> MediaFile | None:
        found = await self.database.run(lambda db: index.segments(db, RECORDINGS, name))
        return next((each for each in found if each.filename == name), None)

    async def test_all_is_well(self) -> None:
        """Every file is counted, and none named."""
        self.put("shot.jpg", b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x04\x00\x06\x01\x01\x11\x00\xff\xd9", self.snapshots)
        self.put(".camsvc", b"hidden")
        await self.scanned()
        verdict = await self.verified()
        self.assertEqual((verdict.stage, verdict.checked, verdict.ok, verdict.findings), (Stage.DONE, 2, 2, ()))
        self.assertEqual((verdict.progress, verdict.number, (await self.verified()).number), (1.0, 1, 2))

    async def test_named(self) -> None:
        """Each by its name: orphans, missing, truncated, damaged, foreign; unless asked for, nothing is changed."""
        mp4, mkv = self.made("mp4"), self.made("mkv")
        self.put("missing.mp4", mp4)
        self.put("truncated.mp4", mp4[: len(mp4) * 2 // 3])
        self.put("truncated.mkv", mkv[: len(mkv) * 2 // 3])
        self.put("damaged.mp4", mp4.replace(b"stsz", b"free"))
        self.put("other.mp4", b"this is a letter")
        self.put("torn.jpg", b"\xff\xd8\xff\xd9"[:3], self.snapshots)
        await self.scanned()
        (self.recordings / "missing.mp4").unlink()
        self.put("orphan.mp4", mp4)
        self.put("letter.txt", b"x")
        (self.recordings / "folder").mkdir()
        (self.recordings / "link.mp4").symlink_to("/etc/passwd")
        before = {path.name: path.lstat().st_mtime_ns for path in self.recordings.iterdir()}
        found = await self.found()
        left = "left as it is"
        self.assertEqual(
            found,
            {
                "missing.mp4": ("missing", left),
                "truncated.mp4": ("truncated", left),
                "truncated.mkv": ("truncated", left),
                "damaged.mp4": ("damaged", left),
                "other.mp4": ("foreign", left),
                "torn.jpg": ("truncated", left),
                "orphan.mp4": ("orphan", left),
                "letter.txt": ("foreign", left),
                "folder": ("foreign", left),
                "link.mp4": ("foreign", left),
            },
        )
        self.assertEqual({path.name: path.lstat().st_mtime_ns for path in self.recordings.iterdir()}, before)
        self.assertIsNotNone(await self.entry("missing.mp4"))

    async def test_leftovers(self) -> None:
        """Parts of which nothing comes any more, and what was begun long ago; not what is being made now."""
        await self.scanned()
        for ident, state in ((1, "RECORDING"), (2, "FINISHING"), (3, "FINISHED"), (4, "EMPTY"), (5, None), (0, None)):
            folder = self.recordings / ".rec" / "camera0" / str(ident)
            folder.mkdir(parents=True)
            self.put("2026-01-31_12-00-00-000000.mp4", b"x", folder)
            if state is not None:
                row = (ident, "camera0", f"camera0_{ident}", "fmp4", state, 5.0, "")
                await self.database.run(lambda db, row=row: db.execute(INSERT, row))  # type: ignore[misc]
        (self.recordings / ".rec" / "camera0" / "6").mkdir()
        self.folders.exports_dir.mkdir()
        for name in (".old.mp4.part", ".old.mend.mp4", ".old.mp4.txt", ".hidden"):
            os.utime(self.put(name, b"x", self.folders.exports_dir), (1, 1))
        self.put(".new.mp4.part", b"x", self.folders.exports_dir)
        verdict = await self.verified(repair=True)
        self.assertEqual(
            {(each.finding.value, each.action) for each in verdict.findings}, {("orphan", "left as it is")}
        )
        self.assertEqual(
            sorted((each.filename, each.device, each.detail.split(" ")[0]) for each in verdict.findings),
            [
                (".old.mend.mp4", "", "what"),
                (".old.mp4.part", "", "what"),
                (".old.mp4.txt", "", "what"),
                (".rec/camera0/3", "camera0", "parts"),
                (".rec/camera0/4", "camera0", "parts"),
                (".rec/camera0/5", "camera0", "parts"),
            ],
        )
        self.assertTrue(all((self.recordings / ".rec" / "camera0" / each).is_dir() for each in "345"))

    async def test_names_that_are_no_text(self) -> None:
        """Are foreign, and named as far as they can be."""
        Path(os.fsdecode(os.fsencode(self.recordings) + b"/\xff.mp4")).touch()
        await self.scanned()
        self.assertEqual(list(await self.found()), ["\\udcff.mp4"])

    async def test_repaired(self) -> None:
        """What can be played takes the file's place, and what it was stays beside it; the index is in step after."""
        for form in ("mp4", "mkv"):
            data = self.made(form)
            self.put(f"cut.{form}", data[: len(data) * 2 // 3])
        hopeless = self.made("mp4")
        hopeless = hopeless[hopeless.index(b"mdat") - 4 :]
        self.put("hopeless.mp4", hopeless)
        self.put("gone.mp4", self.made("mp4"))
        await self.scanned()
        (self.recordings / "gone.mp4").unlink()
        self.put("orphan.mp4", self.made("mp4"))
        found = await self.found(repair=True)
        for form in ("mp4", "mkv"):
            name = f"cut.{form}"
            self.assertIn(f"{name}.damaged", found[name][1])
            command = (
                "/usr/bin/ffmpeg",
                "-v",
                "error",
                "-xerror",
                "-i",
                str(self.recordings / name),
                "-f",
                "null",
                "-",
            )
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
            self.assertTrue(1.0 < (inspect(self.recordings / name).duration_s or 0) < 4.0, form)
            data = self.made(form)
            self.assertEqual((self.recordings / f"{name}.damaged").read_bytes(), data[: len(data) * 2 // 3])
            self.assertEqual((self.recordings / name).stat().st_mode & 0o777, 0o640)
        self.assertEqual(found["hopeless.mp4"], ("truncated", "nothing of it can be played"))
        self.assertEqual((self.recordings / "hopeless.mp4").read_bytes(), hopeless)
        self.assertIsNone(await self.entry("gone.mp4"))
        orphan = await self.entry("orphan.mp4")
        assert orphan is not None
        self.assertEqual((orphan.duration_s, orphan.codec), (4.0, "H264"))
        self.assertEqual(list(await self.found()), ["hopeless.mp4"])

    async def test_outdated(self) -> None:
        """An index that says another length than the file is told, and mended."""
        await self.scanned()
        await self.database.run(lambda db: db.execute("UPDATE media_file SET duration_s = 99"))
        self.assertEqual((await self.found())[OURS][0], "outdated")
        self.assertEqual((await self.found(repair=True))[OURS][0], "outdated")
        self.assertEqual(await self.found(), {})
        file = await self.entry(OURS)
        assert file is not None
        self.assertEqual((file.duration_s, file.device), (4.0, "camera3"))

    async def test_disk_is_away(self) -> None:
        """Then no file is called missing, and none is dropped."""
        await self.scanned()
        (self.recordings / OURS).unlink()
        self.away = True
        found = await self.found(repair=True)
        self.assertEqual({finding for finding, _ in found.values()}, {"unreadable"})
        self.assertIsNotNone(await self.entry(OURS))

    async def test_cancelled(self) -> None:
        """It ends at once, and what it has found is told."""
        for number in range(300):
            self.put(f"{number}.mp4", b"no video")
        await self.scanned()
        self.verification.start(repair=False)
        first = self.verification.verdict
        self.verification.start(repair=True)
        self.assertIs(self.verification.verdict, first)

        def some() -> bool:
            return self.verification.verdict is not None and self.verification.verdict.checked > 5

        await eventually(some, interval_s=0.0)
        self.verification.cancel()
        verdict = self.verification.verdict
        assert verdict is not None
        self.assertIs(verdict.stage, Stage.CANCELLED)
        self.assertTrue(5 < verdict.checked < 301)
        self.assertTrue(0 < verdict.progress < 1)
        waited: Deferred[None] = self.verification.when_ended()
        self.assertTrue(waited.called)

    async def test_snapshots(self) -> None:
        """Are never made anew: a torn picture is named."""
        self.put("torn.jpg", b"\xff\xd8", self.snapshots)
        await self.scanned()
        self.assertEqual((await self.found(repair=True))["torn.jpg"], ("truncated", "left as it is"))
        self.assertIsNotNone(await self.database.run(lambda db: index.find(db, SNAPSHOTS, "torn.jpg")))
