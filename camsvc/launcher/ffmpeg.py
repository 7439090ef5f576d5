"""One run of ffmpeg under the launcher: how it is started so that it never outlives it, read, and ended.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import os
import signal
from collections import deque

from camsvc.launcher.children import MOST_BYTES, has_ended, reap, signal_group, spawn, text_pipe
from camsvc.launcher.orders import Orders
from camsvc.launcher.status import harmless
from camsvc.system.clocks import Clocks
from camsvc.system.redaction import redact

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from camsvc.launcher.h264_check import H264Check
    from camsvc.launcher.source_program import SourceProgram

_REPORT = ("-hide_banner", "-nostdin", "-loglevel", "warning", "-progress", "pipe:1", "-stats_period", "0.5")
_KEPT_LINES = 20
_LINE_BYTES = 1024  # as long as ffmpeg's own lines
_READ_BYTES = 65536
_FPS_REPORTS = 5
_LEVEL = "lavfi.astats.Overall.RMS_level="
_QUIETEST_DB = -120.0
_FULL = "reallocate parser buffer"
_SOURCE_GRACE_S = 2.0


class Ffmpeg:
    """A started ffmpeg.

    Attributes:
        pid: its pid, and the id of its process group.
        exit_fd: readable once it has ended (pidfd_open(2)).
        frames: video frames that it reported.
        fps: frames per second over its last few reports.
        started_s: monotonic seconds at the start.
        frame_s: monotonic seconds at the last new frame, or at the start.
        lines: its last lines on standard error, without credentials.
        is_full: what it read filled the memory that it may have.
        source: the program whose output it reads; None where it reads a camera itself.
    """

    def __init__(self, orders: Orders, url: str, picture: str, clocks: Clocks) -> None:
        """Start it, and the program whose output it reads, each in a process group of its own.

        The locks of the launcher go with them: they are free once all have ended.

        Args:
            orders: the program, what it reads and makes.
            url: where it publishes.
            picture: the file of the newest picture.
            clocks: what time it is.

        Raises:
            OSError: it cannot be started.
        """
        self._clocks = clocks
        self._hidden = orders.hidden
        self._check: H264Check | None = None
        self.source = _started_source(orders)
        self._h264, h264_end = os.pipe() if orders.looks else (-1, -1)
        self._out, out_end = os.pipe()
        err, err_end = os.pipe()
        self._pending = {fd: b"" for fd in (self._out, err, self._h264) if fd >= 0}
        for fd in self._pending:
            os.set_blocking(fd, False)
        if h264_end >= 0:
            os.set_inheritable(h264_end, True)
        words = orders.arguments(url, picture, h264_end if h264_end >= 0 else None)
        stdin = self.source.output if self.source is not None else text_pipe(orders.stdin)
        try:
            self.pid = spawn((orders.ffmpeg, *_REPORT, *words), stdin, out_end, err_end, MOST_BYTES)
        except OSError:
            self._close_pipes()
            if self.source is not None:
                self.source.kill()
            raise
        finally:
            if h264_end >= 0:
                os.close(h264_end)
        self.exit_fd = os.pidfd_open(self.pid)
        if orders.looks:
            from camsvc.launcher.h264_check import H264Check

            self._check = H264Check(for_late_comers=orders.replaceable)
        self.started_s = self.frame_s = clocks.monotonic_s()
        self.frames = 0
        self.fps = 0.0
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.is_full = False
        self._level_db: float | None = None
        self._ending: str | None = None
        self._ended_s = 0.0
        self._reports: deque[tuple[float, int]] = deque(maxlen=_FPS_REPORTS)

    @property
    def verdict(self) -> str | None:
        """Why the H264 that it passes on is not for browsers; None as long as nothing speaks against it."""
        return self._check.verdict if self._check is not None else None

    def new_level(self) -> float | None:
        """How loud the sound of the last second was, in dBFS; None where that was told before, or is not known."""
        level_db, self._level_db = self._level_db, None
        return level_db

    def fds(self) -> tuple[int, ...]:
        """What to poll for reading: open pipes, and ends."""
        own = (*self._pending, self.exit_fd) if self._ending is None else ()
        return own if self.source is None else (*own, *self.source.fds())

    def read(self) -> None:
        """Take what it has printed, and what the program before it says."""
        if self.source is not None:
            self.source.read()
        for fd, pending in list(self._pending.items()):
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:
                continue
            if fd == self._h264 and data and self._check is not None:
                self._check.feed(data, self._clocks.monotonic_s())
                continue
            *lines, rest = (pending + data).split(b"\n")
            if not data:  # a closed pipe polls as ready for ever
                os.close(fd)
                del self._pending[fd]
                lines.append(rest)
            else:
                self._pending[fd] = rest[:_LINE_BYTES]
            for line in lines:
                self._take_line(fd, line)

    def _take_line(self, fd: int, raw: bytes) -> None:
        line = raw[:_LINE_BYTES].decode("utf-8", "replace").strip()
        if fd != self._out:
            if line and not harmless(line):
                self.lines.append(redact(line, self._hidden))
                self.is_full = self.is_full or _FULL in line
        elif line.startswith("frame="):
            self._count_frames(line.removeprefix("frame=").strip())
        elif (level_db := level_of(line)) is not None:
            self._level_db = level_db

    def _count_frames(self, number: str) -> None:
        if not number.isdecimal():
            return
        now, frames = self._clocks.monotonic_s(), int(number)
        if frames > self.frames:
            self.frames, self.frame_s = frames, now
        self._reports.append((now, frames))
        before, counted = self._reports[0]
        self.fps = (frames - counted) / (now - before) if now > before else 0.0

    def signal(self, signum: int) -> None:
        """Signal it and whatever it has started; a program before it is asked to end by SIGTERM, as is usual."""
        if self._ending is None:
            signal_group(self.pid, signum)
        if self.source is not None:
            self.source.signal(signal.SIGKILL if signum == signal.SIGKILL else signal.SIGTERM)

    def ended(self) -> str | None:
        """How it ended, such as ``exit status 1``; None while it runs, or the program before it."""
        if self._ending is None and has_ended(self.pid):
            self.read()
            for fd, rest in self._pending.items():
                self._take_line(fd, rest)
            self._ending = reap(self.pid)
            self._close_pipes()
            os.close(self.exit_fd)
            self._ended_s = self._clocks.monotonic_s()
        if self._ending is None or not self._source_ended():
            return None
        return self._ending

    def _close_pipes(self) -> None:
        for fd in self._pending:
            os.close(fd)
        self._pending = {}

    def _source_ended(self) -> bool:
        """Whether nothing is left of the program before it, which has some time to end when nobody reads it."""
        if self.source is None or self.source.ended():
            return True
        self.source.end()
        if self._clocks.monotonic_s() - self._ended_s > _SOURCE_GRACE_S:
            self.source.signal(signal.SIGKILL)
        return False


def level_of(line: str) -> float | None:
    """The dBFS that a line of ffmpeg's says; no sound at all is -120; None for any other line."""
    if not line.startswith(_LEVEL):
        return None
    try:
        return max(_QUIETEST_DB, round(float(line.removeprefix(_LEVEL)), 1))
    except ValueError:
        return None


def _started_source(orders: Orders) -> SourceProgram | None:
    if not orders.command:
        return None
    from camsvc.launcher.source_program import SourceProgram

    return SourceProgram(orders.command, orders.stdin, orders.hidden)
