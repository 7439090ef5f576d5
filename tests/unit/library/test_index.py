"""The index of recordings and files, on a database in memory."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library import index, recordings_table
from camsvc.library.index import RECORDINGS, SNAPSHOTS, FilePage, Query
from camsvc.model import MediaFile, RecordingState
from tests.support.immediate import ImmediateDatabase


def file(name: str, created: float = 100.0, device: str = "camera0", **keys: Any) -> MediaFile:
    return MediaFile(name, device, 10, created, created, **keys)


class IndexTestCase(SynchronousTestCase):
    """With a database."""

    def setUp(self) -> None:
        database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(database.stop)
        self.db: sqlite3.Connection = database.connection
        self.db.execute("BEGIN")

    def names(self, kind: str = RECORDINGS, **query: Any) -> list[str]:
        return [found.filename for found in index.files(self.db, kind, Query(**query)).files]


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
        page = index.files(self.db, RECORDINGS, Query(limit=1, offset=1))
        self.assertEqual(([found.filename for found in page.files], page.total), (["camera0_c.mp4"], 3))
        self.assertEqual(index.files(self.db, RECORDINGS, Query(offset=9)), FilePage((), 3))

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
        found = {one.filename: one for one in index.files(self.db, RECORDINGS, Query()).files}
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
        self.assertEqual(index.files(self.db, SNAPSHOTS, Query()).files, (again,))

    @given(st.text(), st.text(), st.integers(1, 1000), st.integers(0, 1 << 40))
    def test_any_search(self, search: str, device: str, limit: int, offset: int) -> None:
        """Nothing that is searched for is taken for SQL."""
        page = index.files(self.db, RECORDINGS, Query(limit, offset, device or None, search=search))
        self.assertLessEqual(page.total, 3)


class RebuildTests(IndexTestCase):
    """``scan`` and ``rebuild``."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def rebuild(self) -> tuple[int, int]:
        found = index.scan(self.folder, RECORDINGS)
        return index.rebuild(self.db, RECORDINGS, found)

    def test_new_and_gone(self) -> None:
        """What is on disk is listed, what is not is dropped; what is known keeps what is known of it."""
        index.add_files(self.db, RECORDINGS, [file("kept.mp4", 5, duration_s=9.0), file("gone.mp4")])
        (self.folder / "kept.mp4").touch()
        path = self.folder / "camera3_2026-01-31_12-00-00Z_7.mkv"
        path.write_bytes(b"xyz")
        os.utime(path, (50, 50))
        self.assertEqual(self.rebuild(), (1, 1))
        kept, new = sorted(index.files(self.db, RECORDINGS, Query()).files, key=lambda found: -len(found.filename))[
            ::-1
        ]
        self.assertEqual((kept.filename, kept.duration_s), ("kept.mp4", 9.0))
        self.assertEqual(new, MediaFile("camera3_2026-01-31_12-00-00Z_7.mkv", "camera3", 3, 50.0, 50.0))
        self.assertEqual(self.rebuild(), (0, 0))

    def test_left_out(self) -> None:
        """Hidden files, other types, folders; names that are no text do not stop the start."""
        (self.folder / "folder.mp4").mkdir()
        for name in (b".hidden.mp4", b"a.txt", b"a.mp4.part", b"\xff\xfe.mp4"):
            Path(os.fsdecode(os.path.join(os.fsencode(self.folder), name))).touch()
        (self.folder / "Tür.mp4").touch()
        self.assertEqual(self.rebuild(), (1, 0))
        self.assertEqual(self.names(), ["Tür.mp4"])

    def test_links(self) -> None:
        """Wherever they lead."""
        outside = Path(self.mktemp())
        outside.write_bytes(b"secret")
        (self.folder / "a.mp4").symlink_to(outside)
        (self.folder / "b.mp4").symlink_to(self.folder / "absent")
        self.assertEqual(index.scan(self.folder, RECORDINGS), [])

    def test_cameras(self) -> None:
        """Of our own names alone; what somebody has called like a camera is nobody's, and seen with no scope."""
        stamp = "2026-01-31_12-00-00Z"
        for name, device in (
            (f"camera3_{stamp}_17.mp4", "camera3"),
            (f"camera3_{stamp}_17-2.mp4", "camera3"),
            (f"camera3_{stamp}_17.2.mp4", "camera3"),
            (f"camera30_{stamp}.jpg", "camera30"),
            (f"camera3_{stamp}_2.jpg", "camera3"),
            ("camera3_shot.jpg", ""),
            ("camera3.jpg", ""),
            ("camera3", ""),
            (f"camera3_{stamp}_shot.jpg", ""),
            (f"x_camera3_{stamp}.jpg", ""),
            (f"camera_{stamp}.jpg", ""),
            (f"camera3_{stamp}.jpg\n", ""),
        ):
            self.assertEqual(index.device_of(name), device, name)
        (self.folder / "camera1_mine.mp4").touch()
        self.rebuild()
        self.assertEqual(index.files(self.db, RECORDINGS, Query(cameras=frozenset(["camera1"]))).total, 0)
        self.assertEqual(index.files(self.db, RECORDINGS, Query(device="camera1")).total, 0)
        self.assertEqual(index.files(self.db, RECORDINGS, Query()).files[0].device, "")

    def test_many(self) -> None:
        """Ten thousand in one go."""
        index.rebuild(self.db, RECORDINGS, [file(f"{n}.mp4") for n in range(10_000)])
        self.assertEqual(index.files(self.db, RECORDINGS, Query()).total, 10_000)
        self.assertEqual(index.rebuild(self.db, RECORDINGS, []), (0, 10_000))
