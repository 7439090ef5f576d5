"""Fragmented MP4 as far as a recording's parts need it: whole fragments, duration, codec parameters.

ISO/IEC 14496-12 (ISO base media file format): boxes of 4 bytes size, 4 bytes type; ``moov`` describes the tracks,
each ``moof`` + ``mdat`` is a fragment. Reads headers only, so a day of footage costs milliseconds per hour.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from attrs import frozen

from camsvc.library.containers.boxes import boxes, children, find, read_body

_MAX_BOX_IN_MEMORY = 4 << 20


@frozen
class PartFacts:
    """What a part holds.

    Attributes:
        whole_bytes: size up to the end of the last whole fragment; 0 when there is none.
        duration_s: of the first track.
        codec: the sample descriptions (``stsd``) of all tracks: parts with the same can be joined.
    """

    whole_bytes: int
    duration_s: float
    codec: bytes


def read_part(path: Path) -> PartFacts:
    """Read a part; one that is cut short counts up to its last whole fragment."""
    size = path.stat().st_size
    codec, scale, track, default = b"", 1, 1, 0
    whole, end_ticks, first_ticks = 0, 0, None
    times: tuple[int | None, int] | None = None  # of a fragment whose data is yet to come
    with path.open("rb") as file:
        for kind, body, stop in boxes(file, size):
            if stop > size:
                break
            if kind in (b"moov", b"moof") and stop - body > _MAX_BOX_IN_MEMORY:
                break
            try:
                if kind == b"moov":
                    codec, scale, track, default = _describe(read_body(file, body, stop))
                elif kind == b"moof":
                    times = _fragment_times(read_body(file, body, stop), track, default)
            except (struct.error, IndexError):  # a box too short for what it must hold
                break
            if kind == b"mdat" and times is not None:
                base, ticks = times
                if base is not None:
                    first_ticks = base if first_ticks is None else first_ticks
                    end_ticks = base + ticks
                whole, times = stop, None
            file.seek(stop)
    return PartFacts(whole if codec else 0, max(0, end_ticks - (first_ticks or 0)) / scale, codec)


def drop_torn_end(path: Path, facts: PartFacts) -> None:
    """Cut a part after its last whole fragment, so that readers meet a clean end."""
    if facts.whole_bytes < path.stat().st_size:
        os.truncate(path, facts.whole_bytes)


def _describe(moov: bytes) -> tuple[bytes, int, int, int]:
    """Codec parameters, and time scale, id and default sample duration of the first track."""
    codec, scale, track, default = b"", 0, 1, 0
    for kind, trak in children(moov):
        if kind != b"trak":
            continue
        codec += find(trak, b"mdia", b"minf", b"stbl", b"stsd") or b""
        mdhd, tkhd = find(trak, b"mdia", b"mdhd"), find(trak, b"tkhd")
        if not scale and mdhd and tkhd:
            scale = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)[0]
            track = struct.unpack_from(">I", tkhd, 20 if tkhd[0] else 12)[0]
    trex = next((t for k, t in children(find(moov, b"mvex") or b"") if k == b"trex" and _id(t) == track), None)
    if trex and len(trex) >= 20:
        default = struct.unpack_from(">I", trex, 12)[0]
    return codec, scale or 1, track, default


def _id(box: bytes) -> int:
    return int(struct.unpack_from(">I", box, 4)[0]) if len(box) >= 8 else 0


def _fragment_times(moof: bytes, track: int, default: int) -> tuple[int | None, int]:
    """Decode time at which the track's fragment begins, and its length, in ticks."""
    base, ticks = None, 0
    for kind, traf in children(moof):
        tfhd = find(traf, b"tfhd") if kind == b"traf" else None
        if tfhd is None or _id(tfhd) != track:
            continue
        length = _default_duration(tfhd, default)
        tfdt = find(traf, b"tfdt")
        if tfdt:
            base = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0]
        ticks += sum(_run_ticks(run, length) for name, run in children(traf) if name == b"trun")
    return base, ticks


def _default_duration(tfhd: bytes, default: int) -> int:
    flags = int.from_bytes(tfhd[1:4], "big")
    at = 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    return int(struct.unpack_from(">I", tfhd, at)[0]) if flags & 0x8 else default


def _run_ticks(trun: bytes, default: int) -> int:
    flags = int.from_bytes(trun[1:4], "big")
    count = struct.unpack_from(">I", trun, 4)[0]
    if not flags & 0x100:
        return int(count * default)
    step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    at = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    if at + step * count > len(trun):
        return 0
    return sum(struct.unpack_from(">I", trun, at + step * index)[0] for index in range(count))
