"""The process that holds a camera's node open, as the daemon sees it: asked one thing after the other, and ended."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from camsvc.devices.controls.control import Raw, Report, Row
from camsvc.errors import DependencyFailed

ANSWER_LIMIT_S = 20.0
"""A camera that does not answer for so long is given up: a single transfer on USB may take 5 s (uvcvideo)."""

_ROOT = Path(__file__).parents[3]
_IMPORTED = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from camsvc.devices.controls import program"
PROGRAM = (sys.executable, "-I", "-c", f"{_IMPORTED}; program.main(sys.argv)")
"""Isolated, and of a checkout that is not installed as well."""

GONE = ("camera", "it does not say what can be set; is it still plugged in?")
"""Of a DependencyFailed."""

_MOST_BYTES = 1 << 22


class ControlProcess(ProcessProtocol):
    """Holds a node; ended by :meth:`kill`, or by itself when the node is gone."""

    def __init__(self, reactor: Any, changed: Callable[[list[Row]], object]) -> None:
        """Set up.

        Args:
            reactor: processes and time.
            changed: told what another program or the camera may have changed.
        """
        self._reactor = reactor
        self._changed = changed
        self._asked: deque[Deferred[Report]] = deque()
        self._gone: list[Deferred[None]] = []
        self._ended = False
        self._out = b""
        self.errno: int | None = None

    @classmethod
    def start(
        cls, reactor: Any, argv: Sequence[str], node: str, changed: Callable[[list[Row]], object]
    ) -> ControlProcess:
        """Start it for a node.

        Args:
            reactor: see the constructor.
            argv: the program, to which the node is added.
            node: its path.
            changed: see the constructor.
        """
        self = cls(reactor, changed)
        words = [*argv, node]
        reactor.spawnProcess(self, words[0], words, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})
        return self

    async def ask(self, values: Sequence[tuple[int, Raw]] = ()) -> Report:
        """Set values, and list what is there then.

        Args:
            values: ids and what they shall be, in the order in which they are set; none to list alone.

        Raises:
            DependencyFailed: the camera does not answer, or is gone.
        """
        if self._ended or self.transport is None:
            raise DependencyFailed(*GONE)
        answer: Deferred[Report] = Deferred(lambda _: None)
        self._asked.append(answer)
        self.transport.write(msgspec.json.encode({"values": values}) + b"\n")
        try:
            return await answer.addTimeout(ANSWER_LIMIT_S, self._reactor)
        except TimeoutError:
            self.kill()
            raise DependencyFailed("camera", "it does not answer; unplug it and plug it in again") from None

    def when_gone(self) -> Deferred[None]:
        """Fires when the kernel has let go of it."""
        waiter: Deferred[None] = Deferred(lambda _: None)
        if self._ended:
            waiter.callback(None)
        else:
            self._gone.append(waiter)
        return waiter

    def kill(self) -> None:
        """End it, if the kernel lets us."""
        try:
            if self.transport is not None:
                self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass

    def outReceived(self, data: bytes) -> None:  # noqa: D102  # ProcessProtocol
        *lines, self._out = (self._out + data).split(b"\n")
        if len(self._out) > _MOST_BYTES:
            self.kill()
        for line in lines:
            self._heard(line)

    def _heard(self, line: bytes) -> None:
        try:
            report = msgspec.json.decode(line, type=Report)
        except msgspec.MsgspecError:
            self.kill()
            return
        if report.errno is not None:
            self.errno = report.errno
        elif report.changed is not None:
            self._changed(report.changed)
        elif self._asked:
            answer = self._asked.popleft()
            if not answer.called:
                answer.callback(report)

    def processEnded(self, reason: Failure) -> None:  # noqa: D102
        self._ended = True
        asked, self._asked = self._asked, deque()
        for answer in asked:
            if not answer.called:
                answer.errback(DependencyFailed(*GONE))
        for waiter in self._gone:
            if not waiter.called:
                waiter.callback(None)
