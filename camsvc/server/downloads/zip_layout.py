"""A zip archive that is sent while it is made: files stored as they are, so that its size is known before.

The format is PKWARE's APPNOTE 6.3.x: each file between a local header and a data descriptor, which says its CRC once
it has been sent; at the end the central directory. Sizes and places beyond 4 GiB are written as Zip64.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from attrs import frozen

from camsvc.server.downloads.sending_thread import FileSpan

_FLAGS = 0x0808  # bit 3: a descriptor follows; bit 11: names are UTF-8
_UNIX_FILE = 0o100640 << 16
_MADE_BY_UNIX = 3 << 8 | 45
_STORED = 0
_MOST_32, _MOST_16 = 0xFFFFFFFF, 0xFFFF
_PLAIN_VERSION, _ZIP64_VERSION = 20, 45


@frozen
class ZipEntry:
    """A file of the archive.

    Attributes:
        name: in the archive; folders end with ``/``.
        path: on the disk.
        size: bytes.
        modified_at: seconds since the epoch; the archive says local time, in steps of 2 s.
    """

    name: str
    path: Path
    size: int
    modified_at: float

    @property
    def is_large(self) -> bool:
        """Its size takes 8 bytes."""
        return self.size >= _MOST_32


@frozen
class _PlacedEntry:
    entry: ZipEntry
    offset: int
    crc: int


class _Crc:
    def __init__(self) -> None:
        self.value = 0

    def add(self, piece: memoryview) -> None:
        self.value = zlib.crc32(piece, self.value)


def size_of(entries: Sequence[ZipEntry]) -> int:
    """Bytes of the whole archive."""
    places, at = [], 0
    for entry in entries:
        places.append(_PlacedEntry(entry, at, 0))
        at += len(_local_header(entry)) + entry.size + len(_descriptor(entry, 0))
    return at + len(_directory(places, at))


def pieces_of(entries: Sequence[ZipEntry]) -> Iterator[bytes | FileSpan]:
    """The archive in order; each piece is to be asked for when the one before has been sent.

    Yields:
        headers, and the files between them.
    """
    places, at = [], 0
    for entry in entries:
        head, crc = _local_header(entry), _Crc()
        yield head
        if entry.size:
            yield FileSpan(entry.path, 0, entry.size, crc.add)
        tail = _descriptor(entry, crc.value)
        yield tail
        places.append(_PlacedEntry(entry, at, crc.value))
        at += len(head) + entry.size + len(tail)
    yield _directory(places, at)


def _local_header(entry: ZipEntry) -> bytes:
    name = entry.name.encode()
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if entry.is_large else b""
    size = _MOST_32 if entry.is_large else 0
    version = _ZIP64_VERSION if entry.is_large else _PLAIN_VERSION
    fields = (0x04034B50, version, _FLAGS, _STORED, *_dos_time(entry), 0, size, size, len(name), len(extra))
    return struct.pack("<IHHHHHIIIHH", *fields) + name + extra


def _descriptor(entry: ZipEntry, crc: int) -> bytes:
    return struct.pack("<IIQQ" if entry.is_large else "<IIII", 0x08074B50, crc, entry.size, entry.size)


def _directory(places: Sequence[_PlacedEntry], at: int) -> bytes:
    """The central directory and the records of its end."""
    headers = b"".join(map(_central_header, places))
    count, size, end = len(places), len(headers), b""
    if count >= _MOST_16 or size >= _MOST_32 or at >= _MOST_32:
        end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, _MADE_BY_UNIX, _ZIP64_VERSION, 0, 0, count, count, size, at)
        end += struct.pack("<IIQI", 0x07064B50, 0, at + size, 1)
    short = (min(count, _MOST_16), min(count, _MOST_16), min(size, _MOST_32), min(at, _MOST_32))
    return headers + end + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, *short, 0)


def _central_header(place: _PlacedEntry) -> bytes:
    entry, name = place.entry, place.entry.name.encode()
    extra = struct.pack("<QQ", entry.size, entry.size) if entry.is_large else b""
    if place.offset >= _MOST_32:
        extra += struct.pack("<Q", place.offset)
    if extra:
        extra = struct.pack("<HH", 1, len(extra)) + extra
    size, offset = min(entry.size, _MOST_32), min(place.offset, _MOST_32)
    version = _ZIP64_VERSION if extra else _PLAIN_VERSION
    fields = (0x02014B50, _MADE_BY_UNIX, version, _FLAGS, _STORED, *_dos_time(entry), place.crc, size, size)
    lengths = (len(name), len(extra), 0, 0, 0, _UNIX_FILE, offset)
    return struct.pack("<IHHHHHHIII", *fields) + struct.pack("<HHHHHII", *lengths) + name + extra


def _dos_time(entry: ZipEntry) -> tuple[int, int]:
    """Time and date as MS-DOS has them; years from 1980 to 2107."""
    at = datetime.fromtimestamp(entry.modified_at)
    if not 1980 <= at.year <= 2107:
        return 0, 1 << 5 | 1
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
