"""Sender reports, and RTP timestamps that wrap."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.rtp_clocks import TrackClocks, ticks_between
from tests.support.relay_media import AUDIO, VIDEO, report


class StepTests(SynchronousTestCase):
    """`step`."""

    def test_wrap(self) -> None:
        """Forward and back over the wrap."""
        self.assertEqual(
            (ticks_between((1 << 32) - 5, 5), ticks_between(5, (1 << 32) - 5), ticks_between(7, 7)), (10, -10, 0)
        )


class ClocksTests(SynchronousTestCase):
    """`TrackClocks`."""

    def setUp(self) -> None:
        self.clocks = TrackClocks((VIDEO, AUDIO))

    def test_unknown(self) -> None:
        """Until both tracks have reported."""
        self.assertIsNone(self.clocks.between((0, 0), (1, 0)))
        self.clocks.report(0, report(0, 5.0, 0))
        self.assertIsNone(self.clocks.between((0, 0), (1, 0)))

    def test_between(self) -> None:
        """Each track by its own rate, before and after its report, over a wrap."""
        self.clocks.report(0, report(0, 4000000000.5, (1 << 32) - 90000))
        self.clocks.report(1, report(1, 4000000001.0, 1000))
        self.assertAlmostEqual(self.clocks.between((0, 0), (1, 1000)) or 0.0, -0.5, 5)
        self.assertAlmostEqual(self.clocks.between((0, 0), (1, 1000 + 72000)) or 0.0, 1.0, 5)

    def test_other_rtcp(self) -> None:
        """Receiver reports, short packets, unknown tracks and reports without time change nothing."""
        good = report(0, 5.0, 0)
        for frame in (b"", good[:20], good[:5] + bytes([201]) + good[6:], report(0, 0.0, 0)):
            self.clocks.report(0, frame)
        self.clocks.report(9, good)
        self.clocks.report(1, report(1, 5.0, 0))
        self.assertIsNone(self.clocks.between((0, 0), (1, 0)))
