"""The page for a while: ``web/e2e/soak.ts``, on the first engine that is there."""

from __future__ import annotations

import os
import sys

from twisted.trial.unittest import TestCase

from tests.functional.live.test_web_client import FOLDER, NODE
from tests.support.engine.engines import find_engines
from tests.support.media.ffmpeg import spawn
from tests.support.spawned import scratch

MINUTES = float(os.environ.get("CAMSVC_SOAK_MINUTES", "3"))


class SoakTests(TestCase):
    """``make soak-web`` is this for half an hour."""

    timeout = 60 * MINUTES + 400

    async def test_soak(self) -> None:
        """Eight live tiles survive every failure, the heap stays small and does not grow, the console is silent."""
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(scratch(self)),
            **{name: value for name, value in os.environ.items() if name.startswith("CAMSVC_")},
            "CAMSVC_E2E_ENGINE": find_engines()[0].label,
        }
        process = spawn(self, [str(NODE), str(FOLDER / "soak.ts"), str(MINUTES)], env=env)
        output = await process.ends_within(60 * MINUTES + 300)
        print(process.out.decode(errors="replace"), end="", file=sys.__stdout__)
        self.assertEqual(output.code, 0, process.err.decode(errors="replace")[-3000:])
