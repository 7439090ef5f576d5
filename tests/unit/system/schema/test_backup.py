"""The copy of the database that is made before its schema changes, and what is said to one who goes back."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import StartError
from camsvc.system import database
from camsvc.system.database import Database


class BackupTests(SynchronousTestCase):
    """``Database`` of one camsvc after another."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "camsvc.sqlite"
        self.scripts = database.MIGRATIONS

    def open(self, more: int = 0) -> None:
        """As a camsvc that knows so many migrations more opens it, and closes it again."""
        new = tuple(f"CREATE TABLE new{number} (x INTEGER) STRICT;" for number in range(more))
        self.patch(database, "MIGRATIONS", self.scripts + new)
        Database(self.path).stop()

    def execute(self, path: Path, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            return db.execute(sql).fetchall()

    def copies(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir() if ".schema-" in each.name)

    def test_before_a_change(self) -> None:
        """A whole copy, for its owner alone; none where nothing changes, or nothing was there."""
        self.open()
        self.assertEqual(self.copies(), [])
        self.execute(self.path, "INSERT INTO setting (name, value) VALUES ('a', 'before')")
        self.open()
        self.assertEqual(self.copies(), [])
        self.open(more=1)
        number = len(self.scripts)
        self.assertEqual(self.copies(), [f"camsvc.sqlite.schema-{number}"])
        copy = self.folder / self.copies()[0]
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        self.assertEqual(self.execute(copy, "SELECT value FROM setting WHERE name = 'a'"), [("before",)])
        self.assertEqual(self.execute(copy, "PRAGMA user_version"), [(number,)])
        self.assertEqual(self.execute(copy, "PRAGMA integrity_check"), [("ok",)])

    def test_going_back(self) -> None:
        """Refused, with what to do; done so, the older one works on what there was."""
        self.open()
        self.execute(self.path, "INSERT INTO setting (name, value) VALUES ('a', 'before')")
        self.open(more=2)
        self.execute(self.path, "INSERT INTO setting (name, value) VALUES ('b', 'after')")
        with self.assertRaises(StartError) as caught:
            self.open()
        text = caught.exception.message
        self.assertIn(
            f"schema {len(self.scripts) + 2} is of a newer camsvc; this one knows {len(self.scripts)}", text
        )
        self.assertIn(f"put camsvc.sqlite.schema-{len(self.scripts)} in the place of camsvc.sqlite", text)
        (self.folder / self.copies()[0]).replace(self.path)
        self.open()
        self.assertEqual(self.execute(self.path, "SELECT name FROM setting"), [("a",)])

    def test_going_back_without_a_copy(self) -> None:
        """Refused; nothing is promised."""
        self.open(more=1)
        with self.assertRaises(StartError) as caught:
            self.open()
        self.assertNotIn("in the place of", caught.exception.message)

    def test_some_are_kept(self) -> None:
        """The last three."""
        for more in range(6):
            self.open(more)
        last = len(self.scripts) + 4
        self.assertEqual(set(self.copies()), {f"camsvc.sqlite.schema-{last - n}" for n in range(3)})

    def test_no_room(self) -> None:
        """Where the copy cannot be made, nothing is changed."""
        self.open()
        (self.folder / f".camsvc.sqlite.schema-{len(self.scripts)}.new").mkdir()
        self.assertRaises(StartError, self.open, 1)
        self.assertEqual(self.execute(self.path, "PRAGMA user_version"), [(len(self.scripts),)])
