"""Kind ``usb``: what is chosen for which camera, sound by the real ffmpeg."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.pipeline import ENCODED_PICTURES, Pipeline
from camsvc.kinds.usb import UsbCamera
from camsvc.model import Mode
from tests.support.media.local_ffmpeg import ffmpeg, probe
from tests.support.samples import camera


class UsbKindTests(SynchronousTestCase):
    """`UsbKind`."""

    def usb(self, *modes: Mode, wanted: UsbCamera | None = None, source: str = "/dev/video0") -> Pipeline:
        found = camera(kind="usb", modes=modes, source=source)
        return pipeline_of([], [wanted] if wanted else [], "/bin/ffmpeg", found)

    def test_encoded(self) -> None:
        """Motion-JPEG and raw formats are asked for by the name that ffmpeg has for them, and encoded."""
        for form, name in (("MJPG", "mjpeg"), ("YUYV", "yuyv422"), ("NV12", "nv12"), ("YU12", "yuv420p")):
            made = self.usb(Mode(form, 1280, 720, (29.97, 15.0)), Mode("YUYV", 640, 480, (30.0,)))
            asked = f"-f v4l2 -input_format {name} -video_size 1280x720 -framerate 29.97 -i /dev/video0"
            self.assertTrue(" ".join(made.input).endswith(asked), made.input)
            self.assertIn("-thread_queue_size", made.input)
            video = " ".join(made.video)
            for part in ("-c:v libx264", "-profile:v baseline", "-tune zerolatency", "-g 30", "-fps_mode vfr"):
                self.assertIn(part, video)
            self.assertEqual((made.lock, made.source, made.otherwise), ("/dev/video0", "/dev/video0", None))
            self.assertEqual(made.ffmpeg, "/bin/ffmpeg")

    def test_pictures(self) -> None:
        """The camera's own JPEGs where it makes some; one thread where they are encoded."""
        copied = " ".join(self.usb(Mode("MJPG", 640, 480, (30.0,))).jpeg)
        self.assertIn("-c:v copy", copied)
        self.assertIn("mjpeg2jpeg", copied)
        encoded = " ".join(self.usb(Mode("YUYV", 640, 480, (30.0,))).jpeg)
        self.assertIn("-c:v mjpeg", encoded)
        self.assertIn("-threads 1", encoded)

    def test_h264(self) -> None:
        """Passed on with parameter sets before each key frame; key frames alone are decoded; encoding stands by."""
        made = self.usb(Mode("H264", 1920, 1080, (30.0,)))
        self.assertIn("-c:v copy", " ".join(made.video))
        self.assertIn("dump_extra=freq=keyframe", made.video[-1])
        self.assertEqual(made.input[:2], ("-skip_frame", "nokey"))
        assert made.otherwise is not None
        self.assertEqual((made.otherwise.input, made.otherwise.ffmpeg), (made.input[4:], "/bin/ffmpeg"))
        self.assertIn("libx264", made.otherwise.video)
        self.assertIsNone(made.otherwise.otherwise)

    def test_node_of_the_mode(self) -> None:
        """A camera with several nodes is read from the one that offers the mode."""
        made = self.usb(Mode("H264", 1280, 720, (30.0,), node="/dev/video2"))
        self.assertEqual((made.input[-1], made.lock, made.source), ("/dev/video2",) * 3)

    def test_slow_camera(self) -> None:
        """A camera of few frames is given more time for each."""
        self.assertEqual(self.usb(Mode("MJPG", 640, 480, (30.0,))).frame_timeout_s, 5.0)
        self.assertEqual(self.usb(Mode("MJPG", 640, 480, (0.5,))).frame_timeout_s, 10.0)

    def test_unknown(self) -> None:
        """What is not known is left to driver and ffmpeg."""
        made = self.usb(Mode("XYZW", 640, 480, (30.0,)))
        self.assertNotIn("-input_format", made.input)
        self.assertEqual(self.usb().input[-4:], ("-f", "v4l2", "-i", "/dev/video0"))

    def test_overridden(self) -> None:
        """Input, video or both are replaced whole; the lock and the words stay the camera's."""
        reads, makes = ["-f", "v4l2", "-i", "/dev/video9"], ["-map", "0:v", "-c:v", "copy"]
        for form in ("H264", "MJPG"):
            mode = Mode(form, 640, 480, (30.0,))
            made = self.usb(mode, wanted=UsbCamera("camera0", ffmpeg_input=reads, ffmpeg_video=makes))
            self.assertEqual((made.input, made.video, made.otherwise), (tuple(reads), tuple(makes), None))
            self.assertEqual((made.lock, made.jpeg), ("/dev/video0", ENCODED_PICTURES))
            made = self.usb(mode, wanted=UsbCamera("camera0", ffmpeg_input=reads))
            self.assertIn("libx264", made.video)
            made = self.usb(mode, wanted=UsbCamera("camera0", ffmpeg_video=makes))
            self.assertEqual((made.input[-1], made.video), ("/dev/video0", tuple(makes)))
            self.assertEqual(self.usb(mode, wanted=UsbCamera("camera0", name="x")), self.usb(mode))

    def test_usb_sound(self) -> None:
        """A second input, sent as Opus whatever becomes of the picture."""
        for form in ("MJPG", "H264"):
            made = self.usb(Mode(form, 640, 480, (30.0,)), wanted=UsbCamera("camera0", audio="plughw:1"))
            for one in filter(None, (made, made.otherwise)):
                self.assertEqual(one.input[-4:], ("-f", "alsa", "-i", "plughw:1"))
                self.assertIn("-map 1:a -c:a libopus", " ".join(one.video))

    def test_usb_sound_by_alsa(self) -> None:
        """The real ALSA gives the sound of its device that is always there, and it comes out as Opus."""
        made = self.usb(Mode("MJPG", 640, 480, (30.0,)), wanted=UsbCamera("camera0", audio="null"))
        sound = made.video[made.video.index("1:a") - 1 :]
        film = Path(self.mktemp()).absolute().with_suffix(".mkv")
        source = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10")
        ffmpeg(*source, *made.input[-6:], "-t", "1", "-map", "0:v", *sound, str(film))
        (found,) = probe(str(film), "-select_streams", "a", "-show_entries", "stream=codec_name,sample_rate,channels")
        self.assertEqual((found["codec_name"], found["sample_rate"], found["channels"]), ("opus", "48000", 2))
