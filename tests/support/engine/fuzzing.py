"""Messages for an RTSP port that no client would send: real sessions, twisted by a seeded generator."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from tests.support.relay_media import IDR_NAL, PPS_360P, SDP, SLICE_NAL, SPS_360P, interleaved, rtp

_TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
_WORDS = (
    b"OPTIONS", b"ANNOUNCE", b"DESCRIBE", b"SETUP", b"RECORD", b"PLAY", b"PAUSE", b"TEARDOWN", b"GET_PARAMETER",
    b"RTSP/1.0", b"RTSP/2.0", b"HTTP/1.1", b"Content-Length: 4294967296", b"Content-Length: -1", b"Content-Length: 0",
    b"Transport: RTP/AVP;unicast;client_port=1-2", b"\r\n\r\n", b"\r\n", b"\n", b"\x00", b"$", b"$\x00\xff\xff",
    b"trackID=999", b"%00%ff", b"..", b"?", b"CSeq: " + b"9" * 40, b"Session: x", b"Authorization: Basic !!!",
    b"m=video 0 RTP/AVP 200", b"m=", b"a=rtpmap:96 H264/0", b"sprop-parameter-sets=,,,=", b"\xff" * 9, b"A" * 5000,
)  # fmt: skip


def _request(method: str, url: str, *headers: str, body: str = "") -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([f"{method} {url} RTSP/1.0", "CSeq: 1", *headers, *length, "", body]).encode()


def publisher(url: str) -> list[bytes]:
    """Somebody publishes a second of video, with its reports."""
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, 7, 1 << 32, 0, 1, 1)
    units = [SPS_360P, PPS_360P, IDR_NAL, b"\x7c\x85" + b"i" * 900, b"\x7c\x45" + b"i" * 300]
    units += [SLICE_NAL, b"\x78\x00\x15" + IDR_NAL]
    return [
        _request("OPTIONS", url),
        _request("ANNOUNCE", url, "Content-Type: application/sdp", body=SDP),
        _request("SETUP", url + "/streamid=0", _TCP + ";mode=record"),
        _request("RECORD", url),
        *(rtp(unit, 3000 * number) for number, unit in enumerate(units)),
        interleaved(1, report),
        _request("TEARDOWN", url),
    ]


def reader(url: str) -> list[bytes]:
    """Somebody reads, pauses, reads on."""
    return [
        _request("OPTIONS", url),
        _request("DESCRIBE", url, "Accept: application/sdp"),
        _request("SETUP", url + "/trackID=0", _TCP),
        _request("PLAY", url),
        interleaved(1, struct.pack("!BBHI", 0x80, 201, 1, 7)),
        _request("GET_PARAMETER", url),
        _request("PAUSE", url),
        _request("PLAY", url),
        _request("TEARDOWN", url),
    ]


class Twister:
    """Makes the messages; the same ones for the same seed."""

    def __init__(self, seed: int, published: str, read: str) -> None:
        """Publish on one URL, read another one."""
        self._random = random.Random(seed)
        self._published, self._read = published, read
        self._ways = (self._flip, self._cut, self._insert, self._double, self._word)

    def sessions(self) -> Iterator[list[bytes]]:
        """What one connection sends, without end."""
        while True:
            kind = self._random.random()
            if kind < 0.05:
                yield [self._noise(self._random.randrange(1, 3000)) for _ in range(self._random.randrange(1, 4))]
                continue
            messages = publisher(self._published) if kind < 0.5 else reader(self._read)
            if self._random.random() < 0.2:
                self._random.shuffle(messages)
            elif self._random.random() < 0.2:
                messages = [message for message in messages if self._random.random() < 0.7] or messages
            # Most sessions are but slightly wrong: a connection ends at its first message that is no RTSP.
            share = self._random.choice((0.0, 0.1, 0.1, 0.5))
            yield [self._random.choice(self._ways)(one) if self._random.random() < share else one for one in messages]

    def chunks(self, messages: list[bytes]) -> Iterator[bytes]:
        """The same bytes, in the pieces that a network might make of them."""
        data = b"".join(messages)
        while data:
            size = self._random.choice((1, 3, 50, 1000, 100_000))
            yield data[:size]
            data = data[size:]

    def aborts(self) -> bool:
        """Whether a connection ends without a word."""
        return self._random.random() < 0.1

    def _noise(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def _flip(self, message: bytes) -> bytes:
        changed = bytearray(message)
        for _ in range(self._random.randrange(1, 6)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)

    def _cut(self, message: bytes) -> bytes:
        at = self._random.randrange(len(message))
        return message[:at] + message[at + self._random.randrange(1, 40) :]

    def _insert(self, message: bytes) -> bytes:
        at = self._random.randrange(len(message))
        return message[:at] + self._noise(self._random.randrange(1, 40)) + message[at:]

    def _double(self, message: bytes) -> bytes:
        at = self._random.randrange(len(message))
        return message[:at] + message[at:] * self._random.randrange(2, 5)

    def _word(self, message: bytes) -> bytes:
        at = self._random.randrange(len(message))
        return message[:at] + self._random.choice(_WORDS) + message[at:]
