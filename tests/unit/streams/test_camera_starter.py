"""Starting a camera: one DESCRIBE, and every answer to it."""

from __future__ import annotations

import base64
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.errors import DependencyFailed
from camsvc.streams import camera_starter
from camsvc.streams.camera_starter import CameraStarter
from tests.support.engine.control_api_stub import FakeEngine


class CameraStarterTests(TestCase):
    """``CameraStarter`` against a listener that says what it is told to."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.request = b""
        self.answers: list[bytes] = []
        self.gone: Deferred[None] = Deferred()
        case = self

        class Engine(Protocol):
            def dataReceived(self, data: bytes) -> None:
                case.request += data
                for answer in case.answers:
                    self.transport.write(answer)  # type: ignore[union-attr]
                if case.answers == [b""]:
                    self.transport.loseConnection()  # type: ignore[union-attr]

            def connectionLost(self, reason: Any = None) -> None:
                case.gone.callback(None)

        self.listener = reactor.listenTCP(0, Factory.forProtocol(Engine), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.port = self.listener.getHost().port
        self.addCleanup(lambda: self.listener.stopListening())

    async def start(self, *answers: bytes) -> None:
        self.answers = list(answers)
        try:
            rtsp = LoopbackRtsp(self.reactor, self.port, "pw")
            await CameraStarter(self.reactor, FakeEngine(), rtsp).start_camera("camera0")  # type: ignore[arg-type]
        finally:
            await self.gone

    async def fails(self, *answers: bytes) -> DependencyFailed:
        with self.assertRaises(DependencyFailed) as caught:
            await self.start(*answers)
        self.assertNotIn("pw", str(caught.exception.data))
        return caught.exception

    async def test_started(self) -> None:
        """200: the stream is there; the connection is closed again."""
        await self.start(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")
        head = self.request.decode().split("\r\n")
        self.assertEqual(head[0], f"DESCRIBE rtsp://127.0.0.1:{self.port}/camera0 RTSP/1.0")
        self.assertIn("Authorization: Basic " + base64.b64encode(b"_int:pw").decode(), head)

    async def test_in_pieces(self) -> None:
        """An answer that comes byte by byte."""
        await self.start(*[bytes([byte]) for byte in b"RTSP/1.0 200 OK\r\n\r\n"])

    async def test_refused(self) -> None:
        """Any other status, no status, an answer without end: the camera gave no picture."""
        for answers in (
            [b"RTSP/1.0 404 Not Found\r\n\r\n"],
            [b"RTSP/1.0 401 Unauthorized\r\n\r\n"],
            [b"\r\n\r\n"],
            [b"RTSP/1.0 abc x\r\n\r\n"],
            [b"x" * 70_000],
            [b""],
        ):
            self.gone = Deferred()
            self.assertEqual((await self.fails(*answers)).data["dependency"], "camera")

    async def test_no_answer(self) -> None:
        """The limit ends it, and the connection."""
        self.patch(camera_starter, "DESCRIBE_LIMIT_S", 0.1)
        self.assertEqual((await self.fails()).data["dependency"], "camera")

    async def test_nobody_listens(self) -> None:
        """The engine is to blame, not the camera."""
        await self.listener.stopListening()
        self.gone.callback(None)
        self.assertEqual((await self.fails()).data["dependency"], "media engine")
