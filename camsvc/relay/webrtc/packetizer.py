"""H.264 access units as WebRTC wants them: in small payloads, and key frames with their parameter sets (RFC 6184)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from camsvc.relay.media import h264
from camsvc.relay.media.h264 import FU_A, SPS, STAP_A, ParameterSets

#: Largest RTP payload, bytes: with all headers it stays under 1280, the least that IPv6 carries (RFC 8200, 5).
MAX_PAYLOAD = 1200
_START = 0x80
_END = 0x40


def plain(frames: Sequence[bytes]) -> tuple[bytes, ...]:
    """The payloads as they came, for audio."""
    return tuple(payload for payload in map(h264.payload, frames) if payload)


def video(frames: Sequence[bytes], key: bool, sets: ParameterSets) -> tuple[bytes, ...]:
    """The payloads of an access unit, in packetization-mode 1.

    Args:
        frames: its packets as published.
        key: whether it is an IDR picture.
        sets: put before a key frame that brings none itself, as ffmpeg's do not: who joins decodes from there.
    """
    payloads = tuple(piece for payload in plain(frames) for piece in _fitting(payload))
    if key and sets.complete and not any(SPS in _kinds(piece) for piece in payloads):
        return (_aggregate((sets.sps, sets.pps)), *payloads)
    return payloads


def _kinds(payload: bytes) -> list[int]:
    kind = payload[0] & 31
    return [unit[0] & 31 for unit in h264.aggregated(payload[1:])] if kind == STAP_A else [kind]


def _aggregate(units: Sequence[bytes]) -> bytes:
    first = max(unit[0] & 0x60 for unit in units) | STAP_A
    return bytes([first]) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def _fitting(payload: bytes) -> Iterator[bytes]:
    """Cut a payload that is too large.

    Yields:
        the payload as it is, or FU-As of about the same size.
    """
    if len(payload) <= MAX_PAYLOAD:
        yield payload
        return
    kind = payload[0] & 31
    if kind == STAP_A:
        for unit in h264.aggregated(payload[1:]):
            yield from _fitting(unit)
        return
    if kind == FU_A:
        first, mark, rest = payload[0], payload[1], payload[2:]
    else:
        first, mark, rest = payload[0] & 0xE0 | FU_A, _START | _END | kind, payload[1:]
    count = -(-len(rest) // (MAX_PAYLOAD - 2))
    size = -(-len(rest) // count)
    for number in range(count):
        off = (0 if number == 0 else _START) | (0 if number == count - 1 else _END)
        yield bytes([first, mark & ~off]) + rest[number * size : (number + 1) * size]
