"""Lists of a library that changes, against one that looks at every file each time."""

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
from camsvc.library.catalogue.block import folded
from camsvc.library.catalogue.listing import FilePage, Listing, Query
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile, RecordingState
from tests.support.immediate import ImmediateDatabase

NOON = 1769860800.0
DEVICES = ("camera0", "camera1", "")
FEW_NAMES = (
    "a.mp4",
    "A.mp4",
    "Tür.mp4",
    "camera0_2026-01-31_12-00-00Z_7.mp4",
    "camera0_2026-01-31_12-00-00Z_7-2.mp4",
)

files = st.builds(
    MediaFile,
    filename=st.sampled_from(FEW_NAMES) | st.integers(0, 99).map("{}.mp4".format),
    device=st.sampled_from(DEVICES),
    size_bytes=st.integers(0, 9),
    created_at=st.integers(0, 5).map(float),
    modified_at=st.just(9.0),
)
changes = st.lists(
    st.tuples(st.just("add"), st.lists(files, max_size=30))
    | st.tuples(st.just("drop"), st.sampled_from(FEW_NAMES) | st.integers(0, 99).map("{}.mp4".format))
    | st.tuples(st.just("begin"), st.sampled_from(DEVICES[:2]))
    | st.tuples(st.just("finish"), st.just(None)),
    max_size=8,
)
queries = st.builds(
    Query,
    limit=st.integers(1, 40),
    offset=st.integers(0, 90),
    device=st.none() | st.sampled_from((*DEVICES, "camera9")),
    since=st.none() | st.integers(-1, 6).map(float),
    until=st.none() | st.integers(-1, 6).map(float),
    search=st.none() | st.sampled_from(("", "a", "TÜR", "Tu\N{COMBINING DIAERESIS}r", "7", "_7", ".mp4", "/", "x")),
    cameras=st.none() | st.frozensets(st.sampled_from(DEVICES)),
)


def naive(db: sqlite3.Connection, query: Query) -> FilePage:
    """Every file of the folder, and every recording under way, looked at one by one."""
    there = [file for kind, file in index.oldest(db, -1) if kind == RECORDINGS]
    under_way = index.under_way(db)
    busy = {file.filename.rpartition(".")[0] for file in under_way}
    listed = list(under_way)
    for file in there:
        all_of_it = index.segments(db, RECORDINGS, file.filename)
        title = all_of_it[0].filename.rpartition(".")[0].partition("Z_7-")[0]
        if all_of_it[0] == file and title not in busy:
            whole = index.find(db, RECORDINGS, file.filename)
            assert whole is not None
            listed.append(whole)
    rows = {name: row for name, row in db.execute("SELECT filename, rowid FROM media_file")}
    listed.sort(key=lambda each: (each.created_at, folded(each.filename), rows.get(each.filename, 0)), reverse=True)
    wanted = [
        each
        for each in listed
        if (query.device in (None, each.device))
        and (query.cameras is None or each.device in query.cameras)
        and (query.since is None or each.created_at >= query.since)
        and (query.until is None or each.created_at < query.until)
        and folded(query.search or "") in folded(each.filename)
    ]
    return FilePage(tuple(wanted[query.offset : query.offset + query.limit]), len(wanted))


class ListingTests(SynchronousTestCase):
    """On a database in memory."""

    def setUp(self) -> None:
        database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(database.stop)
        self.database = database
        self.listing = Listing(database)

    def page(self, **query: Any) -> FilePage:
        return self.successResultOf(self.listing.files(RECORDINGS, Query(**query)))

    def change(self, db: sqlite3.Connection, what: str, value: Any) -> None:
        if what == "add":
            index.add_files(db, RECORDINGS, value)
        elif what == "drop":
            index.drop(db, RECORDINGS, value)
        elif what == "begin":
            recordings_table.begin(db, value, "mp4", None, "boot", float(len(index.under_way(db))))
        else:
            for one in recordings_table.in_state(db, RecordingState.RECORDING)[:1]:
                index.add_files(db, RECORDINGS, [MediaFile(one.filename, one.device, 1, one.started_at, 9.0)])
                recordings_table.update(db, evolve(one, state=RecordingState.FINISHED))

    @given(st.lists(st.tuples(changes, queries), min_size=1, max_size=4))
    def test_naive(self, steps: list[tuple[Any, Query]]) -> None:
        """Whatever is added, replaced, dropped, begun and finished in between, each page is the naive one."""

        def clear(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM media_file")
            db.execute("DELETE FROM recording")

        self.database.now(clear)
        for these, query in steps:
            for what, value in these:
                self.database.now(lambda db, what=what, value=value: self.change(db, what, value))  # type: ignore[misc]
            expected = self.database.now(lambda db, query=query: naive(db, query))  # type: ignore[misc]
            self.assertEqual(self.successResultOf(self.listing.files(RECORDINGS, query)), expected)

    def test_many(self) -> None:
        """Ten thousand, all of two moments, in many blocks: every page at any depth, and every one once."""
        self.page()
        many = [MediaFile(f"{n:05}.mp4", f"camera{n % 3}", 1, float(n % 2), 1.0) for n in range(10_000)]
        for begin in range(0, 10_000, 700):
            self.database.now(lambda db, begin=begin: index.add_files(db, RECORDINGS, many[begin : begin + 700]))  # type: ignore[misc]
            self.page()
        names = [
            each.filename for offset in range(0, 10_500, 500) for each in self.page(limit=500, offset=offset).files
        ]
        expected = sorted(many, key=lambda each: (each.created_at, each.filename), reverse=True)
        self.assertEqual(names, [each.filename for each in expected])
        self.assertEqual(self.page(device="camera1").total, 3333)
        self.assertEqual(self.page(search="99").total, sum("99" in each.filename for each in many))
        for begin in range(0, 10_000, 3_000):
            gone = [each.filename for each in many[begin : begin + 2_900]]
            self.database.now(lambda db, gone=gone: [index.drop(db, RECORDINGS, name) for name in gone])  # type: ignore[misc]
        left = [each.filename for each in expected if int(each.filename[:5]) % 3_000 >= 2_900]
        self.assertEqual([each.filename for each in self.page(limit=1000).files], left)

    def test_failed_commit(self) -> None:
        """What was taken in by a list whose transaction came to nothing is taken in again, and stands there once."""
        self.page()
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [MediaFile("a.mp4", "camera0", 1, 1.0, 1.0)]))

        def fail(db: sqlite3.Connection) -> None:
            self.listing.page(db, RECORDINGS, Query())
            raise ValueError

        self.assertRaises(ValueError, self.database.now, fail)
        self.assertEqual((len(self.page().files), self.page().total), (1, 1))

    def test_first_list_fails(self) -> None:
        """So is all that there is, where that was the first list of all."""

        def fail(db: sqlite3.Connection) -> None:
            self.listing.page(db, RECORDINGS, Query())
            raise ValueError

        self.assertRaises(ValueError, self.database.now, fail)
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [MediaFile("a.mp4", "camera0", 1, 1.0, 1.0)]))
        self.assertEqual(self.page().total, 1)

    def test_kinds(self) -> None:
        """Each is a list of its own."""
        self.database.now(lambda db: index.add_files(db, SNAPSHOTS, [MediaFile("a.jpg", "camera0", 1, 1.0, 1.0)]))
        self.assertEqual(self.page().total, 0)
        self.assertEqual(self.successResultOf(self.listing.files(SNAPSHOTS, Query())).total, 1)
