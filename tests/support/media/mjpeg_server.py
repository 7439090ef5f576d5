"""A camera that sends Motion-JPEG over HTTP, well or as badly as some do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from typing import Any

from attrs import frozen
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

BOUNDARY = "frame"


@cache
def jpegs(size: str = "320x180", count: int = 15) -> tuple[bytes, ...]:
    """Pictures of ffmpeg's test pattern, one after the other."""
    source = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10")
    made = subprocess.run(
        ["ffmpeg", "-v", "error", *source, "-frames:v", str(count), "-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg", "-"],
        capture_output=True,
        timeout=30,
        check=True,
    ).stdout
    return tuple(b"\xff\xd8" + part for part in made.split(b"\xff\xd8")[1:])


def _part(picture: bytes, *headers: str, boundary: str = f"--{BOUNDARY}", end: str = "\r\n") -> bytes:
    return end.join((boundary, *headers, "", "")).encode() + picture + end.encode()


def _with_length(picture: bytes, length: int | None = None, kind: str = "image/jpeg") -> tuple[str, str]:
    return f"Content-Type: {kind}", f"Content-Length: {len(picture) if length is None else length}"


@frozen
class Manner:
    """How a camera sends.

    Attributes:
        part: a picture with what stands around it; given the picture and its number.
        kind: the Content-Type of all.
        status: the answer's first line, without the version.
        stops_after: it sends no more than so many pictures, and stays silent; None for no end.
    """

    part: Callable[[bytes, int], bytes] = lambda picture, number: _part(picture, *_with_length(picture))
    kind: str = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
    status: str = "200 OK"
    stops_after: int | None = None


def _half(picture: bytes, number: int) -> bytes:
    return picture[: len(picture) // 2] if number % 5 == 3 else picture


MANNERS = {
    "as it should": Manner(),
    "boundary with its dashes announced": Manner(kind=f"multipart/x-mixed-replace;boundary=--{BOUNDARY}"),
    "another boundary than announced": Manner(
        part=lambda picture, number: _part(picture, *_with_length(picture), boundary="--other")
    ),
    "boundary without dashes": Manner(
        part=lambda picture, number: _part(picture, *_with_length(picture), boundary=BOUNDARY)
    ),
    "no boundary": Manner(part=lambda picture, number: picture),
    "no length": Manner(part=lambda picture, number: _part(picture, "Content-Type: image/jpeg")),
    "wrong length": Manner(part=lambda picture, number: _part(picture, *_with_length(picture, len(picture) - 100))),
    "image/jpg": Manner(part=lambda picture, number: _part(picture, *_with_length(picture, kind="image/jpg"))),
    "bare newlines": Manner(part=lambda picture, number: _part(picture, *_with_length(picture), end="\n")),
    "pictures that break off": Manner(
        part=lambda picture, number: _part(_half(picture, number), *_with_length(picture))
    ),
    "pictures that break off, no length": Manner(
        part=lambda picture, number: _part(_half(picture, number), "Content-Type: image/jpeg")
    ),
}
"""By what is odd about them; each sends whole pictures besides."""

NO_VIDEO = {
    "a page": Manner(kind="text/html; charset=utf-8"),
    "a single picture": Manner(kind="image/jpeg"),
}
"""What stands at another path of many cameras."""


class _Camera(Protocol):
    def __init__(self, server: MjpegServer) -> None:
        self._server = server
        self._request = b""
        self._number = 0
        self._sending: LoopingCall | None = None

    def dataReceived(self, data: bytes) -> None:
        self._request += data
        if self._sending is not None or self.transport is None:
            return
        if not self._request.startswith(b"GET"[: len(self._request)]):
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            self.transport.loseConnection()
        elif b"\r\n\r\n" in self._request:
            self._answer(self._request.decode())

    def _answer(self, request: str) -> None:
        assert self.transport is not None
        manner, challenge = self._server.manner, self._server.challenge(request)
        if challenge:
            self.transport.write(f"HTTP/1.1 401 Unauthorized\r\n{challenge}Content-Length: 0\r\n\r\n".encode())
            self.transport.loseConnection()
            return
        self.transport.write(f"HTTP/1.1 {manner.status}\r\nContent-Type: {manner.kind}\r\n\r\n".encode())
        self._sending = LoopingCall(self._send)
        self._sending.start(1 / self._server.fps)

    def _send(self) -> None:
        manner = self._server.manner
        if self.transport is None or self._server.silent:
            return
        if manner.stops_after is None or self._number < manner.stops_after:
            picture = self._server.pictures[self._number % len(self._server.pictures)]
            self.transport.write(manner.part(picture, self._number))
            self._number += 1

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._sending is not None and self._sending.running:
            self._sending.stop()


class MjpegServer(Factory):
    """Serves one camera on a port of loopback.

    Attributes:
        manner: how it sends; counts for the next request.
        fps: pictures a second.
        challenge: says what is wrong with a request's credentials, as WWW-Authenticate headers.
        silent: it sends nothing for the time being.
    """

    noisy = False

    def __init__(self, manner: Manner = MANNERS["as it should"], fps: float = 10) -> None:
        self.manner = manner
        self.fps = fps
        self.pictures = jpegs()
        self.challenge: Callable[[str], str] = lambda request: ""
        self.silent = False
        self._port: Any = None

    def buildProtocol(self, addr: object) -> Protocol:
        return _Camera(self)

    def listen(self, test: Any) -> int:
        """Listen until the test has ended; the port."""
        from twisted.internet import reactor

        self._port = reactor.listenTCP(0, self, interface="127.0.0.1")  # type: ignore[attr-defined]
        test.addCleanup(self._port.stopListening)
        number: int = self._port.getHost().port
        return number
