"""What retention may delete, out of a real index."""

from __future__ import annotations

from itertools import islice

from twisted.trial.unittest import SynchronousTestCase

from camsvc.library import index, recordings_table
from camsvc.library.index import EXPORTS, RECORDINGS, SNAPSHOTS
from camsvc.library.retention import candidates
from camsvc.model import MediaFile, RecordingState
from tests.support.immediate import database_and_folders


class CandidateTests(SynchronousTestCase):
    """A continuous recording under way with two files, a manual one, a snapshot and an export."""

    def setUp(self) -> None:
        self.database, _ = database_and_folders(self)

        def fill(db: object) -> None:
            for trigger, begin in (("continuous", 100.0), ("manual", 300.0)):
                made = recordings_table.begin(db, "camera0", "fmp4", None, "boot", begin)  # type: ignore[arg-type]
                made = recordings_table.say_trigger(db, made, trigger)  # type: ignore[arg-type]
                files = [MediaFile(f"{made.name}{end}", "camera0", 10, begin + n, begin, duration_s=5.0)
                         for n, end in enumerate((".mp4", "-2.mp4"))]  # fmt: skip
                index.add_files(db, RECORDINGS, files, made.ident)  # type: ignore[arg-type]
            index.add_files(db, SNAPSHOTS, [MediaFile("a.jpg", "camera1", 3, 200.0, 1.0, location="elsewhere")])  # type: ignore[arg-type]
            index.add_files(db, EXPORTS, [MediaFile("e.mp4", "camera0", 7, 1.0, 1.0)])  # type: ignore[arg-type]

        self.database.now(fill)

    def found(self) -> list[tuple[str, float, bool, bool]]:
        each = self.database.now(lambda db: list(candidates.oldest_first(db, (RECORDINGS, SNAPSHOTS))))
        return [(one.kind, one.ended_at, one.ring, one.near) for one in each]

    def test_oldest_first(self) -> None:
        """Across kinds; what a continuous recording made is known, and what is elsewhere; exports are left alone."""
        self.assertEqual(
            self.found(),
            [
                (RECORDINGS, 105.0, True, True),
                (RECORDINGS, 106.0, True, True),
                (SNAPSHOTS, 200.0, False, False),
                (RECORDINGS, 305.0, False, True),
                (RECORDINGS, 306.0, False, True),
            ],
        )
        held = self.database.now(candidates.held)
        self.assertEqual(held, {("camera0", True): 20, ("camera0", False): 20, ("camera1", False): 3})

    def test_first_of_many(self) -> None:
        """Costs no more than of few: a hundred thousand are looked through each minute."""
        costs = []
        for count in (2000, 8000):
            files = [MediaFile(f"{n}.mp4", "camera2", 1, 1000.0 + n, 1.0) for n in range(count)]
            self.database.now(lambda db, files=files: index.add_files(db, RECORDINGS, files))  # type: ignore[misc]
            steps: list[None] = []
            self.database.connection.set_progress_handler(lambda steps=steps: steps.append(None), 100)  # type: ignore[misc]
            found = self.database.now(lambda db: list(islice(candidates.oldest_first(db, (RECORDINGS,)), 25)))
            self.database.connection.set_progress_handler(None, 0)
            self.assertEqual((len(found), found[0].ended_at), (25, 105.0))
            costs.append(len(steps))
        self.assertLess(costs[1], 1.5 * costs[0] + 10, costs)

    def test_protected(self) -> None:
        """Is none, with all files of its recording."""
        name = self.database.now(lambda db: index.oldest(db, -1))[2][1].filename
        self.database.now(lambda db: index.protect(db, RECORDINGS, name, True))
        self.assertNotIn((RECORDINGS, 105.0, True, True), self.found())
        self.assertEqual(len(self.found()), 3)

    def test_a_recording_under_way_survives_its_files(self) -> None:
        """The ring takes its first hours while it records on."""
        for _, file in self.database.now(lambda db: index.oldest(db, -1)):
            if file.created_at in (100.0, 101.0):
                self.database.now(lambda db, file=file: index.drop(db, RECORDINGS, file.filename))  # type: ignore[misc]
        states = self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING))
        self.assertEqual([each.trigger for each in states], ["continuous", "manual"])
