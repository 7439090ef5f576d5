"""The Debian package, as far as it can be looked at without making one: ``make appliance`` installs it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from camsvc.config.files import load
from tests.support import CHECKOUT
from tools.debian import conffile, copyright

DEBIAN = CHECKOUT / "debian"
EXPOSURE = 3.0


class ConffileTests(SynchronousTestCase):
    """/etc/camsvc/camsvc.toml."""

    def setUp(self) -> None:
        self.file = Path(self.mktemp())
        self.text = conffile.conffile((CHECKOUT / "etc/camsvc.toml").read_text())
        self.file.write_text(self.text)

    def test_accepted(self) -> None:
        """Nothing listens to the network, and the engine is a unit of its own."""
        found = load(self.file)
        listens = (found.server.listen, found.media.rtsp_listen, found.media.webrtc_listen)
        self.assertEqual(set(listens), {"127.0.0.1"})
        self.assertEqual((found.media.run, found.media.engine), (False, "relay"))
        self.assertEqual(found.storage.runtime_dir, "/run/camsvc")

    def test_opened(self) -> None:
        """By the file that the package brings for that."""
        drop_in = Path(f"{self.file}.d")
        drop_in.mkdir()
        shutil.copy(DEBIAN / "network.toml", drop_in / "network.toml")
        found = load(self.file)
        self.assertEqual(found.server.listen, "0.0.0.0")
        self.assertEqual((found.media.rtsp_listen, found.media.webrtc_listen), ("", ""))

    def test_a_key_that_is_gone(self) -> None:
        """Is noticed."""
        self.assertRaises(ValueError, conffile.conffile, "[media]\n#run = true\n")


class CopyrightTests(SynchronousTestCase):
    """debian/copyright."""

    def test_complete(self) -> None:
        """Each distribution that the venv holds has a stanza with its license; `make generate` writes it."""
        text = copyright.FILE.read_text()
        self.assertEqual(re.findall(r"^Files: site-packages/(.*)/\*$", text, re.M), copyright.shipped())
        stanzas = re.split(r"\n(?=Files: )", text)[1:]
        self.assertEqual(len(stanzas), 1 + len(copyright.shipped()) + len(copyright.built_in()))
        for stanza in stanzas:
            head, _, license_text = stanza.partition("\nLicense: ")
            self.assertRegex(head, r"\nCopyright: .{3}")
            self.assertGreater(len(license_text.partition("\n")[2]), 40, head)

    def test_web(self) -> None:
        """So has what the page is built of."""
        text = copyright.FILE.read_text()
        self.assertEqual(re.findall(r"^Files: web/(.*)/\*$", text, re.M), copyright.built_in())


class UnitTests(SynchronousTestCase):
    """The units."""

    def test_exposure(self) -> None:
        """What systemd itself calls it, where it is here."""
        if not shutil.which("systemd-analyze"):
            raise SkipTest("there is no systemd here")
        for unit in ("camsvc.service", "camsvc.camsvc-relay.service", "camsvc.camsvc-mediamtx.service"):
            file = Path(self.mktemp()).with_suffix(".service").resolve()
            shutil.copy(DEBIAN / unit, file)
            argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)]
            said = subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout
            found = re.search(r"exposure level for .*: ([\d.]+) ", said)
            assert found, said
            self.assertLessEqual(float(found[1]), EXPOSURE, unit)

    def test_sandboxes_are_alike(self) -> None:
        """What one unit may not, none may: a launcher runs in the engine's."""
        pattern = re.compile(r"(?ms)^# What it may.*?(?=^\[Install\])")
        found = {pattern.search((DEBIAN / f"camsvc{name}.service").read_text())[0]  # type: ignore[index]
                 for name in ("", ".camsvc-relay", ".camsvc-mediamtx")}  # fmt: skip
        self.assertEqual(len(found), 1)


class ScriptTests(SynchronousTestCase):
    """Maintainer scripts, and what is typed."""

    def test_syntax(self) -> None:
        """dash takes them."""
        for name in ("camsvc.preinst", "camsvc.postinst", "camsvc.prerm", "camsvc.postrm", "camsvc-mediamtx-install"):
            subprocess.run(["dash", "-n", str(DEBIAN / name)], check=True, timeout=20)

    def test_help(self) -> None:
        """camsvc-mediamtx-install says what it does, without doing it."""
        argv = [str(DEBIAN / "camsvc-mediamtx-install"), "--help"]
        said = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout
        for option in ("--no-switch", "--installed", "--back"):
            self.assertIn(option, said)
        wrong = subprocess.run([argv[0], "--instaled"], capture_output=True, text=True, timeout=20)
        self.assertEqual((wrong.returncode, "--help lists them" in wrong.stderr), (64, True))

    def test_overrides(self) -> None:
        """Each of lintian's that is overridden stands below a comment that says why."""
        blocks = re.split(r"\n(?=#)", (DEBIAN / "camsvc.lintian-overrides").read_text().strip())
        self.assertTrue(all(block.startswith("# ") and "\ncamsvc: " in block for block in blocks), blocks)
