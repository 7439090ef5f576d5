"""The launcher's status file, and what of ffmpeg's lines stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.launcher import status
from camsvc.launcher.status import Status, harmless, redact


class RedactTests(SynchronousTestCase):
    """`redact`."""

    def test_credentials(self) -> None:
        """No credential of a URL stays, wherever ffmpeg cut the line."""
        for line in (
            "rtsp://me:s3cret@host/path: 401",
            "rtsp://me:p@s3cret@host:554/path",
            "to rtsp://_pub:camera0.12.s3cret@127.0.0.1:8554/camera0 and on",
            "rtsp://_pub:camera0.12.s3cret",
            "http://host/video?user=me&pwd=s3cret&size=1",
            "http://host/?Password=s3cret",
        ):
            self.assertNotIn("s3cret", redact(line), line)

    def test_hidden(self) -> None:
        """What the pipeline hides is blotted out wherever it stands: some cameras take a password in the path."""
        line = "Impossible to open 'rtsp://10.0.0.9:554/user=me_password=s3cret_channel=1.sdp'"
        told = redact(line, ("/user=me_password=s3cret_channel=1.sdp",))
        self.assertEqual(told, "Impossible to open 'rtsp://10.0.0.9:554***'")

    def test_the_rest_stays(self) -> None:
        """An address without credentials is told in full."""
        for line in (
            "rtsp://127.0.0.1:8554/camera0",
            "Connection to tcp://127.0.0.1:8554 failed",
            "a@b",
            "tcp://h:8554",
        ):
            self.assertEqual(redact(line), line)


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
