"""Fragmented MP4 with one H.264 track, as bytes (ISO/IEC 14496-12 and -15): a file's start, and each part."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from attrs import frozen

from camsvc.relay.h264 import ParameterSets, dimensions

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# Sample flags (14496-12, 8.8.3.1): depends on nothing; depends on others and is no sync sample.
_SYNC = 0x02000000
_NOT_SYNC = 0x01010000


@frozen
class Sample:
    """One picture: ``data`` with NAL lengths, ``duration`` in ticks of the timescale, ``key`` for an IDR."""

    data: bytes
    duration: int
    key: bool


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def init_segment(sets: ParameterSets, timescale: int) -> bytes:
    """What a file begins with: ftyp and a moov whose duration is open.

    Args:
        sets: complete parameter sets.
        timescale: ticks per second, the RTP clock rate.

    Raises:
        ValueError: the SPS is damaged.
    """
    width, height = dimensions(sets.sps)
    media_header = _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0))
    handler = _full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"vide"), b"camsvc\x00")
    data_info = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    tables = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), _sample_entry(sets, width, height)),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    media = _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), data_info, tables)
    track_header = _full(
        b"tkhd", 0, 3, struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0, 0, 0), _MATRIX, _fixed(width), _fixed(height)
    )
    track = _box(b"trak", track_header, _box(b"mdia", media_header, handler, media))
    movie_header = _full(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    extends = _box(b"mvex", _full(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, 0)))
    brands = _box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5", b"iso6", b"mp41")
    return brands + _box(b"moov", movie_header, track, extends)


def _fixed(pixels: int) -> bytes:
    return struct.pack(">I", pixels << 16)


def _sample_entry(sets: ParameterSets, width: int, height: int) -> bytes:
    configuration = _box(
        b"avcC",
        bytes([1]) + sets.sps[1:4] + bytes([0xFF, 0xE1]),
        struct.pack(">H", len(sets.sps)) + sets.sps,
        b"\x01" + struct.pack(">H", len(sets.pps)) + sets.pps,
    )
    return _box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 24, -1),
        configuration,
    )


def fragment(sequence: int, base_time: int, samples: Sequence[Sample]) -> bytes:
    """One part of a file: moof and mdat.

    Args:
        sequence: 1 for the first part of a file, then counting.
        base_time: ticks from the file's first sample to this part's.
        samples: in the order of decoding, which is that of showing.
    """
    rows = b"".join(
        struct.pack(">III", sample.duration, len(sample.data), _SYNC if sample.key else _NOT_SYNC)
        for sample in samples
    )

    def moof(data_offset: int) -> bytes:
        run = _full(b"trun", 0, 0x000701, struct.pack(">Ii", len(samples), data_offset), rows)
        fragment_header = _full(b"tfhd", 0, 0x020000, struct.pack(">I", 1))
        decode_time = _full(b"tfdt", 1, 0, struct.pack(">Q", base_time))
        header = _full(b"mfhd", 0, 0, struct.pack(">I", sequence))
        return _box(b"moof", header, _box(b"traf", fragment_header, decode_time, run))

    size = len(moof(0))
    return moof(size + 8) + _box(b"mdat", *(sample.data for sample in samples))
