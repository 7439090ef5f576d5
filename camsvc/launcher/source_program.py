"""A program whose output ffmpeg reads in place of a camera: started before ffmpeg, heard, and ended with it.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import os
import signal
from collections import deque

from camsvc.launcher.children import has_ended, reap, signal_group, spawn, text_pipe
from camsvc.system.redaction import redact

_KEPT_LINES = 20
_LINE_BYTES = 1024
_READ_BYTES = 65536


class SourceProgram:
    """A started program.

    Attributes:
        pid: its pid, and the id of its process group.
        output: what it prints, to be read by ffmpeg; whoever starts that closes it here.
        lines: its last lines on standard error, without credentials.
        ending: how it ended by itself, such as ``exit status 1``; None while it runs, and when it was made to end.
    """

    def __init__(self, command: tuple[str, ...], text: str, hidden: tuple[str, ...]) -> None:
        """Start it in a process group of its own.

        Args:
            command: the program and its arguments; no shell reads them.
            text: what it reads from standard input.
            hidden: what is blotted out of all that it says.

        Raises:
            OSError: it cannot be started.
        """
        self.name = os.path.basename(command[0])
        self._hidden = hidden
        self.output, out_end = os.pipe()
        self._err, err_end = os.pipe()
        try:
            self.pid = spawn(command, text_pipe(text), out_end, err_end)
        except OSError:
            os.close(self.output)
            os.close(self._err)
            raise
        os.set_blocking(self._err, False)
        self._exit_fd = os.pidfd_open(self.pid)
        self._pending = b""
        self._signalled = False
        self._gone = False
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.ending: str | None = None

    def fds(self) -> tuple[int, ...]:
        """What to poll for reading: what it says, and its end."""
        return tuple(fd for fd in (self._err, self._exit_fd) if fd >= 0)

    def read(self) -> None:
        """Take what it has said."""
        if self._err < 0:
            return
        try:
            data = os.read(self._err, _READ_BYTES)
        except BlockingIOError:
            return
        *lines, rest = (self._pending + data).split(b"\n")
        if not data:  # a closed pipe polls as ready for ever
            os.close(self._err)
            self._err = -1
            lines.append(rest)
            rest = b""
        self._pending = rest[:_LINE_BYTES]
        for line in lines[-_KEPT_LINES:]:
            self._take_line(line)

    def _take_line(self, raw: bytes) -> None:
        line = raw[:_LINE_BYTES].decode("utf-8", "replace").strip()
        if line:
            self.lines.append(redact(line, self._hidden))

    def signal(self, signum: int) -> None:
        """Signal it and whatever it has started."""
        if not self._gone:
            self._signalled = True
            signal_group(self.pid, signum)

    def ended(self) -> bool:
        """Whether it has ended; what it has left is ended then too."""
        if not self._gone and has_ended(self.pid):
            ending = reap(self.pid)
            self.ending = None if self._signalled else ending
            self.read()
            self._take_line(self._pending)
            for fd in self.fds():
                os.close(fd)
            self._err = self._exit_fd = -1
            self._gone = True
        return self._gone

    def kill(self) -> None:
        """End it at once, and wait for that."""
        self.signal(signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.ended()

    def end(self) -> None:
        """Have it end in good order, where it still runs."""
        if not self._signalled:
            self.signal(signal.SIGTERM)
