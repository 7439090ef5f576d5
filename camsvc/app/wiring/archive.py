"""All that is kept of cameras, wired together: recordings, snapshots and thumbnails, and what is deleted of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twisted.internet.defer import Deferred

from camsvc.app.shutdown import Step
from camsvc.app.wiring.cameras import Cameras
from camsvc.app.wiring.streaming import Streaming
from camsvc.audit.log import Record
from camsvc.config.schema import Config
from camsvc.config.time_zone import zone_of
from camsvc.errors import DependencyFailed
from camsvc.library import index
from camsvc.library.catalogue.listing import Listing
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import ARCHIVE, EXPORTS, RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.offload.mover import Mover
from camsvc.library.protection import Protection
from camsvc.library.retention.retention import Retention
from camsvc.library.scan.examination import Examination
from camsvc.library.scan.first_read import FirstRead
from camsvc.library.scan.library_scan import LibraryScan
from camsvc.library.thumbnail_names import THUMBNAILS
from camsvc.library.verification.verification import Verification
from camsvc.model import MediaFile
from camsvc.recording.copies.exports import Exports
from camsvc.recording.finisher import Finisher, Progress
from camsvc.recording.joiner import Joiner
from camsvc.recording.pre_record import PreRecord
from camsvc.recording.recorder import Recorder
from camsvc.recording.schedules import schedules_table
from camsvc.recording.schedules.scheduler import Scheduler
from camsvc.recording.scrubbing_strips import ScrubbingStrips
from camsvc.recording.segments import Segments
from camsvc.recording.snapshots import Snapshots
from camsvc.recording.thumbnails import Thumbnails
from camsvc.system.runtime import Runtime

FINISH_LIMIT_S = 5.0
END_LIMIT_S = 12.0
"""Of all that a recording's end takes: the engine is asked first."""


class Archive:
    """Starts and stops recordings, thumbnails, the deletion of old files, and the threads of files.

    Attributes:
        folders: where the files of each kind are.
        in_use: which files somebody reads now.
        guard: how the recordings' disk is.
    """

    def __init__(
        self, runtime: Runtime, config: Config, cameras: Cameras, streaming: Streaming, record: Record
    ) -> None:
        """Set up.

        Args:
            runtime: time, processes, database.
            config: the folders, how much room stays free, how long files are, and by which clock it is scheduled.
            cameras: what is recorded and pictured.
            streaming: tells the engine to record.
            record: writes the audit log.
        """
        storage = config.storage
        self._database = runtime.database
        self.folders: dict[str, Path] = {
            RECORDINGS: storage.recordings,
            SNAPSHOTS: storage.snapshots,
            THUMBNAILS: storage.thumbnails,
        }
        folders = self.media_folders = MediaFolders(
            runtime.reactor, storage.recordings, storage.snapshots, storage.thumbnails, storage.archive
        )
        self.protection = Protection(runtime.database, folders, self._is_away)
        self.scan = LibraryScan(runtime, folders, self._is_away, self.protection)
        self.verification = Verification(runtime, folders, self._is_away)
        self.examination = Examination(runtime, folders)
        self.first_read = FirstRead(runtime.reactor, self._read)
        self.listing = Listing(runtime.database, lambda: self.scan.under_way)
        self.in_use = FilesInUse(runtime.clocks)
        guard = self.guard = DiskGuard(runtime, folders, storage)
        second = DiskGuard(runtime, folders, storage, storage.archive) if storage.archive is not None else None
        self.mover = Mover(runtime, folders, second, storage.archive_after_hours, record)
        self._usual_pre_record_s = config.recording.pre_record_s
        rings, inventory = config.recording.rings_dir(storage.recordings), cameras.inventory
        paths = streaming.recordings
        self.pre_record = PreRecord(runtime, inventory, paths, folders, rings, self._pre_record_s)
        joiner, length_s = Joiner(runtime, folders), config.recording.segment_s
        segments = Segments(runtime, folders, joiner, length_s, self.pre_record)
        self.finisher = Finisher(runtime, folders, segments, guard)
        self.recorder = Recorder(runtime, inventory, paths, folders, self.finisher, guard)
        self.snapshots = Snapshots(runtime, cameras.inventory, cameras.health, streaming.starter, folders)
        self.thumbnails = Thumbnails(runtime, folders, lambda: self.scan.under_way)
        self.retention = Retention(runtime, folders, self.in_use, record, guard.shortage, schedules_table.rings)
        zone = zone_of(config.recording.time_zone)
        self.scheduler = Scheduler(runtime, inventory, self.recorder, lambda: paths.engine_up, record, zone)
        self.strips = ScrubbingStrips(runtime, folders)
        self.exports = Exports(runtime, folders, guard, self.in_use)
        self.folders[EXPORTS] = folders.exports_dir
        self._connect()

    def find(self, kind: str, name: str) -> Deferred[MediaFile | None]:
        """A file of the index."""
        return self._database.run(lambda db: index.find(db, kind, name))

    def locate(self, kind: str, file: MediaFile) -> Path:
        """Where a file of the index is.

        Raises:
            DependencyFailed: its disk is away; to look there might take long, or find what is not its own.
        """
        guard = self._guard_of(kind, file.location)
        if guard is not None and guard.status.away:
            words = "the second folder is not there" if file.location == ARCHIVE else guard.status.message
            raise DependencyFailed("storage", words, reason=guard.status.reason)
        return self.media_folders.path(kind, file)

    def segments(self, kind: str, name: str) -> Deferred[tuple[MediaFile, ...]]:
        """The finished files of a recording, by the name of one of them."""
        return self._database.run(lambda db: index.segments(db, kind, name))

    def _connect(self) -> None:
        """Who is told of what."""
        self.guard.short.add(self.retention.nudge)
        self.guard.changes.add(self.pre_record.nudge)
        self.scan.in_step.add(self.retention.nudge)
        self.finisher.changes.add(self._recording_changed)
        self.snapshots.taken.add(self.retention.nudge)

    def _recording_changed(self, progress: Progress) -> None:
        if progress.status == "STOPPED":
            self.retention.nudge()

    def _pre_record_s(self, device: str) -> int:
        """As the camera's recording schedule says, else as the configuration does; nothing where recordings pause."""
        if not self.guard.status.records:
            return 0
        kept = self.scheduler.schedules.get(device)
        own = kept.schedule.pre_record_s if kept is not None else None
        return self._usual_pre_record_s if own is None else own

    def load(self) -> None:
        """Start the threads of files, before what needs them, and look at the disk."""
        self.media_folders.start()
        self.guard.load()
        if self.mover.guard is not None:
            self.mover.guard.load()

    def resume(self) -> None:
        """Go on with what an earlier run was recording or finishing, before the database has its thread."""
        self.finisher.resume()
        self.recorder.resume()
        self.scheduler.load()

    def start(self) -> None:
        """Begin to look at the disk, to delete what may go, and to make thumbnails."""
        self.first_read.start()
        self.guard.start()
        self.retention.start()
        self.thumbnails.start()
        self.scheduler.start()
        if self.mover.guard is not None:
            self.mover.guard.start()
        self.mover.start()
        self.pre_record.start()
        self.exports.start()

    def _read(self) -> None:
        self.scan.start()
        self.examination.start()

    def _stop_reading(self) -> None:
        self.first_read.stop()
        self.scan.stop()

    async def _is_away(self, kind: str, location: str) -> bool:
        """Whether the disk of a place is not there; a folder that is not there at all is none of its questions."""
        guard = self._guard_of(kind, location)
        return guard is not None and (await guard.look()).away

    def _guard_of(self, kind: str, location: str) -> DiskGuard | None:
        """Who watches the disk of a place; nobody that of snapshots."""
        return self.mover.guard if location == ARCHIVE else self.guard if kind in (RECORDINGS, EXPORTS) else None

    def _stop_moving(self) -> None:
        self.mover.stop()
        if self.mover.guard is not None:
            self.mover.guard.stop()

    def stop_steps(self, ends_recordings: bool) -> tuple[Step, ...]:
        """How what runs ends.

        Args:
            ends_recordings: finish what is recorded, within FINISH_LIMIT_S; else the engine, which stays, records on.
        """
        end = partial(self.recorder.stop_all, FINISH_LIMIT_S) if ends_recordings else self.recorder.leave
        return (
            Step("stopping to follow the schedules", self.scheduler.stop),
            Step("stopping to move recordings", self._stop_moving),
            Step("stopping to keep what is before recordings", self.pre_record.stop),
            Step("stopping the watch on the folders of files", self._stop_reading),
            Step("ending the verification", self.verification.cancel),
            Step("stopping to open new files", self.examination.stop),
            Step("stopping the deletion of old files", self.retention.stop),
            Step("stopping the thumbnails", self.thumbnails.stop),
            Step("cancelling exports", self.exports.stop),
            Step("stopping the strips for scrubbing", self.strips.stop),
            Step("ending recordings", end, END_LIMIT_S),
            Step("stopping the watch on the recordings' disk", self.guard.stop),
        )

    def close_steps(self) -> tuple[Step, ...]:
        """How its threads end."""
        return (Step("ending the threads of files", self.media_folders.stop),)
