"""How the disk is, by its figures."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.storage import Storage
from camsvc.library.disk.disk_status import DiskState, DiskStatus, required_bytes, status_of
from camsvc.library.disk.volume import SeenVolume

MB = 1 << 20


class DiskStatusTests(SynchronousTestCase):
    """A reserve of 1024 MiB: full below 128, low below 1024."""

    def state(self, free: int, before: DiskState = DiskState.OK, trouble: str | None = None, running: int = 0) -> str:
        return status_of(SeenVolume(trouble, free, 1 << 40, parts_bytes=running), 1024 * MB, before).state.value

    def test_falling(self) -> None:
        """To the byte."""
        for free, expected in ((1024 * MB, "ok"), (1024 * MB - 1, "low"), (128 * MB, "low"), (128 * MB - 1, "full")):
            self.assertEqual(self.state(free), expected, free)

    def test_rising(self) -> None:
        """Well again with some room to spare, so that it is not told twice a minute."""
        for free, before, expected in (
            (256 * MB - 1, DiskState.FULL, "full"),
            (256 * MB, DiskState.FULL, "low"),
            (1024 * MB + 64 * MB - 1, DiskState.LOW, "low"),
            (1024 * MB + 64 * MB, DiskState.LOW, "ok"),
            (1024 * MB, DiskState.GONE, "ok"),
        ):
            self.assertEqual(self.state(free, before), expected, (free, before))

    def test_what_runs_counts_twice(self) -> None:
        """It is joined into a file of the same size."""
        self.assertEqual(self.state(1024 * MB, running=1), "low")
        self.assertEqual(self.state(1024 * MB + 1, running=1), "ok")

    def test_trouble(self) -> None:
        """Whatever the figures."""
        for trouble in ("gone", "foreign", "read_only"):
            self.assertEqual(self.state(1 << 40, trouble=trouble), trouble)

    def test_what_can_be_done(self) -> None:
        """In each state."""
        found = {
            state.value: (status.records, status.writable, status.away, status.reason)
            for state in DiskState
            for status in (DiskStatus(state),)
        }
        self.assertEqual(
            found,
            {
                "ok": (True, True, False, "ok"),
                "low": (True, True, False, "no_space"),
                "full": (False, True, False, "no_space"),
                "read_only": (False, False, False, "read_only"),
                "gone": (False, False, True, "gone"),
                "foreign": (False, False, True, "foreign"),
            },
        )

    def test_words(self) -> None:
        """With figures where room is short, each state in its own."""
        words = {DiskStatus(state, 500_000_000, 0, 2_000_000_000).message for state in DiskState}
        self.assertEqual(len(words), len(DiskState))
        self.assertEqual(sum("0.5 GB free, 2.0 GB must stay free" in each for each in words), 2)

    def test_reserve(self) -> None:
        """The smaller of both limits, and never less than two parts."""
        self.assertEqual(Storage().reserve_of(1000), 50)
        self.assertEqual(Storage().reserve_of(10**12), 1 << 30)
        self.assertEqual(required_bytes(0, 0), 8 * MB)
        self.assertEqual(required_bytes(9 * MB, 5), 9 * MB + 5)
