"""What a retention policy lets go, when, and that it is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library import index
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.retention import EVERY_S, GB, LEAST_DAYS, LEAST_GB, Policy, Retention, due
from camsvc.model import MediaFile
from tests.support.clocks import FakeClocks
from tests.support.immediate import database_and_folders
from tests.support.samples import runtime

DAY = 86400.0
NOW = 100 * DAY


def file(name: str, days: float, size: int = GB) -> MediaFile:
    """One of so many days ago."""
    return MediaFile(name, "camera0", size, NOW - days * DAY, NOW)


FILES = [(RECORDINGS, file("a", 9)), (SNAPSHOTS, file("b", 5)), (RECORDINGS, file("c", 1))]


class DueTests(SynchronousTestCase):
    """``due``."""

    def names(self, **keys: object) -> str:
        policy = Policy(**{"enabled": True, **keys})  # type: ignore[arg-type]
        return "".join(each.filename for _, each in due(FILES, policy, NOW))

    def test_age(self) -> None:
        """What is older, and no limit of size."""
        self.assertEqual(self.names(policy_type="age", max_age_days=4.0, max_size_gb=0.1), "ab")
        self.assertEqual(self.names(policy_type="age", max_age_days=10.0), "")

    def test_size(self) -> None:
        """The oldest until the rest fits, and no limit of age."""
        self.assertEqual(self.names(policy_type="size", max_size_gb=2.0, max_age_days=0.1), "a")
        self.assertEqual(self.names(policy_type="size", max_size_gb=3.0), "")
        self.assertEqual(self.names(policy_type="size", max_size_gb=0.5), "abc")

    def test_manual(self) -> None:
        """Both, where they are set."""
        self.assertEqual(self.names(policy_type="manual"), "")
        self.assertEqual(self.names(policy_type="manual", max_age_days=6.0, max_size_gb=1.0), "ab")

    def test_least(self) -> None:
        """A limit of next to nothing, as an earlier camsvc took, deletes what is past the least one alone."""
        policy = Policy("age", True, max_age_days=1e-300)
        files = [(RECORDINGS, file("old", 2 * LEAST_DAYS)), (RECORDINGS, file("new", LEAST_DAYS / 2))]
        self.assertEqual(due(files, policy, NOW), files[:1])
        policy = Policy("size", True, max_size_gb=1e-300)
        files = [(RECORDINGS, file("old", 2, GB)), (RECORDINGS, file("new", 1, int(LEAST_GB * GB)))]
        self.assertEqual(due(files, policy, NOW), files[:1])

    def test_disabled(self) -> None:
        """Nothing."""
        self.assertEqual(self.names(policy_type="size", max_size_gb=0.1, enabled=False), "")

    @given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 3 * GB)), max_size=8), st.floats(0.1, 9))
    def test_size_is_reached_by_the_oldest_alone(self, rows: list[tuple[float, int]], limit: float) -> None:
        """What goes is a run from the oldest on; what stays fits; with one less gone it would not."""
        files = [(RECORDINGS, file(str(n), days, size)) for n, (days, size) in enumerate(sorted(rows, reverse=True))]
        gone = due(files, Policy("size", True, None, limit), NOW)
        self.assertEqual(gone, files[: len(gone)])
        stays = sum(each.size_bytes for _, each in files[len(gone) :])
        self.assertLessEqual(stays, limit * GB)
        if gone:
            self.assertGreater(stays + gone[-1][1].size_bytes, limit * GB)


class RetentionTests(SynchronousTestCase):
    """Applied to real files."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.database, self.folders = database_and_folders(self)
        self.clocks = FakeClocks(wall=NOW)
        self.runtime = runtime(self.clock, database=self.database, clocks=self.clocks)
        self.retention = Retention(self.runtime, self.folders)
        for kind, each in FILES:
            folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
            (folder / each.filename).write_bytes(b"x")
            self.database.now(lambda db, kind=kind, each=each: index.add_files(db, kind, [each]))  # type: ignore[misc]

    def pass_time(self, seconds: float) -> None:
        self.clocks.advance(seconds)
        self.clock.advance(seconds)

    def left(self) -> str:
        folders = (self.folders.recordings_dir, self.folders.snapshots_dir)
        on_disk = "".join(sorted(path.name for folder in folders for path in folder.iterdir()))
        indexed = "".join(sorted(each.filename for _, each in self.database.now(index.finished)))
        self.assertEqual(on_disk, indexed)
        return on_disk

    def set(self, policy: Policy) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.retention.set_policy(policy)))

    def test_at_once_and_every_hour(self) -> None:
        """Applied when it is set, and as files grow old."""
        self.retention.start()
        self.addCleanup(self.retention.stop)
        self.assertEqual(self.left(), "abc")
        self.set(Policy("age", True, 6.0))
        self.clock.advance(0)
        self.assertEqual(self.left(), "bc")
        for _ in range(25):
            self.pass_time(EVERY_S)
        self.assertEqual(self.left(), "c")

    def test_manual(self) -> None:
        """On demand alone."""
        self.retention.start()
        self.addCleanup(self.retention.stop)
        self.set(Policy("manual", True, 6.0))
        self.pass_time(EVERY_S)
        self.assertEqual(self.left(), "abc")
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(self.retention.clean_up())), (1, GB))
        self.assertEqual(self.left(), "bc")

    def test_kept(self) -> None:
        """Over a restart."""
        policy = Policy("size", True, None, 2.5)
        self.set(policy)
        again = Retention(self.runtime, self.folders)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(again.policy())), policy)
