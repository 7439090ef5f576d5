"""Processes of this machine: starting them, knowing them by pid and start time, and ending them."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone
from twisted.internet.interfaces import IReactorFDSet, IReactorProcess, IReactorTime, IReadDescriptor
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from zope.interface import implementer


@frozen
class Output:
    """What a finished process left: exit ``code`` (None when a signal ended it), ``signal``, ``out`` and ``err``."""

    code: int | None
    signal: int | None
    out: bytes
    err: bytes


def own_session(argv: Sequence[str]) -> list[str]:
    """``argv`` run in a session of its own, so that a terminal's Ctrl-C does not reach it.

    util-linux' setsid(1) keeps the pid, as a fresh child leads no group.
    """
    return ["/usr/bin/setsid", *argv]


def start_time(pid: int) -> int | None:
    """Clock ticks from boot to the start of ``pid`` (proc(5), stat field 22); None when it is gone or a zombie.

    A pid and its start time name one process for the whole boot.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def command_name(pid: int) -> str:
    """The short name of a process, or ``?``."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "?"


def resident_bytes(pid: int) -> int:
    """Resident memory of ``pid`` in bytes (proc(5), statm); 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def port_holder(port: int, kind: str = "tcp") -> str | None:
    """Who listens on ``port`` of this machine, by ``tcp`` or ``udp``, as ``name (pid N)``; None where nobody does.

    Sockets of other users' processes can be seen but not attributed without root: then ``another user's process``.
    """
    return next(iter(port_holders([port], kind).values()), None)


def port_holders(ports: Collection[int], kind: str = "tcp") -> dict[int, str]:
    """The same for several ports at once: those of them that somebody listens on."""
    return {port: _holder(inodes) for port, inodes in _listening_inodes(ports, kind).items()}


def _holder(inodes: set[str]) -> str:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and not inodes.isdisjoint(_open_files(entry / "fd")):
            return f"{command_name(int(entry.name))} (pid {entry.name})"
    return "another user's process"


def _open_files(folder: Path) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        try:
            yield os.readlink(folder / name)
        except OSError:  # closed since it was listed
            continue


def _listening_inodes(ports: Collection[int], kind: str) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    state = {"tcp": "0A", "udp": "07"}[kind]
    for table in (f"/proc/net/{kind}", f"/proc/net/{kind}6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split(maxsplit=10)
            if fields[3] == state and (port := int(fields[1].rpartition(":")[2], 16)) in ports:
                found.setdefault(port, set()).add(f"socket:[{fields[9]}]")
    return found


@implementer(IReadDescriptor)
class ExitWatch:
    """Tells when any process ends, child or not, through a pidfd (pidfd_open(2))."""

    def __init__(self, reactor: IReactorFDSet, pid: int) -> None:
        """Watch ``pid``; one that is gone already is a ProcessLookupError."""
        self._reactor = reactor
        self._fd = os.pidfd_open(pid)
        self._waiting: list[Deferred[None]] = []
        self._ended = False
        reactor.addReader(self)

    def fileno(self) -> int:
        """The pidfd; -1 once closed."""
        return self._fd

    def logPrefix(self) -> str:
        """For Twisted's log context."""
        return "exit"

    def doRead(self) -> None:
        """The process has ended."""
        self.close()
        self._ended = True
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            if not done.called:  # cancelled by one that was told before it
                done.callback(None)

    def connectionLost(self, reason: Failure) -> None:
        """The reactor is shutting down."""
        self.close()

    def close(self) -> None:
        """Stop watching."""
        if self._fd >= 0:
            self._reactor.removeReader(self)
            os.close(self._fd)
            self._fd = -1

    @property
    def ended(self) -> bool:
        """The process is gone."""
        return self._ended

    def when_ended(self) -> Deferred[None]:
        """Fires when the process has ended; a fresh Deferred for each caller."""
        done: Deferred[None] = Deferred(self._forget)
        if self.ended:
            done.callback(None)
        else:
            self._waiting.append(done)
        return done

    def _forget(self, waiter: Deferred[None]) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)

    def send(self, signum: int) -> None:
        """Send a signal; never to a later process with the same pid."""
        if self._fd >= 0:
            try:
                signal.pidfd_send_signal(self._fd, signum)
            except ProcessLookupError:
                pass


async def end(clock: IReactorTime, watch: ExitWatch, signum: int, grace_s: float) -> bool:
    """End a process in good order: ``signum``, then SIGKILL after ``grace_s`` seconds.

    Returns:
        True when it went by itself, False when it had to be killed.
    """
    gone = watch.when_ended()
    watch.send(signum)
    killed: list[int] = []

    def kill() -> None:
        killed.append(signal.SIGKILL)
        watch.send(signal.SIGKILL)

    timer = clock.callLater(grace_s, kill)
    try:
        await gone
    finally:
        if timer.active():
            timer.cancel()
    return not killed


def end_and_wait(pid: int, signum: int, grace_s: float) -> None:
    """As :func:`end` for any process, blocking: for use before the reactor runs."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone = select.poll()
    gone.register(fd, select.POLLIN)
    try:
        for number, limit_s in ((signum, grace_s), (signal.SIGKILL, 5.0)):
            signal.pidfd_send_signal(fd, number)
            if gone.poll(limit_s * 1000):
                return
    except ProcessLookupError:
        pass
    finally:
        os.close(fd)


class _Collector(ProcessProtocol):
    def __init__(self, max_bytes: int, stdin: bytes) -> None:
        self._stdin = stdin
        self.done: Deferred[Output] = Deferred(lambda _: self._kill())
        self._left = max_bytes
        self._out: list[bytes] = []
        self._err: list[bytes] = []

    def _kill(self) -> None:
        if self.transport is not None:
            try:
                self.transport.signalProcess("KILL")
            except Exception:  # it went by itself in this very moment
                pass

    def connectionMade(self) -> None:
        if self.transport is not None:
            self.transport.write(self._stdin)
            self.transport.closeStdin()

    def _take(self, into: list[bytes], data: bytes) -> None:
        into.append(data[: max(0, self._left)])
        self._left -= len(data)
        if self._left < 0:
            self._kill()

    def outReceived(self, data: bytes) -> None:
        self._take(self._out, data)

    def errReceived(self, data: bytes) -> None:
        self._take(self._err, data)

    def processEnded(self, reason: Failure) -> None:
        if not self.done.called:
            end = reason.value
            code = 0 if isinstance(end, ProcessDone) else getattr(end, "exitCode", None)
            signum = getattr(end, "signal", None)
            self.done.callback(Output(code, signum, b"".join(self._out), b"".join(self._err)))


async def run(
    reactor: IReactorProcess,
    argv: Sequence[str],
    *,
    timeout_s: float,
    max_bytes: int = 1 << 20,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Output:
    """Run a program to its end and collect what it prints.

    One that is not there is an OSError, one that takes longer than it may Twisted's TimeoutError.

    Args:
        reactor: starts it and holds the timer.
        argv: program (absolute, or found on PATH) and arguments.
        timeout_s: killed after so many seconds.
        max_bytes: killed when it prints more.
        env: its whole environment; PATH alone when None.
        stdin: what it reads.
    """
    collector = _Collector(max_bytes, stdin)
    reactor.spawnProcess(
        collector,
        argv[0],
        list(argv),
        env=dict(env) if env is not None else {"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
    )
    return await collector.done.addTimeout(timeout_s, reactor)  # type: ignore[arg-type]
