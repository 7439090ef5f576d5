"""Moves finished recordings to the second folder, one at a time, and waits where that is away."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from attrs import evolve, frozen
from twisted.logger import Logger

from camsvc.audit.log import Record
from camsvc.errors import Unsupported
from camsvc.library import index, names, protection_markers
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.disk.disk_status import DiskState
from camsvc.library.index import ARCHIVE, RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.offload import checked_copy, moves_table
from camsvc.library.offload.moves_table import Move
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

EVERY_S = 60.0


@frozen
class MoveProgress:
    """How far a move is.

    Attributes:
        device: camera of the file.
        filename: its name.
        state: ``waiting``, ``moving``, ``done``, or ``failed``: it is tried again.
        share: 0 to 1.
        why: what is in its way, as a sentence.
    """

    device: str
    filename: str
    state: str
    share: float = 0.0
    why: str | None = None


class Mover:
    """Moves what is asked for, and what is old enough.

    Attributes:
        guard: how the second folder is; None where there is none.
        changes: told when a move begins, ends or fails.
    """

    _log = Logger()

    def __init__(
        self, runtime: Runtime, folders: MediaFolders, guard: DiskGuard | None, after_hours: float, record: Record
    ) -> None:
        """Set up.

        Args:
            runtime: time, and the database that keeps what is to be moved.
            folders: both folders.
            guard: of the second one; None where there is none.
            after_hours: so many hours after its end a recording is moved by itself; 0: none is.
            record: writes the audit log.
        """
        self._database = runtime.database
        self._clocks = runtime.clocks
        self._folders = folders
        self._after_hours = after_hours
        self._record = record
        self._now: MoveProgress | None = None
        self._failed: dict[str, str] = {}
        self._stopped = False
        self.guard = guard
        self.changes: Subscribers[[MoveProgress]] = Subscribers("telling of a move", self._log)
        self._rounds = Repeater(runtime.reactor, EVERY_S, self._move_all, self._log, "moving recordings")

    def start(self) -> None:
        """Begin, where there is a second folder."""
        if self.guard is not None:
            self.guard.changes.add(lambda _: self._rounds.nudge())
            self._rounds.start()

    def stop(self) -> None:
        """End it; a copy under way is made anew at the next start."""
        self._stopped = True
        self._rounds.stop()

    async def ask(self, filename: str) -> None:
        """Have a recording moved, with all its files.

        Raises:
            Unsupported: there is no second folder.
        """
        if self.guard is None:
            raise Unsupported("There is no second folder", feature="archive", suggestion="set storage.archive_dir")

        def ask(db: sqlite3.Connection) -> None:
            for file in index.segments(db, RECORDINGS, filename):
                moves_table.ask(db, file.filename)

        await self._database.run(ask)
        self._rounds.nudge()

    async def moves(self) -> list[MoveProgress]:
        """What is to be moved, in turn, each with how far it is."""
        waiting = await self._database.run(moves_table.waiting)
        return [
            self._now
            if self._now is not None and self._now.filename == move.filename
            else MoveProgress(
                move.device,
                move.filename,
                "failed" if move.filename in self._failed else "waiting",
                why=self._failed.get(move.filename) or self._trouble(),
            )
            for move in waiting
        ]

    def _trouble(self) -> str | None:
        status = self.guard.status if self.guard is not None else None
        return None if status is None or status.state is DiskState.OK else f"second folder: {status.message}"

    async def _move_all(self) -> None:
        if self._after_hours:
            before = self._clocks.wall_s() - self._after_hours * 3600
            await self._database.run(partial(moves_table.ask_for_older, before=before))
        archive = self._folders.archive_dir
        for move in await self._database.run(moves_table.waiting):
            if self.guard is None or archive is None or (await self.guard.look()).state is not DiskState.OK:
                return
            await self._move(move, archive / move.filename)

    async def _move(self, move: Move, second: Path) -> None:
        self._tell(MoveProgress(move.device, move.filename, "moving"))
        first = self._folders.recordings_dir / move.filename
        try:
            if not move.moved:
                await self._folders.thread(_copy_protection, first, second)
                await self._folders.thread(checked_copy.copy, first, second, partial(self._on_bytes, move.size_bytes))
                relocate = partial(index.relocate, kind=RECORDINGS, filename=move.filename, location=ARCHIVE)
                await self._database.run(relocate)
            elif not await self._folders.thread(second.is_file):
                return  # away, or gone: the first copy stays
            await self._folders.thread(_unlink, first)
        except OSError as why:  # the next round tries again
            words = why.strerror or str(why)
            if self._failed.get(move.filename) != words:
                self._log.warn("{name}: cannot be moved now: {why}", name=move.filename, why=words)
            self._failed[move.filename] = words
            self._tell(MoveProgress(move.device, move.filename, "failed", why=words))
            return
        finally:
            self._now = None
        self._failed.pop(move.filename, None)
        await self._database.run(lambda db: moves_table.done(db, move.filename))
        self._record("camsvc", "", "move_recording", {"filename": move.filename, "bytes": move.size_bytes}, "ok")
        self._log.info("{name}: moved to the second folder", name=move.filename)
        self.changes.tell(MoveProgress(move.device, move.filename, "done", 1.0))

    def _on_bytes(self, size: int, done: int) -> None:
        """Called in the thread that copies: a value takes another's place.

        Raises:
            InterruptedError: nobody waits for the copy any more.
        """
        if self._stopped:
            raise InterruptedError("camsvc stops")
        now = self._now
        if now is not None:
            self._now = evolve(now, share=round(done / (2 * size), 3) if size else 1.0)

    def _tell(self, progress: MoveProgress) -> None:
        self._now = progress if progress.state == "moving" else None
        self.changes.tell(progress)


def _copy_protection(first: Path, second: Path) -> None:
    """What protects a recording stands wherever files of it are."""
    for title in protection_markers.marked(first.parent, [names.place_of(first.name)[0]]):
        protection_markers.mark(second.parent, title)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
