"""What the ``moov`` box of an MP4 says of each track: codec, picture, length, and where its samples are."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from itertools import accumulate

from attrs import frozen

from camsvc.library.containers.boxes import children, find

_VIDEO = {
    b"avc1": "H264", b"avc3": "H264", b"hvc1": "HEVC", b"hev1": "HEVC", b"av01": "AV1", b"vp08": "VP8",
    b"vp09": "VP9", b"jpeg": "MJPEG", b"mjpa": "MJPEG", b"mjpg": "MJPEG", b"mp4v": "MPEG4",
}  # fmt: skip
_SOUND = {
    b"mp4a": "AAC", b"Opus": "OPUS", b"ulaw": "PCM_MULAW", b"alaw": "PCM_ALAW", b"ac-3": "AC3", b"fLaC": "FLAC",
    b"sowt": "PCM_S16LE", b"twos": "PCM_S16BE", b"ipcm": "PCM", b"lpcm": "PCM", b".mp3": "MP3",
}  # fmt: skip
_OBJECT_TYPES = {0x20: "MPEG4", 0x6C: "MJPEG", 0x40: "AAC", 0x69: "MP3", 0x6B: "MP3", 0xAD: "OPUS"}
"""ISO/IEC 14496-1, table 5 (objectTypeIndication): what ``mp4v`` and ``mp4a`` may be besides."""

_MOST_SAMPLES = 1 << 25
"""A day of video has 5 million, and of sound 8 million: what says more is no recording, and would fill our memory."""


@frozen
class Mp4Track:
    """One of video or sound.

    Attributes:
        video: it is of pictures; else of sound.
        codec: as ffprobe calls it, in capitals.
        width: pixels; 0 of sound.
        height: pixels; 0 of sound.
        duration_s: as its header says.
        table: the body of its ``stbl``.
    """

    video: bool
    codec: str
    width: int
    height: int
    duration_s: float
    table: bytes

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Walk the runs of its samples in the file (ISO/IEC 14496-12, 8.7).

        Yields:
            where a run begins, and where it ends.

        Raises:
            IndexError: its tables do not fit each other.
        """
        sizes, offsets, per_chunk = _sizes(self.table), _offsets(self.table), _per_chunk(self.table)
        ends = list(accumulate(sizes, initial=0))
        sample = 0
        for number, offset in enumerate(offsets):
            count = per_chunk[number] if number < len(per_chunk) else per_chunk[-1] if per_chunk else 0
            yield offset, offset + ends[sample + count] - ends[sample]
            sample += count
        if sample != len(sizes):
            raise IndexError("samples that no chunk holds")


def tracks(moov: bytes) -> Iterator[Mp4Track]:
    """Walk the tracks of video and sound; a box that is too short for what it must hold is a struct.error.

    Yields:
        each, in the order of the file.
    """
    for kind, trak in children(moov):
        table = find(trak, b"mdia", b"minf", b"stbl") if kind == b"trak" else None
        entries = find(table, b"stsd") if table is not None else None
        hdlr, mdhd = find(trak, b"mdia", b"hdlr"), find(trak, b"mdia", b"mdhd")
        if table is None or entries is None or hdlr is None or mdhd is None or len(entries) < 16:
            continue
        video = hdlr[8:12] == b"vide"
        if video or hdlr[8:12] == b"soun":
            entry = entries[8:]
            width, height = struct.unpack_from(">HH", entry, 32) if video else (0, 0)
            yield Mp4Track(video, _codec(entry, video), width, height, _duration_s(mdhd), table)


def played_s(moov: bytes) -> float:
    """How long it plays (``mvhd``): without what edit lists leave out, such as the lead of AAC; 0 where not said."""
    mvhd = find(moov, b"mvhd")
    return _duration_s(mvhd) if mvhd is not None else 0.0


def creation_time(moov: bytes) -> float | None:
    """When it was filmed (``mvhd``, seconds since 1904), as seconds since the epoch; None where that is not said."""
    mvhd = find(moov, b"mvhd")
    if mvhd is None:
        return None
    since_1904 = int(struct.unpack_from(">Q" if mvhd[0] else ">I", mvhd, 4)[0])
    return float(since_1904 - 2_082_844_800) if since_1904 > 2_082_844_800 else None


def _codec(entry: bytes, video: bool) -> str:
    kind = entry[4:8]
    name = (_VIDEO if video else _SOUND).get(kind, kind.decode("ascii", "replace").strip().upper())
    at = entry.find(b"esds")
    if kind in (b"mp4v", b"mp4a") and at > 0:
        found = entry.find(b"\x04", at + 8)  # DecoderConfigDescriptor: tag, size in 1 to 4 bytes, object type
        while 0 < found < len(entry) - 1 and entry[found + 1] & 0x80:
            found += 1
        name = _OBJECT_TYPES.get(entry[found + 2], name) if 0 < found < len(entry) - 2 else name
    return name


def _duration_s(header: bytes) -> float:
    """Length in a header of a movie or a track, which begin alike."""
    scale, ticks = struct.unpack_from(">IQ" if header[0] else ">II", header, 20 if header[0] else 12)
    return float(ticks / scale) if scale and ticks not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF) else 0.0


def _numbers(box: bytes, at: int, count: int, code: str) -> array[int]:
    """Numbers that follow each other in a box.

    Raises:
        IndexError: there are fewer.
    """
    found = array(code)
    found.frombytes(box[at : at + count * found.itemsize])
    if len(found) != count:
        raise IndexError("a table that is cut short")
    if sys.byteorder == "little":
        found.byteswap()
    return found


def _sizes(table: bytes) -> array[int]:
    """Bytes of each sample.

    Raises:
        IndexError: the table says more than any has.
    """
    stsz = find(table, b"stsz") or b""
    same, count = struct.unpack_from(">II", stsz, 4)
    if count > _MOST_SAMPLES:
        raise IndexError("more samples than any file has")
    return array("I", [same]) * count if same else _numbers(stsz, 12, count, "I")


def _offsets(table: bytes) -> array[int]:
    stco, co64 = find(table, b"stco"), find(table, b"co64")
    box = stco or co64 or b""
    return _numbers(box, 8, struct.unpack_from(">I", box, 4)[0], "I" if stco is not None else "Q")


def _per_chunk(table: bytes) -> list[int]:
    """How many samples each chunk holds; the last number is of all that follow.

    Raises:
        IndexError: the table says more than any has.
    """
    stsc = find(table, b"stsc") or b""
    count = struct.unpack_from(">I", stsc, 4)[0]
    rows = _numbers(stsc, 8, count * 3, "I")
    per_chunk: list[int] = []
    for first, samples in zip(rows[0::3], rows[1::3], strict=True):
        if not 0 < first <= _MOST_SAMPLES or len(per_chunk) > _MOST_SAMPLES:
            raise IndexError("a chunk that there is not")
        per_chunk += per_chunk[-1:] * (first - 1 - len(per_chunk))
        per_chunk.append(samples)
    return per_chunk
