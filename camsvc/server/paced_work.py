"""Does a connection's work in small steps within the port's budget per turn.

Knows a transport, and neither HTTP nor WebSocket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall

from camsvc.system.floods.flood_guard import ConnectionMeter, FloodGuard, FloodLimits

REQUEST = 60
"""Units of an HTTP request: a unit is some 10 µs."""

CONNECTION = 40
"""Of a connection that is made."""

SIGNATURE = 80
"""Of a handshake of TLS."""

HANDSHAKE = 200
"""Of an HTTP connection that becomes a WebSocket."""

CALL = 20
"""Of a call of the API over a WebSocket."""

FRAME = 3
"""Of a WebSocket frame, and of a chunk of a request's body."""

PORTION_BYTES = 1024
"""Bytes that are parsed in one step: 170 of the smallest frames, 2 ms."""

HELD_BYTES = 16 << 10
"""So many bytes may wait to be parsed; then no more are read."""

LIMITS = FloodLimits(
    in_a_row=2 * REQUEST,
    in_a_turn=10 * REQUEST,
    rate=2000,
    burst=6000,
    address_rate=4000,
    address_burst=12000,
)
"""All connections together get 6 ms of a turn. What the limits of the configuration let pass is counted by the turn
alone; what they refuse, and what they know nothing of (pings, pongs, fragments, chunks), by the second too: 33
refused requests or 660 frames a second of one connection, twice as many of one address."""


class PacedWork:
    """Steps of one connection, each at most some milliseconds of work."""

    def __init__(self, guard: FloodGuard, transport: Callable[[], Any], step: Callable[[], bool]) -> None:
        """Set up.

        Args:
            guard: of the port.
            transport: gives the connection's, to pause, resume and cut; None when it is gone.
            step: does one step; False where there is nothing to do.
        """
        self._guard = guard
        self._transport = transport
        self._step = step
        self._meter = ConnectionMeter(guard)
        self._address: str | None = None
        self._key = ""
        self._units = self._charged = self._limit = 0
        self._held = False
        self._stopped = self._waits = self._working = False
        self._pause: IDelayedCall | None = None

    def identify(self, address: str, counts: bool = True) -> None:
        """Say whose connection it is.

        Args:
            address: what shares a budget with its other connections.
            counts: False for a proxy that is trusted: who is behind it is counted by others.
        """
        self._key, self._address = address, address if counts else None

    def spend(self, units: int, charge: bool = False) -> None:
        """Count work that is done: in this turn, and where it is charged by the second too."""
        self._units += units
        if charge:
            self._charged += units
        if not self._working:
            self._charge()

    def hold(self, bytes_waiting: int) -> None:
        """Say how many bytes wait to be parsed."""
        held = bytes_waiting >= HELD_BYTES
        if held or self._held:
            self._held = held
            self._read_or_not()

    def stop(self) -> None:
        """Take no step, and read nothing, until :meth:`go_on`."""
        self._stopped = True
        self._read_or_not()

    def go_on(self) -> None:
        """Take steps again, and read."""
        self._stopped = False
        self._read_or_not()
        self.work()

    @property
    def _is_paused(self) -> bool:
        """Whether no further step may be taken."""
        return self._stopped or self._pause is not None

    @property
    def is_over(self) -> bool:
        """Whether the step that is being taken has to end: what is left of it is for another turn."""
        return self._is_paused or (self._working and self._units >= self._limit)

    def work(self) -> None:
        """Take steps, now or in one of the next turns."""
        if self._working or self._waits or self._is_paused:
            return
        self._limit = self._guard.turn.allowance()
        more = True
        self._working = True
        try:
            while more and self._units < self._limit and not self._is_paused:
                more = self._step()
        finally:
            self._working = False
        self._charge()
        if more and not self._is_paused:
            self._waits = True
            self._guard.turn.wait(self._work_in_turn, self._key)

    def close(self) -> None:
        """The connection is gone."""
        self._stopped = True
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _work_in_turn(self) -> None:
        self._waits = False
        self.work()

    def _charge(self) -> None:
        """Count what was spent, and rest where it was too much."""
        units, self._units = self._units, 0
        charged, self._charged = self._charged, 0
        if units:
            self._guard.turn.spend(units)
        if not charged:
            return
        wait_s = self._meter.spend(charged, self._address)
        if self._meter.floods:
            self._stopped = True
            transport = self._transport()
            if transport is not None:
                transport.abortConnection()
        elif wait_s and self._pause is None:
            self._pause = self._guard.clock.callLater(wait_s, self._end_pause)
            self._read_or_not()

    def _end_pause(self) -> None:
        self._pause = None
        self._read_or_not()
        self.work()

    def _read_or_not(self) -> None:
        transport = self._transport()
        if transport is None or getattr(transport, "disconnecting", False):
            return
        if self._held or self._is_paused:
            transport.pauseProducing()
        else:
            transport.resumeProducing()
