"""The valve of a client that does not read, without a socket."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from camsvc.server.named_timers import NamedTimers
from camsvc.server.read_pauses import ReadPauses
from camsvc.server.slow_readers import STUCK_S, SlowReaderValve


class SlowReaderValveTests(SynchronousTestCase):
    """Driven as a transport does it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.sent: list[bytes] = []
        self.told: list[str] = []
        self.fills_at = b""
        self.pauses = ReadPauses(lambda: None, lambda: None)
        self.valve = SlowReaderValve(
            NamedTimers(self.clock), self.pauses, self.send, lambda: self.told.append("too slow")
        )
        verifyObject(IPushProducer, self.valve)

    def send(self, frame: bytes) -> None:
        """A transport that is full after the frame ``fills_at``."""
        self.sent.append(frame)
        if frame == self.fills_at:
            self.valve.pauseProducing()

    def test_open(self) -> None:
        """All is sent at once."""
        self.valve.push("a", b"1")
        self.valve.push("a", b"2")
        self.assertEqual((self.sent, self.valve.waiting), ([b"1", b"2"], 0))

    def test_newest_of_each_key(self) -> None:
        """Is what is sent when the client reads on, in the order in which they were pushed."""
        self.valve.pauseProducing()
        for key, frame in (("a", b"a1"), ("b", b"b1"), ("a", b"a2")):
            self.valve.push(key, frame)
        self.assertEqual((self.sent, self.valve.waiting, self.valve.is_open), ([], 2, False))
        self.valve.resumeProducing()
        self.assertEqual((self.sent, self.valve.waiting, self.valve.is_open), ([b"b1", b"a2"], 0, True))

    def test_filled_again(self) -> None:
        """The transport may say so at any frame; the rest waits."""
        self.valve.pauseProducing()
        self.valve.push("a", b"1")
        self.valve.push("b", b"2")
        self.fills_at = b"1"
        self.valve.resumeProducing()
        self.assertEqual((self.sent, self.valve.waiting), ([b"1"], 1))

    def test_too_slow(self) -> None:
        """Told once, after STUCK_S without a break; it is not read meanwhile."""
        self.valve.pauseProducing()
        self.assertTrue(self.pauses.paused)
        self.clock.advance(STUCK_S - 1)
        self.valve.resumeProducing()
        self.assertFalse(self.pauses.paused)
        self.valve.pauseProducing()
        self.clock.advance(STUCK_S - 1)
        self.assertEqual(self.told, [])
        self.clock.advance(1)
        self.clock.advance(STUCK_S)
        self.assertEqual(self.told, ["too slow"])

    def test_stopped(self) -> None:
        """The connection is gone: nothing is sent any more."""
        self.valve.stopProducing()
        self.valve.push("a", b"1")
        self.assertEqual(self.sent, [])
