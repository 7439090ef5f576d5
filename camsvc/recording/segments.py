"""Long recordings become several files, each as soon as its parts are closed, so that none has to wait for the end.

A part that went into a file is marked in the database together with the file's entry in the index, and deleted after
that: whatever is killed in between, nothing is lost and nothing is recorded twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.engine.path_options import parts_folder
from camsvc.library import index, parts, recordings_table
from camsvc.library.index import RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.parts import Clip, Part
from camsvc.model import Recording
from camsvc.recording.footage import Footage, footage_of
from camsvc.recording.joiner import Joiner
from camsvc.recording.pre_record import PreRecord
from camsvc.recording.timing import LATE_S
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch, sleep

SETTLED_AFTER_S = 5.0
"""A slow disk may still write the end of a part when the next one is there."""


@define
class _Rest:
    """What of a recording that has ended becomes files now: bytes in all, and those of the files that are there."""

    recording: Recording
    size_bytes: int
    made_bytes: int = 0


class Segments:
    """Makes the files of recordings out of their parts.

    Attributes:
        length_s: a file of a long recording is about so long.
        pre_record: has the parts from before the call.
    """

    _log = Logger()

    def __init__(
        self, runtime: Runtime, folders: MediaFolders, joiner: Joiner, length_s: float, pre_record: PreRecord
    ) -> None:
        """Set up; nothing is made.

        Args:
            runtime: database.
            folders: knows the folder of recordings.
            joiner: makes one file of several parts.
            length_s: seconds after which the engine begins another part.
            pre_record: has the parts from before the call.
        """
        self._reactor = runtime.reactor
        self._database = runtime.database
        self._folders = folders
        self._joiner = joiner
        self._work: dict[int, Deferred[Any]] = {}
        self._rests: dict[str, _Rest] = {}
        self.length_s = length_s
        self.pre_record = pre_record

    def part_begun(self, recording: Recording) -> None:
        """Make files of the parts before it, where they are long enough; what fails is tried again at the next part.

        Args:
            recording: one under way.
        """

        def forget(result: Any) -> Any:
            self._work.pop(recording.ident, None)
            return result

        if recording.ident not in self._work:
            work = self._work[recording.ident] = launch(
                self._make_of_closed(recording), self._log, f"making a file of {recording.name}"
            )
            if work.called:
                forget(None)
            else:
                _ = work.addBoth(forget)

    def leave(self, recording: Recording) -> Deferred[None]:
        """Make no more files of a recording under way; fires when nothing works on its parts."""
        done: Deferred[None] = Deferred()
        work = self._work.get(recording.ident)
        if work is None:
            done.callback(None)
            return done

        def left(result: Any) -> Any:
            done.callback(None)
            return result

        _ = work.addBoth(left)
        work.cancel()
        return done

    async def footage(self, recording: Recording) -> Footage:
        """What there is of a recording whose last part is closed: its files, and the parts that are in none."""
        before, found = await self.made(recording), await self.parts(recording)
        return footage_of(recording, found, before)

    async def late_s(self, recording: Recording) -> float:
        """By how much a busy machine is behind with what was filmed, where it is not missing for another reason."""
        try:
            folder = parts_folder(self._folders.recordings_dir, recording)
            footage_s = await self._folders.thread(parts.footage_s, folder)
        except OSError:  # the finisher tells
            return 0.0
        late_s = (recording.length_s or 0.0) - footage_s
        return late_s if LATE_S[0] < late_s < LATE_S[1] else 0.0

    async def parts(self, recording: Recording, spare: int = 0) -> list[Part]:
        """The parts that are in no file yet, in order; those that are in one are deleted.

        Args:
            recording: whose.
            spare: so many of the newest are left alone: the engine writes on.
        """
        folder = parts_folder(self._folders.recordings_dir, recording)
        order, in_files = await self._database.run(
            lambda db: (
                recordings_table.part_order(db, recording.ident),
                recordings_table.parts_in_files(db, recording.ident),
            )
        )
        await self._folders.thread(parts.delete, folder, in_files)
        return await self._folders.thread(parts.read, folder, order, spare)

    async def make_rest(self, recording: Recording, ends_at: float | None) -> bool:
        """Make the last files of a recording that has ended.

        Args:
            recording: its state is FINISHING.
            ends_at: when it ends, by the clock that its parts are named with; None where that is not known.

        Returns:
            whether it has any.
        """
        await self.leave(recording)
        length_s, made = recording.length_s, await self.made(recording)
        left_s = None if length_s is None else max(0.0, length_s - made.duration_s)
        clips = parts.cut(await self.parts(recording), ends_at, left_s, keep_first=not made.size_bytes)
        rest = self._rests[recording.filename] = _Rest(recording, parts.size_of(clips))
        try:
            for group in parts.groups(clips, self.length_s):
                await self._make(recording, group)
                rest.made_bytes += parts.size_of(group)
        finally:
            del self._rests[recording.filename]
        return bool(clips or made.size_bytes)

    async def joined(self, filename: str) -> float | None:
        """How much of a recording that has ended is in files, 0 to 1 in thousandths; None where none are made."""
        rest = self._rests.get(filename)
        if rest is None:
            return None
        made_bytes = rest.made_bytes + await self._joiner.written_bytes(rest.recording)
        return round(min(1.0, made_bytes / max(1, rest.size_bytes)), 3)

    async def _make_of_closed(self, recording: Recording) -> None:
        await sleep(self._reactor, SETTLED_AFTER_S)
        while True:
            closed = [Clip(part) for part in await self.parts(recording, spare=1)]
            group = next(iter(parts.groups(closed, self.length_s)), [])
            if not parts.is_long_enough(group, self.length_s):
                return
            await self._make(recording, group)

    async def _make(self, recording: Recording, group: Sequence[Clip]) -> None:
        first = 1 + await self._database.run(lambda db: recordings_table.segments(db, recording.ident))
        files = await self._joiner.join(recording, list(group), first)
        last = first + len(parts.joinable(group)) - 1
        names = [clip.part.path.name for clip in group]

        def enter(db: sqlite3.Connection) -> None:
            index.add_files(db, RECORDINGS, files, recording.ident)
            recordings_table.put_into_files(db, recording.ident, names, last)
            if recordings_table.is_protected(db, recording.ident):
                index.protect(db, RECORDINGS, recording.filename, True)

        await self._database.run(enter)
        folder = parts_folder(self._folders.recordings_dir, recording)
        await self._folders.thread(parts.delete, folder, names)

    async def made(self, recording: Recording) -> Footage:
        """What its files hold."""
        size, duration_s = await self._database.run(lambda db: recordings_table.made(db, recording.ident))
        return Footage(size, duration_s)
