"""Sends a body made of bytes and of spans of files, and keeps nothing of it: what is not taken is read again.

A file is read without waiting for the disk (``RWF_NOWAIT``, preadv2(2)) where it is in memory, and in a thread where
it is not, so that no disk holds the reactor. Without TLS it goes from one buffer, which all downloads share, to the
socket; with TLS in small pieces through the transport.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from camsvc.server.downloads.send_turns import CHUNK_BYTES, SendTurns

_LEFT_BYTES = 1 << 10
"""Of each piece so much is left to the transport, which tells when the socket takes more."""

_UNSENT_BYTES = CHUNK_BYTES
"""So much of what the socket has taken may wait to be sent (TCP_NOTSENT_LOWAT): without it the kernel keeps 3 MB for
each reader that does not read, and for a thousand of them more than all sockets may have (tcp(7), tcp_mem)."""

_TLS_BYTES = 64 << 10
_AHEAD_BYTES = 4 << 20


def open_plainly(path: Path | str) -> int:
    """Open a file to read (blocking); a link that has taken its place is an OSError."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


@frozen(eq=False)
class FileSpan:
    """So many bytes of a file.

    Attributes:
        file: its descriptor, which its owner closes; or its path: it is opened when its turn comes.
        offset: where the span begins.
        size: how long it is.
        sent: told each piece that goes out, in order.
    """

    file: int | Path
    offset: int
    size: int
    sent: Callable[[memoryview], object] | None = None


class Vanished(Exception):
    """A file is shorter than it was when the body was announced."""


@implementer(IPushProducer)
class BodySender:
    """Sends one body and finishes the request; cuts the connection where the body cannot be what was announced."""

    _log = Logger()

    def __init__(
        self,
        request: Any,
        turns: SendTurns,
        pieces: Iterator[bytes | FileSpan],
        close: Callable[[], object] = lambda: None,
    ) -> None:
        """Set up.

        Args:
            request: its Content-Length is set.
            turns: when to send, and where to read to.
            pieces: of the body; the next one is asked for when the one before has been sent.
            close: called once, when nothing is read any more.
        """
        self._request = request
        self._turns = turns
        self._pieces = pieces
        self._close = close
        transport = request.channel.transport
        plain = isinstance(transport, FileDescriptor) and not getattr(transport, "TLS", False)
        self._socket: Any = transport if plain else None
        self._span: FileSpan | None = None
        self._fd = -1
        self._at = self._left = 0
        self._paused = self._asked = self._reading = self._stopped = self._drained = False

    def start(self) -> None:
        """Begin; called once."""
        if self._socket is not None:
            self._socket.SEND_LIMIT = CHUNK_BYTES
            self._socket.bufferSize = _LEFT_BYTES - 1  # where more waits, we are told when it is gone
            self._socket.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._request.registerProducer(self, True)
        self._write(b"")  # the headers
        self._ask()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused, self._drained = False, True
        self._ask()

    def stopProducing(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._close_if_idle()

    def _ask(self) -> None:
        if not (self._paused or self._asked or self._reading or self._stopped):
            self._asked = True
            self._turns.ask(self._go_on)

    def _go_on(self) -> None:
        self._asked = False
        if self._stopped or self._paused:
            return
        try:
            if self._left:
                self._read()
            else:
                self._take_next()
        except (OSError, Vanished) as why:
            self._fail(why)
        self._ask()

    def _take_next(self) -> None:
        self._leave_span()
        piece = next(self._pieces, None)
        if piece is None:
            self._finish()
        elif isinstance(piece, bytes):
            self._write(piece)
        else:
            self._span, self._at, self._left = piece, piece.offset, piece.size
            if isinstance(piece.file, int):
                self._fd = piece.file
            else:
                self._wait_for(self._turns.thread(open_plainly, piece.file), self._opened)

    def _opened(self, descriptor: int) -> None:
        self._fd = descriptor

    def _read(self) -> None:
        wanted = min(self._left, CHUNK_BYTES if self._socket is not None else _TLS_BYTES)
        buffer = self._turns.buffer[:wanted]
        try:
            count = os.preadv(self._fd, [buffer], self._at, os.RWF_NOWAIT)
        except OSError:  # not in memory, or a file system that cannot tell
            self._wait_for(self._turns.thread(_read_slowly, self._fd, wanted, self._at), self._send)
        else:
            self._send(buffer[:count])

    def _send(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        if not view:
            raise Vanished("the file has become shorter")
        count = 0
        if self._socket is not None:
            if self._drained and len(view) > _LEFT_BYTES:
                taken = self._socket.writeSomeData(view[: len(view) - _LEFT_BYTES])
                count = taken if isinstance(taken, int) else 0  # the transport will see for itself that it is cut
            rest = view[count : count + _LEFT_BYTES]
        else:
            rest = view
        count += len(rest)
        self._at += count
        self._left -= count
        if self._span is not None and self._span.sent is not None:
            self._span.sent(view[:count])
        self._write(bytes(rest))

    def _write(self, data: bytes) -> None:
        self._drained = False
        self._request.write(data)

    def _wait_for(self, work: Deferred[Any], use: Callable[[Any], None]) -> None:
        """Go on with the result of a thread."""
        self._reading = True

        def done(result: Any) -> None:
            self._reading = False
            if self._stopped:
                if use == self._opened:
                    self._fd = result
                self._close_if_idle()
                return
            use(result)
            self._ask()

        def failed(failure: Any) -> None:
            self._reading = False
            self._fail(failure.value)

        _ = work.addCallback(done).addErrback(failed)

    def _finish(self) -> None:
        self._stopped = True
        self._close_if_idle()
        if self._socket is not None:
            del self._socket.SEND_LIMIT, self._socket.bufferSize  # those of its class
        self._request.unregisterProducer()
        self._request.finish()

    def _fail(self, why: BaseException) -> None:
        if not self._stopped:
            self._log.warn("a download was cut: {why}", why=str(why))
            self.stopProducing()
            self._request.channel.abort()

    def _leave_span(self) -> None:
        if self._span is not None and isinstance(self._span.file, Path) and self._fd >= 0:
            os.close(self._fd)
        self._span, self._fd, self._left = None, -1, 0

    def _close_if_idle(self) -> None:
        if not self._reading:
            self._leave_span()
            self._close()
            self._close = lambda: None


class StreamedBody(Resource):
    """An answer whose headers are set, and whose body is sent by a :class:`BodySender`."""

    isLeaf = True

    def __init__(self, turns: SendTurns, pieces: Iterator[bytes | FileSpan]) -> None:
        """Set up; see BodySender."""
        super().__init__()
        self._turns = turns
        self._pieces = pieces

    def render(self, request: Any) -> Any:
        if request.method == b"HEAD":
            return b""
        BodySender(request, self._turns, self._pieces).start()
        return NOT_DONE_YET


def _read_slowly(descriptor: int, size: int, offset: int) -> bytes:
    """Read from the disk (blocking), and have it read what comes next into memory."""
    data = os.pread(descriptor, size, offset)
    os.posix_fadvise(descriptor, offset + size, _AHEAD_BYTES, os.POSIX_FADV_WILLNEED)
    return data
