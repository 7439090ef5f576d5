"""Sends spans of files to sockets by sendfile(2), in a thread of its own: no turn of the reactor is held by it.

What is not in memory is read by another thread first, so that a disk that sleeps holds no other download.
"""

from __future__ import annotations

import enum
import os
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred

from camsvc.server.http.channel import STALLED_S

STEP_BYTES = 2 << 20
"""At most so much at a time to one socket; in a tenth of it a fast reader takes two thirds of the speed."""

_COPIED_BYTES = 256 << 10
_LOOKED_AT_BYTES = 128 << 10
"""What the kernel reads ahead; of each so many bytes one is asked for, to see whether they are in memory."""

_AHEAD_BYTES = 4 << 20
_BYTE = [bytearray(1)]
_FRESH_S = 1.0
_ROUND_S = 1.0
_SOCKETS_A_ROUND = 64


@frozen(eq=False)
class FileSpan:
    """So many bytes of a file.

    Attributes:
        file: its descriptor, which its owner closes; or its path: it is opened when its turn comes.
        offset: where the span begins.
        size: how long it is.
        sent: told each piece that goes out, in order; by a thread, but never by two at a time.
    """

    file: int | Path
    offset: int
    size: int
    sent: Callable[[memoryview], object] | None = None


class Vanished(Exception):
    """A file is shorter than it was when the body was announced."""


class Stalled(Exception):
    """The reader has taken nothing for long."""


class _NotInMemory(Exception):
    """What comes next has to be read from the disk."""


class _State(enum.Enum):
    WAITING = enum.auto()
    """for the socket to take more"""
    SENDING = enum.auto()
    READING = enum.auto()
    """from the disk"""
    ENDED = enum.auto()


class Sending:
    """One span that is being sent.

    Attributes:
        done: fires when the kernel has all of it, or it was stopped: then its file is used no more. Fails with an
            OSError, with Vanished or with Stalled.
    """

    def __init__(self, to: socket.socket, descriptor: int, span: FileSpan) -> None:
        self.done: Deferred[None] = Deferred()
        self.to = to
        self.file = descriptor
        self.at = span.offset
        self.left = span.size
        self.moved_at = 0.0
        self.state = _State.WAITING
        self.stopped = False
        self.read = b""
        self._sent = span.sent
        self._in_memory_to = 0
        self._seen_at = 0.0

    def go_on(self, now: float, buffer: memoryview) -> None:
        """Send as much as the socket takes, and no more than is in memory; an OSError where it takes nothing.

        Raises:
            Vanished: the file has ended.
            _NotInMemory: nothing of it is.
        """
        if self.read:
            view, self.read = memoryview(self.read), b""  # what is not taken is read again, and in memory by then
            count = self._copy(view)
        elif self._sent is not None:
            view = buffer[: min(self.left, _COPIED_BYTES)]
            try:
                size = os.preadv(self.file, [view], self.at, os.RWF_NOWAIT)
            except OSError:
                raise _NotInMemory from None
            count = self._copy(view[:size])
        else:
            count = os.sendfile(self.to.fileno(), self.file, self.at, self._look_ahead(now))
        if not count:
            raise Vanished("the file has become shorter")
        self.at += count
        self.left -= count
        self.moved_at = now

    def _copy(self, view: memoryview) -> int:
        count = self.to.send(view) if view else 0
        if self._sent is not None:
            self._sent(view[:count])
        return count

    def _look_ahead(self, now: float) -> int:
        """How much of what comes next is in memory, as far as one step goes; each place is looked at once.

        Raises:
            _NotInMemory: nothing of it is.
        """
        if now - self._seen_at > _FRESH_S or self._in_memory_to < self.at:
            self._in_memory_to = self.at
        self._seen_at = now
        step_to = self.at + min(self.left, STEP_BYTES)
        try:
            while self._in_memory_to < step_to and os.preadv(self.file, _BYTE, self._in_memory_to, os.RWF_NOWAIT):
                self._in_memory_to += _LOOKED_AT_BYTES
        except OSError:  # not in memory, or a file system that cannot tell
            if self._in_memory_to <= self.at:
                raise _NotInMemory from None
        # At the end of a file that has become shorter sendfile(2) says so.
        return max(1, min(self._in_memory_to, step_to) - self.at)


class SendingThread:
    """Sends spans, each as fast as its reader takes it; the thread is there while there are any."""

    def __init__(self, reactor: Any, thread: Callable[..., Any]) -> None:
        """Set up.

        Args:
            reactor: gets the results.
            thread: runs what may block, and gives a Deferred of the result.
        """
        self._reactor = reactor
        self._thread = thread
        self._lock = threading.Lock()
        self._waiting: dict[int, Sending] = {}
        self._count = 0
        self._poll: select.epoll | None = None

    def send(self, to: socket.socket, descriptor: int, span: FileSpan) -> Sending:
        """Begin. What was written to the socket before is with the kernel; nobody writes to it until this is done.

        Args:
            to: does not block; its owner may close it at any time.
            descriptor: of the file.
            span: what of it.
        """
        # A descriptor that its owner closes may be another connection's while the thread uses it.
        sending = Sending(to.dup(), descriptor, span)
        with self._lock:
            self._wait(sending)
            self._count += 1
        return sending

    def stop(self, sending: Sending) -> None:
        """End it early, unless it has ended; a read or a step that is under way is ended first."""
        with self._lock:
            sending.stopped = True
            if sending.state is not _State.SENDING:
                self._forget(sending)
            ended = sending.state is _State.WAITING
            if ended:
                self._end(sending)
        if ended:
            sending.done.callback(None)

    def _wait(self, sending: Sending) -> None:
        sending.state, sending.moved_at = _State.WAITING, self._reactor.seconds()
        self._waiting[sending.to.fileno()] = sending
        if self._poll is None:
            self._poll = select.epoll()
            threading.Thread(target=self._run, args=(self._poll,), name="downloads", daemon=True).start()
        self._poll.register(sending.to.fileno(), select.EPOLLOUT)

    def _forget(self, sending: Sending) -> None:
        """Its socket is used no more."""
        self._unwatch(sending)
        sending.to.close()

    def _unwatch(self, sending: Sending) -> None:
        if self._waiting.pop(sending.to.fileno(), None) is not None and self._poll is not None:
            self._poll.unregister(sending.to.fileno())  # closing it does not, as its owner has the socket open, too

    def _end(self, sending: Sending) -> None:
        self._forget(sending)
        sending.state = _State.ENDED
        self._count -= 1

    def _run(self, poll: select.epoll) -> None:
        buffer = memoryview(bytearray(_COPIED_BYTES))
        swept_at = self._reactor.seconds()
        while True:
            for descriptor, _ in poll.poll(_ROUND_S, _SOCKETS_A_ROUND):
                self._serve(descriptor, buffer)
            now = self._reactor.seconds()
            if now - swept_at < _ROUND_S:
                continue
            swept_at = now
            self._sweep(now)
            with self._lock:
                if not self._count:
                    self._poll = None
                    poll.close()
                    return

    def _serve(self, descriptor: int, buffer: memoryview) -> None:
        with self._lock:
            sending = self._waiting.get(descriptor)
            if sending is None:
                return
            sending.state = _State.SENDING
        why: Exception | None = None
        try:
            sending.go_on(self._reactor.seconds(), buffer)
        except BlockingIOError:
            pass
        except Exception as error:
            why = error
        with self._lock:
            reads = isinstance(why, _NotInMemory) and not sending.stopped
            ends = not reads and (why is not None or sending.stopped or not sending.left)
            if reads:
                sending.state = _State.READING
                self._unwatch(sending)
            elif ends:
                self._end(sending)
            else:
                sending.state = _State.WAITING
        if reads:
            self._reactor.callFromThread(self._read, sending)
        elif ends:
            self._reactor.callFromThread(_tell, sending, why)

    def _sweep(self, now: float) -> None:
        with self._lock:
            stalled = [each for each in self._waiting.values() if now - each.moved_at > STALLED_S]
            for each in stalled:
                self._end(each)
        for each in stalled:
            self._reactor.callFromThread(_tell, each, Stalled())

    def _read(self, sending: Sending) -> None:
        """Have what comes next read from the disk."""
        size = min(sending.left, _COPIED_BYTES)
        _ = self._thread(read_slowly, sending.file, size, sending.at).addBoth(self._go_on, sending)

    def _go_on(self, result: Any, sending: Sending) -> None:
        why = None
        if isinstance(result, bytes):
            sending.read = result
            why = None if result else Vanished("the file has become shorter")
        else:
            why = result.value
        with self._lock:
            ends = sending.stopped or why is not None
            if ends:
                self._end(sending)
            else:
                self._wait(sending)
        if ends:
            _tell(sending, why)


def _tell(sending: Sending, why: Exception | None) -> None:
    if why is None or sending.stopped:
        sending.done.callback(None)
    else:
        sending.done.errback(why)


def read_slowly(descriptor: int, size: int, offset: int) -> bytes:
    """Read from the disk (blocking), and have it read what comes next into memory."""
    data = os.pread(descriptor, size, offset)
    os.posix_fadvise(descriptor, offset + size, _AHEAD_BYTES, os.POSIX_FADV_WILLNEED)
    return data
