"""Pipelines: what is chosen for which camera, and the test pattern run by the real ffmpeg."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.cameras import NetworkCamera, UsbCamera
from camsvc.library import jpeg
from camsvc.model import Camera, Mode
from camsvc.streams.pipeline import COPIED_PICTURES, ENCODED_PICTURES, Pipeline, for_browsers, for_camera
from camsvc.streams.pipeline import test_pattern as pattern
from tests.support.samples import camera

NASTY = (
    "plain",
    'it\'s "quoted": 100% of %{pts} \\e[x],;=|#$@!`',
    "'",
    "\\",
    "%",
    "ends with \\",
    "a\nb\tc\x00d",
    "",
    "ünï ☃ 日本",
    "x" * 500,
)


def ffmpeg(*arguments: str) -> str:
    """Run it; what it complained about."""
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return done.stderr


def probe(path: str, *arguments: str) -> list[dict[str, str]]:
    """The rows that ffprobe has for a file."""
    command = ["ffprobe", "-v", "error", *arguments, "-of", "json", path]
    found = json.loads(subprocess.run(command, capture_output=True, timeout=20, check=True).stdout)
    return next(rows for rows in found.values() if rows)


class ChoiceTests(SynchronousTestCase):
    """`for_camera`."""

    def usb(self, *modes: Mode, wanted: UsbCamera | None = None, source: str = "/dev/video0") -> Pipeline:
        return for_camera(camera(kind="usb", modes=modes, source=source), "/bin/ffmpeg", wanted)

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

    def test_network(self) -> None:
        """Passed on; the URL is no argument, and what of it is secret is hidden."""
        url = "rtsp://me:s3cr'et@10.0.0.9:5554/live?key=k3y"
        table = NetworkCamera("Door", url, transport="udp")
        made = for_camera(camera(kind="network", modes=(), source=url), "ffmpeg", table)
        self.assertNotIn("s3cr", " ".join((*made.input, *made.video, *made.jpeg, made.source)))
        self.assertEqual(made.source, "rtsp://10.0.0.9:5554")
        self.assertEqual(made.hidden, ("me:s3cr'et", "/live?key=k3y"))
        self.assertIn(r"file 'rtsp://me:s3cr'\''et@10.0.0.9:5554/live?key=k3y'", made.stdin)
        self.assertIn("option rtsp_transport udp", made.stdin)
        self.assertIn("-c:v copy", " ".join(made.video))
        self.assertIsNone(made.lock)

    def network(self, form: str = "H264", **keys: Any) -> Camera:
        return camera(kind="network", modes=(Mode(form, 640, 360, (25.0,)),), source="rtsp://h/1", **keys)

    def test_network_sound(self) -> None:
        """What RTP carries goes as it is, anything else as Opus; it never holds the pictures back for long."""
        for audio in ("aac", "pcm_alaw", "opus"):
            made = " ".join(for_camera(self.network(audio=audio), "ffmpeg").video)
            self.assertIn("-c:a copy", made)
            self.assertIn("-max_interleave_delta", made)
        self.assertIn("-c:a libopus", " ".join(for_camera(self.network(audio="adpcm_g726"), "ffmpeg").video))
        self.assertNotIn("0:a", " ".join(for_camera(self.network(), "ffmpeg").video))

    def test_network_looks(self) -> None:
        """H264 alone can have B-frames that nobody has announced."""
        self.assertTrue(for_camera(self.network(), "ffmpeg").looks)
        for known in (self.network("HEVC"), self.network(unplayable="x")):
            self.assertFalse(for_camera(known, "ffmpeg").looks)

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

    def test_copied_pictures(self) -> None:
        """The first frame at once, then one a second, none of them decoded."""
        folder = Path(self.mktemp())
        folder.mkdir()
        film = str(folder / "film.mjpeg.avi")
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", "-t", "3.5", "-c:v", "mjpeg", film)
        ffmpeg("-i", film, *COPIED_PICTURES, "-f", "image2", str(folder / "%d.jpg"))
        pictures = sorted(folder.glob("*.jpg"))
        self.assertEqual(len(pictures), 4)
        for picture in pictures:
            self.assertEqual(jpeg.size(picture.read_bytes()), (320, 180))


class PatternTests(SynchronousTestCase):
    """`pattern`, encoded by the ffmpeg of this machine."""

    def run_pattern(self, pipeline: Pipeline, seconds: float, *output: str) -> str:
        """Run it for some seconds of stream time, as fast as it goes."""
        reading = tuple(word for word in pipeline.input if word != "-re")
        return ffmpeg(*reading, *output[:-1], "-t", str(seconds), "-y", output[-1])

    def test_what_browsers_play(self) -> None:
        """Constrained Baseline, no B-frames, one slice per frame, the size and rate asked for."""
        pipeline, path = pattern("Test", 640, 360, 30), self.mktemp() + ".mp4"
        self.assertEqual(self.run_pattern(pipeline, 3, *pipeline.video, path), "")
        (stream,) = probe(path, "-show_streams")
        wanted = {
            "profile": "Constrained Baseline",
            "has_b_frames": 0,
            "width": 640,
            "height": 360,
            "pix_fmt": "yuv420p",
        }
        self.assertEqual({name: stream[name] for name in wanted}, wanted)
        self.assertEqual((stream["r_frame_rate"], stream["nb_frames"]), ("30/1", "90"))
        bits = int(stream["bit_rate"])
        self.assertTrue(300_000 < bits < 900_000, bits)

    def test_key_frames(self) -> None:
        """Five in the first second, for whoever woke the camera, then one a second."""
        pipeline, path = pattern("Test", 320, 180, 25), self.mktemp() + ".mp4"
        self.run_pattern(pipeline, 4, *pipeline.video, path)
        frames = probe(path, "-skip_frame", "nokey", "-show_entries", "frame=pts_time,pict_type")
        self.assertEqual({frame["pict_type"] for frame in frames}, {"I"})
        times = [float(frame["pts_time"]) for frame in frames]
        self.assertEqual(times, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0])

    def test_pictures(self) -> None:
        """The first frame at once, then one a second, as JPEG."""
        pipeline, folder = pattern("Test", 320, 180, 30), Path(self.mktemp())
        folder.mkdir()
        self.run_pattern(pipeline, 3.5, *pipeline.jpeg, "-f", "image2", str(folder / "%d.jpg"))
        pictures = sorted(folder.iterdir())
        self.assertEqual(len(pictures), 4)
        for picture in pictures:
            data = picture.read_bytes()
            self.assertEqual((data[:2], data[-2:]), (b"\xff\xd8", b"\xff\xd9"))

    def test_names(self) -> None:
        """Whatever a camera is called, its picture comes, without a complaint."""
        for name in NASTY:
            pipeline = pattern(name, 320, 180, 10)
            self.assertEqual(self.run_pattern(pipeline, 0.1, "-f", "null", "-"), "", repr(name))

    def test_names_are_drawn_as_they_are(self) -> None:
        """Nothing in a name is taken for syntax: it makes the picture that a file with the same text makes."""
        for name in NASTY[1:6]:
            pipeline, text = pattern(name, 1280, 720, 10), Path(self.mktemp())
            text.write_text(name)
            before, _, after = pipeline.input[-1].partition(":text=")
            clock = after[after.index(",drawtext=") :]
            from_file = before.replace("expansion=none", f"expansion=none:textfile={text}")
            # Without the clock, which differs between two runs.
            pictures = []
            for graph in (pipeline.input[-1].replace(clock, ""), from_file):
                path = Path(self.mktemp() + ".bmp")
                ffmpeg("-f", "lavfi", "-i", graph, "-frames:v", "1", "-update", "1", "-y", str(path))
                pictures.append(path.read_bytes())
            self.assertEqual(pictures[0], pictures[1], repr(name))

    def test_no_font(self) -> None:
        """Where there is no font there is a picture without text."""
        pipeline = pattern("Test", 320, 180, 10, font=None)
        self.assertNotIn("drawtext", pipeline.input[-1])
        self.assertEqual(self.run_pattern(pipeline, 0.1, "-f", "null", "-"), "")
