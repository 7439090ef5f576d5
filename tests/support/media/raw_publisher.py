"""A publisher of H264 that sends an encoded file picture by picture, with the parameter sets that stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from twisted.internet.task import LoopingCall

from tests.support.engine.rtsp_client import RtspClient
from tests.support.relay_media import interleaved
from tests.support.spawned import clock

_PAYLOAD = 1200


def nal_units(data: bytes) -> list[bytes]:
    """The units of an Annex B stream with start codes of three or four bytes."""
    return [unit.rstrip(b"\x00") for unit in data.split(b"\x00\x00\x01")[1:]]


def pictures(data: bytes) -> list[list[bytes]]:
    """The same, each picture of one slice with what stands before it."""
    found: list[list[bytes]] = [[]]
    for unit in nal_units(data):
        found[-1].append(unit)
        if unit[0] & 31 in (1, 5):
            found.append([])
    return found[:-1]


def groups(data: bytes) -> list[list[list[bytes]]]:
    """The pictures, by key frame."""
    found: list[list[list[bytes]]] = []
    for picture in pictures(data):
        if picture[-1][0] & 31 == 5:
            found.append([])
        found[-1].append(picture)
    return found


def payloads(unit: bytes) -> Iterator[bytes]:
    """A unit as RTP payloads (RFC 6184, 5.6 and 5.8)."""
    if len(unit) <= _PAYLOAD:
        yield unit
        return
    rest = unit[1:]
    for at in range(0, len(rest), _PAYLOAD):
        flags = (0x80 if at == 0 else 0) | (0x40 if at + _PAYLOAD >= len(rest) else 0)
        yield bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 31]) + rest[at : at + _PAYLOAD]


class RawPublisher:
    """Publishes at a steady pace, beginning anew at the end."""

    def __init__(self, client: RtspClient, shown: list[list[bytes]], fps: float) -> None:
        self._client, self._shown, self._fps = client, shown, fps
        self._sequence = 0
        self.sent = 0

    def start(self) -> LoopingCall:
        """Send from now on; what comes back is stopped to end that."""
        call = LoopingCall(self._send)
        call.clock = clock()
        call.start(1 / self._fps).addErrback(lambda _: None)
        return call

    def _send(self) -> None:
        units = self._shown[self.sent % len(self._shown)]
        parts = [part for unit in units for part in payloads(unit)]
        stamp = int(self.sent * 90_000 / self._fps)
        for number, part in enumerate(parts, 1):
            marker = 0x80 if number == len(parts) else 0
            head = bytes([0x80, 96 | marker]) + (self._sequence & 0xFFFF).to_bytes(2, "big")
            head += (stamp & 0xFFFFFFFF).to_bytes(4, "big") + b"\x00\x00\x00\x07"
            self._client.send(interleaved(0, head + part))
            self._sequence += 1
        self.sent += 1


def read_groups(*files: Path) -> list[list[list[bytes]]]:
    """The groups of pictures of several files, taken in turns."""
    return [
        group for together in zip(*(groups(file.read_bytes()) for file in files), strict=True) for group in together
    ]
