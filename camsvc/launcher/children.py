"""Programs that the launcher runs: each in a process group of its own that never outlives the launcher.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import os
import resource
import signal

# setpriv(1), util-linux: the kernel kills the program when the launcher dies, however it dies. It keeps the pid.
_WITH_LAUNCHER = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")

MOST_BYTES = 1 << 30
"""So much memory of its own may ffmpeg take: many times what it needs for the largest pictures. What goes on without
end and is no video makes its parsers collect for ever."""

_KEPT_VARIABLES = ("PATH", "HOME", "LD_LIBRARY_PATH")


def text_pipe(text: str) -> int:
    """A descriptor to read a text from; what the launcher gives fits into a pipe: a list with one address."""
    given, given_end = os.pipe()
    os.write(given_end, text.encode())
    os.close(given_end)
    return given


def spawn(argv: tuple[str, ...], stdin: int, stdout: int, stderr: int, most_bytes: int = 0) -> int:
    """Start a program; the three descriptors are closed here, started or not.

    Inheritable descriptors of the launcher, its locks, go with it.

    Args:
        argv: the program, looked for on PATH, and its arguments.
        stdin: its standard input.
        stdout: its standard output.
        stderr: its standard error.
        most_bytes: so much memory it may take (setrlimit(2), RLIMIT_DATA); 0 for what the launcher may.

    Returns:
        its pid, which is the number of its process group too.
    """
    try:
        pid = os.posix_spawn(
            _WITH_LAUNCHER[0],
            (*_WITH_LAUNCHER, *argv),
            {"TZ": "UTC", **{name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_DUP2, stdout, 1),
                (os.POSIX_SPAWN_DUP2, stderr, 2),
            ],
            setpgroup=0,
            setsigdef=[signal.SIGPIPE],
        )
        if most_bytes:
            resource.prlimit(pid, resource.RLIMIT_DATA, (most_bytes, most_bytes))
        return pid
    finally:
        for fd in (stdin, stdout, stderr):
            os.close(fd)


def signal_group(pid: int, signum: int) -> None:
    """Signal a program and whatever it has started, where that is still there."""
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:
        pass


def has_ended(pid: int) -> bool:
    """Whether a program has ended; its number stays its own until :func:`reap`."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def reap(pid: int) -> str:
    """Let go of a program that has ended, and end what it has left.

    Returns:
        how it ended, such as ``exit status 1`` or ``SIGKILL``.
    """
    signal_group(pid, signal.SIGKILL)  # the unreaped leader keeps the group's number ours
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return f"exit status {code}" if code >= 0 else signal.Signals(-code).name
