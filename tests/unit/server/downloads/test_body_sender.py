"""Bodies of bytes and of spans of files, over real sockets, with TLS and without."""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import Certificate, DefaultOpenSSLContextFactory, optionsForClientTLS
from twisted.internet.ssl import trustRootFromCertificates as trusting
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from camsvc.server.downloads import sending_thread
from camsvc.server.downloads.body_sender import BodySender
from camsvc.server.downloads.send_turns import PIECE_BYTES, SendTurns
from camsvc.server.downloads.sending_thread import STEP_BYTES, FileSpan
from camsvc.server.http.request import QuietSite
from tests.support.certificates import make_pair
from tests.support.http_client import Exchange
from tests.support.spawned import eventually

MOST_IN_MEMORY = 100_000
SIZES = (0, 1, 1023, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 7, STEP_BYTES, STEP_BYTES + 1025)
REQUEST = b"GET /x HTTP/1.1\r\nHost: localhost\r\n%b\r\n"


class BodySenderTestCase(TestCase):
    """A Site that answers all with one body."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.path = Path(self.mktemp())
        self.content = random.Random(7).randbytes(max(SIZES) + 100)
        self.path.write_bytes(self.content)
        self.closed: list[bool] = []
        self.turns = SendTurns(reactor, deferToThread)

    def serve(self, pieces: Callable[[], Iterator[bytes | FileSpan]], size: int, tls: bool = False) -> int:
        """The port of the Site."""

        def render(request: Any) -> int:
            request.setHeader(b"content-length", b"%d" % size)
            self.socket = request.channel.transport.getHandle()
            BodySender(request, self.turns, pieces(), lambda: self.closed.append(True)).start()
            return NOT_DONE_YET

        resource = Resource()
        resource.isLeaf = True
        resource.render_GET = render  # type: ignore[attr-defined]
        site = QuietSite(resource, self.reactor)
        if tls:
            self.certificate, key = make_pair(self.path.parent)
            context = DefaultOpenSSLContextFactory(str(key), str(self.certificate))
            port = self.reactor.listenSSL(0, site, context, interface="127.0.0.1")
        else:
            port = self.reactor.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)

    async def ask(self, port: int, tls: bool = False, times: int = 1) -> bytes:
        """All that is answered to requests sent at once."""
        endpoint: Any = TCP4ClientEndpoint(self.reactor, "127.0.0.1", port)
        if tls:
            trust = trusting([Certificate.loadPEM(self.certificate.read_bytes())])
            endpoint = wrapClientTLS(optionsForClientTLS("127.0.0.1", trust), endpoint)
        requests = (times - 1) * (REQUEST % b"") + REQUEST % b"Connection: close\r\n"
        return await (await connectProtocol(endpoint, Exchange(requests))).done

    def mixture(self) -> Iterator[bytes | FileSpan]:
        """Small and large pieces in turn."""
        for size in SIZES:
            yield self.content[: min(size, MOST_IN_MEMORY)]
            yield FileSpan(self.path, 3, size)
            yield b"!"

    @property
    def whole(self) -> bytes:
        """What the mixture comes to."""
        return b"".join(
            self.content[: min(size, MOST_IN_MEMORY)] + self.content[3 : 3 + size] + b"!" for size in SIZES
        )


class WholeTests(BodySenderTestCase):
    """What arrives is what was to be sent."""

    async def check(self, tls: bool = False) -> None:
        port = self.serve(self.mixture, len(self.whole), tls)
        answers = (await self.ask(port, tls, times=3)).split(b"HTTP/1.1 200 OK\r\n")
        self.assertEqual(len(answers), 4)
        for answer in answers[1:]:
            self.assertTrue(answer.partition(b"\r\n\r\n")[2] == self.whole)
        self.assertEqual(len(self.closed), 3)

    async def test_plain(self) -> None:
        """Several answers on one connection, asked for at once, each whole."""
        await self.check()

    async def test_tls(self) -> None:
        """The same, encrypted."""
        await self.check(tls=True)

    async def test_not_in_memory(self) -> None:
        """A file that would have to be waited for is read in a thread."""
        asked: list[int] = []

        def preadv(*args: Any) -> int:
            asked.append(args[2])
            raise BlockingIOError(errno.EAGAIN, "not in memory")

        self.patch(os, "preadv", preadv)
        await self.check()
        self.assertNotEqual(asked, [])

    async def test_in_order(self) -> None:
        """What a span says that it has sent is the span, each byte once."""
        seen: list[bytes] = []
        span = FileSpan(self.path, 10, STEP_BYTES + 1000, lambda piece: seen.append(bytes(piece)))
        await self.ask(self.serve(lambda: iter((span,)), span.size))
        self.assertTrue(b"".join(seen) == self.content[10 : 10 + span.size])


class CutTests(BodySenderTestCase):
    """What does not come to its end."""

    async def test_shorter_file(self) -> None:
        """A file that became shorter cuts the connection: no body passes for whole that is not."""
        span = FileSpan(self.path, 0, len(self.content) + 1)
        answer = await self.ask(self.serve(lambda: iter((span, b"end")), span.size + 3))
        self.assertLess(len(answer.partition(b"\r\n\r\n")[2]), span.size)
        await eventually(lambda: self.closed)

    async def test_absent_file(self) -> None:
        """The same, also for a link."""
        link = self.path.with_name("link")
        link.symlink_to(self.path.resolve())
        for path in (self.path.with_name("absent"), link):
            span = FileSpan(path, 0, 10)
            answer = await self.ask(self.serve(lambda: iter((b"begin", span)), 15))  # noqa: B023
            self.assertNotIn(self.content[:10], answer)

    async def test_client_leaves(self) -> None:
        """A reader that reads nothing holds nothing but its place; what is open is closed when it goes."""
        span = FileSpan(self.path, 0, len(self.content))
        pieces = (span for _ in range(100))
        port = self.serve(lambda: pieces, 100 * span.size)
        client: Any = await connectProtocol(TCP4ClientEndpoint(self.reactor, "127.0.0.1", port), Silent())
        client.transport.write(REQUEST % b"")
        client.transport.pauseProducing()
        before = len(os.listdir("/proc/self/fd"))
        await eventually(lambda: len(os.listdir("/proc/self/fd")) > before)
        unsent = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
        self.assertLessEqual(unsent, 128 << 10, "the kernel holds it instead")
        client.transport.abortConnection()
        await client.lost
        await eventually(lambda: self.closed)
        await eventually(lambda: len(os.listdir("/proc/self/fd")) <= before)

    async def test_stalled_reader(self) -> None:
        """A reader that takes nothing for too long is cut, and nothing of it is held."""
        self.patch(sending_thread, "STALLED_S", 0.0)
        span = FileSpan(self.path, 0, len(self.content))
        port = self.serve(lambda: iter((span, span, span)), 3 * span.size)
        client = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(client.close)
        client.sendall(REQUEST % b"")
        await eventually(lambda: self.closed)
        await self.assertFailure(deferToThread(_read_all, client), ConnectionResetError)


class TurnTests(TestCase):
    """Many at once."""

    async def test_in_their_order(self) -> None:
        """Each gets its turn, and the reactor others between."""
        from twisted.internet import reactor

        turns, order = SendTurns(reactor, deferToThread), []
        done: Deferred[None] = Deferred()

        def send(number: int) -> None:
            os.pread(self.file, 1 << 20, 0)
            order.append(number)
            if number == 49:
                done.callback(None)

        path = Path(self.mktemp())
        path.write_bytes(bytes(1 << 20))
        self.file = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, self.file)
        for number in range(50):
            turns.ask(lambda number=number: send(number))
        between: list[int] = []

        def look() -> None:
            between.append(len(order))
            if len(order) < 50:
                reactor.callLater(0, look)  # type: ignore[attr-defined]

        look()
        await done
        self.assertEqual(order, list(range(50)))
        self.assertTrue(any(0 < seen < 50 for seen in between), between)

    async def test_one_fails(self) -> None:
        """The others go on."""
        from twisted.internet import reactor

        turns = SendTurns(reactor, deferToThread)
        done: Deferred[None] = Deferred()
        turns.ask(lambda: 1 // 0)  # type: ignore[arg-type,return-value]
        turns.ask(lambda: done.callback(None))
        await done
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


def _read_all(client: socket.socket) -> None:
    while client.recv(1 << 20):
        pass


class Silent(Protocol):
    """Reads nothing."""

    def __init__(self) -> None:
        self.lost: Deferred[None] = Deferred()

    def connectionLost(self, reason: Any = None) -> None:
        self.lost.callback(None)
