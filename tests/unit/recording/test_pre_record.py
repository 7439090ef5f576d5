"""The seconds before the call: kept all the time, bounded, and put before what is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from camsvc.library import recordings_table
from camsvc.library.disk import volume
from camsvc.model import Recording, RecordingState
from camsvc.recording.pre_record import SPARE_S
from tests.unit.library.test_mp4_reader import HEAD, fragment
from tests.unit.recording.test_recorder import WALL, RecorderTestCase, found

RING = "rec/camera0/0"


class PreRecordTests(RecorderTestCase):
    """A camera with a key frame each second, of which 5 s are kept."""

    def setUp(self) -> None:
        super().setUp()
        self.ring = self.folders.recordings_dir / ".rec" / "camera0" / "0"

    def keep(self, seconds: int = 5) -> None:
        """From now on so much is kept."""
        self.pre_record_s["camera0"] = seconds
        self.pre_record.start()
        self.addCleanup(self.pre_record.stop)

    def name(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d_%H-%M-%S-%f}.mp4"

    def part(self, folder: Path, at: float) -> str:
        """A part of a second that begins at a time."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.name(at)).write_bytes(HEAD + fragment(0, 30))
        return self.name(at)

    def film(self, seconds: int) -> None:
        """The engine writes the ring for a while."""
        for _ in range(seconds):
            self.part(self.ring, self.now)
            self.pass_by(1)

    @property
    def now(self) -> float:
        return round(WALL + self.clock.seconds(), 1)

    def begin(self, seconds: int | None = None) -> tuple[Recording, float]:
        """A recording half a second after a key frame, and when its own footage begins."""
        self.part(self.ring, self.now)
        self.pass_by(0.5)
        begun = self.start(seconds=seconds)
        self.pass_by(0.5)
        first = self.now
        self.part(self.ring, first)
        self.part(self.folders.recordings_dir / f".{begun.path_name}", first)
        self.pass_by(1)
        return begun, first

    def parts(self, recording: Recording) -> list[str]:
        order = self.database.now(lambda db: recordings_table.part_order(db, recording.ident))
        folder = self.folders.recordings_dir / f".{recording.path_name}"
        self.assertLessEqual({path.name for path in folder.glob("*.mp4")}, set(order))
        return list(order)

    def test_off(self) -> None:
        """Nothing is kept of a camera without it, nor of one that is away; what there was is deleted."""
        self.keep(0)
        self.pass_by(2)
        self.assertEqual(self.streams.paths, set())
        self.pre_record_s["camera0"] = 5
        self.film(3)
        self.assertEqual(self.streams.paths, {RING})
        self.inventory.gone("camera0")
        self.pass_by(4)
        self.assertEqual((self.streams.paths, self.ring.exists()), (set(), False))

    def test_left(self) -> None:
        """What an earlier camsvc kept of a camera that wants nothing any more is deleted."""
        self.part(self.ring, self.now)
        self.keep(0)
        self.assertFalse(self.ring.exists())

    def test_bounded(self) -> None:
        """Whatever the clock on the wall does, so many seconds are there and no more."""
        self.keep()
        self.film(60)
        self.assertLessEqual(len(list(self.ring.iterdir())), 5 + SPARE_S + 3)
        self.clocks.step_wall(-7200)
        for _ in range(60):
            self.part(self.ring, self.clocks.wall_s())
            self.pass_by(1)
        self.assertLessEqual(len(list(self.ring.iterdir())), 5 + SPARE_S + 3)

    def test_size(self) -> None:
        """It is told how much the ring takes; no recording has to be joined of it, so no room is kept for that."""
        self.keep()
        self.film(3)
        size = sum(path.stat().st_size for path in self.ring.iterdir())
        self.assertEqual(self.successResultOf(self.pre_record.size_bytes()), size)
        self.assertEqual((size > 0, volume.parts_bytes(self.folders.recordings_dir)), (True, 0))

    def test_before(self) -> None:
        """A recording begins with the key frame before those seconds; its own first part comes after them."""
        self.keep()
        self.film(30)
        begun, first = self.begin()
        parts = self.parts(begun)
        self.assertEqual(parts, [self.name(first - back) for back in range(len(parts) - 1, -1, -1)])
        self.assertEqual(len(parts), 7)  # half a second before the call, five before that, the last one begun earlier
        (stored,) = self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING))
        self.assertAlmostEqual(stored.first_sample, first - 6, 2)
        self.assertEqual((self.told[-1].status, stored.pre_record_s), ("RECORDING", 0))

    def test_timed(self) -> None:
        """Its seconds count from the call; what is before comes on top."""
        self.keep()
        self.film(30)
        begun, first = self.begin(seconds=4)
        asked = begun.started_at
        for second in range(1, 6):
            self.part(self.folders.recordings_dir / f".{begun.path_name}", first + second)
            self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))
        length_s = sum(
            clip.part.facts.duration_s if clip.length_s is None else clip.length_s for clip in self.joiner.clips
        )
        self.assertLess(abs(length_s - (asked + 4 - (first - 6))), 0.1)

    def test_stopped_at_once(self) -> None:
        """What was before is there all the same."""
        self.keep()
        self.film(10)
        self.part(self.ring, self.now)
        begun = self.start()
        self.pass_by(0.3)
        self.part(self.folders.recordings_dir / f".{begun.path_name}", self.now)
        self.pass_by(0.3)
        stopping = self.stop()
        self.pass_by(8)
        self.assertGreater(self.successResultOf(stopping).duration_s, 6)

    def test_nothing_there(self) -> None:
        """A camera that has just come: the recording is as one without."""
        self.keep()
        begun = self.start(seconds=3)
        self.assertEqual(begun.pre_record_s, 0)

    def test_camsvc_killed(self) -> None:
        """Between the call and the copy: the next one makes it."""
        self.keep()
        self.film(20)
        self.part(self.ring, self.now)
        begun = self.start()
        self.recorder.leave()
        self.pre_record.stop()
        first = self.now + 0.5
        self.part(self.ring, first)
        self.part(self.folders.recordings_dir / f".{begun.path_name}", first)
        self.build()
        self.recorder.resume()
        self.keep()
        self.pass_by(2)
        self.assertGreaterEqual(len(self.parts(begun)), 6)

    def test_camera_was_away(self) -> None:
        """A part from before the camera was unplugged, or the machine off, is not what was before the call."""
        self.keep()
        self.film(10)
        self.pre_record.stop()
        self.clock.advance(3600)
        self.build()
        self.recorder.resume()
        self.keep()
        self.film(3)
        begun, first = self.begin()
        self.assertEqual(self.parts(begun), [self.name(first - back) for back in range(4, -1, -1)])

    def test_replugged(self) -> None:
        """What is kept begins anew with the camera."""
        self.keep()
        self.film(10)
        self.inventory.gone("camera0")
        self.pass_by(5)
        self.inventory.present("camera0", found())
        self.film(3)
        self.assertEqual(self.streams.paths, {RING})
        begun, first = self.begin()
        self.assertEqual(self.parts(begun), [self.name(first - back) for back in range(4, -1, -1)])
