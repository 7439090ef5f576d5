"""Kind ``network``: what is passed on, and that nothing of a URL is an argument."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.network import KIND, NetworkCamera
from camsvc.kinds.pipeline import Pipeline
from camsvc.model import Camera, Mode
from tests.support.samples import camera


class NetworkKindTests(SynchronousTestCase):
    """`NetworkKind`."""

    def test_network(self) -> None:
        """Passed on; the URL is no argument, and what of it is secret is hidden."""
        url = "rtsp://me:s3cr'et@10.0.0.9:5554/live?key=k3y"
        table = NetworkCamera("Door", url, transport="udp")
        made = pipeline_of([table], [], "ffmpeg", camera(kind="network", key="network:Door", modes=(), source=url))
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
            made = " ".join(self.made(audio=audio).video)
            self.assertIn("-c:a copy", made)
            self.assertIn("-max_interleave_delta", made)
        self.assertIn("-c:a libopus", " ".join(self.made(audio="adpcm_g726").video))
        self.assertNotIn("0:a", " ".join(self.made().video))

    def test_tracks(self) -> None:
        """Of several tracks the one that works is taken, by all outputs."""
        made = self.made(audio="aac", tracks=(1, 2))
        for words in (made.video, made.jpeg):
            self.assertIn("0:v:1", words)
            self.assertNotIn("0:v", words)
        self.assertIn("0:a:2?", made.video)

    def test_limits(self) -> None:
        """Those of the table, and the time of five pictures where they are seen to come seldom."""
        table = NetworkCamera("Door", "rtsp://h/1", answer_limit_s=20.0, frames_limit_s=30.0)
        seldom = camera(kind="network", modes=(Mode("H264", 640, 360, (0.1,)),), source="rtsp://h/1")
        for found, limits in ((self.network(), (30.0, 20.0)), (seldom, (50.0, 20.0))):
            made = KIND.pipeline(found, table)
            self.assertEqual((made.frame_timeout_s, made.answer_limit_s), limits)
            self.assertIn(f"option timeout {round(limits[0] * 1e6)}", made.stdin)
            self.assertTrue(made.diagnosis.silence.startswith(" (frames_limit_s) from h"))
        plain = self.made()
        self.assertEqual((plain.frame_timeout_s, plain.answer_limit_s), (8.0, 10.0))
        plan = KIND.probe_plan(KIND.found(table), table)
        assert plan is not None
        self.assertEqual((plan.answer_limit_s, plan.limit_s), (20.0, 50.0))

    def test_network_looks(self) -> None:
        """H264 alone can have B-frames that nobody has announced."""
        self.assertTrue(self.made().looks)
        for known in (self.network("HEVC"), self.network(unplayable="x")):
            self.assertFalse(KIND.pipeline(known, None).looks)

    def made(self, **keys: Any) -> Pipeline:
        return KIND.pipeline(self.network(**keys), None)
