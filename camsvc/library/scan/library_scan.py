"""The index follows the folders: all is read after the start, and from then on what is told of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from attrs import define
from twisted.logger import Logger

from camsvc.library import names as file_names
from camsvc.library import protection_markers
from camsvc.library.index import RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.protection import Protection
from camsvc.library.scan import folder_reader, reconciliation
from camsvc.library.scan.folder_reader import FolderReader, SeenFile
from camsvc.library.scan.folder_watch import FolderWatch
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater, sleep

EVERY_S = 1.0
SETTLE_S = 0.2
"""So long it is waited for what else happens, as a copy makes several events."""

_AT_A_TIME = 256
_ONE_BY_ONE = 2000
"""From so many names on all is read anew; the kernel tells of 16384 events (fs.inotify.max_queued_events)."""


@define
class _FollowedFolder:
    """A folder that is followed.

    Attributes:
        kind: of its files.
        location: of its files.
        folder: where it is.
        watch: who changes it.
        seen: its identity when it was last in step; None before.
    """

    kind: str
    location: str
    folder: Path
    watch: FolderWatch
    seen: tuple[int, int, int] | None = None


class LibraryScan:
    """Follows all folders of media files.

    Attributes:
        under_way: a folder is being read from its first file to its last, so that lists may lack some.
        in_step: told when a folder was read the first time, and when the index has taken in what was new there.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        folders: MediaFolders,
        away: Callable[[str, str], Awaitable[bool]],
        protection: Protection,
    ) -> None:
        """Set up; nothing is read yet.

        Args:
            runtime: time, and the database with the index.
            folders: the folders.
            away: looks whether the disk that files of a kind belong on is not there, so that none of them is gone.
            protection: told of what the folders say of it.
        """
        self._reactor = runtime.reactor
        self._database = runtime.database
        self._folders = folders
        self._away = away
        self._protection = protection
        self._places = [
            _FollowedFolder(
                kind, location, folder, FolderWatch(runtime.reactor, folder, self._on_event, folders.thread)
            )
            for kind, location, folder in folders.places()
        ]
        self._soon = False
        self._rounds = Repeater(
            runtime.reactor, EVERY_S, self._follow, self._log, "reading the folders of recordings and snapshots"
        )
        self.under_way = True
        self.in_step: Subscribers[[]] = Subscribers("telling of new files", self._log)

    def start(self) -> None:
        """Begin: all is read, and from then on what changes."""
        self._rounds.start()

    def stop(self) -> None:
        """Follow no more."""
        self._rounds.stop()
        for place in self._places:
            place.watch.stop()

    def _on_event(self) -> None:
        self._rounds.nudge()

    async def _follow(self) -> None:
        changed = sum([await self._follow_place(place) for place in self._places])
        first, self.under_way = self.under_way, False
        if changed or first:
            self.in_step.tell()

    async def _follow_place(self, place: _FollowedFolder) -> int:
        """Bring the index in step with one folder, and say how many files were new or others."""
        if place.watch.told:
            await sleep(self._reactor, SETTLE_S)
        names, told = place.watch.take()
        found = await self._folders.thread(folder_reader.identity, place.folder)
        before, place.seen = place.seen, None
        if found is None:
            return 0
        changed = 0
        try:
            if before is None or found[:2] != before[:2]:  # another disk
                await place.watch.start()
                changed = await self._read(place)
            elif len(names) > _ONE_BY_ONE or (found != before and not told):
                changed = await self._read(place)
            elif names:
                changed = await self._look_at(place, names)
        except OSError as why:  # told by who watches the disk; the next round reads all
            self._log.warn("{folder} cannot be read: {why}", folder=str(place.folder), why=why.strerror)
            return 0
        place.seen = found
        return changed

    async def _look_at(self, place: _FollowedFolder, names: Mapping[str, bool]) -> int:
        """Look at what was told of; what is written yet is told of again when it is closed."""
        wanted = [name for name in names if folder_reader.is_media(name, place.kind)]
        changed = 0
        for begin in range(0, len(wanted), _AT_A_TIME):
            these = wanted[begin : begin + _AT_A_TIME]
            seen = await self._folders.thread(_look, place.folder, these)
            changed += await self._take_in(place, [file for file in seen if names[file.name] or file.links > 1])
            await self._forget(place, set(these) - {file.name for file in seen})
        if place.kind == RECORDINGS:
            told = {protection_markers.title_of(name) or file_names.place_of(name)[0] for name in names}
            await self._protection.found(place.folder, {title for title in told if folder_reader.is_text(title)})
        return changed

    async def _read(self, place: _FollowedFolder) -> int:
        """Read a folder from its first file to its last, then look for each that the index has.

        Little is done at a time, so that neither the reactor nor a list waits for it.
        """
        if await self._away(place.kind, place.location):
            return 0
        self.under_way = True
        changed = dropped = 0
        reader = FolderReader(place.folder, place.kind)
        while seen := await self._folders.thread(reader.some, _AT_A_TIME):
            changed += await self._take_in(place, seen)
        if place.kind == RECORDINGS:
            await self._protection.settle(place.location, place.folder, reader.protected)
        after = ""
        listed = partial(reconciliation.listed, kind=place.kind, location=place.location, most=_AT_A_TIME)
        while names := await self._database.run(partial(listed, after=after)):
            after = names[-1]
            seen = await self._folders.thread(_look, place.folder, names)
            dropped += await self._forget(place, set(names) - {file.name for file in seen})
        if changed or dropped:
            self._log.info("{kind}: {changed} files were new to the index or others, {dropped} are gone",
                           kind=place.kind, changed=changed, dropped=dropped)  # fmt: skip
        return changed

    async def _take_in(self, place: _FollowedFolder, seen: list[SeenFile]) -> int:
        take_in = partial(reconciliation.take_in, kind=place.kind, location=place.location, seen=seen)
        return await self._database.run(take_in, durable=False)

    async def _forget(self, place: _FollowedFolder, missing: set[str]) -> int:
        """Drop what is gone; nothing, where the disk went while it was looked at."""
        if not missing or await self._away(place.kind, place.location):
            return 0
        forget = partial(reconciliation.forget, kind=place.kind, location=place.location, missing=sorted(missing))
        return await self._database.run(forget, durable=False)


def _look(folder: Path, names: list[str]) -> list[SeenFile]:
    return list(folder_reader.look(folder, names))
