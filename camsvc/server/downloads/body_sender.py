"""Sends a body made of bytes and of spans of files, and keeps nothing of it: what is not taken is read again.

Without TLS a thread sends the files, from where the kernel has them (``sending_thread.py``). With TLS they go in
pieces through the transport, as do small ones: read without waiting for the disk (``RWF_NOWAIT``, preadv2(2)) where
they are in memory, and in a thread where they are not, so that no disk holds the reactor.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from camsvc.server.downloads.send_turns import PIECE_BYTES, SendTurns
from camsvc.server.downloads.sending_thread import FileSpan, Sending, Stalled, Vanished, read_slowly

_UNSENT_BYTES = 128 << 10
"""So much of what the socket has taken may wait to be sent (TCP_NOTSENT_LOWAT): without it the kernel keeps 3 MB for
each reader that does not read, and for a thousand of them more than all sockets may have (tcp(7), tcp_mem)."""


def open_plainly(path: Path | str) -> int:
    """Open a file to read (blocking); a link that has taken its place is an OSError."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


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
        self._sending: Sending | None = None
        self._fd = -1
        self._at = self._left = 0
        self._paused = self._asked = self._reading = self._stopped = False

    def start(self) -> None:
        """Begin; called once."""
        if self._socket is not None:
            self._socket.bufferSize = 0  # whatever waits pauses us until the kernel has all of it
            self._socket.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._request.registerProducer(self, True)
        self._request.write(b"")  # the headers
        self._ask()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        self._ask()

    def stopProducing(self) -> None:
        if not self._stopped:
            self._stopped = True
            if self._sending is not None:
                self._turns.sockets.stop(self._sending)
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
            if not self._left:
                self._take_next()
            elif self._socket is not None and self._left > PIECE_BYTES:
                self._hand_over()
            else:
                self._read()
        except (OSError, Vanished) as why:
            self._fail(why)
        self._ask()

    def _take_next(self) -> None:
        self._leave_span()
        piece = next(self._pieces, None)
        if piece is None:
            self._finish()
        elif isinstance(piece, bytes):
            self._request.write(piece)
        else:
            self._span, self._at, self._left = piece, piece.offset, piece.size
            if isinstance(piece.file, int):
                self._fd = piece.file
            else:
                self._wait_for(self._turns.thread(open_plainly, piece.file), self._opened)

    def _opened(self, descriptor: int) -> None:
        self._fd = descriptor

    def _hand_over(self) -> None:
        assert self._span is not None
        self._sending = self._turns.sockets.send(self._socket.getHandle(), self._fd, self._span)
        self._wait_for(self._sending.done, self._sent)

    def _sent(self, _: None) -> None:
        self._sending, self._left = None, 0

    def _read(self) -> None:
        wanted = min(self._left, PIECE_BYTES)
        buffer = self._turns.buffer[:wanted]
        try:
            count = os.preadv(self._fd, [buffer], self._at, os.RWF_NOWAIT)
        except OSError:  # not in memory, or a file system that cannot tell
            self._wait_for(self._turns.thread(read_slowly, self._fd, wanted, self._at), self._write)
        else:
            self._write(buffer[:count])

    def _write(self, data: bytes | memoryview) -> None:
        if not data:
            raise Vanished("the file has become shorter")
        self._at += len(data)
        self._left -= len(data)
        if self._span is not None and self._span.sent is not None:
            self._span.sent(memoryview(data))
        self._request.write(bytes(data))

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
            del self._socket.bufferSize  # that of its class
        self._request.unregisterProducer()
        self._request.finish()

    def _fail(self, why: BaseException) -> None:
        if not self._stopped:
            if not isinstance(why, ConnectionError | Stalled):  # the reader's own doing
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
