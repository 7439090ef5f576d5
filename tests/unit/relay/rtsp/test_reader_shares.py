"""How many may read: nobody takes what others need."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.reader_shares import RESERVE, ReaderShares
from tests.unit.relay.rtsp.test_listener import TCP, URL, Caller, RtspTestCase, status


class ReaderSharesTests(SynchronousTestCase):
    """`ReaderShares`."""

    def test_one_credential(self) -> None:
        """A quarter of the connections, and again as soon as one has gone; others are not concerned."""
        shares = ReaderShares(40)
        given = [shares.take("127.0.0.1", "key") for _ in range(10)]
        error = self.assertRaises(RequestError, shares.take, "127.0.0.1", "key")
        self.assertEqual((error.status, error.message), (503, "too many readers with one credential"))
        shares.take("127.0.0.1", "another")
        given[0]()
        shares.take("127.0.0.1", "key")

    def test_one_address(self) -> None:
        """The same; this machine's readers are counted by credential alone."""
        shares = ReaderShares(40)
        for number in range(10):
            shares.take("192.0.2.1", f"ticket={number}")
        error = self.assertRaises(RequestError, shares.take, "192.0.2.1", "ticket=x")
        self.assertEqual(error.message, "too many readers with one address")
        shares.take("192.0.2.2", "ticket=x")
        for number in range(9):
            shares.take("127.0.0.1", f"ticket={number}")

    def test_all(self) -> None:
        """Something is left for publishers; nothing is kept of who has gone."""
        for connections, readers in ((1000, 1000 - RESERVE), (40, 20)):
            shares = ReaderShares(connections)
            given = [shares.take("127.0.0.1", f"key {number}") for number in range(readers)]
            self.assertEqual(self.assertRaises(RequestError, shares.take, "::1", "x").message, "too many readers")
            for release in given:
                release()
            self.assertEqual(shares.keys, 0)
            for number in range(readers):
                shares.take("127.0.0.1", f"key {number}")


class ReaderTests(RtspTestCase):
    """Readers of the listener."""

    most = 8

    def setUp(self) -> None:
        super().setUp()
        self.caller().publish()

    def read(self) -> tuple[Caller, int]:
        """A reader, and what its SETUP was answered with."""
        caller = self.caller()
        return caller, status(caller.ask("SETUP", URL + "/trackID=0", TCP))

    def test_share(self) -> None:
        """The third with one credential gets 503, until one of the two has gone; publishers are no readers."""
        readers = [self.read() for _ in range(3)]
        self.assertEqual([answer for _, answer in readers], [200, 200, 503])
        self.path("other")
        self.caller().publish("rtsp://h/other")
        readers[0][0].vanish()
        self.assertEqual(self.read()[1], 200)

    def test_more_than_the_path_takes(self) -> None:
        """A reader that the path itself refuses keeps no share."""
        self.paths.patch("cam", {"maxReaders": 1})
        self.assertEqual([self.read()[1] for _ in range(4)], [200, 400, 400, 400])
        self.paths.patch("cam", {"maxReaders": 0})
        self.assertEqual([self.read()[1] for _ in range(2)], [200, 503])


class IdleTests(RtspTestCase):
    """Connections that never begin."""

    most = 4

    def test_asks_for_ever(self) -> None:
        """A minute without session, whatever it asks."""
        caller = self.caller()
        for _ in range(11):
            caller.ask("OPTIONS")
            self.machine.advance(5)
        self.assertFalse(caller.closed)
        caller.ask("OPTIONS")
        self.machine.advance(5.1)
        self.assertTrue(caller.closed)

    def test_publisher_that_asks_for_ever(self) -> None:
        """The same for one that announces and does not begin."""
        caller = self.caller()
        caller.ask("ANNOUNCE", body="v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")
        for _ in range(13):
            caller.ask("OPTIONS")
            self.machine.advance(5)
        self.assertTrue(caller.closed)

    def test_who_makes_room(self) -> None:
        """The oldest of the address that has the most idle connections."""
        lonely, *crowd = (self.caller() for _ in range(4))
        for caller in crowd:
            caller.connection.ip = "192.0.2.1"
        self.caller()
        self.assertEqual([one.transport.aborted for one in (lonely, *crowd)], [False, True, False, False])
