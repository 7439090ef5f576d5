"""Two programs, the second of which reads what the first prints: run for a short time, and both ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from camsvc.system.processes import Output, own_session

_KEPT_BYTES = 4000
_MOST_BYTES = 1 << 20
_GRACE_S = 2.0
# setpriv(1): the kernel kills the program when camsvc dies.
_WITH_US = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")


@frozen
class Piped:
    """What became of both.

    Attributes:
        reader: what the second has left.
        said: the last lines of the first on standard error.
        ending: how the first ended by itself, such as ``exit status 1``; None where it was made to.
    """

    reader: Output
    said: tuple[str, ...]
    ending: str | None


class _Program(ProcessProtocol):
    """Keeps the first of what a program prints, and the last of what it says."""

    def __init__(self, stdin: bytes | None) -> None:
        self._stdin = stdin
        self.done: Deferred[Output] = Deferred(lambda _: self.signal(signal.SIGKILL))
        self.output: Output | None = None
        self.ended: Callable[[], object] = lambda: None
        self._out = b""
        self._err = b""

    def connectionMade(self) -> None:
        if self._stdin is not None and self.transport is not None:
            self.transport.write(self._stdin)
            self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        self._out += data
        if len(self._out) > _MOST_BYTES:
            self.signal(signal.SIGKILL)

    def errReceived(self, data: bytes) -> None:
        self._err = (self._err + data)[-_KEPT_BYTES:]

    def signal(self, signum: int) -> None:
        """Signal it and whatever it has started, while it runs."""
        pid = getattr(self.transport, "pid", None)
        if pid is not None and self.output is None:
            try:
                os.killpg(pid, signum)
            except ProcessLookupError:  # it leads no group yet, or has just ended
                pass

    def processEnded(self, reason: Failure) -> None:
        end = reason.value
        code = 0 if isinstance(end, ProcessDone) else getattr(end, "exitCode", None)
        self.output = Output(code, getattr(end, "signal", None), self._out, self._err)
        self.ended()
        if not self.done.called:
            self.done.callback(self.output)


async def run_piped(
    reactor: Any, writer: Sequence[str], reader: Sequence[str], *, timeout_s: float, stdin: bytes
) -> Piped:
    """Run both until the second ends.

    One that is not there is an OSError; where the second takes longer than it may, Twisted's TimeoutError.

    Args:
        reactor: starts them and holds the timers.
        writer: the first program and its arguments.
        reader: the second.
        timeout_s: both are killed after so many seconds.
        stdin: what the first reads.
    """
    read_end, write_end = os.pipe()
    first, second = _Program(stdin), _Program(None)
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    try:
        for program, argv, fds in (
            (first, [*_WITH_US, *own_session(writer)], {0: "w", 1: write_end, 2: "r"}),
            (second, own_session(reader), {0: read_end, 1: "r", 2: "r"}),
        ):
            reactor.spawnProcess(program, argv[0], argv, env=env, childFDs=fds)
    finally:
        os.close(read_end)
        os.close(write_end)
    try:
        output = await second.done.addTimeout(timeout_s, reactor)
    finally:
        by_itself = first.output
        first.signal(signal.SIGTERM)
        if first.output is None:
            kill = reactor.callLater(_GRACE_S, first.signal, signal.SIGKILL)
            first.ended = lambda: kill.active() and kill.cancel()
    if by_itself is None:
        await first.done
    assert first.output is not None
    made_to = by_itself is None and first.output.signal in (signal.SIGTERM, signal.SIGKILL)
    said = tuple(line for line in first.output.err.decode(errors="replace").splitlines() if line.strip())
    return Piped(output, said, None if made_to else _ending(first.output))


def _ending(output: Output) -> str:
    return signal.Signals(output.signal).name if output.signal else f"exit status {output.code}"
