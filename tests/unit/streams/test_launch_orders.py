"""What launchers are told to run, where the engine has a say in it."""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.pipeline import Pipeline
from camsvc.model import Mode
from camsvc.streams.launch_orders import aligned_by_arrival
from tests.support.samples import camera

PASSED_ON = Pipeline(input=(), video=("-map", "0:v", "-c:v", "copy", "-bsf:v", "x"), jpeg=())


class AlignedByArrivalTests(SynchronousTestCase):
    """``aligned_by_arrival``."""

    def filters(self, audio: str = "aac", fps: float = 25.0) -> str:
        seen = camera(kind="network", modes=(Mode("H264", 640, 360, (fps,)),), source="rtsp://h/1", audio=audio)
        return aligned_by_arrival(PASSED_ON, seen).video[-1]

    def test_beside_aac(self) -> None:
        """Pictures wait for the next one, as AAC frames do; beside other sound, or none, they do not."""
        self.assertEqual(self.filters(), "x,setts")
        self.assertEqual((self.filters("pcm_alaw"), self.filters("")), ("x", "x"))

    def test_slow(self) -> None:
        """Those of a slow camera are late enough."""
        self.assertEqual(self.filters(fps=15.0), "x")

    def test_encoded(self) -> None:
        """What is encoded has no filter of packets, and stays."""
        made = evolve(PASSED_ON, video=("-map", "0:v", "-c:v", "libx264"))
        seen = camera(kind="network", modes=(Mode("H264", 640, 360, (25.0,)),), source="rtsp://h/1", audio="aac")
        self.assertEqual(aligned_by_arrival(made, seen), made)
