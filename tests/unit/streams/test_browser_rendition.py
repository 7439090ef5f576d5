"""Which cameras get a web path, and for what."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import camera_of, web_path
from camsvc.streams.browser_rendition import web_protocols
from tests.support.samples import camera


class ProtocolTests(SynchronousTestCase):
    """`web_protocols`."""

    def test_sound(self) -> None:
        """Each protocol carries its own kinds."""
        for audio, needed in (
            ("", set()),
            ("opus", set()),
            ("aac", {"webrtc"}),
            ("pcm_alaw", {"hls"}),
            ("mp3", {"webrtc", "hls"}),
        ):
            self.assertEqual(web_protocols(camera(audio=audio)), needed, audio)

    def test_video(self) -> None:
        """What browsers do not play is for no protocol, whatever its sound."""
        for audio in ("", "aac", "opus"):
            self.assertEqual(web_protocols(camera(audio=audio, unplayable="x")), {"webrtc", "hls"})


class NameTests(SynchronousTestCase):
    """`web_path` and `camera_of`."""

    def test_both_ways(self) -> None:
        """A path is a camera's own, its web path, or none of a camera."""
        self.assertEqual((camera_of("camera7"), camera_of(web_path("camera7"))), ("camera7", "camera7"))
        for path in ("rec/camera7/1", "web/camera7/", "web/camera7\n", "web/", "camera", "web/web/camera7", ""):
            self.assertIsNone(camera_of(path), path)
