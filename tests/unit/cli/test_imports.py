"""What the command line loads: no daemon, and no OpenSSL beside the standard library's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.cli.main import COMMANDS
from camsvc.system.secret_files import stored_secret
from tests.support import CHECKOUT

HEAVY = ("twisted", "OpenSSL", "cryptography", "jwt", "autobahn", "klein", "treq", "argon2", "zope", "camsvc.app")
LIGHT = tuple(name for name in COMMANDS if name != "check-config")
"""check-config reads the certificate and looks for an engine, as the daemon does."""

PROGRAM = """
import sys
from camsvc.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("loaded", *sys.modules, file=sys.stderr)
"""


class ImportTests(SynchronousTestCase):
    """Modules of a process that runs one command."""

    def loaded(self, *argv: str, heavy: tuple[str, ...] = HEAVY) -> set[str]:
        """Which of the heavy packages are loaded after ``camsvc ...``."""
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, *argv], capture_output=True, text=True, cwd=CHECKOUT, timeout=60
        )
        line = ran.stderr.splitlines()[-1]
        self.assertTrue(line.startswith("loaded "), ran.stderr)
        modules = line.split()
        return {name for name in heavy if any(each == name or each.startswith(f"{name}.") for each in modules)}

    def test_help(self) -> None:
        """Not even what a command would need: TLS, the configuration."""
        heavy = (*HEAVY, "ssl", "msgspec", "attrs", "sqlite3", "http")
        for argv in (["--help"], ["--version"], []):
            self.assertEqual(self.loaded(*argv, heavy=heavy), set(), argv)

    def test_commands(self) -> None:
        """The options of each command, and what it is imported for."""
        for name in LIGHT:
            self.assertEqual(self.loaded(name, "--help"), set(), name)
        self.assertIn("camsvc.app", self.loaded("check-config", "--help"), "this test sees what is loaded")

    def test_call(self) -> None:
        """A call, its token included; and making a token."""
        base = Path(self.mktemp()).resolve()
        stored_secret(base / "state" / "jwt.key")
        (base / "camsvc.toml").write_text('[server]\nport = 9\n[storage]\nstate_dir = "state"\n')
        config = ["--config", str(base / "camsvc.toml")]
        for argv in (["call", *config, "ping"], ["token", *config]):
            self.assertEqual(self.loaded(*argv), set(), argv)
