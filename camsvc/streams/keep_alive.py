"""Keeping a camera awake for those who look at its pictures: an RTSP session that is set up and never plays.

The engine counts it as a reader, starts the camera for it and sends it nothing. A DESCRIBE alone (``wake``) would not
do: MediaMTX sends a camera to sleep 20 s after its start, however many of them come meanwhile.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.system.tasks import launch, sleep, within

LINGER_S = 10.0
"""So long a camera is held after the last who looked, as most look again."""

RETRY_S = 2.0
ALIVE_EVERY_S = 15.0
ANSWER_LIMIT_S = 12.0

_MAX_ANSWER_BYTES = 64 << 10
_CONTROL = re.compile(r"^m=video.*?^a=control:(\S+)", re.M | re.S)


@frozen
class _Answer:
    status: int
    headers: dict[str, str]
    body: str


class _Session(Protocol):
    """One request at a time over one connection (RFC 2326)."""

    def __init__(self, credential: str) -> None:
        self._credential = credential
        self._seen = b""
        self._number = 0
        self._waiting: Deferred[_Answer] | None = None

    def ask(self, method: str, url: str, **headers: str) -> Deferred[_Answer]:
        """Fires with the answer; fails with ConnectionError when the engine hangs up."""
        self._number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}", f"Authorization: Basic {self._credential}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._waiting = Deferred(lambda _: self.drop())
        if self.transport is not None:
            self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return self._waiting

    def drop(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self._seen += data
        head, found, body = self._seen.partition(b"\r\n\r\n")
        if len(self._seen) > _MAX_ANSWER_BYTES or (found and not head.startswith(b"RTSP/1.0 ")):
            self.drop()
            return
        if not found:
            return
        status, *fields = head.decode("latin-1").split("\r\n")
        pairs = (field.partition(":") for field in fields)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length, code = headers.get("content-length", "0"), status.split(" ")[1]
        if not length.isdecimal() or not code.isdecimal():
            self.drop()
            return
        if len(body) < int(length):
            return
        self._seen = body[int(length) :]
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(_Answer(int(code), headers, body[: int(length)].decode("latin-1")))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.errback(ConnectionError("the engine has hung up"))


class _Held:
    def __init__(self) -> None:
        self.holders = 0
        self.running: Deferred[None] | None = None
        self.timer: IDelayedCall | None = None


class Awake:
    """Cameras that are held awake."""

    _log = Logger()

    def __init__(self, reactor: Any, port: int, user: str, password: str) -> None:
        """Set up; nothing is connected yet.

        Args:
            reactor: with IReactorTCP and IReactorTime.
            port: the engine's RTSP port on loopback.
            user: who asks.
            password: and with what right.
        """
        self._reactor = reactor
        self._port = port
        self._credential = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._held: dict[str, _Held] = {}

    def hold(self, device: str) -> Callable[[], None]:
        """Keep a camera awake, also over a restart of the engine, until 10 s after the last holder has let go.

        Returns:
            a callable that lets go; calling it again does nothing.
        """
        held = self._held.setdefault(device, _Held())
        held.holders += 1
        if held.timer is not None:
            held.timer.cancel()
            held.timer = None
        if held.running is None:
            held.running = launch(self._keep(device), self._log, "keeping a camera awake")
        let_go: list[bool] = []

        def release() -> None:
            if not let_go:
                let_go.append(True)
                self._let_go(device, held)

        return release

    def stop(self) -> None:
        """Hold nothing any more."""
        for device, held in tuple(self._held.items()):
            self._end(device, held)

    def _let_go(self, device: str, held: _Held) -> None:
        held.holders -= 1
        if held.holders == 0 and self._held.get(device) is held:
            held.timer = self._reactor.callLater(LINGER_S, self._sleep, device, held)

    def _sleep(self, device: str, held: _Held) -> None:
        held.timer = None
        self._end(device, held)

    def _end(self, device: str, held: _Held) -> None:
        del self._held[device]
        if held.timer is not None:
            held.timer.cancel()
            held.timer = None
        if held.running is not None:
            held.running.cancel()

    async def _keep(self, device: str) -> None:
        while True:
            try:
                await self._once(device)
            except CancelledError:
                raise
            except Exception as why:  # the engine is away, the camera does not come: it is tried again
                self._log.debug("{device} is not awake: {why}", device=device, why=str(why)[:200])
            await sleep(self._reactor, RETRY_S)

    async def _once(self, device: str) -> None:
        endpoint = TCP4ClientEndpoint(self._reactor, "127.0.0.1", self._port, timeout=3)
        session: _Session = await connectProtocol(endpoint, _Session(self._credential))
        try:
            url = f"rtsp://127.0.0.1:{self._port}/{device}"
            described = await self._asked(session, "DESCRIBE", url, Accept="application/sdp")
            control = _CONTROL.search(described.body.replace("\r\n", "\n"))
            if control is None:
                raise ConnectionError("the engine describes no video")
            base = described.headers.get("content-base", url).rstrip("/")
            track = control[1] if "://" in control[1] else f"{base}/{control[1]}"
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            name = (await self._asked(session, "SETUP", track, Transport=transport)).headers.get("session", "")
            while True:
                await sleep(self._reactor, ALIVE_EVERY_S)
                await self._asked(session, "OPTIONS", url, Session=name.partition(";")[0])
        finally:
            session.drop()

    async def _asked(self, session: _Session, method: str, url: str, **headers: str) -> _Answer:
        answer = await within(self._reactor, ANSWER_LIMIT_S, session.ask(method, url, **headers))
        if answer.status != 200:
            raise ConnectionError(f"{method}: {answer.status}")
        return answer
