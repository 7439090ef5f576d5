"""One recording under way: when it ends, what is told of it, and how it is handed to FINISHING."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from attrs import evolve
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.devices.inventory import Inventory
from camsvc.engine.path_options import parts_folder
from camsvc.errors import CamsvcError, DependencyFailed
from camsvc.library import parts, recordings_table
from camsvc.library.disk.disk_status import DiskStatus
from camsvc.library.media_folders import MediaFolders
from camsvc.model import Camera, Recording, RecordingState, Status
from camsvc.recording.finisher import Finisher, Progress
from camsvc.recording.footage import Footage, Stopped
from camsvc.recording.growth import GrowthEvent, GrowthWatch
from camsvc.recording.patience import gap_of, tell_why_nothing
from camsvc.recording.timing import TAIL_S, TOO_SHORT_S, counted, with_lead
from camsvc.streams.recording_paths import RecordingPaths, when_path_gone
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch, sleep, within

CLOSE_LIMIT_S = 3.0


class ActiveRecording:
    """A recording of one camera, from the call that asks for it to the end of its last part.

    Attributes:
        recording: as it is stored; its id is 0 until it is.
        stopping: its end has begun.
        followed: the engine was told to record, and the files are watched.
        ended: told when its parts are closed, before it is given to the finisher.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        inventory: Inventory,
        paths: RecordingPaths,
        folders: MediaFolders,
        finisher: Finisher,
        recording: Recording,
    ) -> None:
        """Set up; nothing is followed yet.

        Args:
            runtime: time, database.
            inventory: knows what is wrong with the camera.
            paths: tells the engine to record, and to end it.
            folders: knows the folder of the parts.
            finisher: told of changes, and given the recording at its end.
            recording: what is asked for.
        """
        self._runtime = runtime
        self._clocks = runtime.clocks
        self._inventory = inventory
        self._paths = paths
        self._folders = folders
        self._finisher = finisher
        self._segments = finisher.segments
        self.recording = recording
        self.stopping = False
        self.followed = False
        self.ended: Subscribers[[ActiveRecording]] = Subscribers("ending a recording", self._log)
        self._growth: GrowthWatch | None = None
        self._left_s: float | None = None
        self._paused: str | None = None
        self._made_bytes = 0
        self._timer: IDelayedCall | None = None
        self._lead: Deferred[None] | None = None

    @property
    def footage(self) -> Footage:
        """What there is of it so far."""
        if self._growth is None:
            return Footage()
        length_s = self.recording.length_s or float("inf")
        return Footage(self._made_bytes + self._growth.size_bytes, min(self._growth.age_s, length_s))

    @property
    def grows(self) -> bool:
        """Its files grow."""
        return self._growth is not None and self._growth.grows

    def follow(self, left_s: float | None, ignore: frozenset[str] = frozenset()) -> None:
        """Watch its files from now on.

        Args:
            left_s: seconds that are still to be recorded of a timed one; None where it runs until it is stopped.
            ignore: names of parts that do not count, as they are of an earlier boot.
        """
        self._left_s = left_s
        folder = self._parts_folder
        self._growth = GrowthWatch(
            self._runtime,
            read_sizes=partial(self._folders.thread, parts.measure, folder, ignore),
            write_out=partial(self._folders.thread, parts.write_out, folder),
            gap_after_s=lambda: None if self._paused else gap_of(self._inventory, self._paths, self.recording.device),
            on_event=self._on_growth,
            began_at=self.recording.first_sample if left_s is None or self.recording.deadline is not None else None,
        )
        self._growth.start()
        self.followed = True
        self._runtime.reactor.callWhenRunning(self._read_made)  # the database has no thread before

    def leave(self) -> None:
        """Follow it no more, and do not end it: the engine records on."""
        _ = self._segments.leave(self.recording)
        if self._growth is not None:
            self._growth.stop()
        self._cancel_timer()

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """Wait for its camera where that went; go on at once when it delivers again."""
        if self._growth is None or self.stopping:
            return
        if not camera.present:
            self._growth.source_gone()
        elif camera.status is Status.CONNECTED and before is not None and before.status is not Status.CONNECTED:
            _ = launch(self._read_again(), self._log, "going on with a recording")

    def storage_changed(self, status: DiskStatus) -> None:
        """Have the engine close its part while nothing can be written, and begin another after that."""
        if self.stopping or not self.followed or status.records is (self._paused is None):
            return
        if status.records:
            self._paused = None
            self._paths.want_recording(self.recording)
            return
        self._paused = status.reason
        if self._growth is not None:
            self._growth.source_gone()
        _ = launch(self._close(self.recording), self._log, "pausing a recording")

    async def go_on(self, status: DiskStatus) -> None:
        """Record on after a restart of camsvc, at once or when the storage takes it.

        What another boot left is repaired before, and from there on footage counts, not time.
        """
        length_s, known = self.recording.length_s, frozenset[str]()
        left_s = length_s
        if self.recording.boot_id != self._clocks.boot_id():
            found = await self._segments.parts(self.recording)
            footage_s = (await self._segments.footage(self.recording)).duration_s
            self.recording = evolve(self.recording, boot_id=self._clocks.boot_id(), deadline=None, clock=None)
            await self._save(self.recording)
            known = frozenset(part.path.name for part in found)
            left_s = None if length_s is None else length_s - footage_s
            if left_s is not None and left_s < TOO_SHORT_S:
                await self.end("duration")
                return
        if status.records:
            self._paths.want_recording(self.recording)
        else:
            self._paused = status.reason
        self.follow(left_s, known)

    async def end(self, reason: str) -> Stopped:
        """End it, and give it to the finisher; returns when its last part is closed.

        Args:
            reason: as in the contract's section 5: ``asked``, ``duration``, ``shutdown``.
        """
        self.stopping = True
        self._cancel_timer()
        ended_at = self._clocks.wall_s()
        self.recording = evolve(self.recording, state=RecordingState.FINISHING, reason=reason, ended_at=ended_at)
        await launch(self._save(self.recording), self._log, "storing that a recording has ended")
        await self._close(self.recording)
        if self._growth is not None:
            self._growth.stop()
        if self._lead is not None:
            await self._lead
        recording = self.recording
        footage = await self._footage_of_parts(recording)
        self.ended.tell(self)
        self._finisher.finish(recording, footage)
        return Stopped(recording, footage.duration_s, footage.size_bytes)

    @property
    def _parts_folder(self) -> Path:
        return parts_folder(self._folders.recordings_dir, self.recording)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read_made(self) -> None:
        made = Deferred.fromCoroutine(self._segments.made(self.recording))
        _ = made.addCallback(lambda footage: setattr(self, "_made_bytes", footage.size_bytes))

    async def _read_again(self) -> None:
        try:
            await self._paths.read_again(self.recording)
        except DependencyFailed as why:
            self._log.debug("{name}: {why}", name=self.recording.name, why=why.message)

    def _on_growth(self, event: GrowthEvent) -> None:
        """Store or tell what the files of this recording show."""
        match event:
            case GrowthEvent.BEGAN:
                self._set_deadline()
                self._lead = launch(self._take_lead(), self._log, "taking what was before a recording")
            case GrowthEvent.PART:
                self._store_part()
            case GrowthEvent.GROWS:
                self._tell("RECORDING")
            case GrowthEvent.PAUSED:
                _ = launch(self._tell_gap(), self._log, "telling of a gap")
            case GrowthEvent.RESUMED:
                self._tell("RECORDING", "resumed")
            case GrowthEvent.NOTHING:
                known = (self._inventory, self._paths, self.recording.device, lambda: self.stopping or self.grows)
                telling = tell_why_nothing(self._runtime.reactor, *known, partial(self._tell, "ERROR"))
                _ = launch(telling, self._log, "telling that nothing is recorded")

    async def _tell_gap(self) -> None:
        trouble = self._paused or await self._folders.thread(parts.trouble, self._folders.recordings_dir)
        self._tell("RECORDING", trouble or "camera_disconnected")

    def _store_part(self) -> None:
        if self._growth is not None:
            ident, name = self.recording.ident, self._growth.names[-1]
            if len(self._growth.names) > 1:
                self._segments.part_begun(self.recording)
            stored = self._runtime.database.run(lambda db: recordings_table.add_part(db, ident, name))
            _ = stored.addErrback(lambda failure: self._log.failure("while storing a part's name", failure=failure))

    def _set_deadline(self) -> None:
        """Count the seconds asked for; what was counted before camsvc ended holds."""
        growth = self._growth
        if growth is None or growth.first_sample is None:
            return
        if self.recording.first_sample is None:
            self.recording = evolve(self.recording, first_sample=growth.began_at)
            _ = launch(self._save(self.recording), self._log, "storing when a recording began")
        if self._left_s is None:
            return
        if self.recording.deadline is None:
            clock = self._clocks.wall_s() - self._clocks.boot_s()
            self.recording = counted(self.recording, growth.first_sample, self._left_s, clock)
            _ = launch(self._save(self.recording), self._log, "storing a deadline")
        wait_s = max(0.0, (self.recording.deadline or 0.0) + TAIL_S - self._clocks.boot_s())
        self._timer = self._runtime.reactor.callLater(wait_s, self._on_deadline)

    async def _take_lead(self) -> None:
        first = self._growth.began_at if self._growth is not None else None
        if first is not None and self.recording.pre_record_s:
            began_at = await self._segments.pre_record.take(self.recording, first)
            self.recording = with_lead(self.recording, first, began_at)
            await self._save(self.recording)

    def _on_deadline(self) -> None:
        self._timer = None
        if not self.stopping:
            _ = launch(self._end_on_time(), self._log, "ending a timed recording")

    async def _end_on_time(self) -> None:
        """End a timed recording; where a busy machine is behind with what was filmed, wait for that."""
        if self._growth is not None and self._growth.unbroken:
            await sleep(self._runtime.reactor, await self._segments.late_s(self.recording))
        if not self.stopping:
            await self.end("duration")

    async def _close(self, recording: Recording) -> None:
        """Delete the shadow path and wait until the engine has written its last part."""
        reactor = self._runtime.reactor
        try:
            await self._paths.remove_recording(recording)
            await within(reactor, CLOSE_LIMIT_S, when_path_gone(reactor, self._paths, recording))
        except (CamsvcError, TimeoutError) as why:
            self._log.warn("{name}: ended without the engine's word ({why})", name=recording.name, why=str(why))
        await sleep(reactor, 0.05)

    async def _footage_of_parts(self, recording: Recording) -> Footage:
        try:
            await self._segments.leave(recording)
            return await self._segments.footage(recording)
        except OSError as why:  # the finisher tries again, and tells
            self._log.error("{name}: its parts cannot be read: {why}", name=self.recording.name, why=str(why))
            return Footage()

    async def _save(self, recording: Recording) -> None:
        await self._runtime.database.run(lambda db: recordings_table.update(db, recording))

    def _tell(self, status: str, reason: str | None = None) -> None:
        footage, began_at = self.footage, self.recording.first_sample
        told = Progress(self.recording, status, footage.duration_s, footage.size_bytes, reason, first_sample=began_at)
        self._finisher.tell(told)
