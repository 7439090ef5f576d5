"""A backup, restored by the same camsvc, by a newer and by an older one."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.backup import restoration
from camsvc.backup.archive import write_backup
from camsvc.backup.restoration import restore
from camsvc.config.files import Sources, read
from camsvc.errors import StartError
from camsvc.system import database
from camsvc.system.database import Database
from camsvc.system.schema.migrations import MIGRATIONS
from camsvc.system.secret_files import read_secret, stored_secret


class BackupTests(SynchronousTestCase):
    """``write_backup`` and ``restore``, on databases that ``Database`` makes."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.here = self.state("here")
        stored_secret(self.here.config.jwt_secret_file)
        self.open(self.here)
        self.execute(
            self.here,
            "INSERT INTO user (name, role, password, disabled, must_change, created_at, password_at) "
            "VALUES ('ann', 'operator', 'argon2', 0, 0, 1.5, 2.5)",
        )
        self.execute(
            self.here,
            "INSERT INTO api_key (id, name, digest, role, created_at, created_by) "
            "VALUES ('1', 'display', x'00ff80', 'viewer', 1.0, 'ann')",
        )
        self.file = self.base / "camsvc.tar.gz"

    def state(self, name: str) -> Sources:
        """A machine's configuration, with a file beside it."""
        folder = self.base / name
        (folder / "camsvc.toml.d").mkdir(parents=True)
        (folder / "camsvc.toml").write_text('[storage]\nstate_dir = "state"\n')
        (folder / "camsvc.toml.d" / "lan.toml").write_text(f'[logs]\nlevel = "warn"  # of {name}\n')
        return read(folder / "camsvc.toml")

    def open(self, sources: Sources) -> None:
        """Start camsvc there, as far as its database goes."""
        sources.config.state_dir.mkdir(exist_ok=True)
        Database(sources.config.state_dir / "camsvc.sqlite").stop()

    def execute(self, sources: Sources, sql: str) -> list[Any]:
        path = sources.config.state_dir / "camsvc.sqlite"
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            return db.execute(sql).fetchall()

    def migrations(self, scripts: tuple[str, ...]) -> None:
        """A camsvc that knows these."""
        self.patch(database, "MIGRATIONS", scripts)
        self.patch(restoration, "MIGRATIONS", scripts)

    def check_restored(self, there: Sources) -> None:
        self.open(there)
        self.assertEqual(self.execute(there, "SELECT name, role, password_at FROM user"), [("ann", "operator", 2.5)])
        self.assertEqual(self.execute(there, "SELECT name, digest FROM api_key"), [("display", b"\x00\xff\x80")])
        self.assertEqual(self.execute(there, "PRAGMA foreign_key_check"), [])

    def test_elsewhere(self) -> None:
        """All is there on another machine, the key too; the configuration only where that was asked for."""
        told = write_backup(self.here, self.file)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(told["tables"]["user"], 1)
        there = self.state("there")
        told = restore(there, self.file, False)
        self.assertEqual(told["left_out"], [])
        self.check_restored(there)
        self.assertEqual(read_secret(there.config.jwt_secret_file), read_secret(self.here.config.jwt_secret_file))
        drop_in = self.base / "there" / "camsvc.toml.d" / "lan.toml"
        self.assertIn("of there", drop_in.read_text())
        restore(there, self.file, True)
        self.assertIn("of here", drop_in.read_text())
        self.assertIn("of there", drop_in.with_name("lan.toml.replaced").read_text())

    def test_by_a_newer_one(self) -> None:
        """Its tables come to be as they would have by an upgrade."""
        write_backup(self.here, self.file)
        self.migrations((*MIGRATIONS, "ALTER TABLE user ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';"))
        there = self.state("there")
        restore(there, self.file, False)
        self.check_restored(there)
        self.assertEqual(self.execute(there, "SELECT colour FROM user"), [("red",)])

    def test_by_an_older_one(self) -> None:
        """It takes what it knows, and says what it does not."""
        newer = "ALTER TABLE user ADD COLUMN colour TEXT; CREATE TABLE robot (name TEXT) STRICT;"
        self.migrations((*MIGRATIONS, newer))
        self.open(self.here)
        write_backup(self.here, self.file)
        self.migrations(MIGRATIONS)
        there = self.state("there")
        told = restore(there, self.file, False)
        self.assertEqual(told["left_out"], ["robot", "user.colour"])
        self.check_restored(there)

    def test_what_was_there(self) -> None:
        """Stays beside it; what SQLite had beside the old one does not come into the new one."""
        write_backup(self.here, self.file)
        self.execute(self.here, "DELETE FROM user")
        (self.here.config.state_dir / "camsvc.sqlite-wal").write_bytes(b"of the old one")
        restore(self.here, self.file, False)
        self.check_restored(self.here)
        with closing(sqlite3.connect(self.here.config.state_dir / "camsvc.sqlite.replaced")) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM user").fetchone(), (0,))

    def test_while_camsvc_runs(self) -> None:
        """A backup may be made; nothing may be restored."""
        with open(self.here.config.state_dir / "camsvc.lock", "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write_backup(self.here, self.file)
            with self.assertRaises(StartError) as caught:
                restore(self.here, self.file, False)
        self.assertIn("stop it before", caught.exception.message)

    def test_no_backup(self) -> None:
        """Another tar, no tar, one of a form to come: nothing is touched."""
        with tarfile.open(self.base / "other.tar.gz", "w:gz") as tar:
            tar.add(self.here.files[0], "x")
        (self.base / "text").write_text("x")
        for name in ("other.tar.gz", "text"):
            with self.assertRaises(StartError) as caught:
                restore(self.here, self.base / name, False)
            self.assertIn("no backup", caught.exception.message)
        self.patch(restoration, "FORMAT", 0)
        write_backup(self.here, self.file)
        self.assertRaises(StartError, restore, self.here, self.file, False)
        self.check_restored(self.here)

    def test_nothing_is_overwritten(self) -> None:
        """A file that is there stays."""
        self.file.write_text("mine")
        self.assertRaises(FileExistsError, write_backup, self.here, self.file)

    def test_no_way_out(self) -> None:
        """A name in a tar leads to no other folder."""
        write_backup(self.here, self.file)
        with tarfile.open(self.file) as tar:
            entries = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
        crafted = {"camsvc-backup/configuration/camsvc.toml.d/../../../escaped.toml": b"x"}
        self.patch(restoration, "_entries", lambda _: entries | crafted)
        there = self.state("there")
        restore(there, self.file, True)
        self.assertEqual([*self.base.rglob("escaped.toml")], [self.base / "there/camsvc.toml.d/escaped.toml"])
        self.assertIn("schema", json.loads(entries["camsvc-backup/about.json"]))
