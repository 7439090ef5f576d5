"""The command line: output, one-line mistakes, exit statuses."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.cli import check_config
from camsvc.cli.main import main
from camsvc.config.files import load
from camsvc.config.schema import Config
from camsvc.system.secret_files import stored_secret
from tests.support.certificates import make_pair


class CliTestCase(SynchronousTestCase):
    """With a configuration of its own."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        self.file = self.base / "camsvc.toml"
        self.file.write_text('[storage]\nstate_dir = "state"\n[media]\nengine = "relay"\n')
        self.key = self.base / "state" / "jwt.key"

    def run_it(self, *argv: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        out, err = io.StringIO(), io.StringIO()
        self.patch(sys, "stdout", out)
        self.patch(sys, "stderr", err)
        try:
            status = main([*argv, "--config", str(self.file)] if argv and argv[0][0] != "-" else argv)
        except SystemExit as why:
            status = int(why.code or 0)
        return status, out.getvalue(), err.getvalue()

    def config(self) -> Config:
        """What it comes to."""
        return load(self.file)


class CliTests(CliTestCase):
    """``camsvc``."""

    def test_token(self) -> None:
        """One line that logs in, with the role and the time asked for."""
        secret = stored_secret(self.key)
        status, out, err = self.run_it("token", "--role", "operator", "--expires", "8h", "--user", "me")
        self.assertEqual((status, err, out.count("\n")), (0, "", 1))
        who = Tokens(secret).principal(out.strip(), time.time())
        self.assertEqual((who.subject, who.role), ("me", Role.OPERATOR))
        self.assertLess(abs(who.expires_at - time.time() - 8 * 3600), 5)

    def test_token_defaults(self) -> None:
        """A viewer, for a day."""
        secret = stored_secret(self.key)
        who = Tokens(secret).principal(self.run_it("token")[1].strip(), time.time())
        self.assertIs(who.role, Role.VIEWER)
        self.assertLess(abs(who.expires_at - time.time() - 86400), 5)

    def test_token_without_key(self) -> None:
        """Says that the daemon makes one; makes none itself."""
        status, out, err = self.run_it("token")
        self.assertEqual((status, out), (77, ""))
        self.assertIn("start the daemon once", err)
        self.assertFalse(self.key.exists())

    def test_token_with_open_key(self) -> None:
        """A key that others can read is not used."""
        stored_secret(self.key)
        self.key.chmod(0o644)
        status, out, err = self.run_it("token")
        self.assertEqual((status, out, err.count("\n")), (77, "", 1))

    def test_bad_spans(self) -> None:
        """Zero, negative, without unit, too long."""
        stored_secret(self.key)
        for span in ("0s", "-1h", "10", "1w", "367d", "", "1h30m", "9999999999999999999999d"):
            status, out, err = self.run_it("token", f"--expires={span}")
            self.assertEqual((status, out), (2, ""), span)
            self.assertIn("allowed are", err)

    def test_token_for_nobody(self) -> None:
        """An empty user is refused here, as the server would refuse its token."""
        stored_secret(self.key)
        status, out, _ = self.run_it("token", "--user", "")
        self.assertEqual((status, out), (2, ""))

    def test_check_config(self) -> None:
        """Says which file it read and what it comes to."""
        status, out, err = self.run_it("check-config")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(str(self.file), out)
        self.assertIn(str(self.base / "state"), out)
        self.assertIn("camsvc-relay", out)
        self.assertFalse(self.key.parent.exists())

    def test_check_config_sources(self) -> None:
        """Each value that is set, with its file; as JSON too; no password in either."""
        drop_in = Path(f"{self.file}.d") / "local.toml"
        drop_in.parent.mkdir()
        drop_in.write_text(
            '[logs]\nlevel = "warn"\n[[camera]]\nkind = "network"\nname = "Gate"\nurl = "rtsp://me:s3cret@h/x"\n'
        )
        out = self.run_it("check-config")[1]
        self.assertIn(f'logs.level = "warn"  {drop_in}\n', out)
        self.assertIn("rtsp://me:***@h/x", out)
        told = self.run_it("check-config", "--json")[1]
        self.assertIn({"key": "logs.level", "value": "warn", "file": str(drop_in)}, json.loads(told)["set"])
        self.assertNotIn("s3cret", out + told)

    def test_check_config_tls(self) -> None:
        """The certificate and what is wrong with it; a pair that is none is a mistake."""
        out = self.run_it("check-config")[1]
        self.assertIn("\ntls      no\n", out)
        self.assertIn("\nrtsps    no, as there is no certificate\n", out)
        _, key = make_pair(self.base, from_days=-9, to_days=-1)
        key.chmod(0o644)
        self.file.write_text('[server]\ntls_cert = "tls.crt"\ntls_key = "tls.key"\n')
        status, out, _ = self.run_it("check-config")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\ntls      a certificate for cam.example, .*: it has expired on .*; every user")
        key.write_text("x")
        status, _, err = self.run_it("check-config")
        self.assertEqual((status, err.count("\n")), (64, 1))
        self.assertIn("server.tls_key", err)

    def test_check_config_mistake(self) -> None:
        """64 and one line."""
        self.file.write_text("[server]\nprot = 1\n")
        status, out, err = self.run_it("check-config")
        self.assertEqual((status, out, err.count("\n")), (64, "", 1))
        self.assertIn("did you mean port", err)

    def test_no_file(self) -> None:
        """--config that names nothing."""
        self.file.unlink()
        self.assertEqual(self.run_it("check-config")[0], 64)

    def test_defaults(self) -> None:
        """Without any file the defaults are shown."""
        self.patch(check_config, "find_file", lambda _: None)
        self.patch(check_config, "choose", lambda media: type("Choice", (), {"words": "x"}))
        self.assertIn("none found", self.run_it("check-config")[1])

    def test_usage(self) -> None:
        """Nothing asked, or something unknown: 2; help and version: 0."""
        self.assertEqual(self.run_it()[0], 2)
        self.assertEqual(self.run_it("fly")[0], 2)
        status, out, _ = self.run_it("--version")
        self.assertEqual((status, out[:7]), (0, "camsvc "))
        self.assertEqual(self.run_it("--help")[0], 0)

    def test_reader_gone(self) -> None:
        """``camsvc token | head -0`` ends quietly."""
        stored_secret(self.key)
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w", buffering=1) as pipe:
            self.patch(sys, "stdout", pipe)
            self.assertEqual(main(["token", "--config", str(self.file)]), 0)
            self.patch(sys, "stdout", sys.__stdout__)
            try:
                pipe.close()
            except BrokenPipeError:
                pass
