"""Who holds which file."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.library.files_in_use import FilesInUse


class FilesInUseTests(SynchronousTestCase):
    """Held until the last one lets go."""

    def test_until_the_last_lets_go(self) -> None:
        """Two readers of one file; letting go twice counts once."""
        used = FilesInUse()
        first, second = used.hold("recordings", "a.mp4"), used.hold("recordings", "a.mp4")
        self.assertIn(("recordings", "a.mp4"), used)
        self.assertNotIn(("snapshots", "a.mp4"), used)
        first()
        first()
        self.assertIn(("recordings", "a.mp4"), used)
        second()
        self.assertNotIn(("recordings", "a.mp4"), used)
