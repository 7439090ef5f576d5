"""Watches the recordings' disk: who may record on it now, and who is told when that changes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.config.storage import Storage
from camsvc.errors import DependencyFailed, InvalidState
from camsvc.library.disk import volume
from camsvc.library.disk.disk_status import DiskState, DiskStatus, status_of, to_spare
from camsvc.library.disk.volume import KnownVolume, SeenVolume
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.retention.policy import GB
from camsvc.library.retention.retention import Shortage
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

EVERY_S = 2.0
ANSWER_LIMIT_S = 10.0
"""A network mount that does not answer for so long is not there."""


class DiskGuard:
    """Looks at the disk every two seconds.

    Attributes:
        status: how it was when it was last looked at.
        changes: told of each other state, once.
        short: told at each look while room is short.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders, storage: Storage, folder: Path | None = None) -> None:
        """Set up.

        Args:
            runtime: time, and the database that knows which volume it is.
            folders: that of recordings is watched.
            storage: says how much stays free.
            folder: another one that is watched.
        """
        self._reactor = runtime.reactor
        self._database = runtime.database
        self._folders = folders
        self._folder = folders.recordings_dir if folder is None else folder
        self._storage = storage
        self._state_dir = Path(storage.state_dir)
        self._known: KnownVolume | None = None
        self._answers: list[Deferred[SeenVolume]] = []
        self._hangs = False
        self._waiting: list[Deferred[None]] = []
        self.status = DiskStatus(DiskState.OK)
        self.changes: Subscribers[[DiskStatus]] = Subscribers("telling of the recordings' disk", self._log)
        self.short: Subscribers[[DiskStatus]] = Subscribers("telling that room is short", self._log)
        self._rounds = Repeater(
            runtime.reactor, EVERY_S, self._look_and_tell, self._log, "looking at the recordings' disk"
        )

    def load(self) -> None:
        """Look for the first time, before the database has its thread; blocks."""
        folder = self._folder
        self._known = self._database.now(lambda db: volume.known(db, folder))
        seen = volume.look(folder, self._state_dir, self._known)
        if self._is_new(seen):
            try:
                self._known = volume.mark(folder, seen)
                self._database.now(partial(volume.save, folder=folder, volume=self._known))
            except OSError as why:
                self._log.warn("the recordings' disk cannot be marked: {why}", why=why.strerror)
        self._take(seen)

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start()

    def stop(self) -> None:
        """End it; who waits for the disk waits no more."""
        self._rounds.stop()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.errback(CancelledError())

    async def look(self) -> DiskStatus:
        """How the disk is now."""
        return self._take(await self._seen())

    async def require_room(self) -> None:
        """Let a recording begin, or say why not.

        Raises:
            DependencyFailed: nothing can be written there.
            InvalidState: the reserve would be used up.
        """
        status = await self.look()
        if not status.writable:
            raise DependencyFailed("storage", status.message, reason=status.reason)
        free, required = status.free_bytes, status.required_bytes
        if free < required:
            raise InvalidState(
                f"no room to record: {status.figures}",
                reason="no_space",
                state="NO_SPACE",
                allowed_states=["IDLE"],
                free_bytes=free,
                required_bytes=required,
                suggestion="delete recordings, or lower storage.reserve_bytes",
            )

    def when_writable(self) -> Deferred[None]:
        """Wait until files can be made there, whether there is room or not."""
        waiter: Deferred[None] = Deferred(lambda each: self._waiting.remove(each))
        if self.status.writable:
            waiter.callback(None)
        else:
            self._waiting.append(waiter)
        return waiter

    async def shortage(self, min_free_gb: float) -> Shortage:
        """What must be freed there: nothing, or enough that there is some room to spare.

        Args:
            min_free_gb: gigabytes that stay free, where that is more than the configuration's reserve.
        """
        status = await self.look()
        if not status.writable:
            return Shortage(trouble=status.message)
        wanted = max(status.required_bytes, int(min_free_gb * GB))
        to_free = wanted + to_spare(wanted) - status.free_bytes if status.free_bytes < wanted else 0
        together = await self._folders.thread(_together, self._folders)
        return Shortage(to_free, (RECORDINGS, SNAPSHOTS) if together else (RECORDINGS,))

    async def accept(self) -> DiskStatus:
        """Take the folder as it is now as the one to record in.

        Raises:
            DependencyFailed: it is not there, or read-only.
        """
        seen = await self._seen()
        if seen.trouble in ("gone", "read_only"):
            raise DependencyFailed("storage", self._take(seen).message, reason=seen.trouble)
        await self._mark(seen)
        return await self.look()

    def _is_new(self, seen: SeenVolume) -> bool:
        """Whether a folder has to be marked: at its first use, or where its marker is lost on the state's disk."""
        return seen.trouble is None and (self._known is None or seen.ident != self._known.ident)

    async def _mark(self, seen: SeenVolume) -> None:
        folder = self._folder
        try:
            known = await self._folders.thread(volume.mark, folder, seen)
        except OSError as why:
            raise DependencyFailed("storage", f"the volume cannot be marked: {why.strerror}") from None
        await self._database.run(partial(volume.save, folder=folder, volume=known))
        self._known = known

    async def _look_and_tell(self) -> None:
        seen = await self._seen()
        if self._is_new(seen):
            await self._mark(seen)
        status = self._take(seen)
        if status.state in (DiskState.LOW, DiskState.FULL):
            self.short.tell(status)

    async def _seen(self) -> SeenVolume:
        """Look at the folder; one that does not answer in time is gone, and not asked again before it does."""
        if self._hangs:
            return SeenVolume("gone")
        answer: Deferred[SeenVolume] = Deferred()
        self._answers.append(answer)
        if len(self._answers) == 1:
            look = partial(volume.look, self._folder, self._state_dir, self._known)
            _ = self._folders.thread(look).addBoth(self._on_seen)
        try:
            return await answer.addTimeout(ANSWER_LIMIT_S, self._reactor)
        except TimeoutError:
            self._hangs = True
            return SeenVolume("gone")

    def _on_seen(self, result: SeenVolume | Failure) -> None:
        self._hangs = False
        answers, self._answers = self._answers, []
        for each in answers:
            if not each.called:
                each.callback(result)

    def _take(self, seen: SeenVolume) -> DiskStatus:
        """Know how the disk is, and tell who wants to know of another state."""
        reserve = self._storage.reserve_of(seen.total_bytes)
        before = self.status.state
        status = self.status = status_of(seen, reserve, before)
        if status.state is not before:
            well = status.state is DiskState.OK
            (self._log.info if well else self._log.warn)("storage: {message}", message=status.message)
            self.changes.tell(status)
        if status.writable:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.callback(None)
        return status


def _together(folders: MediaFolders) -> bool:
    try:
        return folders.snapshots_dir.stat().st_dev == folders.recordings_dir.stat().st_dev
    except OSError:
        return False
