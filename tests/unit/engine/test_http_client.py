"""Requests to the engine's ports for browsers: bodies with back-pressure, limits, every way to fail."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IConsumer
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from camsvc.engine import http_client
from camsvc.engine.api.api_client import EngineUnreachable
from camsvc.engine.http_client import EngineHttp
from tests.support.live_stub import Pouring, StubEngine
from tests.support.spawned import clock, eventually, pause

BIG = 64 << 20


@implementer(IConsumer)
class Tap:
    """A consumer that takes so many bytes and then pauses."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.producer: Any = None

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def write(self, data: bytes) -> None:
        self.taken += len(data)
        if self.taken >= self.limit and self.producer is not None:
            self.producer.pauseProducing()

    def open(self) -> None:
        """Take all that comes from now on."""
        self.limit = BIG * 2
        self.producer.resumeProducing()


class EngineHttpTests(TestCase):
    """Against a stub on loopback."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.engine = StubEngine()
        self.port = self.engine.listen(self)
        self.http = EngineHttp(reactor, self.port, self.port)

    async def tearDown(self) -> None:  # type: ignore[override]
        await self.http.close()

    async def test_answer(self) -> None:
        """Status, headers by lower-case name, cookies, body."""
        self.engine.answer = lambda _: (201, {"Location": "whep/x", "Set-Cookie": "a=1; Secure"}, b"v=0")
        answer = await self.http.whep("POST", "camera0/whep", {"ticket": "a&b"}, "application/sdp", b"offer")
        self.assertEqual((answer.status, answer.headers["location"], answer.length), (201, "whep/x", 3))
        self.assertEqual((answer.cookies, await answer.text()), ({"a": "1"}, "v=0"))
        self.assertEqual(self.engine.query(), {"ticket": "a&b"})
        await self.http.hls("camera0/index.m3u8", {}, {"a": "1", "b": "2"})
        self.assertEqual(self.engine.seen[-1].getHeader(b"cookie"), b"a=1; b=2")

    async def test_back_pressure(self) -> None:
        """A reader that takes nothing has nothing read for it; it gets all once it goes on."""
        self.engine.answer = lambda request: Pouring(request, BIG)
        answer = await self.http.hls("camera0/seg.mp4", {}, {})
        tap = Tap(100_000)
        piping = Deferred.fromCoroutine(answer.pipe(tap))
        await eventually(lambda: tap.taken >= 100_000)
        before = tap.taken
        await eventually(lambda: True, 1)
        self.assertEqual(tap.taken, before)
        self.assertLess(before, 1_000_000)
        tap.open()
        self.assertEqual((await piping, tap.taken, tap.producer), (True, BIG, None))

    async def test_stalled(self) -> None:
        """A reader that takes nothing for too long is given up, and the engine's connection with it."""
        self.patch(http_client, "STALL_LIMIT_S", 0.3)
        self.engine.answer = lambda request: Pouring(request, BIG)
        tap = Tap(100_000)
        piping = Deferred.fromCoroutine((await self.http.hls("camera0/seg.mp4", {}, {})).pipe(tap))
        self.assertFalse(await piping)
        self.assertEqual((tap.taken < BIG, tap.producer), (True, None))
        await eventually(lambda: self.engine.gone)

    async def test_slow(self) -> None:
        """One that takes a little now and then is not."""
        self.patch(http_client, "STALL_LIMIT_S", 0.5)
        self.engine.answer = lambda request: Pouring(request, 2_000_000)
        tap = Tap(1)
        piping = Deferred.fromCoroutine((await self.http.hls("camera0/seg.mp4", {}, {})).pipe(tap))
        began = clock().seconds()
        while clock().seconds() < began + 1.2:
            await pause(0.1)
            tap.producer.resumeProducing()
        self.assertNoResult(piping)
        tap.open()
        self.assertEqual((await piping, tap.taken), (True, 2_000_000))

    async def test_cancelled(self) -> None:
        """The engine's connection goes with whoever waits for the body."""
        self.engine.answer = lambda request: Pouring(request, BIG)
        answer = await self.http.hls("camera0/seg.mp4", {}, {})
        piping = Deferred.fromCoroutine(answer.pipe(Tap(1000)))
        piping.cancel()
        with self.assertRaises(CancelledError):
            await piping
        await eventually(lambda: self.engine.gone)

    async def test_dropped(self) -> None:
        """A body that nobody wants is not read."""
        self.engine.answer = lambda request: Pouring(request, BIG)
        (await self.http.hls("camera0/seg.mp4", {}, {})).drop()
        await eventually(lambda: self.engine.gone)

    async def test_too_long(self) -> None:
        """A text that is longer than any playlist is not collected."""
        self.engine.answer = lambda request: Pouring(request, BIG)
        answer = await self.http.hls("camera0/index.m3u8", {}, {})
        with self.assertRaises(EngineUnreachable):
            await answer.text()
        await eventually(lambda: self.engine.gone)

    async def test_broken_off(self) -> None:
        """A body that ends too early is not taken for a whole one."""

        def answer(request: Any) -> None:
            request.setHeader(b"content-length", b"1000")
            request.write(b"x" * 10)
            request.transport.loseConnection()

        self.engine.answer = answer
        self.assertFalse(await (await self.http.hls("camera0/seg.mp4", {}, {})).pipe(Tap(1000)))
        with self.assertRaises(EngineUnreachable):
            await (await self.http.hls("camera0/index.m3u8", {}, {})).text()

    async def test_no_answer(self) -> None:
        """The limit ends it, and the connection; a port where nobody listens ends it at once."""
        self.patch(http_client, "ANSWER_LIMIT_S", 0.1)
        self.engine.answer = lambda _: None
        with self.assertRaises(EngineUnreachable):
            await self.http.hls("camera0/index.m3u8", {}, {})
        await eventually(lambda: self.engine.gone)
        from twisted.internet import reactor

        nobody = EngineHttp(reactor, 1, 1)
        with self.assertRaises(EngineUnreachable):
            await nobody.whep("POST", "camera0/whep", {})
