"""Bodies of HTTP answers, by bytes."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone, ResponseFailed
from twisted.web.http import PotentialDataLoss

from camsvc.system.protocols import http_bodies


class FakeResponse:
    """A body that the test sends."""

    def __init__(self) -> None:
        self.transport = StringTransport()
        self.reader: Protocol

    def deliverBody(self, reader: Protocol) -> None:
        self.reader = reader
        reader.makeConnection(self.transport)

    def end(self, reason: Exception) -> None:
        self.reader.connectionLost(Failure(reason))


class HttpBodyTests(SynchronousTestCase):
    """``collect`` and ``drop``."""

    def setUp(self) -> None:
        self.response: Any = FakeResponse()

    def test_whole(self) -> None:
        """In pieces, up to the limit; it may end with its connection, where its length is not told."""
        for reason in (ResponseDone(), PotentialDataLoss()):
            body = http_bodies.collect(self.response, 6)
            for piece in (b"abc", b"", b"def"):
                self.response.reader.dataReceived(piece)
                self.assertNoResult(body)
            self.response.end(reason)
            self.assertEqual(self.successResultOf(body), b"abcdef")
        self.assertFalse(self.response.transport.disconnecting)

    def test_too_long(self) -> None:
        """One byte over the limit: the connection is closed."""
        body = http_bodies.collect(self.response, 5)
        self.response.reader.dataReceived(b"abcdef")
        self.assertTrue(self.response.transport.disconnecting)
        self.response.end(ResponseDone())
        self.failureResultOf(body, ResponseFailed)

    def test_broken_off(self) -> None:
        """A connection that is lost before the end."""
        body = http_bodies.collect(self.response, 5)
        self.response.reader.dataReceived(b"abc")
        self.response.end(ConnectionError())
        self.failureResultOf(body, ResponseFailed)

    def test_cancelled(self) -> None:
        """The connection goes with whoever waits, and its end is no error."""
        body = http_bodies.collect(self.response, 5)
        body.cancel()
        self.failureResultOf(body, CancelledError)
        self.assertTrue(self.response.transport.disconnecting)
        self.response.end(ResponseFailed([]))

    def test_dropped(self) -> None:
        """Nothing is read."""
        http_bodies.drop(self.response)
        self.assertTrue(self.response.transport.disconnecting)
        self.response.end(ResponseFailed([]))
