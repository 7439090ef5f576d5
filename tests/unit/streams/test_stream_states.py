"""How streams run, and who watches."""

from __future__ import annotations

from tests.support.samples import camera, recording
from tests.support.streaming_stand import StreamingTestCase


class StreamStatesTests(StreamingTestCase):
    """``StreamStates``."""

    async def test_viewers(self) -> None:
        """The recording's own reader is not counted, nor shown."""
        self.change(None, camera())
        await self.record(recording())
        self.stub.running = {
            "camera0": {"ready": True, "readers": [{"type": "rtspSession", "id": str(n)} for n in range(3)]},
            "rec/camera0/17": {"ready": True},
        }
        await self.round()
        self.assertEqual((self.streaming.states.viewers("camera0"), self.streaming.states.viewers("camera9")), (2, 0))
        self.assertEqual(set(self.streaming.states.camera_states()), {"camera0"})
        self.assertEqual(set(await self.streaming.states.fresh_states()), {"camera0"})
        self.stub.running["camera0"]["readers"] = []
        await self.round()
        self.assertEqual(self.streaming.states.viewers("camera0"), 0)

    async def test_viewers_of_a_web_path(self) -> None:
        """They count as the camera's; what reads the camera for them does not, and the path is shown nowhere."""
        self.change(None, camera(unplayable="x"))
        two = [{"type": "webRTCSession", "id": "1"}, {"type": "hlsMuxer", "id": ""}]
        self.stub.running = {
            "camera0": {"ready": True, "readers": [{"type": "rtspSession", "id": "1"}] * 2},
            "web/camera0": {"ready": True, "readers": two},
        }
        await self.round()
        self.assertEqual(self.streaming.states.viewers("camera0"), 3)
        self.assertEqual(set(self.streaming.states.camera_states()), {"camera0"})
