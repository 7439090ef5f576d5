"""The files that say which recordings of a folder are protected, so that it is known where the database is lost.

``TITLE.protected`` is an empty file beside the recording's own. It has no leading dot, so that whoever copies the
folder by hand copies it too, and it is no extended attribute, as exFAT, many network mounts and ``cp`` keep none. All
of this is blocking.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from camsvc.system import atomic_files

SUFFIX = ".protected"
_MODE = 0o640


def title_of(name: str) -> str | None:
    """The recording that a file name protects; None where it is the name of something else."""
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) and not name.startswith(".") else None


def mark(folder: Path, title: str) -> None:
    """Say beside a recording's files that it is protected; fails with OSError."""
    fd = os.open(folder / (title + SUFFIX), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    os.close(fd)
    atomic_files.sync(folder)


def unmark(folder: Path, titles: Iterable[str]) -> None:
    """Say it no more; fails with OSError."""
    for title in titles:
        (folder / (title + SUFFIX)).unlink(missing_ok=True)


def marked(folder: Path, titles: Iterable[str]) -> list[str]:
    """Which of some recordings are protected by what lies in a folder."""
    return [title for title in titles if _is_there(folder / (title + SUFFIX))]


def _is_there(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
