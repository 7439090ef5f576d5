"""What is protected stands in the database and beside the files, and neither goes alone."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import DependencyFailed
from camsvc.library import index
from camsvc.library.index import ARCHIVE, RECORDINGS
from camsvc.library.protection import Protection
from camsvc.library.removal import remove
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders

FIRST, SECOND = (f"camera0_2026-01-31_12-00-00Z_17{end}.mp4" for end in ("", "-2"))
MARKER = "camera0_2026-01-31_12-00-00Z_17.protected"


class ProtectionTests(SynchronousTestCase):
    """A recording of two files, the second one in the second folder."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        self.first = self.folders.recordings_dir
        self.second = self.folders.archive_dir = self.first.parent / "second"
        self.second.mkdir()
        self.away = ""
        self.protection = Protection(
            self.database, self.folders, lambda kind, location: succeed(location == self.away)
        )
        self.told: list[bool] = []
        self.protection.changes.add(lambda file: self.told.append(file.protected))
        for name, location in ((FIRST, "media"), (SECOND, ARCHIVE)):
            file = MediaFile(name, "camera0", 1, 5.0, 5.0, location=location)
            self.database.now(lambda db, file=file: index.add_files(db, RECORDINGS, [file]))  # type: ignore[misc]
            self.folders.path(RECORDINGS, file).write_bytes(b"x")

    def file(self) -> MediaFile:
        found = self.database.now(lambda db: index.find(db, RECORDINGS, FIRST))
        assert found is not None
        return found

    def set(self, protected: bool) -> Any:
        return self.successResultOf(Deferred.fromCoroutine(self.protection.set(self.file(), protected)))

    def markers(self) -> tuple[bool, bool]:
        return (self.first / MARKER).exists(), (self.second / MARKER).exists()

    def test_both(self) -> None:
        """In each folder that has files of it; and in none when it is protected no more."""
        self.assertTrue(self.set(True).protected)
        self.assertEqual((self.markers(), self.file().protected), ((True, True), True))
        self.set(True)
        self.set(False)
        self.assertEqual((self.markers(), self.file().protected), ((False, False), False))
        self.assertEqual(self.told, [True, False])

    def test_under_way(self) -> None:
        """It is said where its files will be."""
        file = MediaFile("camera1_2026-01-31_12-00-00Z_18.mp4", "camera1", 0, 5.0, 5.0, "RECORDING")
        self.successResultOf(Deferred.fromCoroutine(self.protection.set(file, True)))
        self.assertTrue((self.first / "camera1_2026-01-31_12-00-00Z_18.protected").exists())

    def test_disk_is_away(self) -> None:
        """Then it is protected by the database; but not unprotected, as it would be again when the disk is back."""
        self.away = ARCHIVE
        self.set(True)
        self.assertEqual((self.markers(), self.file().protected), ((True, False), True))
        failure = self.failureResultOf(Deferred.fromCoroutine(self.protection.set(self.file(), False)))
        self.assertIsInstance(failure.value, DependencyFailed)
        self.assertIn("stays protected", str(failure.value))
        self.assertTrue(self.file().protected)

    def test_deleted(self) -> None:
        """With the last of its files nothing says any more that it is protected."""
        self.set(True)
        for name in (FIRST, SECOND):
            (each,) = (
                file
                for file in self.database.now(lambda db: index.segments(db, RECORDINGS, FIRST))
                if file.filename == name
            )
            self.assertEqual(self.markers(), (True, True))
            self.successResultOf(Deferred.fromCoroutine(remove(self.database, self.folders, RECORDINGS, each)))
        self.assertEqual(self.markers(), (False, False))
