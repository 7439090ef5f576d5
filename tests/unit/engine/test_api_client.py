"""Calls to an engine's API: what is read, and every way in which an engine can fail to answer."""

from __future__ import annotations

import base64
import json
from typing import Any

from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from camsvc.engine import api_client
from camsvc.engine.api_client import EngineApi, EngineRefused, EngineUnreachable, PathState
from tests.support.engine_stub import StubApi


class ApiTestCase(TestCase):
    """With a stub on a free port."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.stub = StubApi()
        self.listen(self.stub.site())
        self.api = EngineApi(reactor, f"127.0.0.1:{self.port}", b"secret")

    def listen(self, factory: Any) -> None:
        port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.port: int = port.getHost().port
        self.addCleanup(port.stopListening)

    async def tearDown(self) -> None:  # type: ignore[override]
        await self.api.close()


class CallTests(ApiTestCase):
    """Each call against good answers."""

    async def test_credentials(self) -> None:
        """Every call carries ``_api`` and the secret."""
        await self.api.states()
        self.assertEqual(self.stub.authorization, "Basic " + base64.b64encode(b"_api:secret").decode())

    async def test_answers_everybody(self) -> None:
        """It is asked without the secret."""
        self.assertIs(await self.api.answers_everybody(), True)
        self.assertIsNone(self.stub.authorization)
        self.stub.answers["paths/list"] = (401, b"")
        self.assertIs(await self.api.answers_everybody(), False)

    async def test_version(self) -> None:
        """Without its v; 1.5 stands for an API that has no info; anything else is refused."""
        self.assertEqual(await self.api.version(), "1.5")
        self.stub.answers["info"] = (200, b'{"version": "v1.20.1", "started": "x"}')
        self.assertEqual(await self.api.version(), "1.20.1")
        self.stub.answers["info"] = (401, b'{"status": "error", "error": "authentication error"}')
        with self.assertRaises(EngineRefused) as caught:
            await self.api.version()
        self.assertEqual(caught.exception.status, 401)

    async def test_sessions(self) -> None:
        """Of every protocol that the engine knows, with what 1.5.1 and 1.20 tell; a protocol that is off has none."""
        self.assertEqual((await self.api.sessions(), await self.api.connections()), ([], {}))
        rtsp = {"id": "a", "remoteAddr": "192.0.2.1:5", "state": "read", "path": "camera0", "query": "ticket=x"}
        self._list("rtspsessions", rtsp, {**rtsp, "id": "b", "state": "publish", "conns": ["c1"]})
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

    async def test_pages(self) -> None:
        """All pages are read, of an empty list too."""
        self.assertEqual(await self.api.configured(), {})
        self.stub.configured = {f"camera{n}": {} for n in range(7)}
        self.patch(api_client, "_PAGE", 3)
        self.assertEqual(set(await self.api.configured()), set(self.stub.configured))

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


class BadAnswerTests(ApiTestCase):
    """Engines that do not do their part."""

    async def unreachable(self) -> None:
        with self.assertRaises(EngineUnreachable) as caught:
            await self.api.states()
        self.assertEqual(caught.exception.code, -32050)
        self.assertEqual(caught.exception.data["dependency"], "media engine")
        self.assertNotIn("secret", str(caught.exception.data))

    async def test_nobody_listens(self) -> None:
        """Refused connections."""
        await self.api.close()
        probe = self.reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
        port = probe.getHost().port
        await probe.stopListening()
        self.api = EngineApi(self.reactor, f"127.0.0.1:{port}", b"secret")
        await self.unreachable()

    async def test_hangs(self) -> None:
        """No headers within the limit."""
        self.patch(api_client, "CALL_TIMEOUT_S", 0.1)
        self.stub.answers["paths/list"] = None
        await self.unreachable()

    async def raw(self, text: bytes, close: bool = True) -> None:
        """Talk to an engine that answers with these bytes."""

        class Raw(Protocol):
            def dataReceived(self, data: bytes) -> None:
                self.transport.write(text)  # type: ignore[union-attr]
                if close:
                    self.transport.loseConnection()  # type: ignore[union-attr]

        self.listen(Factory.forProtocol(Raw))
        await self.api.close()
        self.api = EngineApi(self.reactor, f"127.0.0.1:{self.port}", b"secret")
        await self.unreachable()

    async def test_body_never_ends(self) -> None:
        """Headers, and then nothing: the limit holds for the body, and the connection is closed."""
        self.patch(api_client, "CALL_TIMEOUT_S", 0.1)
        await self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", close=False)

    async def test_cut_body(self) -> None:
        """The connection ends in the middle."""
        await self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    async def test_no_http(self) -> None:
        """Something else listens there."""
        await self.raw(b"SSH-2.0-OpenSSH\r\n")

    async def test_closes_at_once(self) -> None:
        """Without a byte."""
        await self.raw(b"")

    async def test_huge_body(self) -> None:
        """Over the limit the connection is closed."""
        self.patch(api_client, "_MAX_BODY_BYTES", 1000)
        self.stub.answers["paths/list"] = (200, b" " * 100_000)
        await self.unreachable()

    async def test_no_json(self) -> None:
        """An error page is told in its first words; credentials are not."""
        self.stub.answers["paths/list"] = (502, b"<html>bad gateway")
        with self.assertRaises(EngineRefused) as caught:
            await self.api.states()
        self.assertIn("bad gateway", caught.exception.message)

    async def test_redirect(self) -> None:
        """Is not followed."""
        self.stub.answers["config/paths/add/camera0"] = (302, b"")
        await self.api.add("camera0", json.loads("{}"))
        self.assertEqual(self.stub.seen, ["POST config/paths/add/camera0"])
