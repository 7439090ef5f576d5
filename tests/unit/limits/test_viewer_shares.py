"""How many streams each viewer may watch."""

from __future__ import annotations

from typing import Any

from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.schema import Limits
from camsvc.limits.viewer_shares import PENDING_S, ShareUsedUp, ViewerShares, Viewing
from tests.support.clocks import FakeClocks


def viewing(*holders: str, protocol: str = "hls") -> Viewing:
    return Viewing(protocol, frozenset(holders))


class ViewerSharesTests(SynchronousTestCase):
    """Two by WebRTC, three by everything else."""

    def setUp(self) -> None:
        self.clocks = FakeClocks()
        self.count = 0
        self.shares = ViewerShares(Limits(viewer_streams=3, viewer_webrtc_streams=2), self.clocks)
        self.said: list[str] = []

        def observe(event: dict[str, Any]) -> None:
            self.said.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    def fits(self, one: Viewing) -> bool:
        """Whether it is let in, under an id of its own."""
        self.count += 1
        try:
            self.shares.add(f"id{self.count}", one)
        except ShareUsedUp:
            return False
        return True

    def test_each(self) -> None:
        """By protocol, RTSPS as RTSP; for each holder, of which one is enough to refuse."""
        self.assertEqual([self.fits(viewing("ann", protocol="webrtc")) for _ in range(3)], [True, True, False])
        self.assertTrue(self.fits(viewing("ann", "here")))
        self.assertTrue(self.fits(viewing("bob", "here")))
        self.assertTrue(self.fits(viewing("bob", "here")))
        self.assertFalse(self.fits(viewing("cid", "here")))
        self.assertTrue(self.fits(viewing("cid", "there")))
        self.assertTrue(self.fits(viewing()), "camsvc's own are nobody's")

    def test_listed(self) -> None:
        """What the engine lists counts; who is not listed yet counts on, for a while."""
        for _ in range(3):
            self.fits(viewing("ann"))
        self.shares.set_listed([viewing("ann")], {"id1", "other"})
        self.assertFalse(self.fits(viewing("ann")))
        self.shares.set_listed([], {"id1"})
        self.assertEqual([self.fits(viewing("ann")) for _ in range(2)], [True, False])
        self.clocks.advance(PENDING_S)
        self.shares.set_listed([viewing("ann")], ())
        self.assertEqual([self.fits(viewing("ann")) for _ in range(3)], [True, True, False])

    def test_rtsp(self) -> None:
        """Two ids may be of one viewer until the list tells, which is asked for; RTSPS counts as RTSP."""
        asked: list[None] = []
        self.shares.in_doubt.add(lambda: asked.append(None))
        kinds = ("rtsp", "rtsps")
        fitted = [self.fits(viewing("ann", protocol=kinds[number % 2])) for number in range(7)]
        self.assertEqual((fitted, len(asked)), ([True] * 6 + [False], 4))
        ids = {f"id{number}" for number in range(10)}
        self.shares.set_listed([viewing("ann", protocol="rtsp")] * 3, ids)
        self.assertFalse(self.fits(viewing("ann", protocol="rtsps")))
        self.assertTrue(self.fits(viewing("ann", protocol="webrtc")))
        self.assertEqual(len(asked), 4, "there is no doubt")

    def test_told_once(self) -> None:
        """However often it is tried; again when there was room meanwhile."""
        for _ in range(2):
            self.shares.set_listed([viewing("ann")] * 3, ())
            for _ in range(5):
                self.assertFalse(self.fits(viewing("ann")))
            self.shares.set_listed([viewing("ann")] * 3, ())
            self.assertFalse(self.fits(viewing("ann")))
            self.shares.set_listed([], ())
        self.assertEqual(sum("ann watches 3 streams by hls" in line for line in self.said), 2)
