"""Retention applied to real files: when, to what, and what is written of it."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import DependencyFailed
from camsvc.library import index
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.retention.limits import Ring
from camsvc.library.retention.outcome import Outcome
from camsvc.library.retention.policy import GB, Policy
from camsvc.library.retention.retention import AT_ONCE, EVERY_S, Retention, Shortage
from camsvc.model import MediaFile
from tests.support.clocks import FakeClocks
from tests.support.immediate import database_and_folders
from tests.support.samples import runtime

DAY = 86400.0
NOW = 100 * DAY


def file(name: str, days: float, size: int = GB) -> MediaFile:
    """One of so many days ago."""
    return MediaFile(name, "camera0", size, NOW - days * DAY, NOW)


class RetentionTestCase(SynchronousTestCase):
    """Three files."""

    FILES = [(RECORDINGS, file("a", 9)), (SNAPSHOTS, file("b", 5)), (RECORDINGS, file("c", 1))]

    def setUp(self) -> None:
        self.clock = Clock()
        self.database, self.folders = database_and_folders(self)
        self.clocks = FakeClocks(wall=NOW)
        self.runtime = runtime(self.clock, database=self.database, clocks=self.clocks)
        self.in_use = FilesInUse(self.clocks)
        self.rows: list[tuple[Any, ...]] = []
        self.shortage = Shortage()
        self.rings: dict[str, Ring] = {}
        self.retention = self.start()
        for kind, each in self.FILES:
            self.put(kind, each)

    def start(self) -> Retention:
        return Retention(
            self.runtime,
            self.folders,
            self.in_use,
            lambda *row: self.rows.append(row),
            lambda gigabytes: succeed(self.shortage),
            lambda db: self.rings,
        )

    def put(self, kind: str, each: MediaFile) -> None:
        folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
        (folder / each.filename).write_bytes(b"x")
        self.database.now(lambda db: index.add_files(db, kind, [each]))

    def pass_time(self, seconds: float) -> None:
        self.clocks.advance(seconds)
        self.clock.advance(seconds)

    def left(self) -> str:
        folders = (self.folders.recordings_dir, self.folders.snapshots_dir)
        on_disk = "".join(sorted(path.name for folder in folders for path in folder.iterdir()))
        indexed = "".join(sorted(each.filename for _, each in self.database.now(lambda db: index.oldest(db, -1))))
        self.assertEqual(on_disk, indexed)
        return on_disk

    def set(self, policy: Policy) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.retention.set_policy(policy)))

    def clean_up(self) -> Outcome:
        return self.successResultOf(Deferred.fromCoroutine(self.retention.clean_up()))


class RoundTests(RetentionTestCase):
    """When."""

    def setUp(self) -> None:
        super().setUp()
        self.retention.start()
        self.addCleanup(self.retention.stop)

    def test_at_once_and_every_minute(self) -> None:
        """Applied when it is set, and as files grow old."""
        self.assertEqual(self.left(), "abc")
        self.set(Policy("age", True, 6.0))
        self.clock.advance(0)
        self.assertEqual(self.left(), "bc")
        self.pass_time(DAY - EVERY_S)
        self.assertEqual(self.left(), "bc")
        self.pass_time(2 * EVERY_S)
        self.assertEqual(self.left(), "c")

    def test_when_a_file_is_new(self) -> None:
        """A policy of size acts when there is another file."""
        self.set(Policy("size", True, None, 3.0))
        self.put(RECORDINGS, file("d", 0))
        self.retention.nudge()
        self.clock.advance(0)
        self.assertEqual(self.left(), "bcd")

    def test_manual(self) -> None:
        """On demand alone; what is short of room, or beyond a ring, does not wait for that."""
        self.set(Policy("manual", True, 6.0))
        self.shortage = Shortage(GB, (RECORDINGS, SNAPSHOTS))
        self.pass_time(EVERY_S)
        self.assertEqual(self.left(), "abc")
        self.shortage = Shortage()
        total = self.clean_up().total
        self.assertEqual((total.files, total.bytes, self.left()), (1, GB, "bc"))

    def test_short_of_room(self) -> None:
        """The oldest of that disk."""
        self.set(Policy("age", True, 50.0))
        self.shortage = Shortage(1, (SNAPSHOTS,))
        self.retention.nudge()
        self.clock.advance(0)
        self.assertEqual(self.left()[:1], "a")

    def test_storage_away(self) -> None:
        """Nothing is forgotten that only cannot be seen; who asks is told."""
        self.shortage = Shortage(trouble="the folder of recordings is not there")
        self.set(Policy("age", True, 6.0))
        self.pass_time(EVERY_S)
        self.assertEqual(self.left(), "abc")
        done = Deferred.fromCoroutine(self.retention.clean_up())
        self.assertEqual(self.failureResultOf(done, DependencyFailed).value.data["dependency"], "storage")
        self.shortage = Shortage()
        self.pass_time(EVERY_S)
        self.assertEqual(self.left(), "bc")

    def test_kept(self) -> None:
        """Over a restart."""
        policy = Policy("size", True, None, 2.5)
        self.set(policy)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(self.start().policy())), policy)


class SparedTests(RetentionTestCase):
    """What stays whatever the policy."""

    def test_in_use(self) -> None:
        """As long as somebody reads it; what is younger is not taken in its place."""
        self.set(Policy("size", True, None, 2.0))
        let_go = self.in_use.hold(RECORDINGS, "a")
        outcome = self.clean_up()
        self.assertEqual((outcome.total.files, outcome.in_use, self.left()), (0, 1, "abc"))
        let_go()
        self.clean_up()
        self.assertEqual(self.left(), "bc")

    def test_in_use_where_room_is_short(self) -> None:
        """The next oldest frees what it does not."""
        self.set(Policy("age", True, 50.0))
        self.in_use.hold(RECORDINGS, "a")
        self.shortage = Shortage(1, (RECORDINGS,))
        self.patch(self.retention, "_lacks", self.lacks_until("c"))
        self.clean_up()
        self.assertEqual(self.left(), "ab")

    def lacks_until(self, name: str) -> Any:
        """Room is short until this recording is gone."""
        path = self.folders.recordings_dir / name
        return lambda gigabytes: succeed(self.shortage if path.exists() else Shortage())

    def test_protected(self) -> None:
        """Takes no part in a size either: what is kept for ever does not drive out what is new."""
        self.database.now(lambda db: db.execute("UPDATE media_file SET protected = 1 WHERE filename = 'a'"))
        self.set(Policy("all", True, 0.1, 2.0))
        self.assertEqual(self.clean_up().total.files, 2)
        self.assertEqual(self.left(), "a")
        self.put(RECORDINGS, file("d", 0, 2 * GB))
        self.assertEqual(self.clean_up().total.files, 0)

    def test_protected_beside_the_file(self) -> None:
        """Stays where the index does not know it yet: the database was lost, and the folder is being read."""
        marker = self.folders.recordings_dir / "a.protected"
        marker.touch()
        self.set(Policy("age", True, 4.0))
        total = self.clean_up().total
        marker.unlink()
        self.assertEqual((total.files, self.left()), (1, "ac"))

    def test_refused(self) -> None:
        """What cannot be deleted stays listed, and the others go."""
        folder = self.folders.recordings_dir / "f"
        folder.mkdir()
        each = MediaFile("f", "camera0", 1, 1.0, 1.0)
        self.database.now(lambda db: index.add_files(db, RECORDINGS, [each]))
        self.set(Policy("age", True, 6.0))
        outcome = self.clean_up()
        self.assertEqual((list(outcome.refused), outcome.total.files), ([(RECORDINGS, "f")], 1))
        self.assertEqual(self.left(), "bcf")


class ToldTests(RetentionTestCase):
    """What is written and told."""

    FILES = [(RECORDINGS, file(f"{number:03}", 9 - number / 1000, 10)) for number in range(2 * AT_ONCE)]

    def test_audit(self) -> None:
        """Every file stands in a row by its name, at most twenty in each."""
        self.set(Policy("age", True, 6.0))
        self.clean_up()
        self.assertEqual({row[:3] + row[4:] for row in self.rows}, {("camsvc", "", "retention", "ok")})
        params = [row[3] for row in self.rows]
        self.assertEqual([name for each in params for name in each["names"]], [f.filename for _, f in self.FILES])
        self.assertEqual([each["files"] for each in params], [len(each["names"]) for each in params])
        self.assertLessEqual(max(each["files"] for each in params), 20)
        self.assertEqual(sum(each["bytes"] for each in params), 10 * len(self.FILES))
        self.assertEqual({each["policy"] for each in params}, {"age"})

    def test_long_names(self) -> None:
        """A row has no more of them than the audit log takes."""
        for number in range(30):
            self.put(SNAPSHOTS, file(f"{number:02}{'x' * 190}", 9, 10))
        self.set(Policy("age", True, 6.0))
        self.clean_up()
        self.assertLess(max(sum(map(len, row[3]["names"])) for row in self.rows), 1600)

    def test_told_once(self) -> None:
        """A round is one event."""
        told: list[Outcome] = []
        self.retention.deleted.add(told.append)
        self.set(Policy("age", True, 6.0))
        self.clean_up()
        self.clean_up()
        self.assertEqual([each.total.files for each in told], [len(self.FILES)])

    def test_preview(self) -> None:
        """Says what would go, and touches nothing."""
        self.set(Policy("all", True, 8.999, 1.0))
        outcome = self.successResultOf(Deferred.fromCoroutine(self.retention.preview()))
        self.assertEqual(outcome.total.files, outcome.by_policy["age"].files)
        self.assertGreater(outcome.total.files, 0)
        self.assertEqual(
            [each.file.filename for each in outcome.files], [f"{n:03}" for n in range(outcome.total.files)]
        )
        self.assertEqual((len(self.database.now(lambda db: index.oldest(db, -1))), self.rows), (len(self.FILES), []))
