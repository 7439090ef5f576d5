"""Matroska files (RFC 9559): what they hold, and whether every element down to the clusters is there."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from camsvc.library.containers.contents import Contents, Flaw, Flawed

_EBML, _SEGMENT, _CLUSTER, _INFO, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1549A966, 0x1654AE6B
_SCALE, _DURATION, _DATE = 0x2AD7B1, 0x4489, 0x4461
_ENTRY, _TYPE, _CODEC, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0x83, 0x86, 0xE0, 0xB0, 0xBA
_CODEC_PRIVATE, _AUDIO = 0x63A2, 0xE1
_TIMESTAMP = 0xE7
_MAX_IN_MEMORY = 4 << 20
_UNKNOWN = -1
_EPOCH_2001_S = 978_307_200

_NAMES = {
    "V_MPEG4/ISO/AVC": "H264", "V_MPEGH/ISO/HEVC": "HEVC", "V_MJPEG": "MJPEG", "V_AV1": "AV1", "V_VP8": "VP8",
    "V_VP9": "VP9", "V_MPEG4/ISO/ASP": "MPEG4", "A_AAC": "AAC", "A_OPUS": "OPUS", "A_MPEG/L3": "MP3", "A_AC3": "AC3",
    "A_PCM/INT/LIT": "PCM_S16LE", "A_FLAC": "FLAC", "A_VORBIS": "VORBIS",
}  # fmt: skip
"""Codec ids (RFC 9559, section 21) as ffprobe calls them, in capitals."""


def read(path: Path) -> Contents:
    """Open a Matroska file and walk its elements.

    Raises:
        Flawed: it is not whole, or none.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        top = list(_elements(file, 0, size))
        if not top or top[0][0] != _EBML:
            raise Flawed(Flaw.FOREIGN if size >= 8 else Flaw.TRUNCATED, "it is no Matroska file")
        segment = next(((body, end) for ident, body, end in top if ident == _SEGMENT), None)
        if segment is None:
            raise Flawed(Flaw.TRUNCATED, "nothing follows its header")
        body, end = segment
        if end > size:
            raise Flawed(Flaw.TRUNCATED, f"its end is missing: {end - size} bytes")
        info, entries, last_ticks = b"", b"", None
        reached = body
        for ident, start, stop in _elements(file, body, size if end == _UNKNOWN else end):
            if stop > size:
                raise Flawed(Flaw.TRUNCATED, f"its end is missing: {stop - size} bytes")
            if ident == _INFO:
                info = _body(file, start, stop)
            elif ident == _TRACKS:
                entries = _body(file, start, stop)
            elif ident == _CLUSTER:
                last_ticks = _number(_first(_body(file, start, min(stop, start + 64)), _TIMESTAMP))
            reached = max(reached, stop)
        if reached != (size if end == _UNKNOWN else end) or not entries:
            raise Flawed(Flaw.TRUNCATED, "its elements do not reach its end")
    return _contents(info, entries, last_ticks)


def decoder_setup(path: Path) -> tuple[bytes, ...]:
    """Of each track of video or sound its codec, the codec's parameters, and how its pictures or samples are."""
    with path.open("rb") as file:
        top = _elements(file, 0, path.stat().st_size)
        segment = next(((body, end) for ident, body, end in top if ident == _SEGMENT), (0, 0))
        inner = _elements(file, segment[0], path.stat().st_size if segment[1] == _UNKNOWN else segment[1])
        entries = next((_body(file, start, stop) for ident, start, stop in inner if ident == _TRACKS), b"")
    tracks = [entry for ident, entry in _children(entries) if ident == _ENTRY and _first(entry, _TYPE)]
    told = (_TYPE, _CODEC, _CODEC_PRIVATE, _VIDEO, _AUDIO)
    return tuple(b"".join(_first(entry, ident) or b"" for ident in told) for entry in tracks)


def _contents(info: bytes, entries: bytes, last_ticks: int | None) -> Contents:
    scale_s = (_number(_first(info, _SCALE)) or 1_000_000) / 1e9
    ticks = _float(_first(info, _DURATION)) or last_ticks or 0.0
    date = _first(info, _DATE)
    codec, sound, width, height = "", "", None, None
    for ident, entry in _children(entries):
        kind = _number(_first(entry, _TYPE)) if ident == _ENTRY else None
        name = (_first(entry, _CODEC) or b"").rstrip(b"\0").decode("ascii", "replace")
        if kind == 1 and not codec:
            codec, picture = _NAMES.get(name, name), _first(entry, _VIDEO) or b""
            width, height = _number(_first(picture, _WIDTH)), _number(_first(picture, _HEIGHT))
        elif kind == 2 and not sound:
            sound = _NAMES.get(name, name)
    if not codec and not sound:
        raise Flawed(Flaw.DAMAGED, "it has neither pictures nor sound")
    began_at = struct.unpack(">q", date)[0] / 1e9 + _EPOCH_2001_S if date and len(date) == 8 else None
    return Contents(round(ticks * scale_s, 3), codec, width, height, sound, began_at)


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Walk the elements of a part of a file (RFC 8794); one of unknown size ends where its parent does.

    Yields:
        id, where the body begins, where it ends.
    """
    while start < end:
        file.seek(start)
        head = file.read(12)
        found = _head(head)
        if found is None:
            return
        ident, length, taken = found
        body = start + taken
        stop = _UNKNOWN if length == _UNKNOWN else body + length
        yield ident, body, stop
        if stop == _UNKNOWN:
            if ident != _CLUSTER:
                return
            stop = body  # its own elements follow each other like those of the segment
        start = stop


def _children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk the elements within a body.

    Yields:
        id and body.
    """
    at = 0
    while (found := _head(data[at : at + 12])) is not None and found[1] != _UNKNOWN:
        ident, length, taken = found
        yield ident, data[at + taken : at + taken + length]
        at += taken + length


def _head(data: bytes) -> tuple[int, int, int] | None:
    """Id and size of an element, and how many bytes they take; None where there is none."""
    if not data or not data[0]:
        return None
    width = 9 - data[0].bit_length()
    if width > 4 or len(data) <= width or not data[width]:
        return None
    size_width = 9 - data[width].bit_length()
    raw = data[width : width + size_width]
    if len(raw) < size_width:
        return None
    value = int.from_bytes(raw, "big") & ((1 << 7 * size_width) - 1)
    unknown = value == (1 << 7 * size_width) - 1
    return int.from_bytes(data[:width], "big"), _UNKNOWN if unknown else value, width + size_width


def _body(file: BinaryIO, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(min(stop - start, _MAX_IN_MEMORY))


def _first(data: bytes, ident: int) -> bytes | None:
    return next((body for found, body in _children(data) if found == ident), None)


def _number(data: bytes | None) -> int | None:
    return int.from_bytes(data, "big") if data is not None else None


def _float(data: bytes | None) -> float | None:
    if data is None or len(data) not in (4, 8):
        return None
    return float(struct.unpack(">f" if len(data) == 4 else ">d", data)[0])
