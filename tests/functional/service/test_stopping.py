"""A stop that goes wrong: engine, launchers and database are ended all the same."""

from __future__ import annotations

import signal
import sys
from typing import ClassVar

from tests.support import CHECKOUT
from tests.support.daemon.daemon import Daemon, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import read_frames
from tests.support.procfs import descendants
from tests.support.spawned import eventually


class FailingDaemon(Daemon):
    """One whose stop fails at some of its steps."""

    which: ClassVar[str]

    def argv(self) -> list[str]:
        arguments = super().argv()[1:]
        return [sys.executable, str(CHECKOUT / "tests/support/daemon/twistd_failing_stop.py"), self.which, *arguments]


class StopTests(DaemonTestCase):
    """With a camera that runs, and a WebSocket that is open."""

    async def setUp(self) -> None:
        """Each test starts a daemon of its own."""

    async def stopped(self, which: str) -> str:
        """Start a daemon, have its camera running, stop it; what it said meanwhile."""
        self.daemon = type("Failing", (FailingDaemon,), {"which": which})(self, self.engine)
        await self.daemon.start()
        self.addCleanup(self.show_log)
        await self.daemon.connect()
        watched = await read_frames(self, self.daemon.rtsp_url("camera0"), 5, 30)
        self.assertEqual(watched.frames, 5, watched.errors)
        self.assertGreaterEqual(len(descendants(self.daemon.process.pid)), 2)
        self.daemon.process.send(signal.SIGTERM)
        self.assertTrue(await eventually(lambda: not self.daemon.process.running, 30))
        self.assertEqual(self.daemon.leftovers(), [])
        self.assertEqual(list(self.daemon.state.glob("camsvc.sqlite-*")), [], "the database was not closed")
        return (self.daemon.folder / "camsvc.log").read_text(errors="replace").rpartition("stopping\n")[2]

    async def test_others_fail(self) -> None:
        """Every other step raises: each is told, and the three end in good order."""
        told = await self.stopped("others")
        self.assertIn("while closing the public port", told)
        self.assertIn("while writing the audit log", told)
        self.assertNotIn("by force", told)

    async def test_they_fail_themselves(self) -> None:
        """Their own steps raise: engine and launchers are killed."""
        told = await self.stopped("last")
        self.assertIn("while ending the media engine", told)
        self.assertIn("while ending launchers", told)


per_engine(globals(), StopTests)
