"""RTSP bytes (RFC 2326): requests and interleaved frames in, replies out; no other module knows the framing."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

#: Empty lines before a request that are passed over (RFC 2326, 6.1).
MAX_BLANK = 16
#: Longest line of a request head, bytes.
MAX_LINE = 8 << 10
#: Longest request head, bytes.
MAX_HEAD = 16 << 10
#: Longest request body (an SDP), bytes.
MAX_BODY = 64 << 10

_DOLLAR = 0x24
_REQUEST_LINE = re.compile(rb"([A-Z_]{1,32}) (\S+) RTSP/1\.0")
_METHOD_START = re.compile(rb"[A-Z_]{1,32}( |$)")
_TRACK = re.compile(r"/?trackID=(\d{1,3})/?$")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid In This State",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}

#: An interleaved frame: its channel and its bytes, the 4-byte header included (RFC 2326, 10.12).
InterleavedFrame = tuple[int, bytes]


class MalformedRtsp(Exception):
    """What came is not RTSP, or larger than anything a client of ours sends."""


@frozen
class RtspRequest:
    """One request.

    Attributes:
        method: in capitals, ``DESCRIBE``.
        url: as sent.
        headers: names in lower case; of repeated ones the last.
        body: ``Content-Length`` bytes.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def cseq(self) -> str | None:
        """The number to echo; None when it is absent or no number."""
        value = self.headers.get("cseq", "")
        return value if value.isascii() and value.isdigit() and len(value) <= 20 else None


@frozen
class RtspResponse:
    """A reply: ``status``, ``headers``, ``body``, and what happens after it was written."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""
    then: Callable[[], None] | None = None


@frozen
class RtspUrl:
    """What a URL names: ``path`` without slashes at its ends, ``query``, and ``track`` when it ends in trackID=N."""

    path: str
    query: str
    track: int | None = None


@frozen
class Credential:
    """User and password of a Basic ``Authorization`` header (RFC 7617); both empty without one."""

    user: str = ""
    password: str = ""

    def __bool__(self) -> bool:
        return bool(self.user or self.password)


def parse_url(url: str) -> RtspUrl:
    """Take a request's URL apart; ffmpeg and GStreamer append ``/trackID=N`` even behind a query.

    Raises:
        MalformedRtsp: it is no URL.
    """
    track = _TRACK.search(url)
    try:
        parts = urlsplit(url[: track.start()] if track else url)
    except ValueError as why:
        raise MalformedRtsp("no URL") from why
    query = parts.query.rstrip("/")
    return RtspUrl(unquote(parts.path).strip("/"), query, int(track[1]) if track else None)


def basic_credential(header: str) -> Credential:
    """The credential of an ``Authorization`` header; an unreadable one, or of another scheme, counts as none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return Credential()
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return Credential()
    user, _, password = text.partition(":")
    return Credential(user, password)


def credential(request: RtspRequest) -> Credential:
    """The Basic credential of a request; an unreadable one counts as none."""
    return basic_credential(request.headers.get("authorization", ""))


def wants_interleaved(transport: str) -> bool:
    """Whether one of the alternatives of a ``Transport`` header is RTP over this very connection."""
    return any(spec.strip().upper().startswith("RTP/AVP/TCP") for spec in transport.split(","))


def reply(status: int, cseq: str | None, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of a reply; ``Content-Length`` is added where there is a body."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}"]
    if cseq is not None:
        lines.append(f"CSeq: {cseq}")
    lines.append("Server: camsvc-relay")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class RtspParser:
    """Cuts a byte stream into requests and frames, however the network split it."""

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0

    def __len__(self) -> int:
        return len(self._buffer) - self._at

    @property
    def in_request(self) -> bool:
        """True while bytes of an incomplete request are held."""
        return len(self) > 0 and self._buffer[self._at] != _DOLLAR

    def feed(self, data: bytes) -> None:
        """Add what the socket gave."""
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    def take(self) -> RtspRequest | InterleavedFrame | None:
        """The next request or frame; None until more bytes are there.

        MalformedRtsp says that the connection is of no use any more.
        """
        buffer, at = self._buffer, self._at
        left = len(buffer) - at
        if left == 0:
            return None
        if buffer[at] != _DOLLAR:
            return self._request()
        if left < 4:
            return None
        size = 4 + (buffer[at + 2] << 8 | buffer[at + 3])
        if left < size:
            return None
        self._at = at + size
        return buffer[at + 1], buffer[at : at + size]

    def _request(self) -> RtspRequest | None:
        for _ in range(MAX_BLANK):
            if not self._buffer.startswith(b"\r\n", self._at):
                break
            self._at += 2
        else:
            raise MalformedRtsp("empty lines")
        start = self._at
        end = self._buffer.find(b"\r\n\r\n", start, start + MAX_HEAD + 4)
        if end < 0:
            self._check_partial_head(self._buffer[start : start + MAX_HEAD + 4])
            return None
        method, url, headers = _head(self._buffer[start:end])
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 8) or int(length) > MAX_BODY:
            raise MalformedRtsp("content length")
        body_at = end + 4
        if len(self._buffer) < body_at + int(length):
            return None
        self._at = body_at + int(length)
        return RtspRequest(method, url, headers, self._buffer[body_at : self._at])

    def _check_partial_head(self, head: bytes) -> None:
        if not head or head == b"\r":
            return
        if not _METHOD_START.match(head[:33]):
            raise MalformedRtsp("not RTSP")
        if len(head) > MAX_HEAD or max(len(line) for line in head.split(b"\r\n")) > MAX_LINE:
            raise MalformedRtsp("head too long")
        first, newline, _ = head.partition(b"\r\n")
        if newline and not _REQUEST_LINE.fullmatch(first):
            raise MalformedRtsp("not RTSP")


def _head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(first)
    if match is None or len(first) > MAX_LINE:
        raise MalformedRtsp("not RTSP")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or len(line) > MAX_LINE:
            raise MalformedRtsp("header line")
        headers[name.strip().decode("latin-1").lower()] = value.strip().decode("utf-8", "replace")
    return match[1].decode(), match[2].decode("utf-8", "replace"), headers
