"""A small RTSP client (RFC 2326, media interleaved on TCP) that shows what an engine answers, word by word."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

from attrs import frozen
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from camsvc.system.tasks import within
from tests.support.spawned import clock

#: An SDP of one track of H264.
H264 = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:streamid=0\r\n"
)


@frozen
class Reply:
    """An RTSP reply; header names are in lower case, of several with one name the last counts."""

    status: int
    headers: Mapping[str, str]
    body: str


class RtspClient(Protocol):
    """One connection; it counts ``packets`` and ``media_bytes`` that came, and ``refusals``: replies from 400 on.

    ``on_packet`` is given each packet with its interleave header, where it is set.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.media_bytes = 0
        self.closed = False
        self.refusals = 0
        self.on_packet: Callable[[bytes], None] | None = None
        self.received = b""
        self._cseq = 0
        self._session = ""
        self._login = ""
        self._replies: list[Deferred[Reply]] = []
        self._when_closed: list[Deferred[None]] = []

    @classmethod
    async def connect(cls, test: TestCase, port: int, receive_buffer: int | None = None) -> RtspClient:
        """Connect to 127.0.0.1; closed with the test.

        Args:
            test: whose clean-up closes it.
            port: RTSP port.
            receive_buffer: SO_RCVBUF in bytes; the kernel's own choice when None.
        """
        endpoint = HostnameEndpoint(clock(), "127.0.0.1", port)
        client = cast(RtspClient, await endpoint.connect(Factory.forProtocol(cls)))
        if receive_buffer is not None:
            client._socket().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        test.addCleanup(client.close)
        return client

    def _socket(self) -> socket.socket:
        return cast(socket.socket, self.transport.getHandle())  # type: ignore[union-attr]

    @property
    def address(self) -> str:
        """Its own end as ``host:port``."""
        host = cast(IPv4Address, self.transport.getHost())  # type: ignore[union-attr]
        return f"{host.host}:{host.port}"

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.transport.write(data)  # type: ignore[union-attr]

    def stop_reading(self) -> None:
        """Let what comes pile up on the engine's side."""
        self.transport.pauseProducing()  # type: ignore[union-attr]

    def hang_up(self) -> None:
        """Close in good order, behind what was sent."""
        self.transport.loseConnection()  # type: ignore[union-attr]

    def read_on(self) -> None:
        """Take what has piled up, and what comes."""
        self.transport.resumeProducing()  # type: ignore[union-attr]

    async def close(self) -> None:
        """Close at once."""
        if not self.closed:
            self.transport.abortConnection()  # type: ignore[union-attr]
            await self.when_closed()

    def when_closed(self, timeout_s: float = 15.0) -> Deferred[None]:
        """Fires when the connection is closed, by whichever end."""
        done: Deferred[None] = Deferred(lambda d: self._when_closed.remove(d))
        if self.closed:
            done.callback(None)
        else:
            self._when_closed.append(done)
        return done.addTimeout(timeout_s, clock())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.closed = True
        waiting, self._when_closed = self._when_closed, []
        for done in waiting:
            done.callback(None)
        replies, self._replies = self._replies, []
        for reply in replies:
            reply.errback(ConnectionError("the engine closed the connection"))

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        while self.received:
            self._take_frames()
            if self.received[:1] == b"$" or not self._take_reply():
                return

    def _take_frames(self) -> None:
        data, at = self.received, 0
        while data[at : at + 1] == b"$":
            end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
            if len(data) < max(end, at + 4):
                break
            self.packets += 1
            self.media_bytes += end - at - 4
            if self.on_packet is not None:
                self.on_packet(data[at:end])
            at = end
        self.received = data[at:]

    def _take_reply(self) -> bool:
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return False
        first, *lines = head.decode().split("\r\n")
        headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return False
        self.received = rest[length:]
        reply = Reply(int(first.split()[1]), headers, rest[:length].decode())
        self.refusals += reply.status >= 400
        if self._replies:
            self._replies.pop(0).callback(reply)
        return True

    def log_in(self, credential: tuple[str, str] | None) -> None:
        """Send this credential, as Basic, with each request from now on."""
        self._login = "" if credential is None else base64.b64encode(":".join(credential).encode()).decode()

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 15.0, body: str = ""
    ) -> Reply:
        """Send a request and wait for its reply.

        Raises:
            ConnectionError: the engine closed the connection instead.
        """
        self._cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._cseq}"]
        lines += [f"Session: {self._session}"] if self._session else []
        lines += [f"Authorization: Basic {self._login}"] if self._login else []
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        reply: Deferred[Reply] = Deferred()
        self._replies.append(reply)
        self.send("\r\n".join([*lines, "", body]).encode())
        got = await within(clock(), timeout_s, reply)
        self._session = got.headers.get("session", self._session).partition(";")[0]
        return got

    async def play(self, url: str, timeout_s: float = 15.0) -> None:
        """Describe a stream, set up its first track and play it.

        Raises:
            AssertionError: an answer was not 200.
        """
        described = await self._agreed("DESCRIBE", url, {"Accept": "application/sdp"}, timeout_s)
        base = described.headers.get("content-base", url.rstrip("/") + "/")
        media = described.body.partition("m=")[2]
        control = next(line[10:].strip() for line in media.splitlines() if line.startswith("a=control:"))
        track = control if control.startswith("rtsp://") else base + control
        await self._agreed("SETUP", track, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}, timeout_s)
        await self._agreed("PLAY", base, {"Range": "npt=0-"}, timeout_s)

    async def announce(self, url: str, timeout_s: float = 15.0) -> None:
        """Announce one track of H264, and set it up on the channels 0 and 1.

        Raises:
            AssertionError: an answer was not 200.
        """
        await self._agreed("ANNOUNCE", url, {"Content-Type": "application/sdp"}, timeout_s, H264)
        transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"}
        await self._agreed("SETUP", f"{url}/streamid=0", transport, timeout_s)

    async def record(self, url: str, timeout_s: float = 15.0) -> None:
        """The same, and begin to publish.

        Raises:
            AssertionError: an answer was not 200.
        """
        await self.announce(url, timeout_s)
        await self._agreed("RECORD", url, {}, timeout_s)

    async def _agreed(
        self, method: str, url: str, headers: Mapping[str, str], timeout_s: float, body: str = ""
    ) -> Reply:
        reply = await self.ask(method, url, headers, timeout_s, body)
        if reply.status != 200:
            raise AssertionError(f"{method}: {reply.status}")
        return reply


async def play(test: TestCase, url: str, receive_buffer: int | None = None) -> RtspClient:
    """A client that plays ``url``; the credential in the URL is sent with each request."""
    parts = urlsplit(url)
    client = await RtspClient.connect(test, parts.port or 554, receive_buffer)
    if parts.username is not None:
        client.log_in((parts.username, parts.password or ""))
    await client.play(parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl())
    return client
