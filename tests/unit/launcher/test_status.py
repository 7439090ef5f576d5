"""The launcher's status file, and what of ffmpeg's lines stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.launcher import status
from camsvc.launcher.status import Status, harmless


class HarmlessTests(SynchronousTestCase):
    """`harmless`."""

    def test_harmless(self) -> None:
        """What ffmpeg prints when all is well, and how it repeats itself."""
        self.assertTrue(harmless("[swscaler @ 0x5] deprecated pixel format used, make sure you did set range"))
        self.assertTrue(harmless("    Last message repeated 3 times"))
        self.assertFalse(harmless("/dev/video0: No such device"))


class StatusTests(SynchronousTestCase):
    """`Status`."""

    def setUp(self) -> None:
        self.now = 100.0
        self.patch(status, "boottime_s", lambda: self.now)
        self.path = Path(self.mktemp())
        self.status = Status(str(self.path))

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
        self.status.frames, self.now = 7, 100.9
        self.status.write()
        self.assertIsNone(self.written())
        self.status.enter("running")
        self.status.write()
        changed = self.written()
        assert changed is not None
        self.assertEqual((changed["state"], changed["frames"], changed["since"]), ("running", 7, 100.9))
        self.now = 101.9
        self.status.enter("running")
        self.status.write()
        later = self.written()
        assert later is not None
        self.assertEqual((later["at"], later["since"]), (101.9, 100.9))

    def test_first_picture_is_told_at_once(self) -> None:
        """Whoever woke the camera for a picture waits for this."""
        self.status.write()
        self.written()
        self.status.jpeg_at = 100.0
        self.status.write()
        self.assertEqual((self.written() or {})["jpeg_at"], 100.0)
