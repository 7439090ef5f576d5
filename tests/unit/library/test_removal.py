"""Deleting a finished file."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import DependencyFailed
from camsvc.library import index, recordings_table
from camsvc.library.index import RECORDINGS
from camsvc.library.removal import remove
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders

FILE = MediaFile("a.mp4", "camera0", 1, 1.0, 1.0)


class RemovalTests(SynchronousTestCase):
    """A recording of two files."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        self.names = ("a.mp4", "a-2.mp4")
        for name in self.names:
            (self.folders.recordings_dir / name).write_bytes(b"x")
        begun = self.database.now(lambda db: recordings_table.begin(db, "camera0", "fmp4", None, "boot", 1.0))
        files = [MediaFile(name, "camera0", 1, 1.0, 1.0) for name in self.names]
        self.database.now(lambda db: db.execute("UPDATE recording SET state = 'FINISHED'"))
        self.database.now(lambda db: index.add_files(db, RECORDINGS, files, begun.ident))

    def rows(self) -> tuple[int, int]:
        def count(db: object) -> tuple[int, int]:
            return tuple(db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("media_file", "recording"))  # type: ignore[attr-defined,return-value]

        return self.database.now(count)

    def remove(self, name: str) -> None:
        file = evolve(FILE, filename=name)
        self.successResultOf(Deferred.fromCoroutine(remove(self.database, self.folders, RECORDINGS, file)))

    def test_last_file(self) -> None:
        """The recording is forgotten with its last file."""
        self.remove("a.mp4")
        self.assertEqual(
            (self.rows(), [p.name for p in self.folders.recordings_dir.iterdir()]), ((1, 1), ["a-2.mp4"])
        )
        self.remove("a-2.mp4")
        self.assertEqual(self.rows(), (0, 0))

    def test_thumbnail(self) -> None:
        """Goes with it."""
        for name in self.names:
            (self.folders.thumbnails_dir / f"{name}.jpg").write_bytes(b"x")
        self.remove("a.mp4")
        self.assertEqual([path.name for path in self.folders.thumbnails_dir.iterdir()], ["a-2.mp4.jpg"])

    def test_gone_already(self) -> None:
        """Dropped from the index."""
        (self.folders.recordings_dir / "a.mp4").unlink()
        self.remove("a.mp4")
        self.assertEqual(self.rows(), (1, 1))

    def test_disk_away(self) -> None:
        """An empty mount point, or none: the file is not forgotten, as it comes back with its disk."""
        for name in self.names:
            (self.folders.recordings_dir / name).unlink()
        for _ in range(2):
            done = Deferred.fromCoroutine(remove(self.database, self.folders, RECORDINGS, FILE))
            self.assertIn("its disk is not there", self.failureResultOf(done, DependencyFailed).value.message)
            if self.folders.recordings_dir.exists():
                self.folders.recordings_dir.rmdir()
        self.assertEqual(self.rows(), (2, 1))

    def test_refused(self) -> None:
        """A disk that does not let go is told, and the file stays listed."""
        with patch.object(Path, "unlink", side_effect=OSError(30, "Read-only file system")):
            done = Deferred.fromCoroutine(remove(self.database, self.folders, RECORDINGS, FILE))
            why = self.failureResultOf(done, DependencyFailed).value
        self.assertIn("Read-only", why.message)
        self.assertEqual(self.rows(), (2, 1))
