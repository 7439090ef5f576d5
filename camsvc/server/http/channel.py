"""An HTTP connection within its limits: how long a request may take to come, and a reader to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from twisted.internet.interfaces import IDelayedCall, ISSLTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from camsvc.errors import CamsvcError
from camsvc.limits.connection_quota import RETRY_S, QuotaExceeded
from camsvc.server.http.headers import security_headers
from camsvc.server.paced_work import CONNECTION, FRAME, PORTION_BYTES, REQUEST, SIGNATURE, PacedWork
from camsvc.system.floods.flood_guard import FloodGuard

STALLED_S = 300.0
"""A browser may leave the rest of a paused video in the network; it asks for it again when it has been cut off."""

_REFUSAL_S = 5.0


def last_answer(status: bytes, why: CamsvcError) -> bytes:
    """The answer to a request that is not looked into any further.

    Args:
        status: code and words, such as ``408 Request Timeout``.
        why: becomes the body.
    """
    body = msgspec.json.encode({"error": {"code": why.code, "message": why.message, "data": why.data}})
    retry = b"Retry-After: %d\r\n" % RETRY_S if "retry_after_ms" in why.data else b""
    head = b"HTTP/1.1 %b\r\n%bConnection: close\r\n" % (status, retry)
    head += b"".join(b"%b: %b\r\n" % header for header in security_headers(None, False, 0).items())
    return head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class LimitedChannel(HTTPChannel):
    """A connection whose requests come in time, or which is closed: no byte a minute keeps it open.

    The time for a request's headers begins with the connection, later with the request's first byte; that for its
    body with the end of the headers. Between requests the idle time limit of the Site counts.
    """

    abortTimeout = 5
    callLater: Callable[..., IDelayedCall]

    def __init__(self) -> None:
        super().__init__()
        self._headers_s, self._body_s = 10.0, 30.0
        self._release: Callable[[], None] = lambda: None
        self._work: PacedWork | None = None
        self._inbox = bytearray()
        self._done: Any = None  # the request whose end makes room for the next
        self._reader_is_slow = False
        self._going_on = False
        self._deadline: IDelayedCall | None = None
        self._stalled: IDelayedCall | None = None
        self._answering = False

    def count(self, guard: FloodGuard, address: str, counts: bool) -> None:
        """Have its work counted, before the connection is made.

        Args:
            guard: of the Site.
            address: the peer's.
            counts: False for a proxy that is trusted.
        """
        self._work = PacedWork(guard, lambda: self.transport, self._step)
        self._work.identify(address, counts)

    def limit(self, headers_s: float, body_s: float, release: Callable[[], None]) -> None:
        """Say how long things may take, before the connection is made.

        Args:
            headers_s: limit for the request line and the headers, in seconds.
            body_s: limit for the body, likewise.
            release: called when the connection is gone, or is no HTTP any more.
        """
        self._headers_s, self._body_s, self._release = headers_s, body_s, release

    @property
    def work(self) -> PacedWork:
        """What is done for this connection."""
        assert self._work is not None
        return self._work

    def connectionMade(self) -> None:
        super().connectionMade()
        self._set_deadline(self._headers_s)
        signed = ISSLTransport.providedBy(self.transport)
        self.work.spend(CONNECTION + SIGNATURE if signed else CONNECTION, charge=True)

    def dataReceived(self, data: bytes) -> None:
        if self._deadline is None and not self._answering:
            self._set_deadline(self._headers_s)
        if self._going_on:  # the rest of a portion, which came before all else
            self._inbox[:0] = data
        else:
            self._inbox += data
        self.work.hold(len(self._inbox))
        self.work.work()

    def _step(self) -> bool:
        """Go on from one request to the next, or parse a portion of what has come."""
        if self._reader_is_slow:  # it would be answers that wait in the memory
            return False
        if self._done is not None:
            request, self._done = self._done, None
            self._going_on = True
            super().requestDone(request)
            self._going_on = False
            return True
        if self._answering or not self._inbox:
            return False
        portion = bytes(self._inbox[:PORTION_BYTES])
        del self._inbox[:PORTION_BYTES]
        self.work.hold(len(self._inbox))
        self.work.spend(FRAME)
        super().dataReceived(portion)
        return True

    def allHeadersReceived(self) -> None:
        self._set_deadline(self._body_s)
        super().allHeadersReceived()

    def allContentReceived(self) -> None:
        self._answering = True
        self._set_deadline(None)
        self.work.spend(REQUEST)
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        self._answering = False
        if self.persistent:  # what came after it waits for its turn
            self._done = request
            self.work.work()
        else:
            super().requestDone(request)

    def pauseProducing(self) -> None:
        if self._stalled is None:
            self._stalled = self.callLater(STALLED_S, self.abort)
        self._reader_is_slow = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self._end_stall_timer()
        self._reader_is_slow = False
        super().resumeProducing()
        self.work.work()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.hand_over()
        super().connectionLost(reason)

    def hand_over(self) -> None:
        """The socket is gone, or somebody else's from now on: nothing of it is left here."""
        self._set_deadline(None)
        self._end_stall_timer()
        self._inbox.clear()
        self._done = None
        if self._work is not None:
            self._work.close()
        self._release()

    def refuse(self, status: bytes, why: CamsvcError) -> None:
        """Answer a request before it has come whole; what follows is thrown away, and soon the connection closed.

        Closed at once, the client would see a reset and no answer, as long as it sends.
        """
        if self.transport is not None:
            self.transport.write(last_answer(status, why))
        self._set_deadline(_REFUSAL_S, self.abort)

    def abort(self) -> None:
        """Cut it."""
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()

    def _set_deadline(self, within_s: float | None, otherwise: Callable[[], None] | None = None) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None if within_s is None else self.callLater(within_s, otherwise or self._answer_too_late)

    def _answer_too_late(self) -> None:
        self._deadline = None
        self._answering = True  # whatever comes now begins no new time limit
        if self.transport is not None:
            why = CamsvcError("The request did not come in time", reason="too_late")
            self.transport.write(last_answer(b"408 Request Timeout", why))
        self.timeoutConnection()

    def _end_stall_timer(self) -> None:
        if self._stalled is not None and self._stalled.active():
            self._stalled.cancel()
        self._stalled = None


class RefusedConnection(Protocol):
    """A connection for which there is no place: told so upon its first bytes, and closed.

    Attributes:
        open: how many there are; beyond ``MOST`` of them connections are cut without a word.
    """

    MOST = 100
    open = 0

    def __init__(self, reactor: Any, why: QuotaExceeded) -> None:
        RefusedConnection.open += 1
        self._reactor = reactor
        self._why = why
        self._timer: IDelayedCall | None = None

    def connectionMade(self) -> None:
        transport: Any = self.transport
        if RefusedConnection.open > self.MOST:
            transport.abortConnection()
            return
        self._timer = self._reactor.callLater(_REFUSAL_S, transport.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        transport, self.transport = self.transport, None
        if transport is None:
            return
        status = b"429 Too Many Requests" if self._why.status == 429 else b"503 Service Unavailable"
        transport.write(last_answer(status, self._why))
        transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        RefusedConnection.open -= 1
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
