"""How much of the reactor's time downloads get: a little of each turn, one after the other.

A thousand downloads that all could go on take no longer a turn than a few; calls of the API pass between.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.server.downloads.sending_thread import SendingThread

TURN_S = 0.001
"""Of each turn; what is begun is done, which takes some 0.1 ms."""

PIECE_BYTES = 64 << 10
"""Read and written at a time."""


class SendTurns:
    """Lets downloads send, in the order they ask.

    Attributes:
        buffer: what a download reads into and sends from during its turn; nobody's between turns.
        thread: runs what may block.
        sockets: sends what needs no turn.
    """

    _log = Logger()

    def __init__(self, reactor: Any, thread: Callable[..., Any]) -> None:
        """Set up.

        Args:
            reactor: its turns.
            thread: runs what may block, and gives a Deferred of the result.
        """
        self.buffer = memoryview(bytearray(PIECE_BYTES))
        self.thread = thread
        self.sockets = SendingThread(reactor, thread)
        self._reactor = reactor
        self._waiting: deque[Callable[[], None]] = deque()
        self._next: IDelayedCall | None = None

    def ask(self, send: Callable[[], None]) -> None:
        """Have ``send`` called once, soon."""
        self._waiting.append(send)
        if self._next is None:
            self._next = self._reactor.callLater(0, self._serve)

    def _serve(self) -> None:
        ends_at = time.perf_counter() + TURN_S
        while self._waiting:
            send = self._waiting.popleft()
            with self._log.failuresHandled("while sending a download"):
                send()
            if time.perf_counter() >= ends_at:
                break
        # Who asks meanwhile finds this turn still under way: each of them would else begin another beside it.
        self._next = self._reactor.callLater(0, self._serve) if self._waiting else None
