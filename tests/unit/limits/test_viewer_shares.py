"""How many streams each viewer may watch."""

from __future__ import annotations

from typing import Any

from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.schema import Limits
from camsvc.limits.viewer_shares import ShareUsedUp, ViewerShares, Viewing


def viewing(*holders: str, protocol: str = "rtsp") -> Viewing:
    return Viewing(protocol, frozenset(holders))


class ViewerSharesTests(SynchronousTestCase):
    """Two by WebRTC, three by everything else."""

    def setUp(self) -> None:
        self.shares = ViewerShares(Limits(viewer_streams=3, viewer_webrtc_streams=2))
        self.said: list[str] = []

        def observe(event: dict[str, Any]) -> None:
            self.said.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    def fits(self, one: Viewing) -> bool:
        try:
            self.shares.add(one)
        except ShareUsedUp:
            return False
        return True

    def test_each(self) -> None:
        """By protocol, RTSPS as RTSP; for each holder, of which one is enough to refuse."""
        self.assertEqual([self.fits(viewing("ann", protocol="webrtc")) for _ in range(3)], [True, True, False])
        self.assertEqual([self.fits(viewing("ann", protocol="hls")) for _ in range(4)], [True, True, True, False])
        self.assertTrue(self.fits(viewing("ann", "here")))
        self.assertTrue(self.fits(viewing("ann", protocol="rtsps")))
        self.assertTrue(self.fits(viewing("bob", "here")))
        self.assertTrue(self.fits(viewing("bob", "here")))
        self.assertFalse(self.fits(viewing("cid", "here")))
        self.assertTrue(self.fits(viewing("cid", "there")))
        self.assertTrue(self.fits(viewing()), "camsvc's own are nobody's")

    def test_listed(self) -> None:
        """What the engine lists counts in place of who was let in before."""
        for _ in range(3):
            self.fits(viewing("ann"))
        self.shares.set_listed([viewing("ann")] * 2)
        self.assertEqual([self.fits(viewing("ann")) for _ in range(2)], [True, False])
        self.shares.set_listed([])
        self.assertTrue(self.fits(viewing("ann")))

    def test_told_once(self) -> None:
        """However often it is tried; again when there was room meanwhile."""
        for _ in range(2):
            self.shares.set_listed([viewing("ann")] * 3)
            for _ in range(5):
                self.assertFalse(self.fits(viewing("ann")))
            self.shares.set_listed([viewing("ann")] * 3)
            self.assertFalse(self.fits(viewing("ann")))
            self.shares.set_listed([])
        self.assertEqual(sum("ann watches 3 streams by rtsp" in line for line in self.said), 2)
