"""Which thumbnail belongs to which file, and which there are. Blocking where it says so: runs in the files thread."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from camsvc.library.index import EXTENSIONS, RECORDINGS, SNAPSHOTS

THUMBNAILS = "thumbnails"
"""Beside recordings and snapshots: the third kind of files that are handed out."""

_EXTENSION = ".jpg"


def name_of(filename: str) -> str:
    """The thumbnail of a file: its whole name and ``.jpg``, as a snapshot may be called like a recording."""
    return filename + _EXTENSION


def source_of(name: str) -> tuple[str, str] | None:
    """The kind and the name of the file that a thumbnail belongs to; None when it is no name of a thumbnail."""
    filename = name.removesuffix(_EXTENSION)
    if filename != name:
        for kind in (RECORDINGS, SNAPSHOTS):
            if filename.endswith(EXTENSIONS[kind]):
                return kind, filename
    return None


def there(folder: Path) -> Iterator[str]:
    """Find the thumbnails there are (blocking, from the first one on).

    Yields:
        their names, in no order.
    """
    with os.scandir(folder) as entries:
        yield from (entry.name for entry in entries if entry.name.endswith(_EXTENSION))


def is_picture(path: os.DirEntry[str] | Path) -> bool:
    """Whether a thumbnail stands there (blocking): no link, and not empty, as a power cut leaves it."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def drop(folder: Path, names: Iterable[str]) -> None:
    """Delete thumbnails (blocking); one that is gone already is fine."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
