"""The index follows real folders (inotify(7)), whoever changes them."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from camsvc.library import index
from camsvc.library.catalogue.listing import FilePage, Listing, Query
from camsvc.library.index import EXPORTS, RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.protection import Protection
from camsvc.library.scan.library_scan import LibraryScan
from camsvc.model import MediaFile
from camsvc.system.database import Database
from tests.support.samples import runtime
from tests.support.spawned import clock, eventually

NOON = 1769860800.0
NAME = "camera3_2026-01-31_12-00-00Z_7"


class LibraryScanTests(TestCase):
    """On two folders, with the database's thread and the reactor's time."""

    def setUp(self) -> None:
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
        self.scan = self.new_scan()
        self.listing = Listing(self.database, lambda: self.scan.under_way)

    def new_scan(self) -> LibraryScan:
        async def away(kind: str, location: str) -> bool:
            return self.away

        self.protection = Protection(self.database, self.folders, away)
        scan = LibraryScan(runtime(clock(), database=self.database), self.folders, away, self.protection)
        self.addCleanup(scan.stop)
        return scan

    def start(self) -> Deferred[Any]:
        self.scan.start()
        return Deferred.fromCoroutine(eventually(lambda: not self.scan.under_way))

    def put(self, name: str, data: bytes = b"x", when: float = 50.0, folder: Path | None = None) -> Path:
        path = (folder or self.recordings) / name
        path.write_bytes(data)
        os.utime(path, (when, when))
        return path

    async def page(self, kind: str = RECORDINGS, **query: Any) -> FilePage:
        return await self.listing.files(kind, Query(**query))

    async def names(self, kind: str = RECORDINGS) -> list[str]:
        return sorted(file.filename for file in (await self.page(kind, limit=1000)).files)

    async def expect(self, *names: str, kind: str = RECORDINGS) -> None:
        """These are listed soon, and no others."""

        async def listed() -> bool:
            return await self.names(kind) == sorted(names)

        await eventually(listed)

    async def test_restored_folder(self) -> None:
        """Without a database, whatever the files' own times are, camera and time are those of before."""
        self.put(f"{NAME}.mp4", b"abc")
        self.put(f"{NAME}-2.mp4", b"de")
        self.put("holiday.mp4", when=70.0)
        self.put("camera1_2026-01-31_12-00-00Z.jpg", folder=self.snapshots)
        self.assertFalse((await self.page()).complete)
        await self.start()
        page = await self.page()
        self.assertTrue(page.complete)
        self.assertEqual(
            [(file.filename, file.device, file.created_at, file.size_bytes, file.segments) for file in page.files],
            [(f"{NAME}.mp4", "camera3", NOON, 5, 2), ("holiday.mp4", "", 70.0, 1, 1)],
        )
        self.assertEqual((await self.page(since=NOON - 1, until=NOON + 1, device="camera3")).total, 1)
        self.assertEqual([(s.device, s.created_at) for s in (await self.page(SNAPSHOTS)).files], [("camera1", NOON)])

    async def test_by_hand(self) -> None:
        """What is copied, moved, linked, renamed and deleted is noticed."""
        await self.start()
        self.put("a.mp4")
        await self.expect("a.mp4")
        outside = self.put("b.mp4", folder=self.base)
        outside.rename(self.recordings / "b.mp4")
        await self.expect("a.mp4", "b.mp4")
        os.link(self.put("c.mp4", folder=self.base), self.recordings / "c.mp4")
        await self.expect("a.mp4", "b.mp4", "c.mp4")
        (self.recordings / "b.mp4").rename(self.recordings / "d.mp4")
        await self.expect("a.mp4", "c.mp4", "d.mp4")
        (self.recordings / "a.mp4").unlink()
        (self.recordings / "c.mp4").rename(self.base / "moved.mp4")
        await self.expect("d.mp4")
        self.put("shot.jpg", folder=self.snapshots)
        await self.expect("shot.jpg", kind=SNAPSHOTS)

    async def test_written_again(self) -> None:
        """The new size is listed; of what was written, the new time too, unless the time is known better."""
        self.put("a.mp4", when=70.0)
        self.put(f"{NAME}.mp4")
        await self.start()
        self.put("a.mp4", b"longer", when=80.0)
        self.put(f"{NAME}.mp4", b"longer", when=80.0)

        async def listed() -> bool:
            found = {file.filename: (file.size_bytes, file.created_at) for file in (await self.page()).files}
            return found == {"a.mp4": (6, 80.0), f"{NAME}.mp4": (6, NOON)}

        await eventually(listed)

    async def test_being_written(self) -> None:
        """A copy that is not done yet is no file of the library."""
        await self.start()
        with (self.recordings / "a.mp4").open("wb") as file:
            file.write(b"x")
            file.flush()
            self.put("b.mp4")
            await self.expect("b.mp4")
        await self.expect("a.mp4", "b.mp4")

    async def test_not_followed(self) -> None:
        """Links, devices, folders, hidden files, other types, and names that are no text: never listed."""
        outside = self.put("secret.mp4", folder=self.base)

        def put(end: str) -> None:
            (self.recordings / f"link{end}.mp4").symlink_to(outside.resolve())
            (self.recordings / f"nowhere{end}.mp4").symlink_to("absent")
            (self.recordings / f"folder{end}.mp4").mkdir()
            os.mkfifo(self.recordings / f"pipe{end}.mp4")
            self.put(f".hidden{end}.mp4")
            self.put(f"a{end}.txt")
            Path(os.fsdecode(os.fsencode(self.recordings) + b"/\xff" + end.encode() + b".mp4")).touch()

        put("-before")
        await self.start()
        put("-after")
        self.put("Tür.mp4")
        await self.expect("Tür.mp4")
        self.assertEqual(outside.read_bytes(), b"x")

    async def test_link_in_place_of_a_file(self) -> None:
        """The file is gone then, and what the link leads to is not listed for it."""
        path = self.put("a.mp4")
        await self.start()
        await self.expect("a.mp4")
        path.unlink()
        path.symlink_to(self.put("secret.mp4", folder=self.base).resolve())
        await self.expect()

    async def test_while_camsvc_was_away(self) -> None:
        """What came and went is noticed at the start; what is known of the rest stays."""
        kept = MediaFile("kept.mp4", "camera5", 1, 5.0, 50.0, duration_s=9.0)
        gone = MediaFile("gone.mp4", "camera5", 1, 5.0, 50.0)
        await self.database.run(lambda db: index.add_files(db, RECORDINGS, [kept, gone]))
        self.put("kept.mp4", when=50.0)
        self.put("new.mp4", when=50.0)
        await self.start()
        page = await self.page()
        self.assertEqual([file.filename for file in page.files], ["new.mp4", "kept.mp4"])
        self.assertEqual(page.files[1], kept)

    async def test_disk_is_away(self) -> None:
        """Nothing is forgotten while the disk is not there, and all is found when it is back."""
        self.put("a.mp4")
        await self.start()
        self.away = True
        self.recordings.rename(self.base / "unmounted")
        self.recordings.mkdir()
        self.put("b.mp4", folder=self.snapshots)
        self.put("c.jpg", folder=self.snapshots)
        await eventually(lambda: self.names(SNAPSHOTS))
        self.assertEqual(await self.names(), ["a.mp4"])
        self.recordings.rmdir()
        (self.base / "unmounted").rename(self.recordings)
        self.away = False
        self.put("d.mp4")
        await self.expect("a.mp4", "d.mp4")

    async def test_untold(self) -> None:
        """Where nothing is told of, as on a network mount, the folder is looked at each second."""
        await self.start()
        for place in self.scan._places:
            place.watch.stop()
        self.put("a.mp4")
        await self.expect("a.mp4")

    async def test_at_random(self) -> None:
        """After two hundred changes in a row the list is what lies there."""
        await self.start()
        choice = random.Random(14)
        for number in range(200):
            path = self.recordings / f"{choice.randrange(30)}.mp4"
            match choice.randrange(4):
                case 0 | 1:
                    path.write_bytes(b"x" * number)
                case 2:
                    path.unlink(missing_ok=True)
                case _:
                    if path.exists():
                        path.rename(self.recordings / f"{choice.randrange(30)}.mp4")
        await self.expect(*(path.name for path in self.recordings.iterdir()))
        sizes = {file.filename: file.size_bytes for file in (await self.page(limit=1000)).files}
        self.assertEqual(sizes, {path.name: path.stat().st_size for path in self.recordings.iterdir()})

    async def test_many(self) -> None:
        """A few thousand at once, by more events than are looked at one by one."""
        await self.start()
        for number in range(3000):
            (self.recordings / f"{number}.mp4").touch()

        async def listed() -> bool:
            return (await self.page()).total == 3000

        await eventually(listed)

    async def test_exports(self) -> None:
        """Those of a restored folder are found, with their cameras, and those that come when the folder is made."""
        name = "camera1_2026-01-31_12-00-00Z_60_176986080001.mp4"
        await self.start()
        self.folders.exports_dir.mkdir()
        self.put(name, folder=self.folders.exports_dir)
        await self.expect(name, kind=EXPORTS)
        (found,) = (await self.page(EXPORTS)).files
        self.assertEqual((found.device, found.created_at), ("camera1", NOON))
        await self.database.run(lambda db: index.drop(db, EXPORTS, name))
        self.scan.stop()
        self.scan = self.new_scan()
        await self.start()
        await self.expect(name, kind=EXPORTS)

    async def protected(self, *titles: str) -> None:
        """These are protected soon, and no others."""

        async def are() -> bool:
            return {file.filename for file in (await self.page()).files if file.protected} == set(titles)

        await eventually(are)

    async def test_protected_in_a_restored_folder(self) -> None:
        """What was protected is so without its database, whatever is copied first, before the start and after it."""
        for name in (f"{NAME}.mp4", f"{NAME}-2.mp4", "holiday.mp4", "other.mp4"):
            self.put(name)
        await self.start()
        for name in (f"{NAME}.mp4", "holiday.mp4"):
            (file,) = (await self.page(search=name)).files
            await self.protection.set(file, True)
        await self.protected(f"{NAME}.mp4", "holiday.mp4")
        await self.database.run(lambda db: db.execute("DELETE FROM media_file"))
        self.scan.stop()
        self.scan = self.new_scan()
        await self.start()
        await self.protected(f"{NAME}.mp4", "holiday.mp4")
        segments = await self.database.run(lambda db: index.segments(db, RECORDINGS, f"{NAME}.mp4"))
        self.assertEqual([file.protected for file in segments], [True, True])
        self.put("before.mp4.protected", b"")
        self.put("before.mp4")
        self.put("after.mp4")
        await self.expect(f"{NAME}.mp4", "holiday.mp4", "other.mp4", "before.mp4", "after.mp4")
        self.put("after.mp4.protected", b"")
        await self.protected(f"{NAME}.mp4", "holiday.mp4", "before.mp4", "after.mp4")

    async def test_protected_in_the_database_alone(self) -> None:
        """By an earlier camsvc, or while the disk was read-only: at the next start it is said beside the files."""
        self.put("a.mp4")
        await self.start()
        await self.database.run(lambda db: index.protect(db, RECORDINGS, "a.mp4", True))
        self.scan.stop()
        self.scan = self.new_scan()
        await self.start()
        self.assertEqual(sorted(path.name for path in self.recordings.iterdir()), ["a.mp4", "a.mp4.protected"])
