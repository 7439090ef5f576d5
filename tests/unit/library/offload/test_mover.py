"""Moving recordings: when, with retry, and what is left where it is broken off at any point."""

from __future__ import annotations

import shutil
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.storage import Storage
from camsvc.errors import Unsupported
from camsvc.library import index
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.index import RECORDINGS
from camsvc.library.offload import checked_copy, moves_table
from camsvc.library.offload.mover import EVERY_S, MoveProgress, Mover
from camsvc.model import MediaFile
from tests.support.clocks import FakeClocks
from tests.support.immediate import database_and_folders
from tests.support.samples import runtime

HOUR = 3600.0


class MoverTests(SynchronousTestCase):
    """Two recordings, of one and of three hours ago."""

    def setUp(self) -> None:
        self.clock, self.clocks = Clock(), FakeClocks(wall=100 * HOUR)
        self.database, self.folders = database_and_folders(self)
        self.second = self.folders.archive_dir = self.folders.recordings_dir.parent / "second"
        self.second.mkdir()
        self.rows: list[Any] = []
        self.told: list[MoveProgress] = []
        self.mover = self.build()
        for name, hours in (("new.mp4", 1), ("old.mp4", 3)):
            (self.folders.recordings_dir / name).write_bytes(name.encode() * 1000)
            began_at = self.clocks.wall - hours * HOUR
            file = MediaFile(name, "camera0", len(name) * 1000, began_at, 1.0, duration_s=60.0)
            self.database.now(lambda db, file=file: index.add_files(db, RECORDINGS, [file]))  # type: ignore[misc]

    def build(self, after_hours: float = 0.0) -> Mover:
        process = runtime(self.clock, database=self.database, clocks=self.clocks)
        storage = Storage(state_dir=str(self.second.parent))
        self.guard = DiskGuard(process, self.folders, storage, self.second)
        self.guard.load()
        mover = Mover(process, self.folders, self.guard, after_hours, lambda *row: self.rows.append(row))
        mover.changes.add(self.told.append)
        mover.start()
        self.addCleanup(mover.stop)
        return mover

    def ask(self, name: str = "old.mp4") -> None:
        self.successResultOf(Deferred.fromCoroutine(self.mover.ask(name)))
        self.clock.advance(0)

    def places(self) -> dict[str, tuple[bool, bool, str]]:
        """Of each file: whether it is in the first folder, in the second, and where the index has it."""
        return {
            file.filename: (
                (self.folders.recordings_dir / file.filename).exists(),
                (self.second / file.filename).exists(),
                file.location,
            )
            for _, file in self.database.now(lambda db: index.oldest(db, -1))
        }

    def waiting(self) -> list[tuple[str, str]]:
        moves = self.successResultOf(Deferred.fromCoroutine(self.mover.moves()))
        return [(each.filename, each.state) for each in moves]

    def test_asked_for(self) -> None:
        """In the second folder alone, and the index says so; audited; told at begin and end."""
        self.ask()
        self.assertEqual(self.places(), {"new.mp4": (True, False, "media"), "old.mp4": (False, True, "archive")})
        self.assertEqual([row[2:3] + row[4:] for row in self.rows], [("move_recording", "ok")])
        self.assertEqual([each.state for each in self.told], ["moving", "done"])
        self.assertEqual(self.waiting(), [])

    def test_by_itself(self) -> None:
        """What is old enough by its end, now and later."""
        self.mover.stop()
        self.mover = self.build(after_hours=2.0)
        self.assertEqual([place[2] for place in self.places().values()], ["archive", "media"])
        self.clocks.advance(HOUR + 2 * 60)
        self.clock.advance(EVERY_S)
        self.assertEqual({place[2] for place in self.places().values()}, {"archive"})

    def test_second_folder_away(self) -> None:
        """It waits, says why, and goes on when that is back; after a restart too."""
        away = self.second.rename(self.second.parent / "away")
        self.ask()
        self.assertEqual((self.waiting(), self.rows), ([("old.mp4", "waiting")], []))
        self.mover.stop()
        self.mover = self.build()
        self.clock.advance(EVERY_S)
        self.assertEqual(self.places()["old.mp4"], (True, False, "media"))
        away.rename(self.second)
        self.clock.advance(EVERY_S)
        self.assertEqual(self.places()["old.mp4"], (False, True, "archive"))

    def test_fails(self) -> None:
        """What is not the same there stays here, is told, and is tried again."""

        def differs(*_: Any) -> None:
            raise checked_copy.CopyDiffers("the copy is not the same")

        real = checked_copy.copy
        self.patch(checked_copy, "copy", differs)
        self.ask()
        self.assertEqual(
            (self.places()["old.mp4"], self.waiting()), ((True, False, "media"), [("old.mp4", "failed")])
        )
        self.patch(checked_copy, "copy", real)
        self.clock.advance(EVERY_S)
        self.assertEqual(self.places()["old.mp4"], (False, True, "archive"))

    def test_broken_off_anywhere(self) -> None:
        """After the copy, and after the index was told: the next start brings it to its end."""
        self.mover.stop()
        self.database.now(lambda db: moves_table.ask(db, "old.mp4"))
        shutil.copyfile(self.folders.recordings_dir / "old.mp4", self.second / "old.mp4")
        self.mover = self.build()
        self.assertEqual(self.places()["old.mp4"], (False, True, "archive"))
        self.mover.stop()
        self.database.now(lambda db: moves_table.ask(db, "new.mp4"))
        shutil.copyfile(self.folders.recordings_dir / "new.mp4", self.second / "new.mp4")
        self.database.now(lambda db: index.relocate(db, RECORDINGS, "new.mp4", "archive"))
        self.mover = self.build()
        self.assertEqual(self.places()["new.mp4"], (False, True, "archive"))
        self.assertEqual(self.waiting(), [])

    def test_deleted_meanwhile(self) -> None:
        """Is forgotten."""
        self.mover.stop()
        self.ask()
        self.database.now(lambda db: index.drop(db, RECORDINGS, "old.mp4"))
        self.assertEqual(self.waiting(), [])

    def test_no_second_folder(self) -> None:
        """Said so."""
        mover = Mover(runtime(self.clock, database=self.database), self.folders, None, 0.0, lambda *_: None)
        self.failureResultOf(Deferred.fromCoroutine(mover.ask("old.mp4")), Unsupported)

    def test_protected(self) -> None:
        """Says so in the second folder, too."""
        (self.folders.recordings_dir / "old.mp4.protected").touch()
        self.ask()
        self.ask("new.mp4")
        self.assertEqual([path.name for path in self.second.glob("*.protected")], ["old.mp4.protected"])
