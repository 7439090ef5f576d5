"""Whether H264 is for browsers, seen on what ffmpeg's encoder makes of one kind and of another."""

from __future__ import annotations

import subprocess

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.launcher.h264_check import H264Check

RATE = 15


def encoded(*options: str, seconds: int = 4) -> bytes:
    """Some seconds of a test picture."""
    source = ["-f", "lavfi", "-i", f"testsrc2=size=160x120:rate={RATE}", "-t", str(seconds)]
    command = [
        "ffmpeg",
        "-v",
        "error",
        *source,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        *options,
        "-f",
        "h264",
        "-",
    ]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def verdict(data: bytes, chunk: int = 1000, seconds: float = 4.0) -> str | None:
    """What is found when it comes evenly over so many seconds."""
    look = H264Check()
    for at in range(0, len(data), chunk):
        look.feed(data[at : at + chunk], 100 + seconds * at / len(data))
    return look.verdict


class H264CheckTests(SynchronousTestCase):
    """`H264Check`."""

    def test_for_browsers(self) -> None:
        """A key frame each second, no B-frames, in each profile that browsers decode; several slices a frame."""
        for profile in ("baseline", "main", "high"):
            data = encoded("-profile:v", profile, "-bf", "0", "-g", str(RATE), "-slices", "3", "-pix_fmt", "yuv420p")
            for chunk in (1, 997, 1 << 20):
                self.assertIsNone(verdict(data, chunk), f"{profile} {chunk}")

    def test_b_frames(self) -> None:
        """Seen whatever way it is cut."""
        data = encoded("-profile:v", "main", "-bf", "2", "-b_strategy", "0", "-g", str(RATE), "-pix_fmt", "yuv420p")
        for chunk in (1, 3, 1000, 1 << 20):
            self.assertEqual(verdict(data, chunk), "it has B-frames")

    def test_key_frames_far_apart(self) -> None:
        """More than two seconds are too many, by the clock; two are not."""
        data = encoded("-bf", "0", "-g", "300", "-keyint_min", "300", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
        self.assertEqual(verdict(data), "more than 2 s pass between its key frames")
        self.assertIsNone(verdict(data, seconds=2.0))
        look = H264Check(for_late_comers=False)
        for second in range(4):
            look.feed(data[len(data) * second // 4 : len(data) * (second + 1) // 4], second)
        self.assertIsNone(look.verdict)

    def test_profile(self) -> None:
        """4:4:4 is nothing that a browser decodes."""
        self.assertEqual(verdict(encoded("-pix_fmt", "yuv444p", seconds=1)), "its profile is 244")

    @given(st.lists(st.binary(max_size=40), max_size=20))
    def test_anything(self, chunks: list[bytes]) -> None:
        """Nothing that comes makes it fail."""
        look = H264Check()
        for chunk in chunks:
            look.feed(b"\x00\x00\x01" + chunk, 1.0)
