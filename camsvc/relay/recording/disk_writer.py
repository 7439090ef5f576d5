"""Writing recordings without blocking the reactor: parts in order, one write(2) each, in threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from camsvc.system.tasks import launch

#: What may wait for a slow disk, bytes of one file; more and the file is given up.
MAX_QUEUED = 64 << 20
_THREADS = 4


class DiskTooSlow(OSError):
    """The disk takes parts slower than they come."""


class RecordedFile:
    """A file that appears with its first part."""

    _log = Logger()

    def __init__(
        self,
        run: Callable[..., Deferred[Any]],
        path: Path,
        failed: Callable[[OSError], None],
        gone: Callable[..., None],
    ) -> None:
        """Nothing is written yet.

        Args:
            run: calls a function in a thread.
            path: an existing file is never overwritten.
            failed: told once when a part could not be written; nothing is written afterwards.
            gone: told with this object when it is closed.
        """
        self._run = run
        self._path = path
        self._failed = failed
        self._gone = gone
        self._parts: list[bytes] = []
        self._queued_bytes = 0
        self._closing = False
        self._broken = False
        self._busy = False
        self._job: Deferred[None] | None = None
        self._fd = -1

    def append(self, data: bytes, seconds: float = 0.0) -> None:
        """Add a part; how many seconds it shows does not matter to a file."""
        if self._broken or self._closing:
            return
        self._parts.append(data)
        self._queued_bytes += len(data)
        if self._queued_bytes > MAX_QUEUED:
            self._give_up(DiskTooSlow("the disk is too slow"))
        self._start_writing()

    def close(self) -> None:
        """Close the file once all parts are written."""
        self._closing = True
        self._start_writing()

    def _start_writing(self) -> None:
        if not self._busy:
            self._busy = True
            self._job = launch(self._work(), self._log, "writing a recording")

    def _give_up(self, why: OSError) -> None:
        self._broken = True
        self._closing = True
        self._parts.clear()
        self._failed(why)

    async def _work(self) -> None:
        try:
            while self._parts:
                part = self._parts.pop(0)
                try:
                    await self._run(self._write, part)
                except OSError as why:
                    if not self._broken:
                        self._give_up(why)
                self._queued_bytes -= len(part)
            if self._closing:
                await self._run(self._close)
        finally:
            self._busy = False
        if self._parts:
            self._start_writing()
        elif self._closing:
            self._gone(self)

    def _write(self, part: bytes) -> None:
        if self._fd < 0:
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        rest = memoryview(part)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            if os.fstat(self._fd).st_size == 0:
                self._path.unlink(missing_ok=True)
            raise

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class DiskWriter:
    """The threads, and the files that are open."""

    def __init__(self, reactor: Any) -> None:
        """No thread yet."""
        self._reactor = reactor
        self._pool = ThreadPool(0, _THREADS, "recordings")
        self._files: set[RecordedFile] = set()
        self._empty: list[Deferred[None]] = []

    def start(self) -> None:
        """Start the threads."""
        self._pool.start()

    def open(self, path: Path, failed: Callable[[OSError], None]) -> RecordedFile:
        """A new file; ``failed`` is told when a part could not be written."""
        file = RecordedFile(self._in_thread, path, failed, self._closed)
        self._files.add(file)
        return file

    def _in_thread(self, function: Callable[..., object], *args: object) -> Deferred[Any]:
        done: Deferred[Any] = deferToThreadPool(self._reactor, self._pool, function, *args)
        return done

    def _closed(self, file: RecordedFile) -> None:
        self._files.discard(file)
        if not self._files:
            waiting, self._empty = self._empty, []
            for done in waiting:
                done.callback(None)

    def when_closed(self) -> Deferred[None]:
        """Fires when every file is closed."""
        done: Deferred[None] = Deferred(lambda d: self._empty.remove(d))
        if self._files:
            self._empty.append(done)
        else:
            done.callback(None)
        return done

    def stop(self) -> None:
        """End the threads; a thread that a disk holds is left behind."""
        if not self._files:
            self._pool.stop()
