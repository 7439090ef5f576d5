"""Programs that a test starts and always ends, and waiting for what they bring about."""

from __future__ import annotations

import inspect
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from camsvc.system.processes import Output
from camsvc.system.tasks import sleep, within
from tests.support.procfs import command_line, pids


def clock() -> IReactorTime:
    """The reactor that trial runs, for its time."""
    from twisted.internet import reactor

    return cast(IReactorTime, reactor)


async def pause(seconds: float) -> None:
    """Let ``seconds`` pass: only where the test is about time, or that nothing happens in it."""
    await sleep(clock(), seconds)


async def eventually(check: Callable[[], Any], timeout_s: float = 20.0, interval_s: float = 0.05) -> Any:
    """Call ``check`` until it gives something true, and return that.

    Args:
        check: may be a coroutine function; an AssertionError or OSError of it counts as "not yet".
        timeout_s: then the last error is raised, or an AssertionError with the last value.
        interval_s: between two calls.
    """
    deadline = clock().seconds() + timeout_s
    while True:
        why: Exception | None = None
        value = None
        try:
            value = check()
            if inspect.isawaitable(value):
                value = await value
        except (AssertionError, OSError) as error:
            value, why = None, error
        if value:
            return value
        if clock().seconds() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {why or value!r}") from why
        await pause(interval_s)


class Spawned(ProcessProtocol):
    """A running program; what it prints is kept in ``out`` and ``err``, or goes to a file."""

    def __init__(self) -> None:
        self.out = b""
        self.err = b""
        self.output: Output | None = None
        self._waiting: list[Deferred[Output]] = []

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        *,
        stdin: bool = False,
    ) -> Spawned:
        """Start ``argv``.

        Args:
            argv: program and arguments.
            env: its whole environment; PATH alone when None.
            log: a file for standard output and error; needed where children of it may outlive it.
            stdin: its standard input is a pipe, else nothing.
        """
        self = cls()
        opened = [os.open("/dev/null", os.O_RDONLY)]
        try:
            fds: dict[int, int | str] = {0: "w" if stdin else opened[0], 1: "r", 2: "r"}
            if log is not None:
                opened.append(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
                fds = {0: opened[0], 1: opened[1], 2: opened[1]}
            environment = dict(env) if env is not None else {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
            program = shutil.which(argv[0]) or argv[0]
            cast(IReactorProcess, clock()).spawnProcess(self, program, list(argv), environment, childFDs=fds)
        finally:
            for fd in opened:
                os.close(fd)
        return self

    @property
    def pid(self) -> int:
        """Its pid while it runs."""
        pid = None if self.transport is None else self.transport.pid
        if pid is None:
            raise AssertionError("it has ended")
        return int(pid)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.output is None

    def outReceived(self, data: bytes) -> None:
        self.out = (self.out + data)[-1_000_000:]

    def errReceived(self, data: bytes) -> None:
        self.err = (self.err + data)[-1_000_000:]

    def processEnded(self, reason: Failure) -> None:
        end = reason.value
        code = 0 if isinstance(end, ProcessDone) else getattr(end, "exitCode", None)
        self.output = Output(code, getattr(end, "signal", None), self.out, self.err)
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done.callback(self.output)

    def when_ended(self) -> Deferred[Output]:
        """Fires when it has ended."""
        done: Deferred[Output] = Deferred(lambda d: self._waiting.remove(d))
        if self.output is not None:
            done.callback(self.output)
        else:
            self._waiting.append(done)
        return done

    async def ends_within(self, seconds: float) -> Output:
        """Wait for its end; it is no error of the program to be slower, but one of the test."""
        return await within(clock(), seconds, self.when_ended())

    def send(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        try:
            if self.transport is not None:
                self.transport.signalProcess(signum)
        except ProcessExitedAlready:
            pass

    async def end(self, signum: int = signal.SIGKILL, grace_s: float = 10.0) -> bool:
        """End it: ``signum``, then SIGKILL after ``grace_s`` seconds; True when the first was enough."""
        killed: list[bool] = []

        def kill() -> None:
            killed.append(True)
            self.send(signal.SIGKILL)

        timer = clock().callLater(grace_s, kill)
        self.send(signum)
        await self.when_ended()
        if timer.active():
            timer.cancel()
        return not killed


def processes_mentioning(text: str) -> list[int]:
    """Pids of running programs with ``text`` in their command line."""
    return [pid for pid in pids() if pid != os.getpid() and text in command_line(pid)]


def scratch(test: TestCase) -> Path:
    """A folder that goes with the test; short, as it becomes part of paths and command lines."""
    folder = Path(tempfile.mkdtemp(prefix="camsvc-test-"))
    test.addCleanup(shutil.rmtree, folder, ignore_errors=True)
    return folder
