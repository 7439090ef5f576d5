"""Tests for the Makefile's install: a second one installs nothing, asks no registry, and needs no network."""

from __future__ import annotations

import os
import subprocess
import time

from twisted.trial.unittest import SynchronousTestCase

from tests.support import CHECKOUT


def make_install(*before: str) -> subprocess.CompletedProcess[str]:
    """Run ``make install`` in the checkout, behind another command's arguments."""
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    argv = [*before, "make", "-C", str(CHECKOUT), "--no-print-directory", "install"]
    return subprocess.run(argv, capture_output=True, text=True, env=env, timeout=600)


class SecondInstallTests(SynchronousTestCase):
    """The first one is that of `make test`, where that runs these tests."""

    def test_without_a_network(self) -> None:
        """In a network namespace without even a loopback it is done at once, says nothing and changes nothing."""
        first = make_install()
        self.assertEqual(first.returncode, 0, first.stderr)
        packages = CHECKOUT / ".venv"
        before = sorted((path.name, path.stat().st_mtime_ns) for path in packages.iterdir())
        own_user = [] if os.geteuid() == 0 else ["--map-root-user"]
        began = time.monotonic()
        second = make_install("/usr/bin/unshare", "--net", *own_user)
        self.assertEqual((second.returncode, second.stdout, second.stderr), (0, "", ""))
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(sorted((path.name, path.stat().st_mtime_ns) for path in packages.iterdir()), before)
