"""Kind ``test``: the pattern, run by the real ffmpeg."""

from __future__ import annotations

import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.pipeline import Pipeline
from camsvc.kinds.test_pattern import pattern
from tests.support.media.local_ffmpeg import ffmpeg, probe

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
        began = time.monotonic()
        ffmpeg(*pipeline.input, *pipeline.jpeg, "-frames:v", "4", "-f", "image2", str(folder / "%d.jpg"))
        self.assertGreater(time.monotonic() - began, 2.8)
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
