"""What a player sets its decoders up with, once for a file: another picture or other codec parameters fit in no more.

Of MP4 the sample descriptions (ISO/IEC 14496-12, 8.5.2), of Matroska the track entries (RFC 9559); without what is
said of the bit rate alone, which is another one in each file.
"""

from __future__ import annotations

import struct
from pathlib import Path

from camsvc.library.containers import matroska_file
from camsvc.library.containers.boxes import boxes, children, find, read_body

_VIDEO_FIELDS, _SOUND_FIELDS = 78, 28
"""Bytes of a sample entry before its boxes (12.1.3, 12.2.3)."""

_MAX_MOOV = 64 << 20


def decoder_setup(path: Path) -> tuple[bytes, ...]:
    """One value for each track of video or sound (blocking); none where the file does not say, or is no video.

    Args:
        path: of an MP4 or Matroska file; one that is gone is an OSError.
    """
    try:
        return matroska_file.decoder_setup(path) if path.suffix == ".mkv" else _of_mp4(path)
    except (struct.error, IndexError):
        return ()


def _of_mp4(path: Path) -> tuple[bytes, ...]:
    with path.open("rb") as file:
        for kind, body, stop in boxes(file, path.stat().st_size):
            if kind == b"moov" and stop - body <= _MAX_MOOV:
                traks = [trak for name, trak in children(read_body(file, body, stop)) if name == b"trak"]
                return tuple(setup for trak in traks if (setup := _of_track(trak)) is not None)
    return ()


def _of_track(trak: bytes) -> bytes | None:
    hdlr, stsd = find(trak, b"mdia", b"hdlr"), find(trak, b"mdia", b"minf", b"stbl", b"stsd")
    if hdlr is None or stsd is None or hdlr[8:12] not in (b"vide", b"soun"):
        return None
    fields = _VIDEO_FIELDS if hdlr[8:12] == b"vide" else _SOUND_FIELDS
    told = [stsd[4:8]]
    for kind, entry in children(stsd[8:]):
        told += [kind, entry[:fields]]
        for name, body in children(entry[fields:]):
            if name != b"btrt":
                told += [name, _without_bit_rates(body) if name == b"esds" else body]
    return b"".join(told)


def _without_bit_rates(esds: bytes) -> bytes:
    """Object type and DecoderSpecificInfo (ISO/IEC 14496-1, 7.2.6.5 to 7.2.6.7) of an ``esds`` box."""
    at = _body_of(esds, 4, 0x03) + 3
    config = _body_of(esds, at, 0x04)
    specific = _body_of(esds, config + 13, 0x05)
    length = esds[specific - 1]
    return esds[config : config + 1] + esds[specific : specific + length]


def _body_of(data: bytes, at: int, tag: int) -> int:
    """Where the body of a descriptor begins, behind its tag and the 1 to 4 bytes of its size.

    Raises:
        IndexError: it is another one.
    """
    if data[at] != tag:
        raise IndexError("another descriptor")
    at += 1
    while data[at] & 0x80:
        at += 1
    return at + 1
