"""Which media engine this machine has: the MediaMTX that is named, beside our Python or on PATH, else the relay."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from camsvc.config.schema import Media
from camsvc.errors import ConfigError


@frozen
class EngineChoice:
    """An engine that can be started.

    Attributes:
        kind: ``mediamtx`` or ``relay``.
        binary: the program, absolute.
        arguments: what goes between the program and the name of its configuration file.
    """

    kind: str
    binary: str
    arguments: tuple[str, ...] = ()

    def argv(self, file: Path) -> list[str]:
        """Program and arguments that start it with a configuration file."""
        return [self.binary, *self.arguments, str(file)]

    @property
    def words(self) -> str:
        """For people: what it is and where."""
        return f"MediaMTX ({self.binary})" if self.kind == "mediamtx" else "camsvc-relay (embedded)"


def choose(media: Media, which: Callable[[str], str | None] = shutil.which) -> EngineChoice:
    """The engine that the configuration and this machine give.

    Raises:
        ConfigError: the MediaMTX asked for is not there.
    """
    if media.engine != "relay":
        named = media.mediamtx
        found = find_program(named or "mediamtx", which)
        if found:
            return EngineChoice("mediamtx", found)
        if named:
            raise ConfigError(f'media.mediamtx = "{named}": no such program; allowed is the path of a MediaMTX')
        if media.engine == "mediamtx":
            raise ConfigError('media.engine = "mediamtx": none on PATH; set media.mediamtx, or run `make mediamtx`')
    twistd = find_program("twistd", which)
    if twistd is None:
        raise ConfigError('media.engine = "relay": twistd is not beside the Python that runs camsvc, nor on PATH')
    return EngineChoice("relay", twistd, ("-n", "--pidfile=", "camsvc-relay"))


def find_program(name: str, which: Callable[[str], str | None] = shutil.which) -> str | None:
    """Absolute path of a program: beside the running Python, as in a venv that is not on PATH, else on PATH."""
    beside = Path(sys.executable).parent / name
    if "/" not in name and beside.is_file():
        return str(beside)
    found = which(name)
    return os.path.abspath(found) if found else None


def find_ffmpeg(media: Media) -> str:
    """Absolute path of ffmpeg.

    Raises:
        ConfigError: it is not there.
    """
    found = find_program(media.ffmpeg)
    if found is None:
        raise ConfigError(f'media.ffmpeg = "{media.ffmpeg}": no such program; install ffmpeg, or name its path')
    return found
