"""The body of an HTTP answer, read up to a limit; unlike treq's reader, cancelling it closes its connection."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone, ResponseFailed
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IResponse


def collect(response: IResponse, max_bytes: int) -> Deferred[bytes]:
    """Read a body to its end.

    Args:
        response: of twisted.web; of treq's, its ``original``.
        max_bytes: a longer body is cut off.

    Returns:
        a Deferred of the whole body; it fails with ResponseFailed where that is too long or breaks off.
    """
    return _BodyCollector(response, max_bytes).done


def drop(response: IResponse) -> None:
    """Have nothing of a body: its connection is closed."""
    collect(response, 0).addErrback(lambda _: None).cancel()


class _BodyCollector(Protocol):
    def __init__(self, response: IResponse, max_bytes: int) -> None:
        self._chunks: list[bytes] = []
        self._left = max_bytes
        self.done: Deferred[bytes] = Deferred(lambda _: self._close())
        response.deliverBody(self)

    def dataReceived(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._chunks.clear()
            self._close()
        else:
            self._chunks.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.done.called:
            return
        if self._left >= 0 and reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(b"".join(self._chunks))
        else:
            self.done.errback(ResponseFailed([reason]))

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()
