"""The engine's HTTP servers under many requests."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from camsvc.relay.http_server import LIMITS, site

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


class Counting(Resource):
    """Answers everything, and counts."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def render_GET(self, request: Request) -> bytes:
        self.asked += 1
        return b"x"


class SiteTests(SynchronousTestCase):
    """Many requests in a row, many connections."""

    def setUp(self) -> None:
        self.clock, self.resource = Clock(), Counting()
        self.site = site(self.clock, self.resource, 30)

    def send(self, data: bytes) -> StringTransport:
        channel, transport = self.site.buildProtocol(None), StringTransport()
        channel.callLater = self.clock.callLater
        channel.makeConnection(transport)
        self.addCleanup(channel.connectionLost, Failure(ConnectionDone()))
        channel.dataReceived(data)
        return transport

    def turn(self) -> int:
        """What is asked of the resource in a turn of the reactor."""
        before = self.resource.asked
        for call in [call for call in self.clock.calls if call.getTime() <= self.clock.seconds()]:
            self.clock.calls.remove(call)
            call.func(*call.args, **call.kw)
        return self.resource.asked - before

    def test_some_in_a_turn(self) -> None:
        """So many of all clients together, and all in the end."""
        transports = [self.send(GET * 100) for _ in range(3)]
        counts = [self.turn() for _ in range(30)]
        self.assertLessEqual(max(counts), LIMITS.in_a_turn + 1)
        while self.turn():
            pass
        self.assertEqual(self.resource.asked, 300)
        self.assertEqual([one.value().count(b"HTTP/1.1 200 OK") for one in transports], [100] * 3)

    def test_others_are_answered(self) -> None:
        """Who comes meanwhile waits for some turns only."""
        for _ in range(20):
            self.send(GET * 1000)
        other = self.send(GET)
        for _ in range(3):
            self.turn()
        self.assertIn(b"HTTP/1.1 200 OK", other.value())

    def test_gone_while_it_waits(self) -> None:
        """Nothing more is asked for it."""
        channel, transport = self.site.buildProtocol(None), StringTransport()
        channel.callLater = self.clock.callLater
        channel.makeConnection(transport)
        channel.dataReceived(GET * 1000)
        channel.connectionLost(Failure(ConnectionDone()))
        asked = self.resource.asked
        while self.turn():
            pass
        self.assertEqual(self.resource.asked, asked)

    def test_half_requests(self) -> None:
        """The oldest connection makes room for a new one; one that is being answered does not."""
        self.resource.render_GET = lambda request: NOT_DONE_YET  # type: ignore[assignment, method-assign]
        answered = self.send(GET)
        halves = [self.send(GET[:-4]) for _ in range(29)]
        self.send(GET)
        self.assertEqual([one.disconnected for one in (answered, *halves[:2])], [False, True, False])
        for _ in range(28):
            self.send(GET)
        self.assertEqual([one.disconnected for one in (answered, *halves)], [False] + [True] * 29)
        self.assertIsNone(self.site.buildProtocol(None))
