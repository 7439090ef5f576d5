"""The launcher's status file, and what of ffmpeg's lines stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.launcher.status import StatusFile, harmless
from tests.support.clocks import FakeClocks


class HarmlessTests(SynchronousTestCase):
    """`harmless`."""

    def test_harmless(self) -> None:
        """What ffmpeg prints when all is well, and how it repeats itself."""
        self.assertTrue(harmless("[swscaler @ 0x5] deprecated pixel format used, make sure you did set range"))
        self.assertTrue(harmless("    Last message repeated 3 times"))
        self.assertFalse(harmless("/dev/video0: No such device"))


class StatusFileTests(SynchronousTestCase):
    """`StatusFile`."""

    def setUp(self) -> None:
        self.clocks = FakeClocks(boot=100.0)
        self.path = Path(self.mktemp())
        self.status = StatusFile(str(self.path), self.clocks)

    def written(self) -> dict[str, Any] | None:
        """What was written since the last call."""
        if not self.path.exists():
            return None
        value: dict[str, Any] = json.loads(self.path.read_text())
        self.path.unlink()
        return value

    def test_at_once_and_each_second(self) -> None:
        """A change is written at once, the rest once a second."""
        self.status.write()
        first = self.written()
        assert first is not None
        self.assertEqual((first["state"], first["at"], first["since"]), ("starting", 100.0, 100.0))
        self.status.note_progress(7, 0.0, None)
        self.clocks.boot = 100.9
        self.status.write()
        self.assertIsNone(self.written())
        self.status.enter("running")
        self.status.write()
        changed = self.written()
        assert changed is not None
        self.assertEqual((changed["state"], changed["frames"], changed["since"]), ("running", 7, 100.9))
        self.clocks.boot = 101.9
        self.status.enter("running")
        self.status.write()
        later = self.written()
        assert later is not None
        self.assertEqual((later["at"], later["since"]), (101.9, 100.9))

    def test_sound(self) -> None:
        """How loud it is, and since when it is no more than silence; nothing once ffmpeg has ended."""
        for boot, level in ((100.0, -30.0), (105.0, None), (110.0, -75.0), (120.0, -120.0)):
            self.clocks.boot = boot
            self.status.note_progress(1, 0.0, None, level)
        self.status.write()
        told = self.written() or {}
        self.assertEqual((told["sound_db"], told["loud_at"]), (-120.0, 100.0))
        self.status.note_progress(1, 0.0, None, -59.0)
        self.clocks.boot = 122.0
        self.status.write()
        self.assertEqual((self.written() or {})["loud_at"], 120.0)
        self.status.note_ffmpeg(None)
        self.clocks.boot = 124.0
        self.status.write()
        told = self.written() or {}
        self.assertEqual((told["sound_db"], told["loud_at"]), (None, None))

    def test_first_picture_is_told_at_once(self) -> None:
        """Whoever woke the camera for a picture waits for this."""
        self.status.write()
        self.written()
        self.status.note_picture(there=True)
        self.status.write()
        self.assertEqual((self.written() or {})["jpeg_at"], 100.0)
