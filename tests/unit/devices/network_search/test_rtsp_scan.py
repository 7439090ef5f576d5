"""Looking for streams: what answers mean, how fast it goes, and real servers on loopback."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.devices.network_search import rtsp_scan
from camsvc.devices.network_search.rtsp_scan import FoundStream, Scanner, ScanTarget, parse_answer, url_of
from camsvc.system.protocols.rtsp_client import RtspAnswer

URL = "rtsp://192.0.2.7:554/"
SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\n"
SDP += b"a=rtpmap:97 mpeg4-generic/48000\r\n"
OK = b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(SDP), SDP)


class UnderstoodTests(SynchronousTestCase):
    """`parse_answer`."""

    def test_stream(self) -> None:
        """Its codecs, in their order."""
        self.assertEqual(
            parse_answer(RtspAnswer(200, {}, SDP.decode()), URL, "k"),
            FoundStream(URL, "k", ("H264", "MPEG4-GENERIC")),
        )

    def test_login(self) -> None:
        """There is something, but it does not say what."""
        self.assertEqual(parse_answer(RtspAnswer(401, {}, ""), URL, "k"), FoundStream(URL, "k", (), True))

    def test_nothing(self) -> None:
        """Refused, empty, no description."""
        for answer in (
            RtspAnswer(404, {}, ""),
            RtspAnswer(404, {}, SDP.decode()),
            RtspAnswer(200, {}, ""),
            RtspAnswer(200, {}, "hello"),
        ):
            self.assertIsNone(parse_answer(answer, URL, "k"), answer)

    @given(st.text(max_size=300), st.sampled_from(["", "m=", "m=\na=rtpmap:96 "]))
    def test_any_text(self, answer: str, start: str) -> None:
        """Never an exception; at most eight names of plain letters."""
        seen = parse_answer(RtspAnswer(200, {}, start + answer), URL, "k")
        if seen is not None:
            self.assertLessEqual(len(seen.codecs), 8)
            self.assertTrue(all(name.isascii() and len(name) <= 30 for name in seen.codecs))

    def test_urls(self) -> None:
        """IPv6 in brackets."""
        self.assertEqual(url_of("2001:db8::7", 8554, "/a"), "rtsp://[2001:db8::7]:8554/a")


class PaceTests(SynchronousTestCase):
    """How fast connections are tried."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_per_second(self) -> None:
        """Two a second: the third begins a second after the first."""
        places = [ScanTarget(f"192.0.2.{number}", 554, ["/"], "k") for number in range(1, 5)]
        scanning = Deferred.fromCoroutine(Scanner(self.reactor, 2).scan(places))
        counts = []
        for _ in range(4):
            counts.append(len(self.reactor.tcpClients))
            self.reactor.advance(0.5)
        self.assertEqual(counts, [1, 2, 3, 4])
        scanning.addErrback(lambda _: None)
        scanning.cancel()

    def test_at_once(self) -> None:
        """No more than 64 are open or tried, however fast."""
        places = [ScanTarget(f"10.0.{number // 250}.{number % 250}", 554, ["/"], "k") for number in range(200)]
        scanning = Deferred.fromCoroutine(Scanner(self.reactor, 1000).scan(places))
        for _ in range(300):
            self.reactor.advance(0.001)
        self.assertEqual(len(self.reactor.tcpClients), rtsp_scan.AT_ONCE)
        scanning.addErrback(lambda _: None)
        scanning.cancel()


class Server(Protocol):
    """Answers each request by its path."""

    answers: dict[str, bytes] = {}
    asked: list[str] = []

    def dataReceived(self, data: bytes) -> None:
        path = "/" + data.split()[1].decode().partition("://")[2].partition("/")[2]
        self.asked.append(path)
        answer = self.answers.get(path, b"RTSP/1.0 404 Not Found\r\n\r\n")
        if answer:
            self.transport.write(answer)  # type: ignore[union-attr]


class ScannerTests(TestCase):
    """`Scanner` on loopback."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor = cast(Any, reactor)
        self.patch(rtsp_scan, "ANSWER_LIMIT_S", 0.2)
        self.patch(Server, "asked", [])

    def serve(self, answers: dict[str, bytes]) -> int:
        self.patch(Server, "answers", answers)
        port = cast(IReactorTCP, self.reactor).listenTCP(0, Factory.forProtocol(Server), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)

    async def scan(self, port: int, *paths: str) -> list[FoundStream]:
        return await Scanner(self.reactor, 1000).scan([ScanTarget("127.0.0.1", port, paths, "k")])

    async def test_paths(self) -> None:
        """Every path of a server that speaks RTSP; those that are there are found."""
        port = self.serve({"/b": OK, "/c": OK})
        found = await self.scan(port, "/a", "/b", "/c")
        self.assertEqual([seen.url for seen in found], [f"rtsp://127.0.0.1:{port}/b", f"rtsp://127.0.0.1:{port}/c"])
        self.assertEqual(Server.asked, ["/a", "/b", "/c"])

    async def test_login(self) -> None:
        """Of a server that wants a login one path is told, and each that is open."""
        closed = b"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n"
        is_open = b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP
        port = self.serve({"/a": closed, "/b": closed, "/c": is_open})
        found = await self.scan(port, "/a", "/b", "/c")
        told = [(seen.url, seen.needs_login) for seen in found]
        self.assertEqual(told, [(f"rtsp://127.0.0.1:{port}/a", True), (f"rtsp://127.0.0.1:{port}/c", False)])

    async def test_others(self) -> None:
        """Who says something else, nothing, or without end, is left at once or soon; nobody there, at once."""
        for answer in (b"SSH-2.0-OpenSSH\r\n", b"", b"RTSP/1.0 200 OK\r\n" + b"x" * (1 << 17)):
            port = self.serve({"/a": answer})
            Server.asked.clear()
            self.assertEqual(await self.scan(port, "/a", "/b"), [])
        self.assertEqual(Server.asked[0], "/a")
        self.assertEqual(await self.scan(1, "/a"), [])
