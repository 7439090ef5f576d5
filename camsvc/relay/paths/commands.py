"""Commands that paths run: a process group of their own, started again when they end, never two at once in a slot."""

from __future__ import annotations

import os
import shlex
import signal
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.system.processes import own_session

#: Pause before a command that ended is run again, seconds (MediaMTX's).
RESTART_S = 5.0
#: Time that a command has between SIGINT and SIGKILL, seconds.
GRACE_S = 5.0
_INHERITED = ("PATH", "HOME", "LANG")


@frozen
class Command:
    """What to run: ``argv``, the whole environment, and whether it runs again when it ends."""

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    restart: bool


def command(line: str, path: str, rtsp_port: int, restart: bool) -> Command | None:
    """A command line as paths have it: split as a POSIX shell would, no shell; None when it is empty.

    ``$MTX_PATH`` and ``$RTSP_PORT`` are replaced after the splitting, so that their values never become arguments.
    """
    extra = {"MTX_PATH": path, "RTSP_PORT": str(rtsp_port)}
    argv = []
    for word in shlex.split(line):
        for name, value in extra.items():
            word = word.replace(f"${name}", value)
        argv.append(word)
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ} | extra
    return Command(tuple(argv), tuple(env.items()), restart) if argv else None


class _CommandProcess(ProcessProtocol):
    def __init__(self, slot: CommandSlot) -> None:
        self._slot = slot

    def processEnded(self, reason: Failure) -> None:
        self._slot.process_ended(getattr(reason.value, "exitCode", None), getattr(reason.value, "signal", None))


class CommandSlot:
    """A place for one command at a time: say what is wanted, and it is so as soon as the last one has ended."""

    _log = Logger()

    def __init__(self, reactor: Any, name: str) -> None:
        """A slot that runs nothing yet; ``name`` is for the log."""
        self._reactor = reactor
        self._name = name
        self._wanted: Command | None = None
        self._running: Command | None = None
        self._pid: int | None = None
        self._ending = False
        self._timer: IDelayedCall | None = None
        self._idle: list[Deferred[None]] = []

    @property
    def busy(self) -> bool:
        """Whether a process is there."""
        return self._running is not None

    def want(self, wanted: Command | None, grace_s: float = GRACE_S) -> None:
        """Run a command, or none.

        Args:
            wanted: what to run from now on; another one that runs is ended first.
            grace_s: seconds between SIGINT and SIGKILL.
        """
        self._wanted = wanted
        if self._running is None:
            if wanted is None or self._timer is None:
                self._cancel_timer()
                self._start()
        elif wanted != self._running and not self._ending:
            self._end(grace_s)

    def hasten(self, grace_s: float) -> None:
        """Want nothing, and shorten the time until SIGKILL."""
        self._wanted = None
        self._cancel_timer()
        if self._running is not None:
            self._end(grace_s)

    def when_idle(self) -> Deferred[None]:
        """Fires when no process is left."""
        done: Deferred[None] = Deferred(lambda d: self._idle.remove(d))
        self._idle.append(done)
        self._fire_idle()
        return done

    def _fire_idle(self) -> None:
        if self._running is None:
            waiting, self._idle = self._idle, []
            for done in waiting:
                done.callback(None)

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _start(self) -> None:
        self._timer = None
        if self._wanted is None:
            return
        argv = own_session(self._wanted.argv)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            process = self._reactor.spawnProcess(
                _CommandProcess(self), argv[0], argv, env=dict(self._wanted.env), childFDs={0: nothing, 1: 1, 2: 2}
            )
        except OSError as why:
            self._log.error("{slot}: cannot run its command: {why}", slot=self._name, why=why)
            self._restart_later()
            return
        finally:
            os.close(nothing)
        self._running = self._wanted
        self._pid = process.pid
        self._ending = False
        self._log.debug("{slot}: command started, pid {pid}", slot=self._name, pid=self._pid)

    def _end(self, grace_s: float) -> None:
        self._ending = True
        self._cancel_timer()
        self._signal(signal.SIGINT)
        self._timer = self._reactor.callLater(grace_s, self._kill)

    def _kill(self) -> None:
        self._timer = None
        self._log.warn("{slot}: command did not end on SIGINT and is killed", slot=self._name)
        self._signal(signal.SIGKILL)

    def _signal(self, signum: int) -> None:
        if self._pid is None:
            return
        try:
            os.killpg(self._pid, signum)
        except ProcessLookupError:  # so new that it leads no group yet
            try:
                os.kill(self._pid, signum)
            except ProcessLookupError:
                pass

    def process_ended(self, code: int | None, signum: int | None) -> None:
        """The process is reaped; whatever it left in its group goes too."""
        if self._pid is not None:
            try:
                os.killpg(self._pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self._cancel_timer()
        ended, self._running, self._pid = self._running, None, None
        deliberate, self._ending = self._ending, False
        if self._wanted is not None and (deliberate or self._wanted != ended):
            self._start()
        elif self._wanted is not None:
            self._log.warn(
                "{slot}: command ended, code {code}, signal {signal}", slot=self._name, code=code, signal=signum
            )
            self._restart_later()
        self._fire_idle()

    def _restart_later(self) -> None:
        if self._wanted is not None and self._wanted.restart:
            self._timer = self._reactor.callLater(RESTART_S, self._start)
