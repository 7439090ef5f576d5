"""How a reader's socket is fed: directly while nothing is queued, left out when full, closed when stalled.

The only module that looks into a Twisted transport's buffers and sets socket options.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from camsvc.relay.media.stream import Stream, Unit

#: What may wait in our own memory before a reader is left out, bytes: some key frames. What it begins with, all that
#: came since the last key frame, may be more, once.
QUEUE = 1 << 20
#: What may wait in the kernel, bytes; its own choice would be 4 MiB, seconds of video.
KERNEL_QUEUE = 256 << 10


def tune(transport: Any, write_timeout_s: float) -> None:
    """Set a connection's limits: queue sizes, no Nagle delay, and the kernel's own time limit for a dead peer."""
    transport.bufferSize = QUEUE
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    handle = transport.getHandle()
    if isinstance(handle, socket.socket):
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_QUEUE)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(write_timeout_s * 1000))


def send(transport: Any, data: bytes) -> None:
    """Write, without a turn of the reactor when nothing is queued."""
    if not (transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting or transport.disconnected):
        try:
            sent = transport.getHandle().send(data)
        except OSError:  # full, or broken: the reactor finds out
            sent = 0
        if sent == len(data):
            return
        data = data[sent:]
    transport.write(data)


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
        over: Callable[[], None],
    ) -> None:
        """Feed ``transport`` from ``stream``.

        Args:
            clock: for the stall.
            transport: the reader's TCP connection.
            stream: what it reads.
            tracks: indexes of the tracks it set up.
            stall_s: seconds after which a reader that takes nothing is given up.
            over: called when the stream has ended or the reader is given up.
        """
        self.bytes_sent = 0
        self._clock = clock
        self._transport = transport
        self._stream = stream
        self._tracks = tracks
        self._stall_s = stall_s
        self._over = over
        self._playing = False
        self._joining = False
        self._full = False
        self._left_out = False
        self._stalled: IDelayedCall | None = None
        self._direct = hasattr(transport, "_tempDataBuffer")

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
            self._forget_stall()

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
        """The stream is over."""
        self.pause()
        self._over()

    def pauseProducing(self) -> None:
        """The queue is full; called at every write while it is."""
        if not self._full:
            self._full = True
            self._stalled = self._clock.callLater(self._stall_s, self._give_up)

    def resumeProducing(self) -> None:
        """The queue is empty: go on, or join again at the next key frame when something was missed."""
        self._forget_stall()
        if self._left_out:
            self._left_out = False
            self._stream.join(self, cached=False)

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._playing = False
        self._stream.leave(self)
        self._forget_stall()

    def _forget_stall(self) -> None:
        self._full = False
        if self._stalled is not None and self._stalled.active():
            self._stalled.cancel()
        self._stalled = None

    def _give_up(self) -> None:
        self._stalled = None
        self._transport.abortConnection()
