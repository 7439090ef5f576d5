"""Paths over the API: what old and new engines say of them, and what is written."""

from __future__ import annotations

from camsvc.engine.api.api_client import EngineRefused
from camsvc.engine.api.paths_api import PathsApi, PathState
from tests.support.engine.control_api_stub import ApiTestCase


class PathsApiTests(ApiTestCase):
    """``PathsApi``."""

    def setUp(self) -> None:
        super().setUp()
        self.api = PathsApi(self.client)

    async def test_states(self) -> None:
        """The names of old and new versions."""
        self.stub.configured = {"camera0": {}, "camera1": {}, "camera2": {}}
        self.stub.running = {
            "camera0": {
                "ready": True,
                "source": {"type": "rtspSession", "id": "x"},
                "readers": [{"type": "rtspSession", "id": "y"}, {"type": "hlsMuxer", "id": ""}],
                "bytesSent": 5,
                "bytesReceived": 6,
            },
            "camera1": {"available": True, "ready": False, "outboundBytes": 7, "inboundBytes": 8, "bytesSent": 1},
            "camera2": {"readers": None},
        }
        states = await self.api.states()
        self.assertEqual(
            states["camera0"], PathState("camera0", True, "rtspSession", ("rtspSession", "hlsMuxer"), 5, 6)
        )
        self.assertEqual(states["camera1"], PathState("camera1", True, None, (), 7, 8))
        self.assertEqual(states["camera2"], PathState("camera2", False, None, (), 0, 0))

    async def test_state(self) -> None:
        """One path; None when there is none."""
        self.stub.configured = {"rec/camera0/1": {}}
        self.assertEqual((await self.api.state("rec/camera0/1")).name, "rec/camera0/1")  # type: ignore[union-attr]
        self.assertIsNone(await self.api.state("rec/camera0/2"))

    async def test_add(self) -> None:
        """A new path is added, one that is there replaced; other refusals are told in the engine's words."""
        await self.api.add("camera0", {"source": "publisher"})
        await self.api.add("camera0", {"source": "rtsp://x"})
        self.assertEqual(self.stub.configured, {"camera0": {"source": "rtsp://x"}})
        self.stub.refuse["camera1"] = 'json: unknown field "x"'
        with self.assertRaises(EngineRefused) as caught:
            await self.api.add("camera1", {})
        self.assertIn("unknown field", caught.exception.message)
        self.assertEqual(caught.exception.data["reason"], "dependency_failed")

    async def test_delete(self) -> None:
        """Gone, and fine when it was not there."""
        self.stub.configured = {"camera0": {}}
        await self.api.delete("camera0")
        await self.api.delete("camera0")
        self.assertEqual(self.stub.configured, {})
        self.stub.answers["config/paths/delete/x"] = (500, b"")
        with self.assertRaises(EngineRefused) as caught:
            await self.api.delete("x")
        self.assertEqual((caught.exception.status, caught.exception.data["detail"]), (500, "HTTP 500"))

    async def test_names_are_quoted(self) -> None:
        """A name cannot change the route."""
        await self.api.delete("a?b#c d%2f")
        self.assertEqual(self.stub.seen, ["DELETE config/paths/delete/a%3Fb%23c%20d%252f"])
