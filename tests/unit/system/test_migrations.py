"""A database of an earlier camsvc becomes one of today, and keeps what stands in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.library import index
from camsvc.library.catalogue.listing import Listing, Query
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.system.schema.migrations import MIGRATIONS
from tests.support.immediate import ImmediateDatabase

BEFORE_TITLES = 9
NAME = "camera0_2026-01-31_12-00-00Z_1"


class MigrationTests(SynchronousTestCase):
    """From where files had no titles."""

    def setUp(self) -> None:
        path = Path(self.mktemp())
        old = sqlite3.connect(path)
        for number, script in enumerate(MIGRATIONS[:BEFORE_TITLES], 1):
            old.executescript(f"{script}; PRAGMA user_version = {number};")
        old.execute(
            "INSERT INTO recording (id, device, name, format, state, started_at, boot_id)"
            f" VALUES (1, 'camera0', '{NAME}', 'fmp4', 'FINISHED', 5, '')"
        )
        insert = (
            "INSERT INTO media_file (kind, filename, device, size_bytes, created_at, modified_at, recording)"
            " VALUES (?, ?, 'camera0', 10, ?, 9, ?)"
        )
        for number, end in enumerate(("", "-2", "-3")):
            old.execute(insert, (RECORDINGS, f"{NAME}{end}.mp4", 5 + number, 1))
        old.execute(insert, (RECORDINGS, "found.mp4", 4, None))
        old.execute(insert, (SNAPSHOTS, "door.jpg", 3, None))
        old.commit()
        old.close()
        self.database = ImmediateDatabase(path)
        self.addCleanup(self.database.stop)
        self.listing = Listing(self.database)

    def test_files(self) -> None:
        """Those of one recording stand together, in order; the rest is as it was, and all is counted."""
        page = self.successResultOf(self.listing.files(RECORDINGS, Query()))
        self.assertEqual(
            [(each.filename, each.segments, each.size_bytes) for each in page.files],
            [(f"{NAME}.mp4", 3, 30), ("found.mp4", 1, 10)],
        )
        found = self.database.now(lambda db: index.segments(db, RECORDINGS, page.files[0].filename))
        self.assertEqual([each.filename for each in found], [f"{NAME}{end}.mp4" for end in ("", "-2", "-3")])
        shots = self.successResultOf(self.listing.files(SNAPSHOTS, Query())).files
        self.assertEqual([(each.filename, each.protected, each.location) for each in shots],
                         [("door.jpg", False, "media")])  # fmt: skip
        sizes = self.database.now(index.sizes)
        self.assertEqual((sizes[RECORDINGS], sizes[SNAPSHOTS]), (40, 10))

    def test_goes_on(self) -> None:
        """What is deleted of it is counted no more."""
        self.database.now(lambda db: index.drop(db, RECORDINGS, f"{NAME}.mp4"))
        page = self.successResultOf(self.listing.files(RECORDINGS, Query()))
        self.assertEqual([each.filename for each in page.files], [f"{NAME}-2.mp4", "found.mp4"])
        self.assertEqual(self.database.now(index.sizes)[RECORDINGS], 30)
