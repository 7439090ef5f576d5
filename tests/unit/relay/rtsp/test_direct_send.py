"""Writing past a transport's queue, and what of Twisted that rests on."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.relay.rtsp.direct_send import can_send, send
from camsvc.system.tasks import within
from tests.support.spawned import clock


class SendTests(SynchronousTestCase):
    """`send`: past the queue, never out of order."""

    class Tcp:
        """The parts of Twisted's TCP transport that matter."""

        disconnecting = disconnected = False

        def __init__(self, handle: socket.socket) -> None:
            self.handle = handle
            self.dataBuffer = b""
            self._tempDataBuffer: list[bytes] = []

        def getHandle(self) -> socket.socket:
            return self.handle

        def write(self, data: bytes) -> None:
            self._tempDataBuffer.append(data)

    def setUp(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        for end in (self.ours, self.theirs):
            end.setblocking(False)
            self.addCleanup(end.close)
        self.tcp = self.Tcp(self.ours)

    def test_direct(self) -> None:
        """Nothing is queued: straight to the socket."""
        send(self.tcp, b"abc")
        self.assertEqual((self.theirs.recv(9), self.tcp._tempDataBuffer), (b"abc", []))

    def test_queued_bytes_go_first(self) -> None:
        """With anything queued, the rest is queued behind it."""
        self.tcp.dataBuffer = b"before"
        send(self.tcp, b"abc")
        self.assertEqual(self.tcp._tempDataBuffer, [b"abc"])

    def test_the_rest_is_queued(self) -> None:
        """A socket that takes a part leaves the rest to the transport."""
        data = b"x" * (4 << 20)
        send(self.tcp, data)
        (rest,) = self.tcp._tempDataBuffer
        self.assertTrue(0 < len(rest) < len(data))

    def test_broken_socket(self) -> None:
        """The transport finds out by itself."""
        self.ours.close()
        send(self.tcp, b"abc")
        self.assertEqual(self.tcp._tempDataBuffer, [b"abc"])


class TwistedTests(TestCase):
    """The names of Twisted's transport that ``send`` reads: this fails where another Twisted has others."""

    async def test_queue(self) -> None:
        """An empty queue is told from one with bytes in it, and bytes keep their order."""
        from twisted.internet import reactor

        accepted: Deferred[Any] = Deferred()

        class Server(Protocol):
            def connectionMade(self) -> None:
                accepted.callback(self.transport)

        port: Any = reactor.listenTCP(0, Factory.forProtocol(Server), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        client = socket.create_connection(("127.0.0.1", port.getHost().port))
        self.addCleanup(client.close)
        transport = await within(clock(), 5, accepted)
        self.addCleanup(transport.abortConnection)
        self.assertTrue(can_send(transport))
        self.assertEqual((bytes(transport.dataBuffer), list(transport._tempDataBuffer)), (b"", []))
        self.assertEqual((transport.disconnecting, transport.disconnected), (False, False))
        transport.write(b"queued ")
        self.assertTrue(transport.dataBuffer or transport._tempDataBuffer)
        send(transport, b"behind ")
        self.assertEqual(b"".join(transport._tempDataBuffer), b"queued behind ")
