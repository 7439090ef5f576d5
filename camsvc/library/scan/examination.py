"""What files hold, entered into the index: each is opened once, one after the other, out of everybody's way."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from twisted.logger import Logger

from camsvc.library import index, names
from camsvc.library.containers.contents import Contents, Flawed
from camsvc.library.containers.inspection import inspect
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater, sleep

EVERY_S = 60.0
PAUSE_S = 0.02
"""Between two files: a hundred thousand take an hour, and nobody feels it."""

_AT_A_TIME = 50
_LEAD_S = 61.0
"""A recording may begin with what was there before it was asked for."""


class Examination:
    """Opens the files that the index does not know from the inside: new ones, and such as were written again."""

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders) -> None:
        """Set up.

        Args:
            runtime: time, and the database with the index.
            folders: where the files are.
        """
        self._reactor = runtime.reactor
        self._database = runtime.database
        self._folders = folders
        self._rounds = Repeater(runtime.reactor, EVERY_S, self._examine, self._log, "opening new files")

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    def stop(self) -> None:
        """End it."""
        self._rounds.stop()

    def look(self) -> None:
        """Look for new ones now."""
        self._rounds.nudge()

    async def _examine(self) -> None:
        last = 0
        while files := await self._database.run(partial(index.unexamined, after=last, limit=_AT_A_TIME)):
            last = files[-1][0]
            for _, kind, file in files:
                try:
                    contents = await self._folders.thread(_contents, self._folders.path(kind, file))
                except OSError:  # gone meanwhile, or its disk is away: the next round tries again
                    continue
                await self._database.run(partial(enter, kind=kind, file=file, contents=contents), durable=False)
                await sleep(self._reactor, PAUSE_S)


def enter(db: sqlite3.Connection, kind: str, file: MediaFile, contents: Contents | None) -> None:
    """Store what a file holds; where it was written again meanwhile, it is opened again.

    A recording that was found without the database began when its file says so, where that is not before the time in
    its name. Its files have one name but for a number: where they do not say it, each begins when the last one ends.

    Args:
        db: inside a transaction.
        kind: of the file.
        file: as it was when it was opened.
        contents: what it holds; None where it is not whole.
    """
    place = "kind = ? AND filename = ? AND size_bytes = ? AND modified_at = ?"
    key = (kind, file.filename, file.size_bytes, file.modified_at)
    if contents is None:
        db.execute(f"UPDATE media_file SET examined = 2 WHERE {place}", key)
        return
    known = (contents.duration_s, contents.width, contents.height, contents.codec or None, contents.sound)
    db.execute(
        "UPDATE media_file SET examined = 1, duration_s = ?, width = ?, height = ?, codec = ?, sound = ?"
        f" WHERE {place}",
        (*known, *key),
    )
    before = (
        "SELECT min(e.created_at) + sum(e.duration_s) FROM media_file AS e"
        " WHERE e.kind = media_file.kind AND e.title = media_file.title AND e.segment < media_file.segment"
    )
    db.execute(
        f"UPDATE media_file SET created_at = coalesce(?, iif(segment > 1, ({before}), NULL), created_at)"
        f" WHERE {place} AND recording IS NULL",
        (_began_at(file, contents), *key),
    )


def _began_at(file: MediaFile, contents: Contents) -> float | None:
    named = names.time_of(file.filename)
    if named is None or contents.began_at is None or contents.began_at < named - _LEAD_S:
        return None
    return contents.began_at


def _contents(path: Path) -> Contents | None:
    """What a file holds; None where it is not whole, which ``verify_library`` tells."""
    try:
        return inspect(path)
    except Flawed:
        return None
