"""Connections that come too slowly, read nothing, or are too many: by a Clock and transports of a test's own."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from camsvc.config.schema import Limits
from camsvc.server.http.channel import STALLED_S, RefusedConnection
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import QuietSite

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


class Page(Resource):
    """Answers POST at once, GET when the test says so."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Any] = []
        self.paths: list[bytes] = []

    def render_POST(self, request: Any) -> bytes:
        self.paths.append(request.path)
        if request.path == b"/refused":
            request.charge_refusal()
        return b"taken"

    def render_GET(self, request: Any) -> int:
        self.waiting.append(request)
        return NOT_DONE_YET


class Wire(StringTransport):
    """One that knows how it was ended."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True


class ChannelTests(SynchronousTestCase):
    """A Site with a Clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.page = Page()
        self.limits = Limits(http_connections=3, address_http_connections=2, headers_within_s=10, body_within_s=30)
        self.site = QuietSite(self.page, self.clock, self.limits, Proxies(["10.0.0.1"]))

    def connect(self, address: str = "192.0.2.1") -> tuple[Any, Wire]:
        peer = IPv4Address("TCP", address, 4711)
        protocol, wire = self.site.buildProtocol(peer), Wire(peerAddress=peer)
        protocol.makeConnection(wire)
        return protocol, wire

    def test_in_time(self) -> None:
        """Headers and body within their limits; between two requests no limit but that of the Site."""
        channel, wire = self.connect()
        self.clock.advance(9.9)
        channel.dataReceived(HEAD)
        self.clock.advance(29.9)
        channel.dataReceived(b"body")
        self.assertIn(b"200 OK", wire.value())
        self.assertFalse(wire.disconnecting)
        self.clock.advance(50)
        channel.dataReceived(HEAD + b"body")
        self.assertEqual(wire.value().count(b"200 OK"), 2)
        self.assertFalse(wire.disconnecting)

    def test_slow_headers(self) -> None:
        """A byte now and then keeps nothing open: 408, and closed."""
        channel, wire = self.connect()
        for letter in HEAD[:9]:
            channel.dataReceived(bytes([letter]))
            self.clock.advance(1)
        self.assertFalse(wire.disconnecting)
        self.clock.advance(1)
        self.assertTrue(wire.value().startswith(b"HTTP/1.1 408 "))
        self.assertIn(b"\r\nX-Content-Type-Options: nosniff\r\n", wire.value())
        self.assertTrue(wire.disconnecting)
        self.assertFalse(wire.aborted)
        channel.dataReceived(b"x")
        self.clock.advance(5)
        self.assertTrue(wire.aborted, "one that does not even take the answer")

    def test_silence(self) -> None:
        """A connection on which nothing comes at all, as of a TLS handshake that never ends."""
        _, wire = self.connect()
        self.clock.advance(10)
        self.assertTrue(wire.disconnecting)

    def test_slow_second_request(self) -> None:
        """Its time begins with its first byte."""
        channel, wire = self.connect()
        channel.dataReceived(HEAD + b"body")
        self.clock.advance(50)
        channel.dataReceived(b"G")
        self.clock.advance(9.9)
        self.assertFalse(wire.disconnecting)
        self.clock.advance(0.1)
        self.assertTrue(wire.disconnecting)

    def test_slow_body(self) -> None:
        """Neither does a byte of a body."""
        channel, wire = self.connect()
        channel.dataReceived(HEAD)
        self.clock.advance(20)
        channel.dataReceived(b"bo")
        self.clock.advance(10)
        self.assertIn(b"408", wire.value())
        self.assertTrue(wire.disconnecting)

    def test_slow_answer(self) -> None:
        """An answer may take its time."""
        channel, wire = self.connect()
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.clock.pump([60.0] * 60)
        self.assertFalse(wire.disconnecting)
        self.page.waiting[0].finish()
        self.clock.advance(59)
        self.assertFalse(wire.disconnecting)

    def test_stalled_reader(self) -> None:
        """One that reads on has all the time there is; one that does not is cut, and what it holds with it."""
        channel, wire = self.connect()
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        channel.pauseProducing()
        self.clock.advance(STALLED_S - 1)
        channel.resumeProducing()
        self.clock.advance(STALLED_S)
        channel.pauseProducing()
        channel.pauseProducing()
        self.clock.advance(STALLED_S - 1)
        self.assertFalse(wire.aborted)
        self.clock.advance(1)
        self.assertTrue(wire.aborted)

    def test_nothing_left(self) -> None:
        """Of a connection that is gone, whenever it went: no timer, and its place is free."""
        for data in (b"", b"GET", HEAD, HEAD + b"body", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            channel, wire = self.connect()
            channel.dataReceived(data)
            channel.connectionLost(_closed())
            self.clock.advance(0)
            self.assertEqual((self.clock.getDelayedCalls(), self.site.quota.held), ([], 0), data)
            del wire

    def test_handed_over(self) -> None:
        """What became a WebSocket counts as one, and has time limits of its own."""
        channel, wire = self.connect()
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        channel.pauseProducing()
        channel.hand_over()
        self.clock.advance(0)
        self.assertEqual((self.site.quota.held, self.clock.getDelayedCalls()), (0, []))
        del wire

    def test_pipelined(self) -> None:
        """Requests in one stream are answered in order, some in a turn; all of them, and none twice."""
        channel, wire = self.connect()
        data = b"".join(
            b"POST /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" % number for number in range(100)
        )
        for start in range(0, len(data), 700):
            channel.dataReceived(data[start : start + 700])
        self.assertLess(wire.value().count(b"200 OK"), 20)
        self.clock.advance(0)
        self.assertEqual(wire.value().count(b"200 OK"), 100)
        self.assertEqual(self.page.paths, [b"/%d" % number for number in range(100)])

    def test_pipelined_to_a_slow_reader(self) -> None:
        """Nothing is answered that would wait in the memory."""
        channel, wire = self.connect()
        channel.pauseProducing()
        channel.dataReceived(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" * 10)
        self.clock.advance(0)
        self.assertEqual(wire.value(), b"")
        channel.resumeProducing()
        self.clock.advance(0)
        self.assertEqual(wire.value().count(b"200 OK"), 10)

    def test_refused_without_end(self) -> None:
        """Who is told 429 and goes on is not read, then cut; a new connection of that address is not taken."""
        channel, wire = self.connect()
        for _ in range(1000):
            channel.dataReceived(b"POST /refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" * 10)
            self.clock.advance(0.01)
            if wire.aborted:
                break
        self.assertTrue(wire.aborted)
        self.assertLess(wire.value().count(b"200 OK"), 400)

    def test_too_many_of_one(self) -> None:
        """429 upon its first bytes, with the time to wait; then closed."""
        self.connect(), self.connect()
        refused, wire = self.connect()
        self.assertEqual(wire.value(), b"")
        refused.dataReceived(b"GET / HTTP/1.1\r\n")
        head, _, body = wire.value().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 429 "))
        self.assertIn(b"\r\nRetry-After: 5\r\n", head)
        error = json.loads(body)["error"]
        self.assertEqual((error["code"], error["data"]["reason"]), (-32040, "address_limit"))
        self.assertTrue(wire.disconnecting)
        refused.dataReceived(b"more")
        self.assertEqual(wire.value(), head + b"\r\n\r\n" + body)
        refused.connectionLost(_closed())

    def test_too_many(self) -> None:
        """503; who says nothing is cut after 5 s."""
        for number in range(3):
            self.connect(f"192.0.2.{number}")
        refused, wire = self.connect("192.0.2.9")
        silent, silent_wire = self.connect("192.0.2.9")
        refused.dataReceived(b"GET / HTTP/1.1\r\n")
        self.assertTrue(wire.value().startswith(b"HTTP/1.1 503 "))
        self.clock.advance(5)
        self.assertTrue(silent_wire.aborted)
        for one in (refused, silent):
            one.connectionLost(_closed())
        self.assertEqual(RefusedConnection.open, 0)

    def test_flood(self) -> None:
        """When too many are told, the rest is cut without a word."""
        self.connect(), self.connect()
        refused = [self.connect() for _ in range(RefusedConnection.MOST + 1)]
        self.assertEqual([wire.aborted for _, wire in refused], [False] * RefusedConnection.MOST + [True])
        for one, _ in refused:
            one.connectionLost(_closed())

    def test_proxy(self) -> None:
        """A trusted proxy brings many; it counts in all."""
        for _ in range(3):
            self.connect("10.0.0.1")
        refused, _ = self.connect("10.0.0.1")
        self.assertIsInstance(refused, RefusedConnection)
        refused.connectionLost(_closed())

    def test_upload(self) -> None:
        """What is too large is told so, thrown away as it comes, and cut when it does not end soon."""
        channel, wire = self.connect()
        channel.dataReceived(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n")
        channel.dataReceived(b"x" * 70000)
        self.clock.advance(0)
        self.assertTrue(wire.value().startswith(b"HTTP/1.1 413 "))
        self.assertFalse(wire.disconnecting)
        channel.dataReceived(b"x" * 20000)
        self.clock.advance(0)
        self.assertTrue(wire.disconnecting)
        self.assertEqual(wire.value().count(b"HTTP/1.1"), 1)
        channel, wire = self.connect()
        channel.dataReceived(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n" + b"x" * 70000)
        self.clock.advance(0)
        self.clock.advance(4.9)
        self.assertFalse(wire.aborted)
        self.clock.advance(0.1)
        self.assertTrue(wire.aborted)
        channel.connectionLost(_closed())
        channel, wire = self.connect()
        channel.dataReceived(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            channel.dataReceived(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")
            self.clock.advance(0)
        self.assertTrue(wire.aborted)


def _closed() -> Any:
    from twisted.internet.error import ConnectionDone
    from twisted.python.failure import Failure

    return Failure(ConnectionDone())
