"""JPEG pictures: whole or torn, how large, and where a new one may stand."""

from __future__ import annotations

import contextlib
import os
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

    Raises:
        OSError: no room, or no right.
    """
    stem, dot, extension = name.rpartition(".")
    draft = atomic_files.write_draft(folder / name, data)
    try:
        for number in range(1, 10_000):
            path = folder / (name if number == 1 else f"{stem}_{number}{dot}{extension}")
            try:
                # Reserves the name in one step, on file systems without links too.
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
            except FileExistsError:
                continue
            try:
                os.replace(draft, path)
            except OSError:
                path.unlink()
                raise
            return path
        raise FileExistsError(f"{name}: ten thousand of that name")
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
