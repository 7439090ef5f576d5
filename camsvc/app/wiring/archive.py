"""All that is kept of cameras, wired together: recordings, snapshots and thumbnails, and what is deleted of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twisted.internet.defer import Deferred

from camsvc.app.shutdown import Step
from camsvc.app.wiring.cameras import Cameras
from camsvc.app.wiring.streaming import Streaming
from camsvc.config.storage import Storage
from camsvc.library import index
from camsvc.library.catalogue.listing import Listing
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.retention import Retention
from camsvc.library.scan.examination import Examination
from camsvc.library.scan.library_scan import LibraryScan
from camsvc.library.thumbnail_names import THUMBNAILS
from camsvc.model import MediaFile
from camsvc.recording.finisher import Finisher
from camsvc.recording.joiner import Joiner
from camsvc.recording.recorder import Recorder
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
    """

    def __init__(self, runtime: Runtime, storage: Storage, cameras: Cameras, streaming: Streaming) -> None:
        """Set up.

        Args:
            runtime: time, processes, database.
            storage: the folders, and how much room stays free.
            cameras: what is recorded and pictured.
            streaming: tells the engine to record.
        """
        self._database = runtime.database
        self.folders: dict[str, Path] = {
            RECORDINGS: storage.recordings,
            SNAPSHOTS: storage.snapshots,
            THUMBNAILS: storage.thumbnails,
        }
        folders = self.media_folders = MediaFolders(runtime.reactor, *self.folders.values())
        self.scan = LibraryScan(runtime, folders, self._is_away)
        self.examination = Examination(runtime, folders)
        self.listing = Listing(runtime.database, lambda: self.scan.under_way)
        self.in_use = FilesInUse()
        self.finisher = Finisher(runtime, folders, Joiner(runtime, folders))
        self.recorder = Recorder(runtime, cameras.inventory, streaming.recordings, folders, self.finisher, storage)
        self.snapshots = Snapshots(runtime, cameras.inventory, cameras.health, streaming.starter, folders)
        self.thumbnails = Thumbnails(runtime, folders, lambda: self.scan.under_way)
        self.retention = Retention(runtime, folders)

    def find(self, kind: str, name: str) -> Deferred[MediaFile | None]:
        """A file of the index."""
        return self._database.run(lambda db: index.find(db, kind, name))

    def segments(self, kind: str, name: str) -> Deferred[tuple[MediaFile, ...]]:
        """The finished files of a recording, by the name of one of them."""
        return self._database.run(lambda db: index.segments(db, kind, name))

    def load(self) -> None:
        """Start the threads of files, before what needs them."""
        self.media_folders.start()

    def resume(self) -> None:
        """Go on with what an earlier run was recording or finishing, before the database has its thread."""
        self.finisher.resume()
        self.recorder.resume()

    def start(self) -> None:
        """Begin to read what is on the disk, to delete what may go, and to make thumbnails."""
        self.scan.start()
        self.examination.start()
        self.retention.start()
        self.thumbnails.start()

    async def _is_away(self, kind: str) -> bool:
        """Whether the disk of a kind is not there; a folder that is not there at all is none of its questions."""
        return False

    def stop_steps(self, ends_recordings: bool) -> tuple[Step, ...]:
        """How what runs ends.

        Args:
            ends_recordings: finish what is recorded, within FINISH_LIMIT_S; else the engine, which stays, records on.
        """
        end = partial(self.recorder.stop_all, FINISH_LIMIT_S) if ends_recordings else self.recorder.leave
        return (
            Step("stopping the watch on the folders of files", self.scan.stop),
            Step("stopping to open new files", self.examination.stop),
            Step("stopping the deletion of old files", self.retention.stop),
            Step("stopping the thumbnails", self.thumbnails.stop),
            Step("ending recordings", end, END_LIMIT_S),
        )

    def close_steps(self) -> tuple[Step, ...]:
        """How its threads end."""
        return (Step("ending the threads of files", self.media_folders.stop),)
