"""One run of ffmpeg under the launcher: how it is started so that it never outlives it, read, and ended.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import os
import signal
from collections import deque

from camsvc.launcher.orders import Orders
from camsvc.launcher.status import harmless
from camsvc.system.clocks import Clocks
from camsvc.system.redaction import redact

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from camsvc.launcher.h264_check import H264Check

# setpriv(1), util-linux: the kernel kills ffmpeg when the launcher dies, however it dies. It keeps the pid.
_WITH_LAUNCHER = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")

_REPORT = ("-hide_banner", "-nostdin", "-loglevel", "warning", "-progress", "pipe:1", "-stats_period", "0.5")
_KEPT_VARIABLES = ("PATH", "HOME", "LD_LIBRARY_PATH")
_KEPT_LINES = 20
_LINE_BYTES = 1024  # as long as ffmpeg's own lines
_READ_BYTES = 65536
_FPS_REPORTS = 5


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
    """

    def __init__(self, orders: Orders, url: str, picture: str, clocks: Clocks) -> None:
        """Start it in a process group of its own.

        Inheritable descriptors of the launcher, its locks, go with it: they are free once both have ended.

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
        h264, h264_end = os.pipe() if orders.looks else (-1, -1)
        if h264_end >= 0:
            os.set_inheritable(h264_end, True)
        words = orders.arguments(url, picture, h264_end if h264_end >= 0 else None)
        try:
            self.pid, self._out, err = _spawn((orders.ffmpeg, *_REPORT, *words), orders.stdin)
        except OSError:
            _close(h264)
            raise
        finally:
            _close(h264_end)
        self.exit_fd = os.pidfd_open(self.pid)
        self._pending = {self._out: b"", err: b""}
        self._h264 = h264
        if h264 >= 0:
            from camsvc.launcher.h264_check import H264Check

            self._check = H264Check(for_late_comers=orders.replaceable)
            self._pending[h264] = b""
        for fd in self._pending:
            os.set_blocking(fd, False)
        self.started_s = self.frame_s = clocks.monotonic_s()
        self.frames = 0
        self.fps = 0.0
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._ending: str | None = None
        self._reports: deque[tuple[float, int]] = deque(maxlen=_FPS_REPORTS)

    @property
    def verdict(self) -> str | None:
        """Why the H264 that it passes on is not for browsers; None as long as nothing speaks against it."""
        return self._check.verdict if self._check is not None else None

    def fds(self) -> tuple[int, ...]:
        """What to poll for reading: its open pipes, and its end."""
        return (*self._pending, self.exit_fd)

    def read(self) -> None:
        """Take what it has printed."""
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
        elif line.startswith("frame="):
            self._count_frames(line.removeprefix("frame=").strip())

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
        """Signal it and whatever it started."""
        try:
            os.killpg(self.pid, signum)
        except ProcessLookupError:
            pass

    def ended(self) -> str | None:
        """How it ended, such as ``exit status 1``; None while it runs."""
        if self._ending is not None:
            return self._ending
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return None
        self.signal(signal.SIGKILL)  # what it may have left; the unreaped leader keeps the group's number ours
        self.read()
        for fd, rest in self._pending.items():
            self._take_line(fd, rest)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        for fd in self.fds():
            os.close(fd)
        self._pending = {}
        self.exit_fd = -1
        self._ending = f"exit status {code}" if code >= 0 else signal.Signals(-code).name
        return self._ending


def _spawn(argv: tuple[str, ...], stdin: str) -> tuple[int, int, int]:
    """Start a program.

    Returns:
        its pid, and the descriptors to read its standard output and its standard error from.

    Raises:
        OSError: setpriv(1) cannot be started.
    """
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    given, given_end = os.pipe()  # what stands in it fits: a list with one address
    os.write(given_end, stdin.encode())
    os.close(given_end)
    try:
        pid = os.posix_spawn(
            _WITH_LAUNCHER[0],
            (*_WITH_LAUNCHER, *argv),
            {"TZ": "UTC", **{name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, given, 0),
                (os.POSIX_SPAWN_DUP2, out_end, 1),
                (os.POSIX_SPAWN_DUP2, err_end, 2),
            ],
            setpgroup=0,
            setsigdef=[signal.SIGPIPE],
        )
    except OSError:
        _close(out)
        _close(err)
        raise
    finally:
        for fd in (out_end, err_end, given):
            _close(fd)
    return pid, out, err


def _close(fd: int) -> None:
    if fd >= 0:
        os.close(fd)
