"""The index of recordings and files, on a database in memory."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library import index, recordings_table
from camsvc.library.catalogue.listing import FilePage, Listing, Query
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile, RecordingState
from tests.support.immediate import ImmediateDatabase

NOON = 1769860800.0
"""2026-01-31 12:00:00 UTC."""


def file(name: str, created: float = 100.0, device: str = "camera0", **keys: Any) -> MediaFile:
    return MediaFile(name, device, 10, created, created, **keys)


class IndexTestCase(SynchronousTestCase):
    """With a database."""

    def setUp(self) -> None:
        database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(database.stop)
        self.db: sqlite3.Connection = database.connection
        self.db.execute("BEGIN")
        self.listing = Listing(database)

    def names(self, kind: str = RECORDINGS, **query: Any) -> list[str]:
        return [found.filename for found in self.listing.page(self.db, kind, Query(**query)).files]


class ListTests(IndexTestCase):
    """``files``."""

    def setUp(self) -> None:
        super().setUp()
        index.add_files(
            self.db,
            RECORDINGS,
            [file("camera0_a.mp4", 100), file("camera1_b.mp4", 300, "camera1"), file("camera0_c.mp4", 200)],
        )
        index.add_files(self.db, SNAPSHOTS, [file("shot.jpg", 400, duration_s=None, width=6, height=4)])

    def test_newest_first(self) -> None:
        """By time, then by name; kinds apart."""
        self.assertEqual(self.names(), ["camera1_b.mp4", "camera0_c.mp4", "camera0_a.mp4"])
        self.assertEqual(self.names(SNAPSHOTS), ["shot.jpg"])
        index.add_files(self.db, RECORDINGS, [file("z.mp4", 300)])
        self.assertEqual(self.names()[:2], ["z.mp4", "camera1_b.mp4"])

    def test_pages(self) -> None:
        """The total is of all that match, whatever the page."""
        page = self.listing.page(self.db, RECORDINGS, Query(limit=1, offset=1))
        self.assertEqual(([found.filename for found in page.files], page.total), (["camera0_c.mp4"], 3))
        self.assertEqual(self.listing.page(self.db, RECORDINGS, Query(offset=9)), FilePage((), 3))

    def test_filters(self) -> None:
        """Camera, from (inclusive) and to (exclusive), part of the name, scope; and all at once."""
        self.assertEqual(self.names(device="camera1"), ["camera1_b.mp4"])
        self.assertEqual(self.names(since=200, until=300), ["camera0_c.mp4"])
        self.assertEqual(self.names(search="_B."), ["camera1_b.mp4"])
        self.assertEqual(self.names(search="_%"), [])
        self.assertEqual(self.names(cameras=frozenset({"camera0"})), ["camera0_c.mp4", "camera0_a.mp4"])
        self.assertEqual(self.names(cameras=frozenset()), [])
        everything = {
            "device": "camera0",
            "since": 150,
            "until": 250,
            "search": "c",
            "cameras": frozenset({"camera0"}),
        }
        self.assertEqual(self.names(**everything), ["camera0_c.mp4"])

    def test_under_way(self) -> None:
        """Recordings that run or are being finished stand among them; empty ones do not."""
        running = recordings_table.begin(self.db, "camera0", "mkv", None, "boot", 250.0)
        finishing = recordings_table.begin(self.db, "camera1", "mp4", None, "boot", 50.0)
        recordings_table.update(self.db, evolve(finishing, state=RecordingState.FINISHING, ended_at=60.0))
        empty = recordings_table.begin(self.db, "camera1", "mp4", None, "boot", 70.0)
        recordings_table.update(self.db, evolve(empty, state=RecordingState.EMPTY))
        found = {one.filename: one for one in self.listing.page(self.db, RECORDINGS, Query()).files}
        self.assertEqual(len(found), 5)
        self.assertEqual((found[running.filename].status, found[running.filename].size_bytes), ("RECORDING", 0))
        self.assertEqual(
            (found[finishing.filename].status, found[finishing.filename].modified_at), ("FINISHING", 60.0)
        )
        self.assertEqual(self.names()[1], running.filename)
        self.assertEqual(self.names(SNAPSHOTS), ["shot.jpg"])
        self.assertEqual(self.names(device="camera1", limit=1), ["camera1_b.mp4"])

    def test_values(self) -> None:
        """Come back as they were put in; the same name again replaces."""
        again = file("shot.jpg", 500, width=8, height=6)
        index.add_files(self.db, SNAPSHOTS, [again])
        self.assertEqual(self.listing.page(self.db, SNAPSHOTS, Query()).files, (again,))

    @given(st.text(), st.text(), st.integers(1, 1000), st.integers(0, 1 << 40))
    def test_any_search(self, search: str, device: str, limit: int, offset: int) -> None:
        """Nothing that is searched for is taken for SQL."""
        page = self.listing.page(self.db, RECORDINGS, Query(limit, offset, device or None, search=search))
        self.assertLessEqual(page.total, 3)


class SegmentTests(IndexTestCase):
    """A recording of several files, between two of one."""

    title = "camera0_2026-01-31_12-00-00Z_7"

    def setUp(self) -> None:
        super().setUp()
        self.own = [file(f"{self.title}{end}.mp4", 200, duration_s=5.0) for end in ("", "-2", "-10")]
        index.add_files(self.db, RECORDINGS, [file("old.mp4", 100), *self.own[::-1], file("new.mp4", 300)])

    def test_listed_as_one(self) -> None:
        """With the size and length of all, under the name of the first."""
        page = self.listing.page(self.db, RECORDINGS, Query())
        self.assertEqual(page.total, 3)
        self.assertEqual(page.files[1], evolve(self.own[0], segments=3, size_bytes=30, duration_s=15.0))
        self.assertEqual(index.find(self.db, RECORDINGS, self.title), page.files[1])

    def test_each_is_found(self) -> None:
        """In order; a name that is not the first one's stands for that file alone."""
        for one in self.own:
            self.assertEqual(index.segments(self.db, RECORDINGS, one.filename), tuple(self.own))
        self.assertEqual(index.find(self.db, RECORDINGS, f"{self.title}-2"), self.own[1])

    def test_first_one_goes(self) -> None:
        """The next one stands for the recording; with the last it is gone."""
        index.drop(self.db, RECORDINGS, self.own[0].filename)
        self.assertEqual(self.names(), ["new.mp4", self.own[1].filename, "old.mp4"])
        index.add_files(self.db, RECORDINGS, self.own[:1])
        self.assertEqual(self.names(), ["new.mp4", self.own[0].filename, "old.mp4"])
        for one in self.own:
            index.drop(self.db, RECORDINGS, one.filename)
        self.assertEqual(self.names(), ["new.mp4", "old.mp4"])

    def test_under_way(self) -> None:
        """While more of it is recorded, it is listed once, as under way; its files are there already."""
        begun = recordings_table.begin(self.db, "camera0", "mp4", None, "boot", NOON)
        index.add_files(self.db, RECORDINGS, [file(begun.filename, NOON), file(f"{begun.name}-2.mp4", NOON + 60)])
        listed = [one for one in self.listing.page(self.db, RECORDINGS, Query()).files if begun.name in one.filename]
        self.assertEqual([(one.filename, one.status) for one in listed], [(begun.filename, "RECORDING")])
        self.assertEqual(len(index.segments(self.db, RECORDINGS, begun.filename)), 2)
        recordings_table.update(self.db, evolve(begun, state=RecordingState.FINISHED))
        found = index.find(self.db, RECORDINGS, begun.name)
        assert found is not None
        self.assertEqual((found.status, found.segments), ("FINISHED", 2))
        self.assertEqual(self.names()[0], begun.filename)

    def test_protected(self) -> None:
        """All of it; and what is learnt of a file later does not change that."""
        self.assertEqual(index.protect(self.db, RECORDINGS, self.own[1].filename, protected=True), 3)
        index.add_files(self.db, RECORDINGS, [self.own[0]])
        known = {one.filename: one.protected for one in self.listing.page(self.db, RECORDINGS, Query()).files}
        self.assertEqual(known, {"new.mp4": False, self.own[0].filename: True, "old.mp4": False})
        index.protect(self.db, RECORDINGS, self.own[0].filename, protected=False)
        self.assertFalse(any(one.protected for one in index.segments(self.db, RECORDINGS, self.own[0].filename)))

    def test_elsewhere(self) -> None:
        """One file of it lies in another folder."""
        index.relocate(self.db, RECORDINGS, self.own[1].filename, "second")
        found = index.segments(self.db, RECORDINGS, self.own[0].filename)
        self.assertEqual([one.location for one in found], ["media", "second", "media"])


class TotalTests(IndexTestCase):
    """What is counted of files, whatever is done to them."""

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 99), st.booleans())))
    def test_sizes(self, changes: list[tuple[str, int, int, bool]]) -> None:
        """Are those of the files there are."""
        self.db.execute("DELETE FROM media_file")
        there: dict[str, int] = {}
        for name, camera, size, goes in changes:
            if goes:
                index.drop(self.db, RECORDINGS, name)
                there.pop(name, None)
            else:
                index.add_files(self.db, RECORDINGS, [MediaFile(name, f"camera{camera}", size, 1.0, 1.0)])
                there[name] = size
        self.assertEqual(index.sizes(self.db)[RECORDINGS], sum(there.values()))

    def test_oldest(self) -> None:
        """Page by page it is all there is, of all kinds."""
        for kind in (RECORDINGS, SNAPSHOTS):
            index.add_files(self.db, kind, [file(f"{n}", 100 + n % 3) for n in range(7)])
        pages, last = [], None
        while page := index.oldest(self.db, 4, last):
            pages += page
            last = page[-1]
        self.assertEqual(pages, index.oldest(self.db, -1))
        self.assertEqual(len(pages), 14)
        times = [each.created_at for _, each in pages]
        self.assertEqual(times, sorted(times))
