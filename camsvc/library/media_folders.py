"""The folders of recordings, snapshots and thumbnails, and the threads in which blocking work on them is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from camsvc.system.worker_threads import WorkerThreads

T = TypeVar("T")


class MediaFolders:
    """Where media files are.

    Attributes:
        recordings_dir: finished recordings; their parts are below ``.rec``.
        snapshots_dir: snapshots.
        thumbnails_dir: thumbnails of both.
    """

    def __init__(self, reactor: Any, recordings_dir: Path, snapshots_dir: Path, thumbnails_dir: Path) -> None:
        self._reactor = reactor
        self._pool = WorkerThreads(0, 4, "files")  # the reactor's own pool serves DNS too
        self.recordings_dir = recordings_dir
        self.snapshots_dir = snapshots_dir
        self.thumbnails_dir = thumbnails_dir

    def start(self) -> None:
        """Start the threads."""
        self._pool.start()

    def stop(self) -> None:
        """Let what runs finish, and end the threads."""
        self._pool.stop()

    def thread(self, work: Callable[..., T], *args: Any) -> Deferred[T]:
        """Run blocking work on files."""
        return deferToThreadPool(self._reactor, self._pool, work, *args)
