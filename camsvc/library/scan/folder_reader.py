"""What lies in a folder of media files, a few hundred at a time. Blocking: runs in the files threads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from attrs import frozen

from camsvc.library import protection_markers
from camsvc.library.index import EXTENSIONS


@frozen
class SeenFile:
    """A file that lies there: its name, size, when it was written (seconds since the epoch), and its links."""

    name: str
    size_bytes: int
    modified_at: float
    links: int = 1


class FolderReader:
    """Reads a folder from its first entry to its last.

    What hides behind a dot is work in progress, and left out; so is what is no file itself (a link, a device, a
    folder), or bears a name that is no text.

    Attributes:
        protected: the recordings that what lies there protects, as far as it was read.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        """Set up; nothing is read yet.

        Args:
            folder: where the files are.
            kind: of the files.
        """
        self._folder = folder
        self._kind = kind
        self._entries: Iterator[SeenFile] | None = None
        self.protected: set[str] = set()

    def some(self, most: int) -> list[SeenFile]:
        """The next ones, at most so many; none when there are no more, or the folder is away."""
        if self._entries is None:
            self._entries = self._read()
        return list(islice(self._entries, most))

    def _read(self) -> Iterator[SeenFile]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if is_media(entry.name, self._kind):
                    yield from look(self._folder, [entry.name])
                elif (title := protection_markers.title_of(entry.name)) is not None and is_text(title):
                    self.protected.add(title)


def look(folder: Path, names: Iterable[str]) -> Iterator[SeenFile]:
    """Look at files by their names.

    Yields:
        those that are there and are files themselves.
    """
    for name in names:
        try:
            found = os.lstat(folder / name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISREG(found.st_mode):
            yield SeenFile(name, found.st_size, found.st_mtime, found.st_nlink)


def is_media(name: str, kind: str) -> bool:
    """Whether a name is one of a file of a kind, ours or anybody's."""
    return not name.startswith(".") and name.endswith(EXTENSIONS[kind]) and is_text(name)


def identity(folder: Path) -> tuple[int, int, int] | None:
    """What is another as soon as a file comes or goes, or another disk is mounted there; None when it is away."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def is_text(name: str) -> bool:
    """Whether a file name is UTF-8: others (os.fsdecode's surrogates) go into no database and no JSON."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
