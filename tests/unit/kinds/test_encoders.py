"""What hardware is asked for, in place of libx264."""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.encoders import HARDWARE, encoded_by
from camsvc.kinds.usb import UsbCamera
from camsvc.model import Mode
from camsvc.streams.browser_rendition import for_browsers
from tests.support.samples import camera

V4L2M2M, VAAPI = HARDWARE


class EncodedByTests(SynchronousTestCase):
    """``encoded_by``."""

    def usb(self, form: str, table: UsbCamera | None = None) -> tuple[str, ...]:
        found = camera(kind="usb", source="/dev/video0", modes=(Mode(form, 640, 480, (30.0,), "/dev/video0"),))
        made = pipeline_of([], [table] if table else [], "ffmpeg", found)
        other = encoded_by(made, VAAPI)
        plain = {"video": (), "otherwise": None, "encoder": "", "software": None}
        self.assertEqual(evolve(other, **plain), evolve(made, **plain))
        encoded, before = other.otherwise or other, made.otherwise or made
        if encoded.video != before.video:  # libx264 stands by
            self.assertEqual((encoded.encoder, encoded.software), ("h264_vaapi", before))
        return encoded.video

    def test_pictures_in_memory(self) -> None:
        """They pass to the graphics last; bit rate and key frames are as libx264's."""
        video = self.usb("MJPG")
        self.assertIn("scale=out_range=tv,format=yuv420p,format=nv12,hwupload", video)
        self.assertEqual(video[:2], ("-vaapi_device", "/dev/dri/renderD128"))
        self.assertEqual(video[video.index("-c:v") + 1], "h264_vaapi")
        self.assertNotIn("libx264", video)
        self.assertNotIn("-tune", video)
        self.assertEqual(video[video.index("-g") + 1], "30")
        self.assertIn("-b:v", video)

    def test_source_without_a_filter(self) -> None:
        """A test picture gets the one that it needs."""
        video = encoded_by(pipeline_of([], [], "ffmpeg", camera()), VAAPI).video
        self.assertEqual(video[video.index("-vf") + 1], "format=nv12,hwupload")

    def test_h264(self) -> None:
        """A camera's own is passed on; what stands by for it is encoded by hardware."""
        found = camera(kind="usb", source="/dev/video0", modes=(Mode("H264", 640, 480, (30.0,), "/dev/video0"),))
        made = pipeline_of([], [], "ffmpeg", found)
        self.assertEqual(encoded_by(made, VAAPI).video, made.video)
        self.assertIn("h264_vaapi", self.usb("H264"))

    def test_for_browsers(self) -> None:
        """What browsers do not play is encoded by hardware, too."""
        found = camera(kind="network", unplayable="it is H265", modes=(Mode("H265", 640, 480, (25.0,)),))
        video = encoded_by(for_browsers(found, "ffmpeg", "rtsp://127.0.0.1:8554/camera0"), V4L2M2M).video
        self.assertEqual(video[video.index("-c:v") + 1], "h264_v4l2m2m")
        self.assertEqual(video[video.index("-bf") + 1], "0")

    def test_what_stays(self) -> None:
        """What the owner has written, and all without hardware."""
        own = ("-map", "0:v", "-c:v", "libx264", "-crf", "30")
        self.assertEqual(self.usb("MJPG", UsbCamera(device="camera0", ffmpeg_video=list(own))), own)
        made = pipeline_of([], [], "ffmpeg", camera())
        self.assertEqual(encoded_by(made, None), made)
