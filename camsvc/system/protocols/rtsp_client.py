"""A client's side of RTSP (RFC 2326): one request at a time over one connection, each answer within bounds."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

MAX_ANSWER_BYTES = 64 << 10
"""Of status line, headers and body together."""

_VERSION = b"RTSP/1.0 "
_STATUS = re.compile(r"RTSP/1\.0 (\d{3})(?: |\Z)", re.A)
_LENGTH = re.compile(r"\d{1,7}", re.A)


class RtspError(ConnectionError):
    """What came is no answer of RTSP, is too long, or breaks off."""


@frozen
class RtspAnswer:
    """An answer.

    Attributes:
        status: such as 200.
        headers: the last of each, by lower-case name.
        body: a description, as a rule.
    """

    status: int
    headers: Mapping[str, str]
    body: str


async def connect(endpoint: IStreamClientEndpoint, login: tuple[str, str] | None = None) -> RtspConnection:
    """Connect to a server.

    Args:
        endpoint: where, and for how long it is tried.
        login: user and password, shown with each request (Basic); None for none.

    Returns:
        the connection; whoever asks for it closes it.
    """
    connection: RtspConnection = await connectProtocol(endpoint, RtspConnection(login))
    return connection


class RtspConnection(Protocol):
    """A connection to a server; :func:`connect` makes it."""

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self._login = login
        self._received = b""
        self._sequence = 0
        self._answer: Deferred[RtspAnswer] | None = None
        self._ended = False

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Deferred[RtspAnswer]:
        """Send a request; the one before must have been answered.

        Returns:
            a Deferred of the answer, whatever its status, that fails with RtspError where none comes; cancelling it
            closes the connection.
        """
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", "User-Agent: camsvc"]
        if self._login is not None:
            lines.append("Authorization: Basic " + base64.b64encode(":".join(self._login).encode()).decode())
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        answer = self._answer = Deferred(lambda _: self.close())
        if self._ended or self.transport is None:
            self._fail("the other end has hung up")
        else:
            self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return answer

    def close(self) -> None:
        """Close it at once, whatever is under way."""
        if self.transport is not None and not self._ended:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    def dataReceived(self, data: bytes) -> None:
        """See IProtocol."""
        self._received += data
        if self._received[: len(_VERSION)] != _VERSION[: len(self._received)]:
            self._fail("it does not speak RTSP")
            return
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end:
            self._head_received(head.decode("latin-1"), body)
        if len(self._received) > MAX_ANSWER_BYTES:
            self._fail("its answer is too long")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """See IProtocol."""
        self._ended = True
        self._fail("the other end has hung up")

    def _head_received(self, head: str, body: bytes) -> None:
        first, *fields = head.split("\r\n")
        pairs = (field.partition(":") for field in fields)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        status, length = _STATUS.match(first), _LENGTH.fullmatch(headers.get("content-length", "0"))
        if status is None or length is None:
            self._fail("its answer is malformed")
        elif len(body) >= int(length[0]):
            body, self._received = body[: int(length[0])], body[int(length[0]) :]
            answer, self._answer = self._answer, None
            if answer is not None and not answer.called:
                answer.callback(RtspAnswer(int(status[1]), headers, body.decode("utf-8", "replace")))

    def _fail(self, why: str) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.called:
            answer.errback(RtspError(why))
        self.close()
