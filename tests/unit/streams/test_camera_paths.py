"""The engine's paths of cameras."""

from __future__ import annotations

import json

from attrs import evolve

from tests.support.samples import camera
from tests.support.streaming_stand import StreamingTestCase


class CameraPathsTests(StreamingTestCase):
    """``CameraPaths``."""

    async def test_camera(self) -> None:
        """A path that starts the launcher on demand, and the pipeline that it reads."""
        self.change(None, camera())
        self.assertFalse(self.in_step)
        await self.round()
        path = self.stub.configured["camera0"]
        launcher = f"'/opt/my camsvc/camsvc-publish' --runtime-dir {self.folder.path} camera0"
        command = f"/usr/bin/env -u MTX_QUERY {launcher}"
        self.assertEqual((path["runOnDemand"], path["runOnDemandRestart"]), (command, True))
        self.assertIs(path["overridePublisher"], False)
        self.assertNotIn("runOnInit", path)
        self.assertTrue(self.in_step)
        self.assertTrue(json.loads((self.folder.path / "pipelines" / "camera0.json").read_bytes()))

    async def test_always_on(self) -> None:
        """Runs without viewers."""
        self.change(None, camera(always_on=True))
        await self.round()
        self.assertIn("camera0", self.stub.configured["camera0"]["runOnInit"])
        self.assertNotIn("runOnDemand", self.stub.configured["camera0"])

    async def test_camera_goes_and_comes(self) -> None:
        """Its path with it."""
        self.change(None, camera())
        await self.round()
        self.change(camera(), camera(present=False))
        await self.round()
        self.assertEqual(self.stub.configured, {})
        self.change(camera(present=False), camera())
        await self.round()
        self.assertIn("camera0", self.stub.configured)

    async def test_web_path(self) -> None:
        """What browsers do not play gets a path of its own, for what needs it, while the camera is there."""
        sends_aac = camera(kind="network", audio="aac", source="rtsp://h/1")
        self.change(None, sends_aac)
        self.assertEqual(self.streaming.cameras.path_for_browsers("camera0", "webrtc"), "web/camera0")
        self.assertEqual(self.streaming.cameras.path_for_browsers("camera0", "hls"), "camera0")
        await self.round()
        path = self.stub.configured["web/camera0"]
        self.assertTrue(path["runOnDemand"].endswith(" web/camera0"))
        orders = json.loads((self.folder.path / "pipelines" / "web-camera0.json").read_bytes())
        self.assertIn("@127.0.0.1:8554/camera0'", orders["stdin"])
        self.assertNotIn(orders["hidden"][0], " ".join((*orders["input"], *orders["video"])))
        sends_h265 = evolve(sends_aac, unplayable="its video is H265")
        self.change(sends_aac, sends_h265)
        self.assertEqual(self.streaming.cameras.path_for_browsers("camera0", "hls"), "web/camera0")
        self.change(sends_h265, evolve(sends_h265, present=False))
        await self.round()
        self.assertEqual(self.stub.configured, {})

    async def test_no_web_path(self) -> None:
        """For what browsers play, and where nothing is to be encoded."""
        self.streaming = self.wire("never")
        self.change(None, camera())
        self.change(None, camera(1, unplayable="its video is H265"))
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera0", "camera1"})
        for device in ("camera0", "camera1"):
            self.assertEqual(self.streaming.cameras.path_for_browsers(device, "webrtc"), device)
