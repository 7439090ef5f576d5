"""Who holds which file."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.files_in_use import LENT_S, FilesInUse
from tests.support.clocks import FakeClocks


class FilesInUseTests(SynchronousTestCase):
    """Held until the last one lets go."""

    def test_until_the_last_lets_go(self) -> None:
        """Two readers of one file; letting go twice counts once."""
        used = FilesInUse(FakeClocks())
        first, second = used.hold("recordings", "a.mp4"), used.hold("recordings", "a.mp4")
        self.assertIn(("recordings", "a.mp4"), used)
        self.assertNotIn(("snapshots", "a.mp4"), used)
        first()
        first()
        self.assertIn(("recordings", "a.mp4"), used)
        second()
        self.assertNotIn(("recordings", "a.mp4"), used)

    def test_lent(self) -> None:
        """What a proxy sends is held for an hour after it was asked for last; the others are not."""
        clocks = FakeClocks()
        used = FilesInUse(clocks)
        for name in ("a.mp4", "b.mp4"):
            used.lend("recordings", name)
        clocks.advance(LENT_S - 1)
        used.lend("recordings", "a.mp4")
        self.assertIn(("recordings", "b.mp4"), used)
        clocks.advance(1)
        self.assertEqual([("recordings", name) in used for name in ("a.mp4", "b.mp4")], [True, False])
        used.lend("recordings", "c.mp4")
        clocks.advance(LENT_S)
        self.assertNotIn(("recordings", "a.mp4"), used)
