"""RTP packets, parameter sets and small fakes that the relay's tests share."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from camsvc.relay.media.stream import Unit
from camsvc.relay.media.tracks import Track

# What x264 writes for testsrc2 of these sizes.
SPS_360P = bytes.fromhex("6742c01ed900a02ff97011000003000100000300320f162e48")
PPS_360P = bytes.fromhex("68cb83cb20")
SPS_1080P = bytes.fromhex("67640028acd940780227e5c044000003000400000300c83c60c658")
SPS_422 = bytes.fromhex("677a001ebcd940d83de6f011000003000100000300320f162d96")
SPS_576I = bytes.fromhex("6764001eacd940b424d8088000000300800000190f8a14cb")
PPS_HIGH = bytes.fromhex("68ebe3cb22c0")

SPROP = ",".join(base64.b64encode(unit).decode() for unit in (SPS_360P, PPS_360P))
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\nb=AS:900\r\n"
    f"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; sprop-parameter-sets={SPROP}\r\n"
    "a=control:streamid=0\r\n"
)
VIDEO = Track(
    "video", "96", "h264", 90000, ("rtpmap:96 H264/90000", f"fmtp:96 sprop-parameter-sets={SPROP}"), "streamid=0"
)
AAC = Track(
    "audio",
    "97",
    "mpeg4-generic",
    48000,
    (
        "rtpmap:97 MPEG4-GENERIC/48000/2",
        "fmtp:97 mode=AAC-hbr;config=119056E500;sizelength=13;indexlength=3;indexdeltalength=3",
    ),
    "streamid=1",
)
AUDIO = Track("audio", "97", "opus", 48000, ("rtpmap:97 OPUS/48000/2",), "streamid=1")

IDR_NAL = b"\x65" + b"i" * 20
SLICE_NAL = b"\x41" + b"p" * 10


def interleaved(channel: int, packet: bytes) -> bytes:
    """A frame as the wire has it."""
    return struct.pack(">BBH", 0x24, channel, len(packet)) + packet


def rtp(payload: bytes, timestamp: int = 0, marker: bool = True, channel: int = 0) -> bytes:
    """An interleaved RTP packet."""
    kind = 96 | (0x80 if marker else 0)
    return interleaved(channel, struct.pack(">BBHII", 0x80, kind, 1, timestamp % (1 << 32), 7) + payload)


def unit(payload: bytes, timestamp: int = 0, key: bool = False, track: int = 0) -> Unit:
    """A unit of one packet."""
    return Unit(track, (rtp(payload, timestamp, channel=2 * track),), key)


def report(track: int, wall_s: float, timestamp: int) -> bytes:
    """An interleaved sender report (RFC 3550, 6.4.1)."""
    seconds = int(wall_s)
    fields = (0x80, 200, 6, 7, seconds, int((wall_s - seconds) * (1 << 32)), timestamp, 0, 0)
    return interleaved(2 * track + 1, struct.pack(">BBHIIIIII", *fields))


class Taker:
    """A sink that keeps what it gets; ``deliver`` raises when ``broken``."""

    def __init__(self, broken: bool = False) -> None:
        self.units: list[Unit] = []
        self.over = 0
        self.broken = broken

    def deliver(self, unit: Unit) -> None:
        if self.broken:
            raise RuntimeError("broken sink")
        self.units.append(unit)

    def ended(self) -> None:
        self.over += 1

    @property
    def keys(self) -> list[bool]:
        return [one.key for one in self.units]


class Client(StringTransport):
    """A transport with the parts of TCP's that the relay asks for."""

    bufferSize = 1 << 16
    aborted = False

    def __init__(self) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", "127.0.0.1", 50000))

    def setTcpNoDelay(self, enabled: bool) -> None:
        pass

    def setTcpKeepAlive(self, enabled: bool) -> None:
        pass

    def getHandle(self) -> Any:
        return None

    def abortConnection(self) -> None:
        self.aborted = True
        self.loseConnection()

    def taken(self) -> bytes:
        """What was written since the last call."""
        data: bytes = self.value()
        self.clear()
        return data


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """MP4 boxes at one level: kind and content."""
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at, (kind, size)
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def box(data: bytes, *path: bytes, skip: Sequence[int] = ()) -> bytes:
    """The content of the first box down a path; ``skip`` bytes before the children at each level."""
    for depth, kind in enumerate(path):
        data = next(content for name, content in boxes(data) if name == kind)
        if depth < len(skip):
            data = data[skip[depth] :]
    return data


def times(parts: Sequence[bytes], track: int = 0) -> list[int]:
    """Decode time of a track, by its place, in each part that has it."""
    found = []
    for part in parts:
        fragments = [content for kind, content in boxes(box(part, b"moof")) if kind == b"traf"]
        if track < len(fragments):
            found.append(struct.unpack_from(">Q", box(fragments[track], b"tfdt"), 4)[0])
    return found


def durations(parts: Sequence[bytes], track: int = 0) -> list[list[int]]:
    """Sample durations of a track, by its place, in each part."""
    found = []
    for part in parts:
        fragments = [content for kind, content in boxes(box(part, b"moof")) if kind == b"traf"]
        run = box(fragments[track], b"trun")
        count = struct.unpack_from(">I", run, 4)[0]
        found.append(list(struct.unpack_from(f">{3 * count}I", run, 12)[::3]))
    return found
