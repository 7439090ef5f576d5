"""What every part of the daemon needs of its process, as one value; made once, at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen

from camsvc.system.clocks import Clocks
from camsvc.system.database import Database
from camsvc.system.reactor_lag import ReactorLag
from camsvc.system.runtime_dir import RuntimeDir


@frozen
class Runtime:
    """What is given to whatever needs time, connections, processes, state or programs.

    Attributes:
        reactor: Twisted's, with all its interfaces.
        database: open; one thread of its own.
        folder: of what lives for one boot.
        ffmpeg: absolute path of the program; ``ffprobe`` stands beside it.
        launcher: absolute path of ``camsvc-publish``.
        clocks: what time it is.
        lag: how late the reactor is.
    """

    reactor: Any
    database: Database
    folder: RuntimeDir
    ffmpeg: str
    launcher: Path
    clocks: Clocks = field(factory=Clocks)
    lag: ReactorLag = field(default=Factory(lambda self: ReactorLag(self.reactor), takes_self=True))
