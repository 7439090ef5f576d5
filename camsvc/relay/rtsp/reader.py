"""How one reader is fed: directly while nothing is queued, left out when its queue is full, closed when it stalls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.rtsp.direct_send import can_send, send, widen_queue


@implementer(IPushProducer)
class RtspReader:
    """One reader of one stream (a sink)."""

    def __init__(
        self,
        clock: IReactorTime,
        transport: Any,
        stream: Stream,
        tracks: frozenset[int],
        stall_s: float,
        on_end: Callable[[], None],
    ) -> None:
        """Feed ``transport`` from ``stream``.

        Args:
            clock: for the stall.
            transport: the reader's TCP connection.
            stream: what it reads.
            tracks: indexes of the tracks it set up.
            stall_s: seconds after which a reader that takes nothing is given up.
            on_end: called when the stream has ended or the reader is given up.
        """
        self.bytes_sent = 0
        self._clock = clock
        self._transport = transport
        self._stream = stream
        self._tracks = tracks
        self._stall_s = stall_s
        self._on_end = on_end
        self._playing = False
        self._joining = False
        self._full = False
        self._left_out = False
        self._stall_timer: IDelayedCall | None = None
        self._direct = can_send(transport)
        widen_queue(transport)

    def play(self) -> None:
        """Begin, or go on after a pause, with a key frame."""
        if not self._playing:
            self._playing = True
            self._transport.registerProducer(self, True)
            if not self._full:
                self._joining = True
                self._stream.join(self)
                self._joining = False

    def pause(self) -> None:
        """Send nothing until ``play``."""
        if self._playing:
            self._playing = False
            self._stream.leave(self)
            self._transport.unregisterProducer()
            self._left_out = False
            self._cancel_stall_timer()

    def deliver(self, unit: Unit) -> None:
        """Send a unit of one of the reader's tracks; the first that finds the queue full has it leave the readers."""
        if unit.track not in self._tracks or not self._playing:
            return
        if self._full and not self._joining:
            self._left_out = True
            self._stream.leave(self)
            return
        self.bytes_sent += len(unit.data)
        if self._direct:
            send(self._transport, unit.data)
        else:
            self._transport.write(unit.data)

    def ended(self) -> None:
        """The stream has ended."""
        self.pause()
        self._on_end()

    def pauseProducing(self) -> None:
        """The queue is full; called at every write while it is."""
        if not self._full:
            self._full = True
            self._stall_timer = self._clock.callLater(self._stall_s, self._abort)

    def resumeProducing(self) -> None:
        """The queue is empty: go on, or join again at the next key frame when something was missed."""
        self._cancel_stall_timer()
        if self._left_out:
            self._left_out = False
            self._stream.join(self, cached=False)

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._playing = False
        self._stream.leave(self)
        self._cancel_stall_timer()

    def _cancel_stall_timer(self) -> None:
        self._full = False
        if self._stall_timer is not None and self._stall_timer.active():
            self._stall_timer.cancel()
        self._stall_timer = None

    def _abort(self) -> None:
        self._stall_timer = None
        self._transport.abortConnection()
