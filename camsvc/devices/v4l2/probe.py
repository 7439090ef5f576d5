"""Asking a camera what it offers, by a process that can be given up when the device never answers."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen
from twisted.internet.defer import Deferred, DeferredSemaphore, TimeoutError
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.devices import diagnosis
from camsvc.devices.modes import modes_of
from camsvc.model import Mode
from camsvc.system.processes import Output

PROGRAM = Path(__file__).with_name("query.py")
"""Run as a file, not by ``-m``: in isolated mode (``-I``) a checkout that is not installed could not be found."""

_AT_ONCE = 4
_LOOPBACK = "v4l2 loopback"

# What a sensor gives, before any picture is made of it (videodev2.h, "Bayer formats").
_BAYER = re.compile(r"(BA81|GBRG|GRBG|RGGB|BYR2|(BG|GB|BA|GR|RG)1[0246]|p[BGgR][AC4E]{2}|[ab][BGgR]A8)\Z")
_RAW_ALONE = "the camera gives only raw data of its sensor; a program that makes pictures of it can be a camera"
_MOST_BYTES = 1 << 20


@frozen
class NodeAnswer:
    """What a node has answered.

    Attributes:
        modes: what it offers.
        capture: it delivers pictures at all.
        stage: it is a stage of a chip's camera pipeline, and captures only what another program leads through to it.
        error: why there is no answer, in words for the camera's owner; then nothing else counts.
    """

    modes: tuple[Mode, ...] = ()
    capture: bool = True
    stage: bool = False
    error: str | None = None


class _NodeReport(msgspec.Struct, frozen=True):
    capture: bool = False
    stage: bool = False
    driver: str = ""
    modes: list[tuple[str, int, int, list[float]]] = []
    errno: int | None = None


class _ProbeProcess(ProcessProtocol):
    """Collects what the program prints, and tells when the kernel has really let go of it."""

    def __init__(self, ended: Callable[[], object]) -> None:
        self.done: Deferred[Output] = Deferred(lambda _: self.kill())
        self._ended = ended
        self._waiting: list[Deferred[None]] = []
        self._out = b""
        self._err = b""

    def connectionMade(self) -> None:
        if self.transport is not None:
            self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        self._out += data
        if len(self._out) > _MOST_BYTES:
            self.kill()

    def errReceived(self, data: bytes) -> None:
        self._err = (self._err + data)[-2000:]

    def kill(self) -> None:
        """End it, if the kernel lets us."""
        try:
            if self.transport is not None:
                self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass

    def when_gone(self) -> Deferred[None]:
        """Fires when there is nothing left of it; asked for only while it runs."""
        gone: Deferred[None] = Deferred()
        self._waiting.append(gone)
        return gone

    def processEnded(self, reason: Failure) -> None:
        self._ended()
        for gone in self._waiting:
            if not gone.called:
                gone.callback(None)
        if not self.done.called:
            end = reason.value
            code = 0 if isinstance(end, ProcessDone) else getattr(end, "exitCode", None)
            self.done.callback(Output(code, getattr(end, "signal", None), self._out, self._err))


class Probes:
    """Probes, at most four at once; a node whose last one hangs in the kernel is not asked again before that ends."""

    _log = Logger()

    def __init__(self, reactor: Any, limit_s: float, argv: Sequence[str] = ()) -> None:
        """Set up.

        Args:
            reactor: processes, time, and a thread for finding words.
            limit_s: seconds after which a node counts as silent.
            argv: the program, to which the node is added; the V4L2 probe when empty.
        """
        self._reactor = reactor
        self._limit_s = limit_s
        self._argv = tuple(argv) or (sys.executable, "-I", str(PROGRAM))
        self._slots = DeferredSemaphore(_AT_ONCE)
        self._running: dict[str, _ProbeProcess] = {}
        self._said: dict[str, str] = {}

    async def ask(self, path: str) -> NodeAnswer:
        """What the device node ``path`` offers, or why there is no answer."""
        await self._slots.acquire()
        try:
            answer, hint = await self._ask(path)
        finally:
            self._slots.release()
        if answer.error is None:
            self._said.pop(path, None)
        elif self._said.get(path) != hint:
            self._said[path] = hint
            self._log.warn("{node} cannot be used: {why} ({hint})", node=path, why=answer.error, hint=hint)
        return answer

    async def _ask(self, path: str) -> tuple[NodeAnswer, str]:
        try:
            while path in self._running:  # one that was killed, and that the kernel has not let go of
                await self._running[path].when_gone().addTimeout(self._limit_s, self._reactor)
            output = await self._start(path).done.addTimeout(self._limit_s, self._reactor)
        except TimeoutError:
            return await self._in_words(errno.ETIMEDOUT, path)
        except OSError as why:
            return NodeAnswer(error="camsvc can start no program to ask the camera with"), str(why)
        try:
            report = msgspec.json.decode(output.out, type=_NodeReport)
        except msgspec.MsgspecError:
            ending = f"signal {output.signal}" if output.signal else f"exit status {output.code}"
            said = output.err.decode(errors="replace").strip().rpartition("\n")[2]
            return NodeAnswer(error="the camera gives no answer that makes sense"), f"probe: {ending}; {said}"
        if report.errno is not None:
            return await self._in_words(report.errno, path)
        if report.stage:
            return NodeAnswer(capture=False, stage=True), ""
        modes = modes_of(report.modes, path)
        if report.capture and not modes and report.driver == _LOOPBACK:
            return NodeAnswer(error="no program sends a picture to this virtual camera"), _LOOPBACK
        if report.capture and not modes:
            return NodeAnswer(error="the camera offers no picture format"), f"{len(report.modes)} modes make no sense"
        if modes and all(_BAYER.match(mode.format) for mode in modes):
            return NodeAnswer(error=_RAW_ALONE), ", ".join(dict.fromkeys(mode.format for mode in modes))
        return NodeAnswer(modes, report.capture), ""

    def _start(self, path: str) -> _ProbeProcess:
        process, argv = _ProbeProcess(lambda: self._running.pop(path)), [*self._argv, path]
        self._reactor.spawnProcess(process, argv[0], argv, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})
        self._running[path] = process
        return process

    async def _in_words(self, number: int, path: str) -> tuple[NodeAnswer, str]:
        """In a thread, as it looks into other processes and into the list of users."""
        pool = self._reactor.getThreadPool()
        trouble = await deferToThreadPool(self._reactor, pool, diagnosis.of_errno, number, path)
        return NodeAnswer(error=trouble.text), trouble.hint
