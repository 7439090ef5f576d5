"""Calls to an engine's API: every way in which an engine can fail to answer."""

from __future__ import annotations

import base64
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from camsvc.engine.api import api_client
from camsvc.engine.api.api_client import ApiClient, EngineRefused, EngineUnreachable
from camsvc.system.reactor_lag import ReactorLag
from tests.support.engine.control_api_stub import ApiTestCase


class CallTests(ApiTestCase):
    """``ApiClient`` against good answers."""

    async def test_credentials(self) -> None:
        """Every call carries ``_api`` and the secret."""
        await self.client.items("paths/list")
        self.assertEqual(self.stub.authorization, "Basic " + base64.b64encode(b"_api:secret").decode())

    async def test_pages(self) -> None:
        """All pages are read, of an empty list too."""
        self.assertEqual(await self.client.items("config/paths/list"), [])
        self.stub.configured = {f"camera{n}": {} for n in range(7)}
        self.patch(api_client, "_PAGE", 3)
        found = await self.client.items("config/paths/list")
        self.assertEqual([item["name"] for item in found], list(self.stub.configured))


class BadAnswerTests(ApiTestCase):
    """Engines that do not do their part."""

    async def unreachable(self) -> None:
        with self.assertRaises(EngineUnreachable) as caught:
            await self.client.items("paths/list")
        self.assertEqual(caught.exception.code, -32050)
        self.assertEqual(caught.exception.data["dependency"], "media engine")
        self.assertNotIn("secret", str(caught.exception.data))

    async def test_nobody_listens(self) -> None:
        """Refused connections."""
        await self.client.close()
        probe = self.reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
        port = probe.getHost().port
        await probe.stopListening()
        self.client = ApiClient(self.reactor, ReactorLag(self.reactor), f"127.0.0.1:{port}", b"secret")
        await self.unreachable()

    def test_told_at_once(self) -> None:
        """No time passes between the refusal and the word of it: an engine that starts is asked again soon."""
        reactor: Any = MemoryReactorClock()
        client = ApiClient(reactor, ReactorLag(reactor), "127.0.0.1:9997", b"secret")
        answer = Deferred.fromCoroutine(client.call("GET", "info"))
        _, _, factory, _, _ = reactor.tcpClients[0]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
        self.failureResultOf(answer, EngineUnreachable)

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
        await self.client.close()
        self.client = ApiClient(self.reactor, ReactorLag(self.reactor), f"127.0.0.1:{self.port}", b"secret")
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
            await self.client.items("paths/list")
        self.assertIn("bad gateway", caught.exception.message)

    async def test_redirect(self) -> None:
        """Is not followed."""
        self.stub.answers["config/paths/add/camera0"] = (302, b"")
        await self.client.call("POST", "config/paths/add/camera0", {})
        self.assertEqual(self.stub.seen, ["POST config/paths/add/camera0"])
