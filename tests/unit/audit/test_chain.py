"""The chain of audit rows: what is found when somebody has been at it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from camsvc.audit.chain import FIRST, ChainVerdict, hash_of, verify
from tests.support.immediate import ImmediateDatabase
from tests.unit.audit.test_log import AuditTestCase

UNLOCK = "DROP TRIGGER audit_changed; DROP TRIGGER audit_deleted;"


class TamperTests(AuditTestCase):
    """Each row that somebody has been at is named."""

    def setUp(self) -> None:
        super().setUp()
        for number in range(6):
            self.record(n=number)

    def verdict(self, *known: Any) -> ChainVerdict:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            return verify(db, *known)

    def tamper(self, statements: str) -> tuple[str, ...]:
        with closing(sqlite3.connect(self.path)) as db:
            db.executescript(UNLOCK + statements)
        return self.verdict().faults

    def test_whole(self) -> None:
        """Nothing is found where nobody was; an empty log is whole too."""
        verdict = self.verdict()
        self.assertEqual((verdict.rows, verdict.number, verdict.faults), (6, 6, ()))
        self.assertEqual(self.verdict(4, self.rows()[2].hash).faults, ())
        empty = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(empty.stop)
        self.assertEqual(empty.now(verify), ChainVerdict(0, 0, FIRST, ()))

    def test_append_only(self) -> None:
        """The table itself refuses to forget."""
        for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'"):
            with self.assertRaises(sqlite3.IntegrityError):
                self.database.now(lambda db, statement=statement: db.execute(statement))

    def test_changed(self) -> None:
        """Any column of a row."""
        for column in ("at", "actor", "address", "method", "params", "result", "previous", "hash"):
            with closing(sqlite3.connect(self.path)) as db:
                whole = "\n".join(db.iterdump())
            faults = self.tamper(f"UPDATE audit SET {column} = {column} || 'x' WHERE number = 3")
            self.assertTrue(any(fault.startswith("row 3 ") for fault in faults), (column, faults))
            self.path.unlink()
            with closing(sqlite3.connect(self.path)) as db:
                db.executescript(whole)

    def test_changed_with_hash(self) -> None:
        """One that was given the right hash afterwards does not fit the next."""
        row = self.rows()[3]
        own = hash_of(row.previous, 3, row.at, "nobody", row.address, row.method, row.params, row.result)
        faults = self.tamper(f"UPDATE audit SET actor = 'nobody', hash = '{own}' WHERE number = 3")
        self.assertEqual(len(faults), 1)
        self.assertRegex(faults[0], "row 4 .* does not follow row 3: one of the two was replaced")

    def test_deleted(self) -> None:
        """In the middle, at the beginning, at the end, all."""
        self.assertEqual(self.tamper("DELETE FROM audit WHERE number = 3")[0], "row 3 is missing")
        self.assertIn("rows 3 to 4 are missing", self.tamper_again("DELETE FROM audit WHERE number = 4"))
        self.assertIn("row 1 is missing", self.tamper_again("DELETE FROM audit WHERE number = 1"))
        self.assertIn("row 6 is missing", self.tamper_again("DELETE FROM audit WHERE number = 6"))
        self.assertEqual(self.tamper_again("DELETE FROM audit"), ("rows 1 to 6 are missing",))

    def tamper_again(self, statement: str) -> tuple[str, ...]:
        with closing(sqlite3.connect(self.path)) as db:
            db.executescript(statement)
        return self.verdict().faults

    def test_moved(self) -> None:
        """Two rows that changed places."""
        faults = self.tamper(
            "UPDATE audit SET number = 99 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 5;"
            "UPDATE audit SET number = 5 WHERE number = 99;"
        )
        named = " ".join(faults)
        self.assertIn("row 2 (2027-01-15T08:00:00.000Z, stop_recording) was changed or moved", named)
        self.assertIn("row 5 (2027-01-15T08:00:00.000Z, stop_recording) was changed or moved", named)

    def test_inserted(self) -> None:
        """A row that was put in at the end, with all its hashes right."""
        last = self.rows()[0]
        texts = (last.at, "nobody", "", "x", "{}", "ok")
        own = hash_of(last.hash, 7, *texts)
        values = "', '".join((*texts, last.hash, own))
        faults = self.tamper(f"INSERT INTO audit VALUES (7, '{values}')")
        self.assertEqual(faults, ("row 7 is not the newest that was written: row 6 was",))

    def test_made_anew(self) -> None:
        """A whole new chain is found by what was written down before, and by that alone."""
        known = self.rows()[2].hash
        self.tamper("DELETE FROM audit; DELETE FROM audit_head")
        for number in range(6):
            self.record(n=number + 100)
        self.assertEqual(self.verdict().faults, ())
        self.assertEqual(self.verdict(4, known).faults, ("row 4 is not the one whose hash you gave",))
        self.assertEqual(self.verdict(40, known).faults, ("row 40 is missing",))

    def test_goes_on(self) -> None:
        """What is written after a theft follows what was, so that it stays to be seen."""
        self.tamper("DELETE FROM audit WHERE number > 4")
        self.record(n=9)
        self.assertEqual(self.verdict().faults, ("rows 5 to 6 are missing",))
        self.assertEqual(self.rows()[0].number, 7)
