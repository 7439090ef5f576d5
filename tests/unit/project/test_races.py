"""That tests look at what changes under their eyes through one module, which thinks of it."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.support import CHECKOUT

OWN_LOOK = re.compile(r"""["']/proc(/\{|["'])""")
"""A path below another process' folder, or the list of all processes."""


class RaceTests(SynchronousTestCase):
    """Files and processes that go while they are looked at."""

    def test_proc(self) -> None:
        """Only tests/support/procfs.py opens what belongs to another process; tests of a guest run in the guest."""
        own = [
            f"{path.relative_to(CHECKOUT)}: {line.strip()}"
            for path in sorted((CHECKOUT / "tests").rglob("*.py"))
            if path.name != "procfs.py" and "appliance" not in path.parts
            for line in path.read_text(encoding="utf-8").splitlines()
            if OWN_LOOK.search(line)
        ]
        self.assertEqual(own, [])
