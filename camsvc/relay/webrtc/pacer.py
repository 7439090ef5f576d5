"""Sending for many viewers over several turns of the reactor: nobody else waits until the last has everything."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

#: Packets sent in one turn, at least: 1.5 ms of work. A key frame for ten viewers is four times as much.
PER_TURN = 128
#: Packets that wait at most. With more, all are sent at once: who is faster than this machine has to be held up.
MOST = 8192


class Pacer:
    """What is to be sent, first come first served."""

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        """Nothing waits."""
        self._clock = clock
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._packets = 0
        self._is_due = False

    def add(self, packets: int, send: Callable[[], None]) -> None:
        """Send in one of the next turns of the reactor.

        Args:
            packets: how many that will be.
            send: what to do then.
        """
        self._waiting.append((packets, send))
        self._packets += packets
        if self._packets > MOST:
            self._send(self._packets)
        elif not self._is_due:
            self._await_turn()

    def _await_turn(self) -> None:
        self._is_due = True
        self._clock.callLater(0, self._turn)

    def _turn(self) -> None:
        self._is_due = False
        self._send(PER_TURN)
        if self._waiting:
            self._await_turn()

    def _send(self, packets: int) -> None:
        while self._waiting and packets > 0:
            count, send = self._waiting.popleft()
            self._packets -= count
            packets -= count
            with self._log.failuresHandled("while sending to a viewer"):
                send()
