"""A process whose output is taken while it runs, no faster than it is wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import IReactorProcess
from twisted.internet.protocol import ProcessProtocol

_KEPT_ERRORS = 4096


class StreamedProcess(ProcessProtocol):
    """One run of a program.

    Attributes:
        done: its exit code and the end of what it said on stderr, when it has ended; the code is None where a signal
            ended it. Cancelling it kills the process.
    """

    def __init__(self, receive: Callable[[bytes], object], stdin: bytes = b"") -> None:
        """Set up.

        Args:
            receive: takes what comes on stdout.
            stdin: what the program reads.
        """
        self.done: Deferred[tuple[int | None, str]] = Deferred(lambda _: self.kill())
        self._receive = receive
        self._stdin = stdin
        self._errors = b""

    def start(self, reactor: IReactorProcess, argv: Sequence[str]) -> None:
        """Start it; one that is not there is an OSError."""
        path = os.environ.get("PATH", "/usr/bin:/bin")
        reactor.spawnProcess(self, argv[0], list(argv), env={"PATH": path})

    def pause(self) -> None:
        """Take no more of its output; it waits for that."""
        self._transport.pauseProducing()

    def resume(self) -> None:
        """Take its output again."""
        self._transport.resumeProducing()

    def kill(self) -> None:
        """End it at once; one that has ended is left alone."""
        try:
            self._transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass

    @property
    def _transport(self) -> Any:
        assert self.transport is not None, "not started"
        return self.transport

    def connectionMade(self) -> None:
        """It runs."""
        self._transport.write(self._stdin)
        self._transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        """Something came on stdout."""
        self._receive(data)

    def errReceived(self, data: bytes) -> None:
        """Something came on stderr."""
        self._errors = (self._errors + data)[-_KEPT_ERRORS:]

    def processEnded(self, reason: Any) -> None:
        """It has ended, and its pipes too."""
        if not self.done.called:
            code = 0 if isinstance(reason.value, ProcessDone) else getattr(reason.value, "exitCode", None)
            self.done.callback((code, self._errors.decode(errors="replace").strip()))
