"""Tests for the Makefile's install: a second one installs nothing, asks no registry, and needs no network."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time

from twisted.trial.unittest import SynchronousTestCase

from tests.support import CHECKOUT


def make_install(*before: str) -> subprocess.Popen[str]:
    """Start ``make install`` in the checkout, behind another command's arguments."""
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    argv = [*before, "make", "-C", str(CHECKOUT), "--no-print-directory", "install"]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


class SecondInstallTests(SynchronousTestCase):
    """The first one is that of `make test`, where that runs these tests."""

    def test_without_a_network(self) -> None:
        """In a network namespace without even a loopback it is done at once, says nothing and changes nothing."""
        first = make_install()
        _, told = first.communicate(timeout=600)
        self.assertEqual(first.returncode, 0, told)
        packages = CHECKOUT / ".venv"
        before = sorted((path.name, path.stat().st_mtime_ns) for path in packages.iterdir())
        own_user = [] if os.geteuid() == 0 else ["--map-root-user"]
        began = time.monotonic()
        second = make_install("/usr/bin/unshare", "--net", *own_user)
        self.assertEqual((*second.communicate(timeout=600), second.returncode), ("", "", 0))
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(sorted((path.name, path.stat().st_mtime_ns) for path in packages.iterdir()), before)

    def test_two_at_once(self) -> None:
        """They take turns, and the one that waits says so."""
        make_install().communicate(timeout=600)
        folder = os.open(CHECKOUT, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        second = make_install()
        assert second.stderr is not None
        self.assertEqual(second.stderr.readline(), "camsvc: another install is at work here; waiting for it\n")
        self.assertIsNone(second.poll())
        fcntl.flock(folder, fcntl.LOCK_UN)
        self.assertEqual((*second.communicate(timeout=600), second.returncode), ("", "", 0))
