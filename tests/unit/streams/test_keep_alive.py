"""Keeping cameras running, against an engine by hand."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.streams import keep_alive
from camsvc.streams.keep_alive import KeepAlive
from tests.support.spawned import eventually

SDP = "v=0\r\nm=audio 0 RTP/AVP 97\r\na=control:trackID=0\r\nm=video 0 RTP/AVP 96\r\na=control:{control}\r\n"


class KeepAliveTests(TestCase):
    """``KeepAlive``."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.lines: list[str] = []
        self.control = "trackID=1"
        self.status = 200
        self.open: list[Any] = []
        case = self

        class Engine(Protocol):
            def connectionMade(self) -> None:
                case.open.append(self)

            def dataReceived(self, data: bytes) -> None:
                line = data.decode().split("\r\n")[0]
                case.lines.append(line)
                body = SDP.format(control=case.control) if line.startswith("DESCRIBE") else ""
                head = f"RTSP/1.0 {case.status} X\r\nSession: abc;timeout=60\r\nContent-Length: {len(body)}\r\n\r\n"
                for byte in (head + body).encode():
                    self.transport.write(bytes([byte]))  # type: ignore[union-attr]

            def connectionLost(self, reason: Any = None) -> None:
                case.open.remove(self)

        port: Any = reactor.listenTCP(0, Factory.forProtocol(Engine), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.port = port.getHost().port
        self.addCleanup(lambda: port.stopListening())
        self.keep_alive = KeepAlive(reactor, LoopbackRtsp(reactor, self.port, "pw"))
        self.patch(keep_alive, "LINGER_S", 0.2)
        self.patch(keep_alive, "RETRY_S", 0.05)
        self.patch(keep_alive, "ALIVE_EVERY_S", 0.1)

    async def tearDown(self) -> None:  # type: ignore[override]
        self.keep_alive.stop()
        await eventually(lambda: not self.open)

    async def test_held(self) -> None:
        """Set up once for all holders, kept alive, and let go some time after the last."""
        first, second = self.keep_alive.hold("camera0"), self.keep_alive.hold("camera0")
        await eventually(lambda: len(self.lines) > 4)
        base = f"rtsp://127.0.0.1:{self.port}/camera0"
        self.assertEqual(self.lines[:2], [f"DESCRIBE {base} RTSP/1.0", f"SETUP {base}/trackID=1 RTSP/1.0"])
        self.assertEqual(set(self.lines[2:]), {f"OPTIONS {base} RTSP/1.0"})
        first()
        first()
        await eventually(lambda: len(self.lines) > 8)
        self.assertEqual(len(self.open), 1)
        second()
        self.keep_alive.hold("camera0")()
        self.assertEqual(len(self.open), 1)
        await eventually(lambda: not self.open)
        self.assertEqual([line for line in self.lines if line.startswith("DESCRIBE")], self.lines[:1])

    async def test_absolute_control(self) -> None:
        """A track that has a URL of its own."""
        self.control = f"rtsp://127.0.0.1:{self.port}/camera0/trackID=7"
        self.keep_alive.hold("camera0")
        await eventually(lambda: f"SETUP {self.control} RTSP/1.0" in self.lines)

    async def test_again(self) -> None:
        """Tried again when the engine refuses or hangs up."""
        self.status = 404
        self.keep_alive.hold("camera0")
        await eventually(lambda: len(self.lines) > 2)
        self.status = 200
        await eventually(lambda: self.lines[-1].startswith("OPTIONS"))
        before = len(self.lines)
        self.open[0].transport.abortConnection()
        await eventually(lambda: any(line.startswith("SETUP") for line in self.lines[before:]))
