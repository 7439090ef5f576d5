"""What several kinds share, run by the real ffmpeg."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.pipeline import COPIED_PICTURES
from camsvc.library import jpeg
from tests.support.media.local_ffmpeg import ffmpeg


class PictureTests(SynchronousTestCase):
    """`COPIED_PICTURES`."""

    def test_copied_pictures(self) -> None:
        """The first frame at once, then one a second as they come, none of them decoded."""
        folder = Path(self.mktemp())
        folder.mkdir()
        film = str(folder / "film.mjpeg.avi")
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", "-t", "3.5", "-c:v", "mjpeg", film)
        ffmpeg("-re", "-i", film, *COPIED_PICTURES, "-f", "image2", str(folder / "%d.jpg"))
        pictures = sorted(folder.glob("*.jpg"))
        self.assertEqual(len(pictures), 4)
        for picture in pictures:
            self.assertEqual(jpeg.size(picture.read_bytes()), (320, 180))
