"""The doctor as a whole: report, exit status, bundle; and a real run on this machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.doctor.bundle import write_bundle
from camsvc.doctor.checkup import CHECKS, examine
from camsvc.doctor.finding import Finding, KnownFault, Level, exit_code
from camsvc.doctor.machine import Machine
from camsvc.doctor.report import lines
from camsvc.system.secret_files import stored_secret
from tests.support import CHECKOUT
from tests.unit.doctor.fake_machine import FakeMachineTestCase

CAMERA_PASSWORD = "s3cret-of-the-gate"
ONE_TIME = "h7mk-2xwp-9vtd-c4qa"


class ExaminationTests(FakeMachineTestCase):
    """All checks."""

    def test_one_fails(self) -> None:
        """It says so, and the others are made."""

        def check_broken(machine: Machine) -> list[Finding]:
            raise OSError("no such thing")

        def check_well(machine: Machine) -> list[Finding]:
            return [Finding("well", Level.OK, "is well")]

        found = examine(self.machine, (check_broken, check_well))
        self.assertEqual(
            [(each.check, each.level) for each in found], [("broken", Level.WARNING), ("well", Level.OK)]
        )
        self.assertIn("no such thing", found[0].text)

    def test_exit_code(self) -> None:
        """0, 1 for warnings, 2 for problems."""
        for levels, code in (([], 0), ([Level.OK, Level.NOTE], 0), ([Level.WARNING], 1), (list(Level), 2)):
            self.assertEqual(exit_code([Finding("a", level, "b") for level in levels]), code)

    def test_faults(self) -> None:
        """Each row that a check names stands in docs/faults.rst."""
        known = " ".join((CHECKOUT / "docs" / "faults.rst").read_text().split())
        for fault in KnownFault:
            self.assertIn(fault.value, known)


class ReportTests(SynchronousTestCase):
    """For a terminal and for a pipe."""

    def report(self, width: int, colour: bool) -> list[str]:
        text = "a sentence that is longer than what fits into a line of a narrow terminal, by far"
        return list(lines([Finding("disk", Level.PROBLEM, text, "do --this", KnownFault.ENGINE)], width, colour))

    def test_fits(self) -> None:
        """No line is wider than the terminal."""
        for width in (60, 80, 200):
            self.assertLessEqual(max(len(line) for line in self.report(width, False)), width)

    def test_plain(self) -> None:
        """No escapes in a pipe; the same words with colour."""
        text = "\n".join(self.report(80, False))
        self.assertNotIn("\x1b", text)
        self.assertIn("-> do --this", text)
        self.assertIn("1 problems, 0 warnings, 0 notes", text)
        self.assertEqual(re.sub(r"\x1b\[\d*m", "", "\n".join(self.report(80, True))), text)

    def test_a_strangers_name(self) -> None:
        """A camera's name steers no terminal."""
        (first, *_) = lines([Finding("usb", Level.OK, "\x1b[31mred")], 80, False)
        self.assertNotIn("\x1b", first)


class BundleTests(FakeMachineTestCase):
    """What goes into a bug report."""

    def setUp(self) -> None:
        super().setUp()
        runtime = self.root / "run"
        self.file(
            "/etc/camsvc.toml",
            f'[storage]\nstate_dir = "/state"\nruntime_dir = "{runtime}"\n'
            f'[[camera]]\nkind = "network"\nname = "Gate"\nurl = "rtsp://me:{CAMERA_PASSWORD}@10.0.0.9/x"\n',
        )
        self.secrets = {CAMERA_PASSWORD, ONE_TIME}
        (self.root / "state").mkdir()
        self.secrets.add(stored_secret(self.root / "state/jwt.key").decode())
        self.patch(__import__("camsvc.doctor.bundle", fromlist=["x"]), "secret_files",
                   lambda _: [Path("/state/jwt.key"), Path("/run/callback.key")])  # fmt: skip
        self.secrets.add(stored_secret(runtime / "callback.key").decode())
        jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
        key = "csk_0123456789ab_abcdefghijklmnop"
        self.secrets |= {jwt, key, "t1cket-of-a-file"}
        said = " ".join(sorted(self.secrets))
        log = (
            f"login   user admin, one-time password {ONE_TIME} (told only now)\n"
            f"ffmpeg -i rtsp://me:{CAMERA_PASSWORD}@10.0.0.9/x {jwt} ?ticket=t1cket-of-a-file&x {key}\n"
        )
        rest = said.replace(ONE_TIME, "").replace("t1cket-of-a-file", "")
        self.programs = {"journalctl": log + rest, "lsusb": "/:  Bus 01.Port 1: Dev 1"}
        self.answers = {"get_status": {"status": "healthy", "api_key": key, "token": jwt}}

    def test_no_secret(self) -> None:
        """Grepped for each one that this machine has, in each file of it; what is no secret is there."""
        file = self.root / "report.tar.gz"
        names = write_bundle(self.machine, [Finding("a", Level.NOTE, f"rtsp://me:{CAMERA_PASSWORD}@h/", "b")], file)
        self.assertLessEqual({"about.json", "findings.json", "configuration.json", "logs.txt", "usb.txt"}, set(names))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        with tarfile.open(file) as tar:
            texts = {entry.name: tar.extractfile(entry).read().decode() for entry in tar}  # type: ignore[union-attr]
        self.assertEqual(len(texts), len(names))
        for name, text in texts.items():
            for secret in self.secrets:
                self.assertNotIn(secret, text, name)
        self.assertIn("10.0.0.9", texts["camsvc-doctor/configuration.json"])
        self.assertIn("Bus 01", texts["camsvc-doctor/usb.txt"])
        self.assertIn("ffmpeg -i", texts["camsvc-doctor/logs.txt"])

    def test_nothing_is_overwritten(self) -> None:
        """A file that is there stays."""
        file = self.file("/report.tar.gz", "mine")
        self.assertRaises(FileExistsError, write_bundle, self.machine, [], file)
        self.assertEqual(file.read_text(), "mine")


class RealTests(SynchronousTestCase):
    """``camsvc doctor`` here."""

    def test_run(self) -> None:
        """Every check says something or has nothing to look at; none fails; JSON, exit status and bundle fit."""
        base = Path(self.mktemp()).resolve()
        base.mkdir()
        (base / "camsvc.toml").write_text('[server]\nport = 9\n[storage]\nstate_dir = "state"\n')
        bundle = base / "bundle.tar.gz"
        argv = ["doctor", "--json", "--config", str(base / "camsvc.toml"), "--bundle", str(bundle)]
        command = [sys.executable, "-c", "from camsvc.cli.main import main; raise SystemExit(main())", *argv]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=CHECKOUT)
        findings = json.loads(ran.stdout)
        self.assertEqual(ran.returncode, 2, ran.stderr)  # nobody answers there
        self.assertEqual([each for each in findings if "could not be looked at" in each["text"]], [])
        checks = {each["check"] for each in findings}
        self.assertLessEqual({"health", "engine", "ffmpeg", "kernel", "ports", "disk", "clock"}, checks)
        self.assertTrue(tarfile.is_tarfile(bundle))
        self.assertEqual(len(CHECKS), len(set(CHECKS)))
