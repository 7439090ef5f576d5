"""What the database knows of recordings, and the order of their parts."""

from __future__ import annotations

from attrs import evolve

from camsvc.library import recordings_table
from camsvc.model import RecordingState
from tests.unit.library.test_index import IndexTestCase


class RecordingTests(IndexTestCase):
    """Rows of recordings."""

    def test_life(self) -> None:
        """Begun, stored, found by its state, forgotten."""
        begun = recordings_table.begin(self.db, "camera0", "mkv", 60, "boot", 1769860800.0)
        self.assertEqual(begun.filename, f"camera0_2026-01-31_12-00-00Z_{begun.ident}.mkv")
        self.assertEqual(recordings_table.in_state(self.db, RecordingState.RECORDING), (begun,))
        ended = evolve(
            begun, state=RecordingState.FINISHING, deadline=5.0, ended_at=6.0, reason="asked", clock=7.0, boot_id="b2"
        )
        recordings_table.update(self.db, ended)
        self.assertEqual(recordings_table.in_state(self.db, RecordingState.RECORDING), ())
        self.assertEqual(recordings_table.in_state(self.db, RecordingState.FINISHING), (ended,))
        recordings_table.forget(self.db, begun.ident)
        self.assertEqual(recordings_table.in_state(self.db, RecordingState.FINISHING), ())

    def test_names_are_never_used_twice(self) -> None:
        """Not after one was forgotten either: two of a second have two names."""
        first = recordings_table.begin(self.db, "camera0", "mp4", None, "boot", 100.0)
        recordings_table.forget(self.db, first.ident)
        self.assertNotEqual(recordings_table.begin(self.db, "camera0", "mp4", None, "boot", 100.0).name, first.name)

    def test_parts(self) -> None:
        """In the order they came, each once, apart from other recordings'."""
        one, two = (recordings_table.begin(self.db, f"camera{n}", "mp4", None, "boot", 100.0).ident for n in range(2))
        for name in ("b.mp4", "a.mp4", "b.mp4", "c.mp4"):
            recordings_table.add_part(self.db, one, name)
        recordings_table.add_part(self.db, two, "a.mp4")
        self.assertEqual(recordings_table.part_order(self.db, one), ("b.mp4", "a.mp4", "c.mp4"))
        self.assertEqual(recordings_table.part_order(self.db, two), ("a.mp4",))
        recordings_table.forget(self.db, one)
        self.assertEqual(recordings_table.part_order(self.db, one), ())
