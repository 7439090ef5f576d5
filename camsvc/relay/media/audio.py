"""Sound inside RTP: AAC (RFC 3640, AAC-hbr), Opus (RFC 7587), G.711: out of packets and their SDP."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from camsvc.relay.media.bit_reader import BitReader

#: Samples in one AAC access unit (ISO/IEC 14496-3, 4.5.2.1.1).
AAC_SAMPLES = 1024
#: Ticks of an Opus packet of 20 ms, the usual one, at 48 kHz.
OPUS_SAMPLES = 960
#: Ticks of a packet of G.711 of 20 ms, the usual one.
G711_SAMPLES = 160
#: Largest AAC access unit that is put together, bytes; real ones have at most 768 a channel.
_MAX_UNIT = 16 << 10
# ISO/IEC 14496-3, table 1.18.
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@frozen
class AacConfig:
    """What an AudioSpecificConfig says (ISO/IEC 14496-3, 1.6.2.1).

    Attributes:
        raw: its bytes.
        object_type: 2 for AAC-LC.
        rate: samples a second.
        channels: 1 to 8.
    """

    raw: bytes
    object_type: int
    rate: int
    channels: int


def aac_config(raw: bytes) -> AacConfig:
    """Read an AudioSpecificConfig.

    Raises:
        ValueError: it is damaged, or leaves the channels to the stream.
    """
    bits = BitReader(raw)
    kind = bits.take(5)
    if kind == 31:
        kind = 32 + bits.take(6)
    index = bits.take(4)
    if index != 15 and index >= len(_RATES):
        raise ValueError("no such sampling rate")
    rate = bits.take(24) if index == 15 else _RATES[index]
    channels = bits.take(4)
    if not 1 <= channels <= 7 or len(raw) > 64:
        raise ValueError("no number of channels")
    return AacConfig(raw, kind, rate, 8 if channels == 7 else channels)


@frozen
class AacFields:
    """Sizes in bits of an AU header's fields, out of ``fmtp`` (RFC 3640, 4.1)."""

    size: int
    index: int
    delta: int


def aac_fields(fmtp: Mapping[str, str]) -> AacFields:
    """The AU header of a stream.

    Raises:
        ValueError: a length is no number, or one that no AAC stream has.
    """
    size, index, delta = (int(fmtp.get(key, "0")) for key in ("sizelength", "indexlength", "indexdeltalength"))
    if not 6 <= size <= 20 or not 0 <= index <= 8 or not 0 <= delta <= 8:
        raise ValueError("unknown AU header")
    return AacFields(size, index, delta)


class AacDeframer:
    """Takes access units out of packets, and puts together those that several packets share (RFC 3640, 3.2.3)."""

    def __init__(self, fields: AacFields) -> None:
        self._fields = fields
        self._pieces: list[bytes] = []
        self._wanted = 0

    def take(self, payload: bytes) -> list[bytes]:
        """The access units that a packet completes, in order; what is damaged is left out."""
        if len(payload) < 2:
            return []
        header_bits = int.from_bytes(payload[:2], "big")
        at = 2 + (header_bits + 7) // 8
        sizes = self._sizes(payload[2:at], header_bits)
        if len(sizes) == 1 and sizes[0] > len(payload) - at:
            return self._piece(sizes[0], payload[at:])
        self._pieces = []
        units = []
        for size in sizes:
            unit = payload[at : at + size]
            at += size
            if len(unit) == size and unit:
                units.append(unit)
        return units

    def _sizes(self, headers: bytes, count_bits: int) -> list[int]:
        bits, sizes = BitReader(headers), []
        left, index = count_bits, self._fields.index
        try:
            while left >= self._fields.size + index:
                sizes.append(bits.take(self._fields.size))
                bits.take(index)
                left -= self._fields.size + index
                index = self._fields.delta
        except ValueError:
            return []
        return sizes

    def _piece(self, size: int, data: bytes) -> list[bytes]:
        if size != self._wanted or size > _MAX_UNIT:
            self._pieces, self._wanted = [], size
        if size > _MAX_UNIT:
            return []
        self._pieces.append(data)
        whole = b"".join(self._pieces)
        if len(whole) < size:
            return []
        self._pieces, self._wanted = [], 0
        return [whole] if len(whole) == size else []
