"""Waking a camera that sleeps: one RTSP DESCRIBE, which makes the engine start it and keep it for a while."""

from __future__ import annotations

import base64
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from camsvc.errors import DependencyFailed
from camsvc.system.tasks import within

WAKE_LIMIT_S = 12.0
_MAX_REPLY_BYTES = 64 << 10


class _Describe(Protocol):
    """Sends one request and reads the status of its answer (RFC 2326, section 10.2)."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._seen = b""
        self.status: Deferred[int] = Deferred(lambda _: self._drop())

    def connectionMade(self) -> None:
        if self.transport is not None:
            self.transport.write(self._request)

    def dataReceived(self, data: bytes) -> None:
        self._seen += data
        if (b"\r\n\r\n" in self._seen or len(self._seen) > _MAX_REPLY_BYTES) and not self.status.called:
            words = self._seen.split(b" ", 2)
            self.status.callback(int(words[1]) if len(words) > 1 and words[1].isdigit() else 0)
            self._drop()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self.status.called:
            self.status.callback(0)

    def _drop(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


async def wake(reactor: Any, port: int, device: str, user: str, password: str) -> None:
    """Have the engine start a camera; returns when its stream is there.

    Args:
        reactor: with IReactorTCP and IReactorTime.
        port: the engine's RTSP port on loopback.
        device: the camera.
        user: who asks.
        password: and with what right.

    Raises:
        DependencyFailed: the camera did not come, or the engine did not answer.
    """
    credential = base64.b64encode(f"{user}:{password}".encode()).decode()
    request = (
        f"DESCRIBE rtsp://127.0.0.1:{port}/{device} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n"
        f"User-Agent: camsvc\r\nAuthorization: Basic {credential}\r\n\r\n"
    )
    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port, timeout=3)

    async def ask() -> int:
        asked = await connectProtocol(endpoint, _Describe(request.encode()))
        status: int = await asked.status
        return status

    try:
        status = await within(reactor, WAKE_LIMIT_S, ask())
    except TimeoutError:
        status = 0
    except Exception as why:
        raise DependencyFailed("media engine", f"its RTSP port gives no answer ({type(why).__name__})") from None
    if status != 200:
        raise DependencyFailed(
            "camera", f"{device} gave no picture within {WAKE_LIMIT_S:.0f} s", suggestion="see get_camera_status"
        )
