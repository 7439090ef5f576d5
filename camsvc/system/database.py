"""One SQLite file, its schema by migrations, and one thread that everything asked of it runs on."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool

from camsvc.errors import DependencyFailed, StartError
from camsvc.system.schema.backup import back_up, too_new
from camsvc.system.schema.migrations import MIGRATIONS
from camsvc.system.worker_threads import WorkerThreads

T = TypeVar("T")


class Database:
    """The state that must survive. Times are seconds since the epoch."""

    def __init__(self, path: Path) -> None:
        """Open or make the file and bring its schema up to date; done before the reactor runs.

        Raises:
            StartError: the file cannot be used; the text says why.
        """
        try:
            _keep_private(path)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 2000"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._migrate(path)
        except (OSError, sqlite3.Error) as why:
            words = why.strerror if isinstance(why, OSError) else why
            raise StartError(f"{path}: the database cannot be used: {words}") from None
        self._pool = WorkerThreads(1, 1, "database")
        self._reactor: IReactorFromThreads | None = None

    def _migrate(self, path: Path) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise sqlite3.DatabaseError(too_new(path, version, len(MIGRATIONS)))
        if 0 < version < len(MIGRATIONS):
            back_up(self._connection, path, version)
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")

    def instance(self) -> str:
        """A name for this state that no other has: 12 hexadecimal digits, made at the first call.

        Only before :meth:`start`.
        """

        def read(db: sqlite3.Connection) -> str:
            db.execute("INSERT OR IGNORE INTO setting (name, value) VALUES ('instance', ?)", (secrets.token_hex(6),))
            found: str = db.execute("SELECT value FROM setting WHERE name = 'instance'").fetchone()[0]
            return found

        return self.now(read)

    def start(self, reactor: IReactorFromThreads) -> None:
        """Start the thread."""
        self._reactor = reactor
        self._pool.start()

    def stop(self) -> None:
        """Let what is queued finish, end the thread, close the file."""
        if self._reactor is not None:
            self._pool.stop()
            self._reactor = None
        self._connection.close()

    def now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` on the calling thread.

        Raises:
            RuntimeError: after :meth:`start`.
        """
        if self._reactor is not None:
            raise RuntimeError("the database has its thread: use run()")
        return self._transaction(work)

    def run(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> Deferred[T]:
        """Run ``work`` in one transaction on the database's thread, after what was asked before.

        A file that cannot be read or written (no room, read-only, damaged) is a DependencyFailed of the Deferred.

        Args:
            work: gets the connection; commits when it returns, rolls back when it raises.
            durable: have it on the disk before it is done. Without, a power cut may undo it, until the next one that
                is: for what is found again, as in files.

        Raises:
            RuntimeError: before :meth:`start`.
        """
        if self._reactor is None:
            raise RuntimeError("the database has no thread yet: use now()")
        return deferToThreadPool(self._reactor, self._pool, self._transaction_on_thread, work, durable)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            value = work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite has rolled back itself where the disk is full
                self._connection.execute("ROLLBACK")
            raise
        return value

    def _transaction_on_thread(self, work: Callable[[sqlite3.Connection], T], durable: bool) -> T:
        try:
            if durable:
                return self._transaction(work)
            self._connection.execute("PRAGMA synchronous = NORMAL")
            try:
                return self._transaction(work)
            finally:
                self._connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.OperationalError as why:
            raise DependencyFailed(
                "storage", f"the database cannot be used: {why}", suggestion="is the disk full or read-only?"
            ) from None


def _keep_private(path: Path) -> None:
    """Hashes of passwords and logins of cameras stand in it; what SQLite puts beside it gets the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        if each.exists() and each.stat().st_uid == os.geteuid():
            each.chmod(0o600)
