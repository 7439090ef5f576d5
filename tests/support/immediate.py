"""Database and folders without threads: what they are asked is done at once, on the caller's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, execute
from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.media_folders import MediaFolders
from camsvc.system.database import Database

T = TypeVar("T")


class ImmediateDatabase(Database):
    """Everything as in the real one but its thread."""

    @property
    def connection(self) -> sqlite3.Connection:
        return self._connection

    def run(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> Deferred[T]:
        return execute(self._transaction_on_thread, work, durable)


class ImmediateMediaFolders(MediaFolders):
    """Work on files is done before ``thread`` returns."""

    def __init__(self, base: Path) -> None:
        super().__init__(None, base / "recordings", base / "snapshots", base / "thumbnails")
        for folder in (self.recordings_dir, self.snapshots_dir, self.thumbnails_dir):
            folder.mkdir(parents=True, exist_ok=True)

    def thread(self, work: Callable[..., T], *args: Any) -> Deferred[T]:
        return execute(work, *args)


def database_and_folders(case: SynchronousTestCase) -> tuple[ImmediateDatabase, ImmediateMediaFolders]:
    """Both, in a new folder, until the test ends."""
    base = Path(case.mktemp())
    base.mkdir()
    database = ImmediateDatabase(base / "db")
    case.addCleanup(database.stop)
    return database, ImmediateMediaFolders(base)
