"""The changelog agrees with the version, and its fragments are of a known type."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

from twisted.trial.unittest import SynchronousTestCase

import camsvc
from tests.support import CHECKOUT

TOWNCRIER = [sys.executable, "-m", "towncrier"]


class ChangelogTests(SynchronousTestCase):
    """``CHANGELOG.rst`` and ``changelog.d``."""

    def test_version(self) -> None:
        """The newest version of the changelog is the package's."""
        versions = re.findall(r"^camsvc (\S+)\n-+$", (CHECKOUT / "CHANGELOG.rst").read_text(), re.M)
        self.assertEqual(versions[0], camsvc.__version__)

    def test_fragments(self) -> None:
        """Each file of ``changelog.d`` is of a type that ``pyproject.toml`` has: a release leaves others out."""
        settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["towncrier"]
        types = {each["directory"] for each in settings["type"]}
        for path in (CHECKOUT / "changelog.d").iterdir():
            if path.name != "README.rst":
                self.assertIn(path.name.removesuffix(".rst").rpartition(".")[2], types, path.name)
                self.assertTrue(path.read_text().strip(), path.name)

    def test_draft(self) -> None:
        """The next release can be written, with the text of every fragment."""
        argv = [*TOWNCRIER, "build", "--draft", "--version", "99.0"]
        said = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(said.returncode, 0, said.stderr)
        words = " ".join(said.stdout.split())
        for path in (CHECKOUT / "changelog.d").iterdir():
            if path.name != "README.rst":
                self.assertIn(" ".join(path.read_text().split())[:40], words, path.name)
