"""The engine's paths of recordings."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred

from camsvc.engine.api.api_client import EngineRefused
from camsvc.engine.path_options import parts_folder
from camsvc.errors import DependencyFailed
from camsvc.streams.recording_paths import when_path_gone
from tests.support.samples import camera, recording
from tests.support.streaming_stand import StreamingTestCase


class RecordingPathsTests(StreamingTestCase):
    """``RecordingPaths``."""

    async def test_recording(self) -> None:
        """A path that pulls the camera over loopback and records it below the folder of recordings."""
        await self.record(recording())
        path = self.stub.configured["rec/camera0/17"]
        self.assertRegex(
            path["source"], r"^rtsp://_int:[0-9a-f]{64}@127\.0\.0\.1:8554/camera0\?since=1769860800\.000\Z"
        )
        self.assertEqual((path["record"], path["recordFormat"]), (True, "fmp4"))
        self.assertEqual(path["recordPath"], "/var/recordings/.%path/%Y-%m-%d_%H-%M-%S-%f")
        self.assertEqual(parts_folder(Path("/var/recordings"), recording()), Path("/var/recordings/.rec/camera0/17"))
        self.stub.seen.clear()
        await self.round()
        self.assertNotIn("POST", " ".join(self.stub.seen))

    async def test_recording_refused(self) -> None:
        """Nothing stays wanted: the next round adds nothing."""
        self.stub.refuse = {"rec/camera0/17": "no"}
        with self.assertRaises(EngineRefused):
            await self.record(recording())
        self.stub.refuse = {}
        await self.round()
        self.assertEqual(self.stub.configured, {})

    async def test_recording_removed(self) -> None:
        """The path goes at once, and twice is fine; while the engine is away it goes at the next round."""
        await self.record(recording())
        await self.streaming.recordings.remove_recording(recording())
        await self.streaming.recordings.remove_recording(recording())
        self.assertEqual(self.stub.configured, {})
        await when_path_gone(self.reactor, self.streaming.recordings, recording())
        await self.record(recording())
        self.stub.answers = {"config/paths/delete/rec/camera0/17": (500, b"")}
        with self.assertRaises(DependencyFailed):
            await self.streaming.recordings.remove_recording(recording())
        self.stub.answers = {}
        await self.round()
        self.assertEqual(self.stub.configured, {})

    async def test_when_path_gone(self) -> None:
        """Not while the engine still runs it."""
        await self.record(recording())
        gone = Deferred.fromCoroutine(when_path_gone(self.reactor, self.streaming.recordings, recording()))
        await self.until(lambda: self.stub.seen.count("GET paths/get/rec/camera0/17") == 2)
        self.assertNoResult(gone)
        self.stub.configured = {}
        await gone

    async def test_read_again(self) -> None:
        """What waits for its camera is begun anew; what runs, or has ended, is left alone."""
        await self.record(recording())
        self.stub.seen.clear()
        self.stub.running = {"rec/camera0/17": {"ready": True}}
        await self.streaming.recordings.read_again(recording())
        self.assertEqual(self.writes, [])
        self.stub.running = {"rec/camera0/17": {"ready": False}}
        await self.streaming.recordings.read_again(recording())
        writes = ["DELETE config/paths/delete/rec/camera0/17", "POST config/paths/add/rec/camera0/17"]
        self.assertEqual(self.writes, writes)
        await self.streaming.recordings.remove_recording(recording())
        self.stub.seen.clear()
        await self.streaming.recordings.read_again(recording())
        self.assertEqual(self.writes, [])

    async def test_recorded_by_the_relay(self) -> None:
        """It writes only what browsers play; whether that is needed may turn out later, also after a restart."""
        self.engine.version = "camsvc-relay/0.1.0"
        await self.record(recording())
        sends_h265 = camera(unplayable="its video is H265")
        self.change(None, sends_h265)
        await self.round()
        path = self.stub.configured["rec/camera0/17"]
        self.assertIn(":8554/web/camera0?since=", path["source"])
        self.streaming = self.wire()
        self.streaming.recordings.want_recording(recording())
        self.stub.seen.clear()
        await self.round()
        self.assertNotIn("POST", " ".join(self.stub.seen))
        self.assertEqual(self.stub.configured["rec/camera0/17"], path)
        self.engine.version = "1.20.1"
        self.change(sends_h265, camera(audio="aac"))
        self.stub.configured = {}
        await self.round()
        self.assertIn(":8554/camera0?since=", self.stub.configured["rec/camera0/17"]["source"])

    async def test_wanted_again(self) -> None:
        """A recording that goes on after a restart is left alone where the engine still has it."""
        await self.record(recording())
        kept = dict(self.stub.configured)
        self.streaming = self.wire()
        self.streaming.recordings.want_recording(recording())
        self.stub.seen.clear()
        await self.round()
        self.assertEqual(self.stub.configured, kept)
        self.assertEqual(self.stub.seen, ["GET config/paths/list", "GET paths/list"])
