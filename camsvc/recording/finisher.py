"""FINISHING: recordings that have ended become files of the library, and it is told when they are there."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine
from functools import partial
from typing import Any

from attrs import evolve, frozen
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger

from camsvc.engine.path_options import parts_folder
from camsvc.library import parts, recordings_table
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.media_folders import MediaFolders
from camsvc.model import Recording, RecordingState
from camsvc.recording.footage import Footage
from camsvc.recording.segments import Segments
from camsvc.system.clocks import Clocks
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch

_STEPPED_S = 1.0
"""More than this between two readings of wall clock less boot time, and somebody has set the clock."""


@frozen
class Progress:
    """A change in a recording, for the notification ``recording_status_update``.

    ``status`` is RECORDING, STOPPED or ERROR; ``reason`` as the contract's section 5 says. ``confirmed`` is False of
    a recording that is accepted and not yet seen to grow; ``first_sample`` is when its footage begins, seconds since
    the epoch, where that is known; ``sound`` is the codec of the sound in the finished file, empty where it has none,
    None where there is no file.
    """

    recording: Recording
    status: str
    duration_s: float
    size_bytes: int
    reason: str | None = None
    confirmed: bool = True
    first_sample: float | None = None
    sound: str | None = None

    @property
    def begins(self) -> bool:
        """It tells of a recording whose file grows from now on."""
        return self.status == "RECORDING" and self.reason is None and self.confirmed


class Finisher:
    """The recordings that are being finished, and everybody who wants to know of recordings.

    Attributes:
        changes: told of every change of a recording.
        segments: makes files of the parts of a recording.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders, segments: Segments, guard: DiskGuard) -> None:
        """Set up; nothing is being finished.

        Args:
            runtime: time, database.
            folders: knows the folder of recordings.
            segments: makes files of the parts of a recording.
            guard: knows when files can be made.
        """
        self._reactor = runtime.reactor
        self._database = runtime.database
        self._clocks = runtime.clocks
        self._folders = folders
        self._guard = guard
        self.segments = segments
        self._work: dict[str, Deferred[Any]] = {}
        self._footage: dict[str, Footage] = {}
        self.changes: Subscribers[[Progress]] = Subscribers("telling of a recording", self._log)

    def footage(self) -> dict[str, Footage]:
        """What is being finished, by file name; and what could not be, which is tried again at the next start."""
        return dict(self._footage)

    def joined(self, filename: str) -> Coroutine[Deferred[Any], Any, float | None]:
        """How much of what is being finished is in its file, 0 to 1; None where it waits, or is nothing of ours."""
        return self.segments.joined(filename)

    def when_finished(self, filename: str) -> Deferred[Any] | None:
        """Wait for a recording that is being finished, until it is there; None when none of that name is."""
        work = self._work.get(filename)
        if work is None:
            return None
        done: Deferred[Any] = Deferred()

        def pass_on(result: Any) -> Any:
            if not done.called:
                done.callback(None)
            return result

        _ = work.addBoth(pass_on)
        return done

    def resume(self) -> None:
        """Finish what an earlier run had begun to finish, and parts of which the database knows nothing.

        Called once, before the database has its thread: the files are the truth, and a lost database loses none.
        """
        for device, ident, began_at in parts.left_behind(self._folders.recordings_dir):
            found = partial(recordings_table.recover, device=device, ident=ident, began_at=began_at)
            if self._database.now(found) is not None:
                self._log.warn("{device}: found parts of a recording that was not known", device=device)
        for left in self._database.now(partial(recordings_table.in_state, state=RecordingState.FINISHING)):
            self._log.info("{name}: finishing it, as the last run could not", name=left.name)
            self._reactor.callWhenRunning(self.finish, left)

    async def stop(self, limit_s: float) -> None:
        """Wait for what is being finished; what takes longer than ``limit_s`` is left to the next start."""
        left: list[str] = []

        def cancel() -> None:
            left.extend(self._work)
            for one in tuple(self._work.values()):
                one.cancel()

        timer = self._reactor.callLater(limit_s, cancel)
        await DeferredList(tuple(self._work.values()))
        if timer.active():
            timer.cancel()
        if left:
            self._log.warn("{n} recordings are left to be finished at the next start", n=len(left))

    def finish(self, recording: Recording, footage: Footage | None = None) -> None:
        """Take a recording that has ended.

        Args:
            recording: its state is FINISHING.
            footage: what there is of it, for lists; None where that is not known.
        """

        def forget(result: Any) -> Any:
            self._work.pop(recording.filename, None)
            return result

        if footage is not None:
            self._footage[recording.filename] = footage
        work = self._work[recording.filename] = launch(
            self._finish_or_tell_why_not(recording), self._log, f"finishing {recording.name}"
        )
        _ = work.addBoth(forget)

    def tell(self, progress: Progress) -> None:
        """Tell everybody of a change."""
        self._log.info("{name}: {status}{why}", name=progress.recording.name, status=progress.status,
                       why=f" ({progress.reason})" if progress.reason else "")  # fmt: skip
        self.changes.tell(progress)

    async def _finish_or_tell_why_not(self, recording: Recording) -> None:
        try:
            await self._make_file(recording)
        except CancelledError:
            raise
        except Exception as why:
            reason = f"cannot be finished now ({why}); its parts are kept, and it is tried again at the next start"
            self.tell(Progress(recording, "ERROR", 0.0, 0, reason))
            raise

    async def _make_file(self, recording: Recording) -> None:
        await self._guard.when_writable()  # where the volume is away its parts would seem to be gone
        self._footage[recording.filename] = await self.segments.footage(recording)
        some = await self.segments.make_rest(recording, _ends_at(recording, self._clocks))
        state = RecordingState.FINISHED if some else RecordingState.EMPTY
        finished = evolve(recording, state=state, reason=recording.reason if some else "empty")

        def enter(db: sqlite3.Connection) -> tuple[int, float, str | None]:
            recordings_table.update(db, finished)
            return *recordings_table.made(db, recording.ident), recordings_table.sound_of(db, recording.ident)

        size, duration, sound = await self._database.run(enter)
        self._footage.pop(recording.filename, None)
        await self._folders.thread(parts.discard, parts_folder(self._folders.recordings_dir, recording))
        began = recording.first_sample
        told = Progress(finished, "STOPPED", duration, size, finished.reason, first_sample=began, sound=sound)
        self.tell(told)


def _ends_at(recording: Recording, clocks: Clocks) -> float | None:
    """When a timed recording ends, by the clock that its parts are named with; None where that was stepped."""
    if recording.deadline is None or recording.clock is None or recording.boot_id != clocks.boot_id():
        return None
    if abs(clocks.wall_s() - clocks.boot_s() - recording.clock) > _STEPPED_S:
        return None
    return recording.deadline + recording.clock
