"""Boxes of the ISO base media file format (ISO/IEC 14496-12): 4 bytes size, 4 bytes type, then the body."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO


def boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk the boxes of a file; one that is cut short ends beyond it.

    Args:
        file: open; where it stands is no matter, before and after.
        size: of the file, bytes.

    Yields:
        type, where the body begins, where it ends.
    """
    start = 0
    while start + 8 <= size:
        file.seek(start)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        body = start + 8
        if length == 1 and len(head) == 16:
            length, body = struct.unpack(">Q", head[8:])[0], start + 16
        elif length == 0:
            length = size - start
        if length < body - start:
            return
        yield kind, body, start + length
        start += length


def read_body(file: BinaryIO, body: int, stop: int) -> bytes:
    """The body of a box."""
    file.seek(body)
    return file.read(stop - body)


def children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk the boxes within a body.

    Yields:
        type and body of each that is whole.
    """
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > len(data):
            return
        yield kind, data[at + 8 : at + length]
        at += length


def find(data: bytes, *path: bytes) -> bytes | None:
    """The body of a box below a body, by the types that lead to it; None when there is none."""
    for kind in path:
        found = next((body for name, body in children(data) if name == kind), None)
        if found is None:
            return None
        data = found
    return data
