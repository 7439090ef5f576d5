"""A media file of any kind opened and compared with itself; what it is, is said by its name."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from camsvc.library import jpeg
from camsvc.library.containers import matroska_file, mp4_file
from camsvc.library.containers.contents import Contents, Flaw, Flawed

_MAX_PICTURE = 64 << 20


def inspect(path: Path) -> Contents:
    """Open a file and say what it holds.

    An OSError says that it cannot be read, or is gone.

    Args:
        path: of a file itself; a link or a device is not opened.

    Raises:
        Flawed: it is not whole.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Flawed(Flaw.FOREIGN, "it is no file itself")
    match path.suffix:
        case ".mkv":
            return matroska_file.read(path)
        case ".jpg" | ".jpeg":
            return _picture(path)
        case _:
            return mp4_file.read(path)


def _picture(path: Path) -> Contents:
    with path.open("rb") as file:
        data = file.read(_MAX_PICTURE)
    if data[:2] != b"\xff\xd8":
        raise Flawed(Flaw.FOREIGN if len(data) >= 2 else Flaw.TRUNCATED, "it is no JPEG")
    size = jpeg.size(data)
    if size is None:
        raise Flawed(Flaw.TRUNCATED, "its end is missing")
    return Contents(None, "MJPEG", *size)
