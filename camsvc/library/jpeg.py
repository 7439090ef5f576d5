"""JPEG pictures: whole or torn, how large, and where a new one may stand."""

from __future__ import annotations

from pathlib import Path

from camsvc.system import atomic_files


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header (ITU-T T.81, B.2.2); None when it is no whole JPEG."""
    if data[:2] != b"\xff\xd8" or not data.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def store(folder: Path, name: str, data: bytes) -> Path:
    """Write a picture under ``name``, or ``name_2``, ``name_3`` … where that exists: nothing is overwritten.

    Args:
        folder: where.
        name: with its extension.
        data: the picture.
    """
    stem, dot, extension = name.rpartition(".")
    numbered = (f"{stem}_{number}{dot}{extension}" for number in range(2, 10_000))
    return Path(atomic_files.create_first((folder / each for each in (name, *numbered)), data))
