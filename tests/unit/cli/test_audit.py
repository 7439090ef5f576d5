"""``camsvc audit verify``, in this process."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.audit.log import Audit
from camsvc.cli.main import EX_NOPERM, EX_OK, main
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import runtime


class VerifyTests(SynchronousTestCase):
    """On a state folder, while a daemon has its database open."""

    def setUp(self) -> None:
        self.state = Path(self.mktemp()).absolute()
        self.state.mkdir()
        self.config = self.state / "camsvc.toml"
        self.config.write_text(f'[storage]\nstate_dir = "{self.state}"\n')

    def write(self, rows: int) -> ImmediateDatabase:
        database = ImmediateDatabase(self.state / "camsvc.sqlite")
        self.addCleanup(database.stop)
        for _ in range(rows):
            Audit(runtime(Clock(), database=database)).record("anna", "192.0.2.7", "stop_recording", {}, "ok")
        return database

    def verify(self, *argv: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(["audit", "verify", "--config", str(self.config), *argv])
        return status, out.getvalue(), err.getvalue()

    def test_whole(self) -> None:
        """Status 0, and what to write down."""
        self.write(3)
        status, out, _ = self.verify()
        self.assertEqual(status, EX_OK)
        self.assertIn("chain   whole", out)
        newest = next(line for line in out.splitlines() if line.startswith("newest")).split()[1]
        self.assertEqual(self.verify("--known", newest)[0], EX_OK)
        self.assertEqual(json.loads(self.verify("--json")[1]), {"rows": 3, "newest": newest, "faults": []})

    def test_broken(self) -> None:
        """Status 1, each row named, and nothing written to the file."""
        database = self.write(3)
        database.now(lambda db: db.execute("DROP TRIGGER audit_changed"))
        database.now(lambda db: db.execute("UPDATE audit SET actor = 'ben' WHERE number = 2"))
        status, out, err = self.verify()
        self.assertEqual((status, "chain   broken" in out), (1, True))
        self.assertRegex(err, "row 2 .* was changed or moved")
        self.assertEqual(database.now(lambda db: db.execute("SELECT actor FROM audit").fetchall())[1], ("ben",))

    def test_known(self) -> None:
        """A hash that was written down and is not there any more."""
        self.write(3)
        status, _, err = self.verify("--known", f"2:{'a' * 64}")
        self.assertEqual((status, err.strip()), (1, "row 2 is not the one whose hash you gave"))
        for wrong in ("2", "x:y", f"0:{'a' * 64}", "2:abc"):
            with self.assertRaises(SystemExit):
                self.verify("--known", wrong)

    def test_nothing_there(self) -> None:
        """No database, or no audit log in it: one line."""
        status, _, err = self.verify()
        self.assertEqual((status, "no database yet" in err, err.count("\n")), (EX_NOPERM, True, 1))
        with contextlib.closing(sqlite3.connect(self.state / "camsvc.sqlite")) as db:
            db.execute("CREATE TABLE x (y)")
        status, _, err = self.verify()
        self.assertEqual((status, "cannot be read" in err), (EX_NOPERM, True))
