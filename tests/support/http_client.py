"""Requests by hand to a Site on loopback: what treq would tidy up, a test must be able to send."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure


@frozen
class Answer:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Exchange(Protocol):
    """Sends bytes and collects what comes until the server closes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.received = b""
        self.done: Deferred[bytes] = Deferred()

    def connectionMade(self) -> None:
        self.transport.write(self._data)  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.done.callback(self.received)


async def exchange(port: int, data: bytes) -> bytes:
    """All that the server says to ``data``, until it closes."""
    from twisted.internet import reactor

    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
    return await (await connectProtocol(endpoint, Exchange(data))).done


async def ask(
    port: int, path: str, method: str = "GET", host: str = "localhost", body: bytes = b"", **headers: Any
) -> Answer:
    """One request whose path goes out as it stands; ``if_range`` becomes ``If-Range``.

    Raises:
        ConnectionError: the server has closed without a word.
    """
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    found = await exchange(port, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    if not found:
        raise ConnectionError(f"{path}: closed without an answer")
    head, _, rest = found.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = (field.partition(": ") for field in fields)
    answer = {name.lower(): value for name, _, value in pairs}
    if answer.get("transfer-encoding") == "chunked":
        rest = _joined(rest)
    return Answer(int(status.split(" ")[1]), answer, rest)


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            break
        body, chunks = body + chunks[:length], chunks[length + 2 :]
    return body
