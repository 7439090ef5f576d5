"""H.264 in Annex B files: access units, their NAL units, and RTP payloads made of them (RFC 6184)."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path

SLICES = (1, 5)
SPS, PPS = 7, 8
_IN_STAP = (6, SPS, PPS)
_DELIMITER = 9
MTU = 1400


def kind(unit: bytes) -> int:
    """nal_unit_type (ITU-T H.264, 7.4.1)."""
    return unit[0] & 31


def access_units(file: Path) -> list[list[bytes]]:
    """The pictures of a file, each as its NAL units."""
    units = [unit for unit in re.split(b"\x00\x00\x00?\x01", file.read_bytes()) if unit]
    pictures: list[list[bytes]] = [[]]
    for unit in units:
        complete = any(kind(each) in SLICES for each in pictures[-1])
        begins = kind(unit) not in SLICES or bool(unit[1] & 0x80)  # first_mb_in_slice 0 is one bit, set
        if complete and begins:
            pictures.append([])
        pictures[-1].append(unit)
    return pictures


def parameter_sets(pictures: Sequence[Sequence[bytes]]) -> tuple[bytes, bytes]:
    """The first SPS and PPS."""
    found: dict[int, bytes] = {}
    for unit in (unit for picture in pictures for unit in picture):
        found.setdefault(kind(unit), unit)
    return found[SPS], found[PPS]


def payloads(picture: Sequence[bytes], aggregate: bool = False) -> list[bytes]:
    """RTP payloads: single NAL units, FU-A for large ones, and with ``aggregate`` STAP-A for parameter sets."""
    units = [unit for unit in picture if kind(unit) != _DELIMITER]
    found: list[bytes] = []
    small = [unit for unit in units if kind(unit) in _IN_STAP]
    if aggregate and len(small) > 1:
        found.append(bytes([24 | 0x60]) + b"".join(struct.pack(">H", len(unit)) + unit for unit in small))
        units = [unit for unit in units if unit not in small]
    for unit in units:
        found += [unit] if len(unit) <= MTU else _fragments(unit)
    return found


def _fragments(unit: bytes) -> list[bytes]:
    body, found = unit[1:], []
    for at in range(0, len(body), MTU):
        flags = (0x80 if at == 0 else 0) | (0x40 if at + MTU >= len(body) else 0)
        found.append(bytes([unit[0] & 0xE0 | 28, flags | kind(unit)]) + body[at : at + MTU])
    return found
