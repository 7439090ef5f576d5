"""What happens to a client that does not read: notifications wait, its own calls are not read, and it is closed.

Knows a transport and no WebSocket.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from camsvc.server.named_timers import NamedTimers
from camsvc.server.read_pauses import ReadPauses

STUCK_S = 15.0
"""So long a client may read nothing."""


@implementer(IPushProducer)
class SlowReaderValve:
    """Open while the transport takes more; of what waits meanwhile only the newest under each key is kept.

    It is the producer of the connection's transport, which calls ``pauseProducing`` when its buffer is full and
    ``resumeProducing`` when it is empty again.
    """

    def __init__(
        self,
        timers: NamedTimers,
        read_pauses: ReadPauses,
        send: Callable[[bytes], None],
        too_slow: Callable[[], None],
    ) -> None:
        """Set up, open.

        Args:
            timers: of the connection.
            read_pauses: of the connection; who does not read is not read either.
            send: sends a frame.
            too_slow: called when the client has read nothing for STUCK_S.
        """
        self._timers = timers
        self._read_pauses = read_pauses
        self._send = send
        self._too_slow = too_slow
        self._waiting: dict[str, bytes] = {}
        self._open = True

    @property
    def is_open(self) -> bool:
        """Whether the transport takes more."""
        return self._open

    @property
    def waiting(self) -> int:
        """How many frames wait."""
        return len(self._waiting)

    def push(self, key: str, frame: bytes) -> None:
        """Send a frame when the client takes it; a newer one with the same key replaces it until then."""
        self._waiting.pop(key, None)
        self._waiting[key] = frame
        self._send_waiting()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def pauseProducing(self) -> None:
        if self._open:
            self._open = False
            self._read_pauses.add("slow reader")
            self._timers.start("slow reader", STUCK_S, self._too_slow)

    def resumeProducing(self) -> None:
        if not self._open:
            self._open = True
            self._timers.cancel("slow reader")
            self._read_pauses.remove("slow reader")
            self._send_waiting()

    def stopProducing(self) -> None:
        self._open = False

    def _send_waiting(self) -> None:
        while self._open and self._waiting:
            self._send(self._waiting.pop(next(iter(self._waiting))))
