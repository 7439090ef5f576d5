"""How loud sound is, as the real ffmpeg says it between its lines of progress."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from camsvc.kinds.pipeline import sound_level
from camsvc.launcher.ffmpeg import level_of
from camsvc.system.processes import run
from tests.support.spawned import clock


class SoundLevelTests(TestCase):
    """Three seconds of a sound, beside a video that is encoded."""

    timeout = 60

    async def levels(self, sound: str) -> list[float]:
        inputs = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=3", "-f", "lavfi", "-i", sound)
        video = ("-map", "0:v", "-c:v", "mjpeg", "-map", "1:a", "-c:a", "libopus", "-f", "null", "-")
        report = ("-nostdin", "-loglevel", "error", "-progress", "pipe:1")
        argv = ("/usr/bin/ffmpeg", *report, *inputs, *video, *sound_level("1:a"), "-f", "null", "-")
        output = await run(clock(), argv, timeout_s=30)  # type: ignore[arg-type]
        self.assertEqual((output.code, output.err), (0, b""))
        lines = output.out.decode().splitlines()
        self.assertIn("progress=end", lines)
        return [found for line in lines if (found := level_of(line)) is not None]

    async def test_loud_and_silent(self) -> None:
        """A line for each second: a tone at its level, half of it 6 dB less, nothing at the end of the scale."""
        loud = await self.levels("sine=frequency=440:sample_rate=44100:duration=3")
        soft = await self.levels("sine=frequency=440:sample_rate=44100:duration=3,volume=0.5")
        none = await self.levels("anullsrc=sample_rate=44100:channel_layout=stereo:duration=3")
        self.assertEqual([len(loud), len(soft), len(none)], [3, 3, 3])
        self.assertTrue(all(abs(level - -21.1) < 0.5 for level in loud), loud)
        self.assertTrue(all(abs(level - -27.1) < 0.5 for level in soft), soft)
        self.assertEqual(none, [-120.0] * 3)
