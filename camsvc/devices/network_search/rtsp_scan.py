"""Looking for RTSP streams: DESCRIBE (RFC 2326, 10.2) at addresses, ports and paths, at a bounded pace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore, TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.system.tasks import launch, sleep, within

CONNECT_LIMIT_S = 1.5
"""A host that does not take the connection by then is not there."""
ANSWER_LIMIT_S = 3.0
"""A server that does not answer by then speaks no RTSP."""
AT_ONCE = 64
"""Connections that are open or tried at a time."""

_MAX_ANSWER = 64 << 10
_STATUS = re.compile(rb"RTSP/1\.0 (\d{3})[ \r]")
_RTPMAP = re.compile(r"a=rtpmap:\d+ ([A-Za-z0-9_.-]{1,30})/")


@frozen
class Place:
    """Where to look: a server, the paths to try there, and the kind that a stream is then."""

    host: str
    port: int
    paths: Sequence[str]
    kind: str


@frozen
class Seen:
    """A stream.

    Attributes:
        url: RTSP, without login.
        kind: of the place.
        codecs: encoding names in capitals; empty where a login is needed to know.
        needs_login: the server wants user and password before it says more.
    """

    url: str
    kind: str
    codecs: tuple[str, ...] = ()
    needs_login: bool = False


class _Describe(Protocol):
    """Sends one request and collects its answer, within bounds; whatever comes is never trusted."""

    transport: Any

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen = b""
        self.answer: Deferred[bytes] = Deferred(lambda _: None)

    def connectionMade(self) -> None:
        request = f"DESCRIBE {self._url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: camsvc\r\n\r\n"
        self.transport.write(request.encode())

    def dataReceived(self, data: bytes) -> None:
        self._seen += data
        if len(self._seen) > _MAX_ANSWER or _is_whole(self._seen):
            self._done()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._done()

    def _done(self) -> None:
        if not self.answer.called:
            self.answer.callback(self._seen)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()


def _is_whole(answer: bytes) -> bool:
    if not b"RTSP/1.0 ".startswith(answer[:9]) and not answer.startswith(b"RTSP/1.0 "):
        return True  # not RTSP: nothing to wait for
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length:[ \t]*(\d{1,7})", head, re.I)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def url_of(host: str, port: int, path: str) -> str:
    """The URL of a stream."""
    return f"rtsp://{f'[{host}]' if ':' in host else host}:{port}{path}"


def understood(answer: bytes, url: str, kind: str) -> Seen | None:
    """What an answer to a DESCRIBE tells; None when there is no stream, or no RTSP server.

    Args:
        answer: as it came, cut off or not.
        url: what was asked for.
        kind: of the place.
    """
    status = _STATUS.match(answer)
    if status is None:
        return None
    if status[1] == b"401":
        return Seen(url, kind, needs_login=True)
    body = answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    if status[1] != b"200" or "m=" not in body:
        return None
    names = dict.fromkeys(name.upper() for name in _RTPMAP.findall(body))
    return Seen(url, kind, tuple(names)[:8])


class Scanner:
    """Looks at places, many at a time, no faster than told."""

    _log = Logger()

    def __init__(self, reactor: Any, per_second: int) -> None:
        """Set up.

        Args:
            reactor: time and connections.
            per_second: connections tried in a second, at most.
        """
        self._reactor = reactor
        self._interval_s = 1.0 / per_second
        self._next_at = 0.0
        self._slots = DeferredSemaphore(AT_ONCE)

    async def scan(self, places: Iterable[Place]) -> list[Seen]:
        """The streams at some places, in no order; a place that fails in any way has none."""
        found: list[Seen] = []
        looks: list[Deferred[None]] = []
        for place in places:
            await self._slots.acquire()
            try:
                await self._turn()
            except BaseException:
                self._slots.release()
                raise
            looks.append(launch(self._look_and_leave(place, found), self._log, "looking for a stream"))
        await DeferredList(looks)
        return found

    async def _look_and_leave(self, place: Place, found: list[Seen]) -> None:
        try:
            found += await self._look(place)
        finally:
            self._slots.release()

    async def _turn(self) -> None:
        now = self._reactor.seconds()
        self._next_at = max(self._next_at, now) + self._interval_s
        wait_s = self._next_at - self._interval_s - now
        if wait_s > 0:
            await sleep(self._reactor, wait_s)

    async def _look(self, place: Place) -> list[Seen]:
        found = []
        for number, path in enumerate(place.paths):
            if number:
                await self._turn()
            url = url_of(place.host, place.port, path)
            answer = await self._ask(place, url)
            if answer is None:
                break  # nobody is there
            seen = understood(answer, url, place.kind)
            if seen is None and not answer.startswith(b"RTSP/1.0 "):
                break  # nobody who speaks RTSP
            if seen is not None:
                found.append(seen)
                if seen.needs_login:
                    break  # such a server says so of every path
        return found

    async def _ask(self, place: Place, url: str) -> bytes | None:
        """The answer; None where no connection comes about."""
        kind = TCP6ClientEndpoint if ":" in place.host else TCP4ClientEndpoint
        endpoint = kind(self._reactor, place.host, place.port, timeout=CONNECT_LIMIT_S)
        describe = _Describe(url)
        try:
            await connectProtocol(endpoint, describe)
        except Exception:  # of many kinds: refused, timed out, no route, no descriptor left
            return None
        try:
            return await within(self._reactor, ANSWER_LIMIT_S, describe.answer)
        except TimeoutError:
            return b""
        finally:
            describe.close()
