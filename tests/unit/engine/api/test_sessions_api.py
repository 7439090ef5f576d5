"""Sessions over the API, as old and new engines list them."""

from __future__ import annotations

import json
from typing import Any

from camsvc.engine.api.api_client import EngineRefused
from camsvc.engine.api.sessions_api import SessionsApi
from tests.support.engine.control_api_stub import ApiTestCase


class SessionsApiTests(ApiTestCase):
    """``SessionsApi``."""

    def setUp(self) -> None:
        super().setUp()
        self.api = SessionsApi(self.client)

    async def test_sessions(self) -> None:
        """Of every protocol that the engine knows, with what 1.5.1 and 1.20 tell; a protocol that is off has none."""
        self.assertEqual((await self.api.sessions(), await self.api.connections()), ([], {}))
        rtsp = {"id": "a", "remoteAddr": "192.0.2.1:5", "state": "read", "path": "camera0", "query": "ticket=x"}
        publisher = {**rtsp, "id": "b", "state": "publish", "conns": ["c1"]}
        self._list("rtspsessions", {**rtsp, "state": "idle"}, publisher)
        self._list("webrtcsessions", {"id": "c", "path": "camera1", "inboundRTCPPackets": 3})
        self._list("hlssessions", {"id": "d", "path": "camera1", "query": None})
        self._list("rtspconns", {"id": "c1", "remoteAddr": "192.0.2.1:5"})
        sessions = await self.api.sessions()
        self.assertEqual(
            [(each.kind, each.id, each.path, each.publishes, each.connections) for each in sessions],
            [
                ("rtsp", "a", "camera0", False, ()),
                ("rtsp", "b", "camera0", True, ("c1",)),
                ("webrtc", "c", "camera1", False, ()),
                ("hls", "d", "camera1", False, ()),
            ],
        )
        self.assertEqual((sessions[0].query, sessions[0].address), ("ticket=x", "192.0.2.1:5"))
        self.assertEqual([each.reports for each in sessions], [None, None, 3, None])
        self.assertEqual([each.idle for each in sessions], [True, False, False, False])
        self.assertNotIn("ticket", repr(sessions[0]))
        self.assertEqual(await self.api.connections(), {"c1": "192.0.2.1:5"})

    async def test_kick(self) -> None:
        """By protocol and id; one who has left is fine, another refusal is not."""
        self._list("webrtcsessions", {"id": "c", "path": "camera1"})
        [session] = await self.api.sessions()
        await self.api.kick(session)
        self.stub.answers["webrtcsessions/kick/c"] = (200, b"")
        await self.api.kick(session)
        self.assertEqual(self.stub.seen[-1], "POST webrtcsessions/kick/c")
        self.stub.answers["webrtcsessions/kick/c"] = (500, b"")
        with self.assertRaises(EngineRefused):
            await self.api.kick(session)

    def _list(self, what: str, *items: dict[str, Any]) -> None:
        body = {"itemCount": len(items), "pageCount": 1, "items": items}
        self.stub.answers[f"{what}/list"] = (200, json.dumps(body).encode())
