"""Exports by a real ffmpeg: what the file shows, how far it is told to be, cancelling, room."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from camsvc.config.storage import Storage
from camsvc.errors import InvalidState, NotFound
from camsvc.library import index
from camsvc.library.disk import volume
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.disk.volume import SeenVolume
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import EXPORTS, RECORDINGS
from camsvc.model import MediaFile
from camsvc.recording.copies import exports as exports_module
from camsvc.recording.copies.export import Export, ExportState
from camsvc.recording.copies.exports import Exports
from tests.support import children
from tests.support.immediate import database_and_folders
from tests.support.media.local_ffmpeg import ffmpeg, probe
from tests.support.samples import runtime
from tests.support.spawned import eventually

BEGIN = 1_769_860_800.0  # 2026-01-31T12:00:00Z
SECONDS = 10


class ExportsTests(TestCase):
    """Two recordings of ten seconds, a key frame each second, with a gap of five between them."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        self.database, self.folders = database_and_folders(self)  # type: ignore[arg-type]
        self.room: dict[str, Any] = {"trouble": None, "free_bytes": 3 << 30, "total_bytes": 100 << 30, "ident": "1"}
        self.patch(volume, "look", lambda *_: SeenVolume(**self.room))
        process = runtime(reactor, database=self.database)
        self.in_use = FilesInUse(process.clocks)
        guard = DiskGuard(process, self.folders, Storage())
        guard.load()
        self.exports = Exports(process, self.folders, guard, self.in_use)
        self.told: list[tuple[ExportState, float]] = []
        self.exports.changes.add(lambda export: self.told.append((export.state, export.progress)))
        self.files = [self.film(f"camera0_2026-01-31_12-00-{at:02}Z_{at}.mp4", BEGIN + at) for at in (0, 15)]

    def film(self, name: str, at: float, device: str = "camera0") -> MediaFile:
        path = self.folders.recordings_dir / name
        source = f"testsrc2=size=64x48:rate=10:duration={SECONDS}"
        coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-keyint_min", "10", "-bf", "0")
        ffmpeg("-f", "lavfi", "-i", source, *coded, "-movflags", "+faststart", str(path))
        file = MediaFile(name, device, path.stat().st_size, at, at, duration_s=float(SECONDS), width=64, height=48)
        file = evolve(file, codec="H264", sound="")
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [file]))
        return file

    async def export(self, since: float, until: float) -> Export:
        """From and to, in seconds after BEGIN."""
        export = await self.exports.begin("camera0", BEGIN + since, BEGIN + until)
        assert export.work is not None
        await export.work
        return export

    def frames(self, export: Export) -> list[dict[str, str]]:
        assert export.file is not None, export.error
        path = self.folders.exports_dir / export.file.filename
        self.assertEqual(ffmpeg("-i", str(path), "-f", "null", "-"), "")
        return probe(str(path), "-show_entries", "packet=pts_time,flags", "-select_streams", "v")

    async def test_range_of_one(self) -> None:
        """From the key frame at or before the begin to the end, in a file that says what it is."""
        export = await self.export(3.4, 7.25)
        self.assertEqual(export.state, ExportState.DONE, export.error)
        rows = self.frames(export)
        self.assertEqual(len(rows), 43)  # 3.0 to 7.2
        self.assertIn("K", rows[0]["flags"])
        file = export.file
        assert file is not None
        self.assertEqual((file.created_at, file.duration_s), (BEGIN + 3, 4.25))
        self.assertTrue(file.filename.startswith("camera0_2026-01-31_12-00-03Z_4_"), file.filename)
        tags = probe(str(self.folders.exports_dir / file.filename), "-show_entries", "format_tags")
        said = str(tags)
        self.assertIn("camera0, 2026-01-31T12:00:03.000Z to 2026-01-31T12:00:07.250Z", said)
        self.assertIn(self.files[0].filename, said)
        self.assertEqual(self.database.now(lambda db: index.find(db, EXPORTS, file.filename)), file)
        self.assertEqual((self.folders.exports_dir / file.filename).stat().st_mode & 0o777, 0o640)

    async def test_over_several(self) -> None:
        """The end of one recording and the begin of the next follow each other; whole ones are whole."""
        self.assertEqual(len(self.frames(await self.export(8, 17))), 20 + 20)
        whole = await self.export(-100, 100)
        self.assertEqual(len(self.frames(whole)), 200)
        self.assertEqual(whole.file and whole.file.created_at, BEGIN)
        self.assertGreater(whole.estimated_bytes, sum(file.size_bytes for file in self.files) * 0.9)

    async def test_told(self) -> None:
        """Each step; the progress grows and ends at 1; sources are in use meanwhile, and nothing else is left."""
        held: list[bool] = []
        self.exports.changes.add(lambda _: held.append((RECORDINGS, self.files[0].filename) in self.in_use))
        await self.export(0, 25)
        self.assertEqual(self.told[0][0], ExportState.RUNNING)
        self.assertEqual(self.told[-1], (ExportState.DONE, 1.0))
        self.assertEqual([progress for _, progress in self.told], sorted(progress for _, progress in self.told))
        self.assertTrue(all(held))
        self.assertNotIn((RECORDINGS, self.files[0].filename), self.in_use)
        self.assertEqual(len(os.listdir(self.folders.exports_dir)), 1)

    async def test_half_made(self) -> None:
        """What an earlier run did not make to its end is deleted at the start."""
        made = (await self.export(0, 5)).file
        assert made is not None
        draft = self.folders.exports_dir / f".{made.filename}.part"
        draft.touch()
        self.exports.start()
        self.assertEqual([path.name for path in self.folders.exports_dir.iterdir()], [made.filename])

    async def test_nothing_there(self) -> None:
        """In the gap, before, after, and of another camera."""
        for device, since, until in (("camera0", 11, 14), ("camera0", -9, 0), ("camera0", 25, 99), ("camera1", 0, 9)):
            with self.assertRaises(NotFound):
                await self.exports.begin(device, BEGIN + since, BEGIN + until)

    async def test_they_differ(self) -> None:
        """Recordings that no one file holds are refused."""
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [evolve(self.files[1], codec="H265")]))
        with self.assertRaises(InvalidState) as caught:
            await self.exports.begin("camera0", BEGIN, BEGIN + 20)
        self.assertEqual(caught.exception.data["reason"], "parts_differ")

    async def test_not_known_yet(self) -> None:
        """What is not known of one, as it has just been found, keeps nothing apart."""
        unknown = evolve(self.files[1], codec=None, width=None, height=None, sound=None)
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [unknown]))
        self.assertEqual(len(self.frames(await self.export(8, 17))), 40)

    async def test_no_room(self) -> None:
        """The reserve is kept free, what the export takes counted in; it is said how much is missing."""
        self.room["free_bytes"] = (1 << 30) + 1000
        with self.assertRaises(InvalidState) as caught:
            await self.exports.begin("camera0", BEGIN, BEGIN + 25)
        self.assertEqual(caught.exception.data["reason"], "no_space")
        self.assertEqual(self.exports.known(), ())

    async def test_cancelled(self) -> None:
        """One that runs and one that waits: nothing is left of them, and the next goes on."""
        running: list[Any] = []

        def begin(process: Any, reactor: Any, argv: list[str]) -> None:
            running.append(process)
            start(process, reactor, ["/bin/sleep", "60"])

        start: Callable[..., None] = exports_module.StreamedProcess.start
        self.patch(exports_module.StreamedProcess, "start", begin)
        exports = [await self.exports.begin("camera0", BEGIN, BEGIN + at) for at in (5, 6)]
        await eventually(lambda: running)
        self.assertEqual([each.state for each in exports], [ExportState.RUNNING, ExportState.QUEUED])
        for each in reversed(exports):
            self.exports.cancel(each)
        await eventually(lambda: all(each.state is ExportState.CANCELLED for each in exports))
        self.assertEqual(os.listdir(self.folders.exports_dir), [])
        with self.assertRaises(InvalidState):
            self.exports.cancel(exports[0])
        self.patch(exports_module.StreamedProcess, "start", start)
        self.assertEqual((await self.export(0, 5)).state, ExportState.DONE)

    async def test_broken(self) -> None:
        """A source that ffmpeg cannot read is told, and leaves nothing."""
        (self.folders.recordings_dir / self.files[0].filename).write_bytes(b"no film")
        export = await self.export(0, 5)
        self.assertEqual((export.state, bool(export.error)), (ExportState.FAILED, True))
        self.assertEqual(os.listdir(self.folders.exports_dir), [])

    async def test_too_many(self) -> None:
        """Only so many wait."""
        self.patch(exports_module, "MOST_UNFINISHED", 0)
        with self.assertRaises(InvalidState) as caught:
            await self.exports.begin("camera0", BEGIN, BEGIN + 5)
        self.assertEqual(caught.exception.data["reason"], "busy")
