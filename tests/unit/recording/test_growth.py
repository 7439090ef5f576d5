"""Tests for `camsvc.recording.growth`: what is told of files that grow, pause, come back or never come."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.parts import Growth
from camsvc.recording.growth import (
    CHECK_LATER_S,
    GAP_AFTER_S,
    NOTHING_AFTER_S,
    TAIL_S,
    WRITE_OUT_S,
    GrowthEvent,
    GrowthWatch,
)
from tests.support.clocks import FakeClocks
from tests.support.samples import runtime


class GrowthWatchTests(SynchronousTestCase):
    """Checks by a clock of the test's own."""

    def setUp(self) -> None:
        self.clocks = FakeClocks(wall=5e8 + 1000.0, boot=1000.0)
        self.told: list[GrowthEvent] = []
        self.clock = Clock()
        self.growth = Growth()
        self.written: list[Deferred[None]] = []
        self.engine_up = True
        self.watch = GrowthWatch(
            runtime(self.clock, clocks=self.clocks),
            lambda: succeed(self.growth),
            self.write_out,
            lambda: GAP_AFTER_S if self.engine_up else None,
            self.told.append,
        )

    def write_out(self) -> Deferred[None]:
        """A disk that takes as long as the test wants."""
        self.written.append(Deferred())
        return self.written[-1]

    def check(self) -> None:
        """Time passes until the next check, and the file has grown."""
        self.clocks.advance(CHECK_LATER_S)
        self.growth = Growth((("a.mp4", self.growth.size_bytes + 100),), 5e8 + 1000.0)
        self.clock.advance(CHECK_LATER_S)

    def see(self, size: int, after_s: float = 0.2, names: tuple[str, ...] = ("a.mp4",)) -> None:
        """A check, some time after the one before."""
        self.clocks.advance(after_s)
        files = tuple((name, size if name == names[-1] else 0) for name in names)
        self.watch.update(Growth(files, 5e8 + 1000.0))

    def test_grows(self) -> None:
        """Two checks with more bytes make a recording; one might be a header."""
        self.see(100)
        self.assertEqual(self.told, [GrowthEvent.BEGAN, GrowthEvent.PART])
        self.see(100)
        self.assertFalse(self.watch.grows)
        self.see(200)
        self.assertEqual(self.told, [GrowthEvent.BEGAN, GrowthEvent.PART, GrowthEvent.GROWS])
        self.assertTrue(self.watch.grows)

    def test_first_sample(self) -> None:
        """The first sample's time comes from the file's name, in boot time."""
        self.see(100, after_s=0.6)
        self.assertAlmostEqual(self.watch.first_sample or 0.0, 1000.0, places=3)
        self.assertAlmostEqual(self.watch.age_s, 0.6, places=3)

    def test_nothing(self) -> None:
        """Nothing in 15 seconds is told once, and not a moment before."""
        self.clocks.advance(NOTHING_AFTER_S)
        self.watch.update(Growth())
        self.assertEqual(self.told, [])
        for _ in range(3):
            self.clocks.advance(0.2)
            self.watch.update(Growth())
        self.assertEqual(self.told, [GrowthEvent.NOTHING])

    def test_nothing_while_the_engine_is_down(self) -> None:
        """After a slow boot the seconds count from when the engine is there."""
        self.engine_up = False
        self.see(0, NOTHING_AFTER_S + 1, ())
        self.engine_up = True
        self.see(0, NOTHING_AFTER_S, ())
        self.assertEqual([news for news in self.told if news is GrowthEvent.NOTHING], [])
        self.see(0, 0.2, ())
        self.assertEqual(self.told[-1], GrowthEvent.NOTHING)

    def test_written_out(self) -> None:
        """What is recorded is put on the disk every few seconds, once at a time, also after a failure."""
        self.watch.start()
        self.addCleanup(self.watch.stop)
        self.assertEqual(len(self.written), 0, "there is nothing yet")
        self.check()
        self.check()
        self.assertEqual(len(self.written), 1)
        for _ in range(int(2 * WRITE_OUT_S)):
            self.check()
        self.assertEqual(len(self.written), 1, "the disk is still at it")
        self.written[0].errback(OSError(28, "No space left on device"))
        self.check()
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
        self.assertEqual(self.told, [GrowthEvent.PAUSED])
        self.see(300, TAIL_S + 0.1, ("a.mp4", "b.mp4"))
        self.assertEqual(self.told, [GrowthEvent.PAUSED, GrowthEvent.PART, GrowthEvent.RESUMED])
        self.assertEqual(self.watch.names, ["a.mp4", "b.mp4"])

    def test_source_gone(self) -> None:
        """A camera that goes is a pause at once; what was on its way is no return."""
        self.see(100)
        self.watch.source_gone()
        self.assertNotIn(GrowthEvent.PAUSED, self.told, "nothing was recorded yet")
        self.see(200)
        self.watch.source_gone()
        self.watch.source_gone()
        self.assertEqual(self.told.count(GrowthEvent.PAUSED), 1)
        self.see(250)
        self.assertNotIn(GrowthEvent.RESUMED, self.told)
        self.see(300, TAIL_S)
        self.assertEqual(self.told[-1], GrowthEvent.RESUMED)

    def test_order_of_parts(self) -> None:
        """Parts are kept in the order they came, whatever a stepped clock has named them."""
        self.see(100, names=("2026-05-05.mp4",))
        self.see(200, names=("2020-01-01.mp4", "2026-05-05.mp4"))
        self.assertEqual(self.watch.names, ["2026-05-05.mp4", "2020-01-01.mp4"])
