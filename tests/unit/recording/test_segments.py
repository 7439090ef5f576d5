"""Long recordings: files that are made while they run, and what is left of a crash in between."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from camsvc.library import index, recordings_table
from camsvc.library.catalogue.listing import Listing, Query
from camsvc.library.index import RECORDINGS
from camsvc.library.removal import remove
from camsvc.model import Recording, RecordingState
from camsvc.recording.segments import SETTLED_AFTER_S
from tests.unit.recording.test_recorder import SEGMENT_S, WALL, RecorderTestCase


class SegmentsTests(RecorderTestCase):
    """A file of SEGMENT_S seconds, of one part or of several; the fake joiner's are 1.5 s and 500 bytes."""

    def part(self, recording: Recording, number: int, seconds: int) -> str:
        """A part, and the looks at it."""
        name = f"2026-01-31_12-{number:02}-00-000000.mp4"
        self.write(recording, seconds, name)
        self.pass_by(SETTLED_AFTER_S + 3)
        return name

    def files(self) -> list[str]:
        """Names in the index, of files."""
        rows = self.database.now(lambda db: db.execute("SELECT filename FROM media_file ORDER BY segment").fetchall())
        return [row[0] for row in rows]

    def listed(self) -> list[tuple[str, str, int]]:
        page = self.successResultOf(Listing(self.database).files(RECORDINGS, Query()))
        return [(file.filename, file.status, file.segments) for file in page.files]

    def names(self, recording: Recording) -> list[str]:
        """Parts on disk."""
        folder = self.folders.recordings_dir / f".{recording.path_name}"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def test_while_it_runs(self) -> None:
        """A closed part that is long enough becomes a file; the recording is one, and still under way."""
        begun = self.start()
        self.part(begun, 0, 60)
        self.assertEqual(self.files(), [])
        second = self.part(begun, 1, 1)
        self.assertEqual(self.files(), [begun.filename])
        self.assertEqual(self.names(begun), [second])
        self.assertEqual(self.listed(), [(begun.filename, "RECORDING", 1)])
        self.part(begun, 1, 60)
        self.part(begun, 2, 1)
        self.assertEqual(self.files(), [begun.filename, f"{begun.name}-2.mp4"])

    def test_no_gap(self) -> None:
        """Parts that go are no pause; size and length so far count them."""
        begun = self.start()
        self.write(begun, 60)
        self.pass_by(1)
        for _ in range(12):
            self.write(begun, 1, "2026-01-31_12-01-00-000000.mp4")
            self.pass_by(1)
        self.assertEqual(self.files(), [begun.filename])
        self.assertEqual(self.heard(), [("RECORDING", None)])
        footage = self.recorder.under_way()[begun.filename]
        (stored,) = self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING))
        self.assertEqual((round(footage.duration_s), stored.first_sample), (13, WALL))
        self.assertGreater(footage.size_bytes, 72 * 100)

    def test_end(self) -> None:
        """The rest is the last file; the recording is one entry, and its size and length are those of all."""
        begun = self.start()
        self.part(begun, 0, 60)
        self.part(begun, 1, 5)
        stopping = self.stop()
        self.pass_by(1)
        stopped = self.successResultOf(stopping)
        self.assertAlmostEqual(stopped.duration_s, 1.5 + 5, 2)
        self.assertEqual(self.listed(), [(begun.filename, "FINISHED", 2)])
        self.assertEqual((self.told[-1].size_bytes, self.told[-1].duration_s), (1000, 3.0))
        self.assertEqual(self.names(begun), [])

    def test_short_parts(self) -> None:
        """After gaps they are joined until they are long enough."""
        begun = self.start()
        for number in range(3):
            self.part(begun, number, 25)
        self.assertEqual(self.files(), [])
        self.part(begun, 3, 1)
        self.assertEqual(len(self.joiner.clips), 3)
        self.assertEqual(self.files(), [begun.filename])

    def away_for_four_minutes(self) -> Recording:
        """A recording of which the engine has written four parts while camsvc was away."""
        begun = self.start()
        self.pass_by(1)
        self.recorder.leave()
        for number in range(4):
            self.write(begun, 60, f"2026-01-31_12-{number:02}-00-000000.mp4")
        self.build()
        return begun

    def test_many_at_the_end(self) -> None:
        """What was recorded while camsvc was away becomes files of the usual length too."""
        begun = self.away_for_four_minutes()
        self.recorder.resume()
        self.pass_by(1)
        self.stop()
        self.pass_by(1)
        self.assertEqual(len(self.files()), 4)
        self.assertEqual(self.listed(), [(begun.filename, "FINISHED", 4)])

    def test_joined(self) -> None:
        """How far the last files are, those that are made already and what is written of the next."""
        begun = self.away_for_four_minutes()
        self.joiner.takes_s = 10
        self.recorder.resume()
        self.pass_by(1)
        stopping = self.stop()
        self.pass_by(1)
        size = self.successResultOf(stopping).size_bytes
        shares = []
        for _ in range(4):
            shares.append(self.joined(begun))
            self.joiner.written = size // 8
            shares.append(self.joined(begun))
            self.joiner.written = 0
            self.pass_by(10)
        expected = [number / 8 for number in range(8)]
        for share, each in zip(shares, expected, strict=True):
            assert share is not None
            self.assertAlmostEqual(share, each, 2)
        self.assertIsNone(self.joined(begun))

    def joined(self, recording: Recording) -> float | None:
        return self.successResultOf(Deferred.fromCoroutine(self.finisher.joined(recording.filename)))

    def test_killed_before_the_parts_are_deleted(self) -> None:
        """What is in a file already is not in the next one."""
        begun = self.start()
        first = self.write(begun, 60)
        self.pass_by(1)

        def enter(db: object) -> None:
            recordings_table.put_into_files(db, begun.ident, [first.name], 1)  # type: ignore[arg-type]

        self.database.now(enter)
        self.recorder.leave()
        self.build()
        self.recorder.resume()
        last = self.part(begun, 1, 5)
        self.stop()
        self.pass_by(1)
        self.assertEqual([clip.part.path.name for clip in self.joiner.clips], [last])
        self.assertEqual(self.files(), [f"{begun.name}-2.mp4"])

    def test_killed_while_joining(self) -> None:
        """The same file is made of the same parts at the next start."""
        begun = self.start()
        self.joiner.fails = OSError("killed")
        self.part(begun, 0, 60)
        self.part(begun, 1, 1)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.recorder.leave()
        self.build()
        self.recorder.resume()
        self.part(begun, 1, 1)
        self.assertEqual(self.files(), [begun.filename])
        self.assertEqual([clip.part.path.name for clip in self.joiner.clips], ["2026-01-31_12-00-00-000000.mp4"])

    def test_stopped_while_joining(self) -> None:
        """A stop does not wait for a long join: it is made again, of the same parts."""
        begun = self.start()
        self.joiner.takes_s = 600
        self.part(begun, 0, 60)
        self.part(begun, 1, 5)
        self.joiner.takes_s = 0
        stopping = self.stop()
        self.pass_by(1)
        self.assertAlmostEqual(self.successResultOf(stopping).duration_s, 65, 2)
        self.assertEqual(self.listed(), [(begun.filename, "FINISHED", 2)])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_old_files_are_deleted_while_it_runs(self) -> None:
        """The recording goes on, under its name and number."""
        begun = self.start()
        self.part(begun, 0, 60)
        self.part(begun, 1, 60)
        (first,) = self.database.now(lambda db: index.segments(db, RECORDINGS, begun.filename))
        self.successResultOf(Deferred.fromCoroutine(remove(self.database, self.folders, RECORDINGS, first)))
        (stored,) = self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING))
        self.assertEqual(stored.ident, begun.ident)
        self.stop()
        self.pass_by(1)
        self.assertEqual(self.files(), [f"{begun.name}-2.mp4"])

    def test_timed(self) -> None:
        """Its files are as long as it was asked for, together."""
        begun = self.start(seconds=100)
        self.part(begun, 0, 60)
        self.part(begun, 1, 60)
        self.pass_by(100)
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))
        (clip,) = self.joiner.clips
        self.assertLess(clip.length_s or 0, SEGMENT_S)
