"""Another quality of a picture."""

from __future__ import annotations

import shutil
import subprocess

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from camsvc.errors import DependencyFailed
from camsvc.library import jpeg
from camsvc.recording.jpeg_quality import encode
from tests.support import children
from tests.support.samples import runtime


class EncodeTests(TestCase):
    """Another quality, by a real ffmpeg."""

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        from twisted.internet import reactor

        ffmpeg = shutil.which("ffmpeg") or "ffmpeg"
        self.runtime = runtime(reactor, ffmpeg=ffmpeg)
        self.addCleanup(self.runtime.database.stop)
        argv = [
            ffmpeg,
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x240",
            "-frames:v",
            "1",
            "-f",
            "mjpeg",
            "-",
        ]
        self.picture = subprocess.run(argv, capture_output=True, check=True).stdout

    async def test_qualities(self) -> None:
        """Less is smaller; the size of the picture stays."""
        best = await encode(self.runtime, self.picture, 100)
        middle = await encode(self.runtime, self.picture, 50)
        worst = await encode(self.runtime, self.picture, 1)
        self.assertGreater(len(best), len(middle))
        self.assertGreater(len(middle), len(worst))
        self.assertEqual({jpeg.size(data) for data in (best, middle, worst)}, {(320, 240)})

    async def test_no_picture(self) -> None:
        """-32050."""
        with self.assertRaises(DependencyFailed) as caught:
            await encode(self.runtime, b"no picture", 50)
        self.assertEqual(caught.exception.data["dependency"], "ffmpeg")
