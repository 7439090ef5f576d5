"""Which cameras get a web path, and for what."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import Camera, Mode, camera_of, web_path
from camsvc.streams.browser_rendition import for_browsers, web_protocols
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
            ("mp3", set()),  # it is encoded as Opus
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


class PipelineTests(SynchronousTestCase):
    """`for_browsers`."""

    def network(self, form: str = "H264", **keys: Any) -> Camera:
        return camera(kind="network", modes=(Mode(form, 640, 360, (25.0,)),), source="rtsp://h/1", **keys)

    def test_for_browsers(self) -> None:
        """Only what they do not play is encoded; AAC stays where HLS is made of the same."""
        for keys, video, sound in (
            ({"audio": "aac"}, "-c:v copy", "-c:a libopus"),
            ({"audio": "aac", "unplayable": "x"}, "-c:v libx264", "-c:a:0 copy -c:a:1 libopus"),
            ({"audio": "opus", "unplayable": "x"}, "-c:v libx264", "-c:a copy"),
            ({"unplayable": "x"}, "-c:v libx264", ""),
        ):
            made = for_browsers(self.network(**keys), "/bin/ffmpeg", "rtsp://_int:s3cret@127.0.0.1:8554/camera0")
            told = " ".join(made.video)
            self.assertIn(video, told)
            self.assertIn(sound, told)
            self.assertEqual("0:a" in told, bool(sound))
            self.assertNotIn("s3cret", told + " ".join(made.input))
            self.assertEqual((made.hidden, made.jpeg, made.ffmpeg), (("_int:s3cret",), (), "/bin/ffmpeg"))
