"""Which recordings retention leaves alone, because somebody says so: in the database, and beside the files."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from attrs import evolve
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from camsvc.errors import DependencyFailed
from camsvc.library import index, names
from camsvc.library import protection_markers as markers
from camsvc.library.index import ARCHIVE, MEDIA, RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile
from camsvc.system.database import Database
from camsvc.system.subscribers import Subscribers


class Protection:
    """Keeps both in step: a recording is protected where one of the two says so, and then the other says it too.

    Attributes:
        changes: told of each recording that is protected, or is no more.
    """

    _log = Logger()

    def __init__(
        self, database: Database, folders: MediaFolders, away: Callable[[str, str], Awaitable[bool]]
    ) -> None:
        """Set up.

        Args:
            database: holds the index.
            folders: those of recordings.
            away: looks whether the disk that files of a kind belong on is not there.
        """
        self._database = database
        self._folders = folders
        self._away = away
        self._one_at_a_time = DeferredLock()
        self.changes: Subscribers[[MediaFile]] = Subscribers("telling of a protected recording", self._log)

    async def set(self, file: MediaFile, protected: bool) -> MediaFile:
        """Protect a recording with all files that it has or will have, or protect it no more.

        DependencyFailed says that it stays protected, as what says so beside its files cannot be deleted.

        Returns:
            the recording as it is now.
        """
        await self._one_at_a_time.acquire()
        try:
            title = names.place_of(file.filename)[0]
            places = await self._database.run(partial(_locations, filename=file.filename))
            if not protected:
                await self._unmark(title, places)
            await self._database.run(lambda db: index.protect(db, RECORDINGS, file.filename, protected))
            if protected:
                for location in places:
                    await self._mark(location, title)
        finally:
            self._one_at_a_time.release()
        changed = evolve(file, protected=protected)
        if file.protected is not protected:
            self.changes.tell(changed)
        return changed

    async def found(self, folder: Path, titles: Collection[str]) -> None:
        """Protect those of some recordings of which a folder says so."""
        if titles:
            await self._one_at_a_time.acquire()
            try:
                told = await self._folders.thread(markers.marked, folder, titles)
                await self._database.run(partial(index.protect_all, titles=told))
            finally:
                self._one_at_a_time.release()

    async def settle(self, location: str, folder: Path, titles: Collection[str]) -> None:
        """Have database and folder say the same, once all of the folder was read.

        Args:
            location: of the folder's files.
            folder: of recordings.
            titles: those of which the folder says that they are protected.
        """
        known = await self._database.run(partial(index.protected_titles, location=location))
        await self.found(folder, set(titles) - known)
        for title in sorted(known - set(titles)):
            await self._one_at_a_time.acquire()
            try:
                if await self._database.run(partial(index.is_protected, title=title)):
                    await self._mark(location, title)
            finally:
                self._one_at_a_time.release()

    async def _mark(self, location: str, title: str) -> None:
        """Say it in a folder; where that does not work the database says it alone, until the folder is read again."""
        folder, trouble = self._folder(location), ""
        try:
            if folder is None or await self._away(RECORDINGS, location):
                trouble = "its disk is not there"
            else:
                await self._folders.thread(markers.mark, folder, title)
        except OSError as why:
            trouble = why.strerror or str(why)
        if trouble:
            words = "{title}: that it is protected stands in the database alone: {why}"
            self._log.warn(words, title=title, why=trouble)

    async def _unmark(self, title: str, places: Sequence[str]) -> None:
        """Say it nowhere any more.

        Raises:
            DependencyFailed: it is said on a disk that is not there, or cannot be written.
        """
        for location in (MEDIA, ARCHIVE):
            folder, trouble = self._folder(location), ""
            if folder is None:
                continue
            try:
                if not await self._away(RECORDINGS, location):
                    await self._folders.thread(markers.unmark, folder, [title])
                elif location in places:
                    trouble = "its disk is not there"
            except OSError as why:
                trouble = why.strerror or str(why)
            if trouble:
                words = f"{title} stays protected, as {folder / (title + markers.SUFFIX)} cannot be deleted"
                raise DependencyFailed("storage", f"{words}: {trouble}")

    def _folder(self, location: str) -> Path | None:
        return self._folders.archive_dir if location == ARCHIVE else self._folders.recordings_dir


def _locations(db: sqlite3.Connection, filename: str) -> list[str]:
    """Where a recording's files are; one under way has none yet, and gets them in the first folder."""
    return sorted({file.location for file in index.segments(db, RECORDINGS, filename)}) or [MEDIA]
