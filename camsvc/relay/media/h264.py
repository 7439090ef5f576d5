"""H.264 inside RTP (RFC 3550, RFC 6184): where a reader can begin, whole NAL units, and the picture's size."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from attrs import frozen

from camsvc.relay.media.bit_reader import BitReader

IDR = 5
SPS = 7
PPS = 8
_SEI = 6
_AUD = 9
_RECOVERY_POINT = 6
STAP_A = 24
FU_A = 28
#: Bytes of the interleave header before the RTP header in every frame.
_INTERLEAVE = 4
_SHORTEST = _INTERLEAVE + 12
# Profiles whose SPS carries chroma and scaling fields (H.264, 7.3.2.1.1).
_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


def payload_at(frame: bytes) -> int:
    """Index of the RTP payload in an interleaved frame; past its end when the frame is too short."""
    first = frame[_INTERLEAVE]
    if first == 0x80:
        return _SHORTEST
    at = _SHORTEST + 4 * (first & 15)
    if first & 0x10:
        at += 4 + 4 * int.from_bytes(frame[at + 2 : at + 4], "big")
    return at


def begins_decoding(frame: bytes) -> bool:
    """Whether a frame's packet belongs to a picture that a reader can begin with.

    That is an IDR slice or a piece of one, alone, in a STAP-A or in FU-As; or a recovery point (H.264, D.2.8), which
    cameras send that refresh their picture bit by bit instead: a decoder that begins there has all of it soon.
    """
    at = payload_at(frame)
    if at >= len(frame):
        return False
    kind = frame[at] & 31
    if kind == IDR:
        return True
    if kind == FU_A:
        return at + 1 < len(frame) and frame[at + 1] & 31 == IDR
    if kind == _SEI:
        return is_recovery_point(frame[at + 1 :])
    return kind == STAP_A and any(
        unit[0] & 31 == IDR or (unit[0] & 31 == _SEI and is_recovery_point(unit[1:]))
        for unit in aggregated(frame[at + 1 :])
    )


def is_recovery_point(messages: bytes) -> bool:
    """Whether one of the messages of an SEI unit, behind its header, is a recovery point (H.264, 7.3.2.3.1)."""
    at = 0
    while at + 2 < len(messages):
        kind = size = 0
        while messages[at] == 0xFF and at + 2 < len(messages):
            kind, at = kind + 0xFF, at + 1
        kind, at = kind + messages[at], at + 1
        while messages[at] == 0xFF and at + 1 < len(messages):
            size, at = size + 0xFF, at + 1
        size, at = size + messages[at], at + 1
        if kind == _RECOVERY_POINT:
            return True
        at += size
    return False


def aggregated(data: bytes) -> Iterator[bytes]:
    """Take a STAP-A apart.

    Yields:
        the NAL units behind its first byte (RFC 6184, 5.7.1).
    """
    at = 0
    while at + 2 < len(data):
        size = data[at] << 8 | data[at + 1]
        unit = data[at + 2 : at + 2 + size]
        if not unit:
            return
        yield unit
        at += 2 + size


def payload(frame: bytes) -> bytes:
    """The RTP payload of an interleaved frame, without padding (RFC 3550, 5.1); of any codec."""
    end = len(frame)
    if frame[_INTERLEAVE] & 0x20:
        end -= frame[-1]
    return frame[payload_at(frame) : end]


def nal_units(frames: Sequence[bytes]) -> list[bytes]:
    """The NAL units of one access unit, put together from its frames; incomplete ones are left out."""
    units: list[bytes] = []
    parts: list[bytes] = []
    for frame in frames:
        data = payload(frame)
        if not data:
            continue
        kind = data[0] & 31
        if kind == FU_A and len(data) > 2:
            if data[1] & 0x80:
                parts = [bytes([data[0] & 0xE0 | data[1] & 31])]
            if parts:
                parts.append(data[2:])
                if data[1] & 0x40:
                    units.append(b"".join(parts))
                    parts = []
        elif kind == STAP_A:
            units.extend(aggregated(data[1:]))
        elif 0 < kind < STAP_A:
            units.append(data)
    return units


def picture(units: Sequence[bytes]) -> bytes:
    """An MP4 sample: the units with lengths, without parameter sets and delimiters (ISO/IEC 14496-15)."""
    return with_lengths([unit for unit in units if unit[0] & 31 not in (SPS, PPS, _AUD)])


def with_lengths(units: Sequence[bytes]) -> bytes:
    """NAL units as MP4 has them: the length of each in 4 bytes before it."""
    pieces: list[bytes] = []
    for unit in units:
        pieces += (len(unit).to_bytes(4, "big"), unit)
    return b"".join(pieces)


def parameter_sets(units: Sequence[bytes]) -> list[bytes]:
    """Those of the units that are parameter sets."""
    return [unit for unit in units if unit[0] & 31 in (SPS, PPS)]


@frozen
class ParameterSets:
    """Sequence and picture parameter set, without start codes; empty while unknown."""

    sps: bytes = b""
    pps: bytes = b""

    @property
    def complete(self) -> bool:
        """Whether both are there, and the SPS long enough to name profile and level."""
        return len(self.sps) >= 4 and bool(self.pps)

    def updated(self, units: Sequence[bytes]) -> ParameterSets:
        """These, or the newer ones among ``units``; the same object when nothing changed."""
        sps, pps = self.sps, self.pps
        for unit in units:
            kind = unit[0] & 31
            if kind == SPS:
                sps = unit
            elif kind == PPS:
                pps = unit
        return self if (sps, pps) == (self.sps, self.pps) else ParameterSets(sps, pps)


def from_fmtp(fmtp: dict[str, str]) -> ParameterSets:
    """Parameter sets out of ``sprop-parameter-sets`` (RFC 6184, 8.1); ffmpeg sends them nowhere else."""
    try:
        units = [base64.b64decode(text) for text in fmtp.get("sprop-parameter-sets", "").split(",") if text]
    except (binascii.Error, ValueError):
        return ParameterSets()
    return ParameterSets().updated([unit for unit in units if unit])


def _skip_scaling(bits: BitReader, chroma: int) -> None:
    for number in range(8 if chroma != 3 else 12):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_to_size(bits: BitReader) -> int:
    profile = bits.take(8)
    bits.take(16)
    bits.unsigned()
    chroma = 1
    if profile in _HIGH:
        chroma = bits.unsigned()
        if chroma == 3:
            bits.take(1)
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, chroma)
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()
    bits.unsigned()
    bits.take(1)
    return chroma


def dimensions(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels that an SPS gives (H.264, 7.3.2.1.1), cropping applied.

    Raises:
        ValueError: the SPS is damaged.
    """
    bits = BitReader(sps[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    chroma = _skip_to_size(bits)
    width = 16 * (bits.unsigned() + 1)
    map_units = bits.unsigned() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    height = 16 * map_units * (2 - frames_only)
    bits.take(1)
    if bits.take(1):
        step_x = 2 if chroma in (1, 2) else 1
        step_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width -= step_x * (left + right)
        height -= step_y * (top + bottom)
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise ValueError("SPS gives no size")
    return width, height
