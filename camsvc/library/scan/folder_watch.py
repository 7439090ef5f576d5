"""Who changes a folder is noticed: inotify(7), and a look at the folder itself for what that does not tell.

Nothing is told of changes that another machine makes on a network mount, of those of a disk that was mounted in
between, and of those beyond the queue's end.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet import inotify
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.filepath import FilePath

_EVENTS = (
    inotify.IN_CREATE
    | inotify.IN_CLOSE_WRITE
    | inotify.IN_MOVED_TO
    | inotify.IN_MOVED_FROM
    | inotify.IN_DELETE
    | inotify.IN_ONLYDIR
)


class FolderWatch:
    """Gathers the names that something has happened to.

    Attributes:
        names: of files, since they were taken last; False where one was begun, and nobody has closed it yet.
        told: anything was told of since then, of whatever file.
    """

    _log = Logger()

    def __init__(
        self, reactor: Any, folder: Path, on_event: Callable[[], None], thread: Callable[..., Deferred[Any]]
    ) -> None:
        """Set up; nothing is watched yet.

        Args:
            reactor: reads the events.
            folder: the folder.
            on_event: called with each event.
            thread: runs blocking work on files.
        """
        self._reactor = reactor
        self._thread = thread
        self._folder = folder
        self._on_event = on_event
        self._notify: inotify.INotify | None = None
        self.names: dict[str, bool] = {}
        self.told = False

    async def start(self) -> None:
        """Begin to watch, or begin anew, as what is mounted there now is watched by nobody.

        The kernel goes through all that it knows of the folder for that: ten milliseconds with 100,000 files.
        """
        self.stop()
        notify = None
        try:
            notify = inotify.INotify(self._reactor)
            path = FilePath(os.fspath(self._folder))
            await self._thread(partial(notify.watch, path, mask=_EVENTS, callbacks=[self._changed]))
            notify.startReading()
            self._notify, notify = notify, None
        except (OSError, inotify.INotifyError) as why:  # no watch is left, or it is away: it is looked at each second
            self._log.debug("{folder} cannot be watched: {why}", folder=str(self._folder), why=str(why))
        finally:
            if notify is not None:
                notify.loseConnection()

    def stop(self) -> None:
        """Watch no more."""
        if self._notify is not None:
            notify, self._notify = self._notify, None
            notify.loseConnection()

    def take(self) -> tuple[dict[str, bool], bool]:
        """What was gathered: names, and whether anything was told of at all."""
        taken = self.names, self.told
        self.names, self.told = {}, False
        return taken

    def _changed(self, _watch: object, path: FilePath[str], mask: int) -> None:
        self.told = True
        name = os.fsdecode(path.basename())
        if not mask & inotify.IN_ISDIR and not name.startswith("."):
            self.names[name] = self.names.get(name, False) or not mask & inotify.IN_CREATE
            self._on_event()
