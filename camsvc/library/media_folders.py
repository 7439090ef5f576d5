"""The folders of recordings, snapshots and thumbnails, and the threads in which blocking work on them is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from camsvc.library.index import ARCHIVE, EXPORTS, MEDIA, RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile
from camsvc.system.worker_threads import WorkerThreads

T = TypeVar("T")


class MediaFolders:
    """Where media files are.

    Attributes:
        recordings_dir: finished recordings; their parts are below ``.rec``.
        snapshots_dir: snapshots.
        thumbnails_dir: thumbnails of both.
        exports_dir: exports; beside the recordings, whose disk they are of.
        archive_dir: recordings that were moved there; None where there is no second folder.
    """

    def __init__(
        self,
        reactor: Any,
        recordings_dir: Path,
        snapshots_dir: Path,
        thumbnails_dir: Path,
        archive_dir: Path | None = None,
    ) -> None:
        self._reactor = reactor
        self._pool = WorkerThreads(0, 4, "files")  # the reactor's own pool serves DNS too
        self.recordings_dir = recordings_dir
        self.snapshots_dir = snapshots_dir
        self.thumbnails_dir = thumbnails_dir
        self.exports_dir = recordings_dir / EXPORTS
        self.archive_dir = archive_dir

    def places(self) -> tuple[tuple[str, str, Path], ...]:
        """Every folder that holds media files: their kind, their location, and the folder."""
        first = [(kind, MEDIA, self.folder(kind)) for kind in (RECORDINGS, SNAPSHOTS, EXPORTS)]
        return (*first, *([(RECORDINGS, ARCHIVE, self.archive_dir)] if self.archive_dir is not None else []))

    def folder(self, kind: str) -> Path:
        """Where the files of a kind are, or come to."""
        return {RECORDINGS: self.recordings_dir, SNAPSHOTS: self.snapshots_dir, EXPORTS: self.exports_dir}[kind]

    def path(self, kind: str, file: MediaFile) -> Path:
        """Where one file is, by its location."""
        if file.location == ARCHIVE and self.archive_dir is not None:
            return self.archive_dir / file.filename
        return self.folder(kind) / file.filename

    def start(self) -> None:
        """Start the threads."""
        self._pool.start()

    def stop(self) -> None:
        """Let what runs finish, and end the threads."""
        self._pool.stop()

    def thread(self, work: Callable[..., T], *args: Any) -> Deferred[T]:
        """Run blocking work on files."""
        return deferToThreadPool(self._reactor, self._pool, work, *args)
