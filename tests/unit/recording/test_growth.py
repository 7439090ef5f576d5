"""Tests for `camsvc.recording.growth`: what is told of files that grow, pause, come back or never come."""

from __future__ import annotations

from unittest.mock import patch

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.parts import Growth
from camsvc.recording.growth import GAP_AFTER_S, LOOK_LATER_S, NOTHING_AFTER_S, TAIL_S, WRITE_OUT_S, Footage, News


class FootageTests(SynchronousTestCase):
    """Looks with a clock of the test's own."""

    def setUp(self) -> None:
        self.now = 1000.0
        clock = patch("camsvc.recording.growth.boottime_s", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        wall = patch("camsvc.recording.growth.time.time", lambda: self.now + 5e8)
        wall.start()
        self.addCleanup(wall.stop)
        self.told: list[News] = []
        self.clock = Clock()
        self.growth = Growth()
        self.written: list[Deferred[None]] = []
        self.engine_up = True
        self.footage = Footage(
            self.clock, lambda: succeed(self.growth), self.write_out, lambda: self.engine_up, self.told.append
        )

    def write_out(self) -> Deferred[None]:
        """A disk that takes as long as the test wants."""
        self.written.append(Deferred())
        return self.written[-1]

    def look(self) -> None:
        """Time passes until the next look, and the file has grown."""
        self.now += LOOK_LATER_S
        self.growth = Growth(self.growth.size_bytes + 100, ("a.mp4",), 5e8 + 1000.0)
        self.clock.advance(LOOK_LATER_S)

    def see(self, size: int, after_s: float = 0.2, names: tuple[str, ...] = ("a.mp4",)) -> None:
        """A look, some time after the one before."""
        self.now += after_s
        self.footage.seen(Growth(size, names, 5e8 + 1000.0))

    def test_grows(self) -> None:
        """Two looks with more bytes make a recording; one might be a header."""
        self.see(100)
        self.assertEqual(self.told, [News.BEGAN, News.PART])
        self.see(100)
        self.assertFalse(self.footage.grows)
        self.see(200)
        self.assertEqual(self.told, [News.BEGAN, News.PART, News.GROWS])
        self.assertTrue(self.footage.grows)

    def test_first_sample(self) -> None:
        """The first sample's time comes from the file's name, in boot time."""
        self.see(100, after_s=0.6)
        self.assertAlmostEqual(self.footage.first_sample or 0.0, 1000.0, places=3)
        self.assertAlmostEqual(self.footage.age_s, 0.6, places=3)

    def test_nothing(self) -> None:
        """Nothing in 15 seconds is told once, and not a moment before."""
        self.now += NOTHING_AFTER_S
        self.footage.seen(Growth())
        self.assertEqual(self.told, [])
        for _ in range(3):
            self.now += 0.2
            self.footage.seen(Growth())
        self.assertEqual(self.told, [News.NOTHING])

    def test_nothing_while_the_engine_is_down(self) -> None:
        """After a slow boot the seconds count from when the engine is there."""
        self.engine_up = False
        self.see(0, NOTHING_AFTER_S + 1, ())
        self.engine_up = True
        self.see(0, NOTHING_AFTER_S, ())
        self.assertEqual([news for news in self.told if news is News.NOTHING], [])
        self.see(0, 0.2, ())
        self.assertEqual(self.told[-1], News.NOTHING)

    def test_written_out(self) -> None:
        """What is recorded is put on the disk every few seconds, once at a time, also after a failure."""
        self.footage.start()
        self.addCleanup(self.footage.stop)
        self.assertEqual(len(self.written), 0, "there is nothing yet")
        self.look()
        self.look()
        self.assertEqual(len(self.written), 1)
        for _ in range(int(2 * WRITE_OUT_S)):
            self.look()
        self.assertEqual(len(self.written), 1, "the disk is still at it")
        self.written[0].errback(OSError(28, "No space left on device"))
        self.look()
        self.assertEqual(len(self.written), 2)
        self.written[1].callback(None)

    def test_gap(self) -> None:
        """A pause is told after five seconds, and its end with the next growth, each once."""
        self.see(100)
        self.see(200)
        self.told.clear()
        self.see(200, GAP_AFTER_S)
        self.assertEqual(self.told, [])
        self.see(200)
        self.see(200)
        self.assertEqual(self.told, [News.PAUSED])
        self.see(300, TAIL_S + 0.1, ("a.mp4", "b.mp4"))
        self.assertEqual(self.told, [News.PAUSED, News.PART, News.RESUMED])
        self.assertEqual(self.footage.names, ["a.mp4", "b.mp4"])

    def test_source_gone(self) -> None:
        """A camera that goes is a pause at once; what was on its way is no return."""
        self.see(100)
        self.footage.source_gone()
        self.assertNotIn(News.PAUSED, self.told, "nothing was recorded yet")
        self.see(200)
        self.footage.source_gone()
        self.footage.source_gone()
        self.assertEqual(self.told.count(News.PAUSED), 1)
        self.see(250)
        self.assertNotIn(News.RESUMED, self.told)
        self.see(300, TAIL_S)
        self.assertEqual(self.told[-1], News.RESUMED)

    def test_order_of_parts(self) -> None:
        """Parts are kept in the order they came, whatever a stepped clock has named them."""
        self.see(100, names=("2026-05-05.mp4",))
        self.see(200, names=("2020-01-01.mp4", "2026-05-05.mp4"))
        self.assertEqual(self.footage.names, ["2026-05-05.mp4", "2020-01-01.mp4"])
