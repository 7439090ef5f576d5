"""The database: migrations, transactions, its thread."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from twisted.internet.defer import gatherResults
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.errors import StartError
from camsvc.system.database import Database

INSERT = "INSERT INTO camera (key, kind, name) VALUES (?, 'test', 'x')"


def keys(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT key FROM camera ORDER BY number")]


class DatabaseTests(SynchronousTestCase):
    """Before the reactor runs."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def open(self) -> Database:
        database = Database(self.path)
        self.addCleanup(database.stop)
        return database

    def test_kept(self) -> None:
        """What was written is there after the next start; WAL and full sync are on."""
        first = Database(self.path)
        first.now(lambda db: db.execute(INSERT, ("a",)))
        first.stop()
        again = self.open()
        self.assertEqual(again.now(keys), ["a"])
        self.assertEqual(again.now(lambda db: db.execute("PRAGMA journal_mode").fetchone()), ("wal",))
        self.assertEqual(again.now(lambda db: db.execute("PRAGMA synchronous").fetchone()), (2,))

    def test_private(self) -> None:
        """Nobody else can read it, nor what SQLite puts beside it; also where an earlier camsvc has left it open."""
        first = self.open()
        first.now(lambda db: db.execute(INSERT, ("a",)))
        files = [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]
        self.assertEqual([file.stat().st_mode & 0o777 for file in files], [0o600] * 3)
        for file in files:
            file.chmod(0o644)
        self.open()
        self.assertEqual([file.stat().st_mode & 0o777 for file in files], [0o600] * 3)

    def test_rolled_back(self) -> None:
        """Work that raises leaves nothing, and the next goes through."""
        database = self.open()

        def broken(db: sqlite3.Connection) -> None:
            db.execute(INSERT, ("a",))
            raise ValueError

        self.assertRaises(ValueError, database.now, broken)
        self.assertEqual(database.now(keys), [])

    def test_commit_fails(self) -> None:
        """What breaks only at the commit is rolled back too; the database works on."""
        database = self.open()

        def broken(db: sqlite3.Connection) -> None:
            db.execute("PRAGMA defer_foreign_keys = ON")
            db.execute(
                "INSERT INTO media_file (kind, filename, device, size_bytes, created_at, modified_at, recording)"
                " VALUES ('recordings', 'a', 'camera0', 0, 0, 0, 99)"
            )

        self.assertRaises(sqlite3.IntegrityError, database.now, broken)
        self.assertEqual(database.now(keys), [])

    def test_rolled_back_by_sqlite(self) -> None:
        """Where SQLite has ended the transaction itself, the first error is the one that is told."""
        database = self.open()

        def broken(db: sqlite3.Connection) -> None:
            db.execute("ROLLBACK")
            raise ValueError

        self.assertRaises(ValueError, database.now, broken)
        self.assertEqual(database.now(keys), [])

    def unusable(self, words: str) -> None:
        with self.assertRaises(StartError) as caught:
            Database(self.path)
        self.assertIn(words, caught.exception.message)
        self.assertIn(str(self.path), caught.exception.message)

    def test_unusable(self) -> None:
        """A folder, or a file of something else."""
        self.path.mkdir()
        self.unusable("Is a directory")
        self.path.rmdir()
        self.path.write_bytes(b"something else entirely, long enough for a header" * 100)
        self.unusable("not a database")

    def test_of_a_newer_camsvc(self) -> None:
        """Refused, not damaged."""
        Database(self.path).stop()
        other = sqlite3.connect(self.path)
        other.execute("PRAGMA user_version = 99")
        other.close()
        self.unusable("newer camsvc")

    def test_no_thread_yet(self) -> None:
        """run() needs start()."""
        self.assertRaises(RuntimeError, self.open().run, keys)


class ThreadTests(TestCase):
    """With its thread."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.path = Path(self.mktemp())
        self.database = Database(self.path)
        self.database.start(reactor)  # type: ignore[arg-type]

    def tearDown(self) -> None:
        if self.database._reactor is not None:
            self.database.stop()

    async def test_order(self) -> None:
        """What is asked first is done first, all on one thread that is not this one."""
        threads: list[threading.Thread] = []

        def insert(db: sqlite3.Connection, key: str) -> None:
            threads.append(threading.current_thread())
            db.execute(INSERT, (key,))

        names = [f"{number:03}" for number in range(50)]
        await gatherResults([self.database.run(lambda db, name=name: insert(db, name)) for name in names])
        self.assertEqual(await self.database.run(keys), names)
        self.assertEqual(len(set(threads)), 1)
        self.assertNotIn(threading.current_thread(), threads)

    async def test_failure(self) -> None:
        """Comes to who asked; the thread lives on."""

        def broken(db: sqlite3.Connection) -> None:
            raise ValueError

        await self.assertFailure(self.database.run(broken), ValueError)
        self.assertEqual(await self.database.run(keys), [])

    def test_not_beside_the_thread(self) -> None:
        """now() is refused while the thread runs."""
        self.assertRaises(RuntimeError, self.database.now, keys)

    def test_stop_finishes_what_is_queued(self) -> None:
        """Nothing that was asked is lost."""
        for number in range(20):
            self.database.run(lambda db, key=str(number): db.execute(INSERT, (key,)) and None)
        self.database.stop()
        again = Database(self.path)
        self.assertEqual(len(again.now(keys)), 20)
        again.stop()

    async def test_durable(self) -> None:
        """Each transaction is on the disk when it is done, but those that say that they need not, failed or not."""

        def level(db: sqlite3.Connection) -> int:
            return int(db.execute("PRAGMA synchronous").fetchone()[0])

        self.assertEqual(await self.database.run(level), 2)
        self.assertEqual(await self.database.run(level, durable=False), 1)
        self.assertEqual(await self.database.run(level), 2)
        with self.assertRaises(ZeroDivisionError):
            await self.database.run(lambda _: 1 // 0, durable=False)
        self.assertEqual(await self.database.run(level), 2)
