"""Recordings: begun, told of, timed, ended. Time is a Clock, the engine a fake, files and database are real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.storage import Storage
from camsvc.devices.inventory import Inventory
from camsvc.engine.api.paths_api import PathState
from camsvc.errors import DependencyFailed, InvalidState, NotFound
from camsvc.library import parts, recordings_table
from camsvc.library.catalogue.listing import Listing, Query
from camsvc.library.disk import volume
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.disk.volume import SeenVolume
from camsvc.library.index import RECORDINGS
from camsvc.model import MediaFile, Mode, Recording, RecordingState
from camsvc.recording.finisher import Finisher, Progress
from camsvc.recording.footage import Footage
from camsvc.recording.pre_record import PreRecord
from camsvc.recording.recorder import Recorder
from camsvc.recording.segments import Segments
from camsvc.system.tasks import sleep
from tests.support.clocks import ClocksOf
from tests.support.immediate import ImmediateDatabase, ImmediateMediaFolders
from tests.support.samples import found, runtime
from tests.unit.library.test_mp4_reader import HEAD, fragment

MB = 1_000_000
SEGMENT_S = 60.0
BOOT, WALL = 5000.0, 1769860800.0


class World(Clock):
    """A Clock that also takes what the reactor is to run."""

    def callWhenRunning(self, work: Any, *args: Any) -> None:
        self.callLater(0, work, *args)


PUBLISHED = PathState("camera0", True, "rtspSession", (), 0, 0)
"""A camera whose launcher publishes."""


class FakeStreams:
    """An engine that records what the test lets it."""

    engine_up = True
    running: PathState | None = None

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.refuses: Exception | None = None
        self.adding: Deferred[None] | None = None
        self.removing: Deferred[None] | None = None
        self.paths: set[str] = set()
        self.again: list[str] = []

    def require_engine(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    async def add_recording(self, recording: Recording) -> None:
        if self.adding is not None:
            await self.adding
        if self.refuses is not None:
            raise self.refuses
        self.paths.add(recording.path_name)

    def want_recording(self, recording: Recording) -> None:
        self.paths.add(recording.path_name)

    async def remove_recording(self, recording: Recording) -> None:
        if self.removing is not None:
            await self.removing
        if self.refuses is not None:
            raise self.refuses
        self.paths.discard(recording.path_name)

    async def state(self, path: str) -> PathState | None:
        return self.running if path == "camera0" else None

    async def read_again(self, recording: Recording) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.again.append(recording.path_name)


class FakeJoiner:
    """Makes one file of any footage."""

    def __init__(self, clock: Clock) -> None:
        self.clips: list[parts.Clip] = []
        self.takes_s = 0.0
        self.fails: Exception | None = None
        self.written = 0
        self._clock = clock

    async def written_bytes(self, recording: Recording) -> int:
        return self.written

    async def join(self, recording: Recording, clips: list[parts.Clip], first: int = 1) -> list[MediaFile]:
        self.clips = list(clips)
        if self.takes_s:
            await sleep(self._clock, self.takes_s)
        if self.fails is not None:
            raise self.fails
        if not clips:
            return []
        suffix = "" if first == 1 else f"-{first}"
        name = f"{recording.name}{suffix}{recording.extension}"
        return [MediaFile(name, recording.device, 500, WALL, WALL, duration_s=1.5)]


class RecorderTestCase(SynchronousTestCase):
    """One camera, nothing recorded."""

    def setUp(self) -> None:
        self.clock = World()
        self.clocks = ClocksOf(self.clock, WALL, BOOT)
        self.base = Path(self.mktemp())
        self.base.mkdir()
        self.database = ImmediateDatabase(self.base / "db")
        self.addCleanup(self.database.stop)
        self.folders = ImmediateMediaFolders(self.base)
        self.free = (1 << 40, 1 << 41)
        self.trouble: str | None = None
        self.patch(volume, "look", self.seen)
        self.inventory = Inventory()
        self.inventory.present("camera0", found())
        self.streams = FakeStreams()
        self.told: list[Progress] = []
        self.accepted: list[Progress] = []
        self.listener: Callable[[Progress], None] | None = None
        self.recorder: Any = None
        self.build()

    def build(self, **storage: Any) -> None:
        """A new camsvc on the same database and folders."""
        streams: Any = self.streams
        self.joiner = FakeJoiner(self.clock)
        process = runtime(self.clock, database=self.database, clocks=self.clocks)
        kept = Storage(**{"state_dir": str(self.base), **storage})
        self.guard = DiskGuard(process, self.folders, kept)
        self.guard.load()
        self.pre_record_s = {"camera0": 0}
        rings = self.folders.recordings_dir
        self.pre_record = PreRecord(
            process, self.inventory, streams, self.folders, rings, lambda device: self.pre_record_s.get(device, 0)
        )
        joiner: Any = self.joiner
        segments = Segments(process, self.folders, joiner, SEGMENT_S, self.pre_record)
        self.finisher = Finisher(process, self.folders, segments, self.guard)
        if self.listener is not None:
            self.finisher.changes.add(self.listener)
        self.finisher.changes.add(self.hear)
        self.recorder = Recorder(process, self.inventory, streams, self.folders, self.finisher, self.guard)

    def seen(self, folder: Path, *_: Any) -> SeenVolume:
        return SeenVolume(self.trouble, *self.free, ident="1", parts_bytes=volume.parts_bytes(folder))

    def look(self) -> None:
        """The guard looks at the disk."""
        self.successResultOf(Deferred.fromCoroutine(self.guard.look()))

    def hear(self, progress: Progress) -> None:
        (self.told if progress.confirmed else self.accepted).append(progress)

    def start(self, device: str = "camera0", seconds: int | None = None, form: str = "fmp4") -> Recording:
        return self.successResultOf(Deferred.fromCoroutine(self.recorder.start(device, seconds, form)))

    def start_fails(self, kind: type[Exception], device: str = "camera0") -> Any:
        return self.failureResultOf(Deferred.fromCoroutine(self.recorder.start(device, None, "fmp4")), kind).value

    def stop(self, device: str = "camera0") -> Deferred[Any]:
        return Deferred.fromCoroutine(self.recorder.stop(device))

    def pass_by(self, seconds: float) -> None:
        """Time in steps as small as the recorder's own looks."""
        while seconds > 0:
            step = min(0.05, seconds)
            self.clock.advance(step)
            seconds -= step

    def write(self, recording: Recording, fragments: int = 1, name: str = "2026-01-31_12-00-00-000000.mp4") -> Path:
        """The engine writes so many seconds of footage."""
        folder = self.folders.recordings_dir / f".{recording.path_name}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        if not path.exists():
            path.write_bytes(HEAD)
        with path.open("ab") as file:
            for _ in range(fragments):
                file.write(fragment(0, 30 * fragments))
        return path

    def grow(self, recording: Recording, seconds: float = 3) -> None:
        """The engine records for a while, a fragment a second."""
        for _ in range(round(seconds)):
            self.write(recording)
            self.pass_by(1)

    def rows(self) -> list[tuple[str, str | None]]:
        return self.database.now(lambda db: db.execute("SELECT state, reason FROM recording").fetchall())

    def heard(self) -> list[tuple[str, str | None]]:
        return [(progress.status, progress.reason) for progress in self.told]


class StartTests(RecorderTestCase):
    """Begin."""

    def test_accepted(self) -> None:
        """Stored, and with the engine, when it is answered; not yet recording."""
        begun = self.start(form="mkv", seconds=9)
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.assertEqual(
            self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING)), (begun,)
        )
        self.assertEqual((begun.seconds, begun.format, begun.boot_id), (9, "mkv", "this boot"))
        self.assertFalse(self.recorder.recording("camera0"))
        self.assertEqual(self.recorder.under_way(), {begun.filename: Footage()})

    def nothing_left(self) -> None:
        self.assertEqual((self.streams.paths, self.rows(), self.recorder.under_way()), (set(), [], {}))

    def test_unknown_camera(self) -> None:
        """NotFound, for start and stop."""
        self.start_fails(NotFound, "camera9")
        self.failureResultOf(self.stop("camera9"), NotFound)
        self.nothing_left()

    def test_camera_that_cannot(self) -> None:
        """Away, or in error: with its error in words."""
        self.inventory.error("camera0", "no frames for 5 s")
        why = self.start_fails(InvalidState)
        self.assertEqual((why.code, why.data["reason"], why.data["state"]), (-32020, "no frames for 5 s", "ERROR"))
        self.assertEqual(why.data["allowed_states"], ["CONNECTED"])
        self.inventory.gone("camera0")
        why = self.start_fails(InvalidState)
        self.assertEqual((why.data["reason"], why.data["state"]), ("camera_disconnected", "DISCONNECTED"))
        self.nothing_left()

    def test_no_room(self) -> None:
        """Below the reserve: -32020 with the figures; the smaller of bytes and percent is the reserve."""
        self.free = (99 * MB, 10_000 * MB)
        self.build(reserve_bytes=100 * MB)
        why = self.start_fails(InvalidState)
        self.assertEqual((why.code, why.data["reason"]), (-32020, "no_space"))
        self.assertEqual((why.data["free_bytes"], why.data["required_bytes"]), (99 * MB, 100 * MB))
        self.nothing_left()
        self.free = (99 * MB, 1000 * MB)  # 5 percent are 50
        self.start()

    def test_room_for_what_runs(self) -> None:
        """What is being recorded needs its size once more to be joined."""
        self.inventory.present("camera1", found("Gate"))
        self.build(reserve_bytes=100 * MB)
        self.grow(self.start())
        size = volume.parts_bytes(self.folders.recordings_dir)
        self.assertGreater(size, 0)
        self.free = (100 * MB + size - 1, 1 << 40)
        self.assertEqual(self.start_fails(InvalidState, "camera1").data["required_bytes"], 100 * MB + size)
        self.free = (100 * MB + size, 1 << 40)
        self.start("camera1")

    def test_engine_down_or_refuses(self) -> None:
        """Leaves nothing behind; the next try goes through."""
        self.streams.trouble = DependencyFailed("media engine", "is starting")
        self.start_fails(DependencyFailed)
        self.nothing_left()
        self.streams.trouble, self.streams.refuses = None, DependencyFailed("media engine", "no")
        self.start_fails(DependencyFailed)
        self.nothing_left()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.streams.refuses = None
        self.start()

    def test_already_recording(self) -> None:
        """-32020 with the name of the one that runs."""
        begun = self.start()
        why = self.start_fails(InvalidState)
        self.assertEqual(
            (why.code, why.data["reason"], why.data["filename"]), (-32020, "already_recording", begun.filename)
        )
        self.assertEqual(len(self.rows()), 1)

    def test_two_at_once(self) -> None:
        """The second is refused while the first is still being begun; it cannot be stopped then either."""
        self.streams.adding = Deferred()
        first = Deferred.fromCoroutine(self.recorder.start("camera0", None, "fmp4"))
        self.assertNotIn(".mp4", str(self.start_fails(InvalidState).data.get("filename", "")).split("camera0")[0])
        self.streams.adding.callback(None)
        self.successResultOf(first)
        self.assertEqual(len(self.rows()), 1)

    def test_other_cameras(self) -> None:
        """Record at the same time, and are stopped one by one."""
        self.inventory.present("camera1", found("Gate"))
        first, second = self.start(), self.start("camera1")
        self.assertEqual(self.streams.paths, {first.path_name, second.path_name})
        self.stop("camera1")
        self.pass_by(1)
        self.assertEqual(self.streams.paths, {first.path_name})


class ToldTests(RecorderTestCase):
    """What is said while it runs."""

    def test_grows(self) -> None:
        """RECORDING at once, not confirmed; confirmed once the file has grown twice, once, with its first sample."""
        begun = self.start()
        self.assertEqual([(each.recording, each.status) for each in self.accepted], [(begun, "RECORDING")])
        self.write(begun)
        self.pass_by(0.3)
        self.assertEqual(self.heard(), [])
        self.grow(begun, 5)
        self.assertEqual(self.heard(), [("RECORDING", None)])
        self.assertTrue(self.recorder.recording("camera0"))
        self.assertGreater(self.told[0].size_bytes, 0)
        self.assertEqual((self.told[0].first_sample, len(self.accepted)), (WALL, 1))

    def test_nothing_comes(self) -> None:
        """ERROR after 15 s, not before, once; footage that comes later is still told."""
        begun = self.start()
        self.pass_by(14.9)
        self.assertEqual(self.heard(), [])
        self.pass_by(0.5)
        self.assertEqual([status for status, _ in self.heard()], ["ERROR"])
        self.assertIn("15 s", self.told[0].reason or "")
        self.pass_by(60)
        self.assertEqual(len(self.told), 1)
        self.grow(begun)
        self.assertEqual(self.heard()[1:], [("RECORDING", None)])

    def test_waits_for_a_key_frame(self) -> None:
        """While the engine reads the camera it sends key frames seldom: no error before 65 s, but its own at once."""
        self.streams.running = PUBLISHED
        begun = self.start()
        self.pass_by(60)
        self.assertEqual(self.heard(), [])
        self.grow(begun)
        self.pass_by(10)
        self.assertEqual(self.heard()[:1], [("RECORDING", None)])
        self.inventory.error("camera0", None)

    def test_no_key_frame_comes(self) -> None:
        """ERROR with the time that was waited, or as soon as the camera has one."""
        self.streams.running = PUBLISHED
        self.start()
        self.pass_by(67)
        ((status, reason),) = self.heard()
        self.assertEqual(status, "ERROR")
        self.assertIn("65 s", reason or "")

    def test_camera_fails_meanwhile(self) -> None:
        """Who waits for a key frame is told of the camera's error at once."""
        self.streams.running = PUBLISHED
        self.start()
        self.pass_by(20)
        self.inventory.error("camera0", "no frames")
        self.pass_by(2)
        self.assertEqual(self.heard(), [("ERROR", "no frames")])

    def test_pictures_that_come_seldom(self) -> None:
        """A picture in five seconds is no gap; three that are missed are one."""
        self.inventory.present("camera0", evolve(found(), modes=(Mode("H264", 320, 180, (0.2,)),)))
        begun = self.start()
        self.grow(begun)
        self.pass_by(10)
        self.assertEqual(self.heard(), [("RECORDING", None)])
        self.pass_by(10)
        self.assertEqual(self.heard()[1:], [("RECORDING", "camera_disconnected")])

    def test_nothing_comes_with_a_reason(self) -> None:
        """The camera's own, where it has one; a camera that is no longer configured is none."""
        self.start()
        self.inventory.error("camera0", "no frames")
        self.pass_by(16)
        self.assertEqual(self.heard(), [("ERROR", "no frames")])

    def test_gap(self) -> None:
        """Told when footage stops, and when it comes back; the recording goes on."""
        begun = self.start()
        self.grow(begun)
        self.pass_by(20)
        self.assertEqual(self.heard(), [("RECORDING", None), ("RECORDING", "camera_disconnected")])
        self.grow(begun)
        self.assertEqual(self.heard()[2:], [("RECORDING", "resumed")])
        self.assertEqual(self.streams.paths, {begun.path_name})

    def test_gap_of_the_storage(self) -> None:
        """Told by its own name."""
        begun = self.start()
        self.grow(begun)
        self.patch(parts, "trouble", lambda folder: "no_space")
        self.pass_by(20)
        self.assertEqual(self.heard()[-1], ("RECORDING", "no_space"))

    def test_pauses_on_a_full_disk(self) -> None:
        """The engine closes the part before nothing fits any more; with some room the same recording goes on."""
        begun = self.start()
        self.grow(begun)
        self.free = (200 * MB, 1 << 40)  # below the reserve
        self.look()
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.free = (3 * MB, 1 << 40)
        self.look()
        self.pass_by(1)
        self.assertEqual((self.streams.paths, self.heard()[-1]), (set(), ("RECORDING", "no_space")))
        self.free = (200 * MB, 1 << 40)
        self.look()
        self.assertEqual(self.streams.paths, set())  # no more than twice of what is too little
        self.free = (400 * MB, 1 << 40)
        self.look()
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.grow(begun)
        self.assertEqual(self.heard()[-1], ("RECORDING", "resumed"))
        self.stop()
        self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "asked"))

    def test_waits_for_its_volume(self) -> None:
        """Nothing is recorded where the volume should be; what ends meanwhile is finished when that is back."""
        begun = self.start()
        self.grow(begun)
        self.trouble = "foreign"
        self.look()
        self.pass_by(1)
        self.assertEqual((self.streams.paths, self.heard()[-1]), (set(), ("RECORDING", "foreign")))
        why = self.start_fails(InvalidState)
        self.assertEqual(why.data["reason"], "already_recording")
        self.stop()
        self.pass_by(20)
        self.assertEqual(self.start_fails(DependencyFailed).data["reason"], "foreign")
        self.assertEqual(self.heard()[-1], ("RECORDING", "foreign"))
        self.trouble = None
        self.look()
        self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "asked"))

    def test_one_listener_breaks(self) -> None:
        """The others hear, and the recording goes on."""

        def broken(progress: Progress) -> None:
            if progress.confirmed:
                raise ValueError

        self.listener = broken
        self.build()
        begun = self.start()
        self.grow(begun)
        self.assertEqual(self.heard(), [("RECORDING", None)])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class StopTests(RecorderTestCase):
    """End."""

    def test_stopped(self) -> None:
        """Answered with what was recorded; STOPPED when the file is there; all parts are gone then."""
        begun = self.start()
        self.grow(begun)
        stopping = self.stop()
        self.pass_by(0.2)
        stopped = self.successResultOf(stopping)
        self.assertEqual((stopped.recording.filename, stopped.recording.reason), (begun.filename, "asked"))
        self.assertEqual(stopped.duration_s, 1.0)
        self.assertGreater(stopped.size_bytes, 300)
        self.assertEqual(self.heard()[-1], ("STOPPED", "asked"))
        self.assertEqual((self.told[-1].size_bytes, self.told[-1].duration_s), (500, 1.5))
        self.assertEqual(self.rows(), [("FINISHED", "asked")])
        page = self.successResultOf(Listing(self.database).files(RECORDINGS, Query()))
        self.assertEqual([(file.filename, file.status) for file in page.files], [(begun.filename, "FINISHED")])
        self.assertFalse((self.folders.recordings_dir / f".{begun.path_name}").exists())
        self.assertEqual(self.streams.paths, set())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_empty(self) -> None:
        """Without footage: size 0, and no file."""
        self.start()
        stopping = self.stop()
        self.pass_by(0.2)
        stopped = self.successResultOf(stopping)
        self.assertEqual((stopped.size_bytes, stopped.duration_s), (0, 0))
        self.assertEqual(self.heard(), [("STOPPED", "empty")])
        self.assertEqual(self.rows(), [("EMPTY", "empty")])

    def test_not_recording(self) -> None:
        """-32020 before, after, and a second time while the first is at work."""
        why = self.failureResultOf(self.stop(), InvalidState).value
        self.assertEqual((why.code, why.data["reason"], why.data["state"]), (-32020, "not_recording", "IDLE"))
        self.start()
        first = self.stop()
        self.assertEqual(self.failureResultOf(self.stop(), InvalidState).value.data["state"], "STOPPING")
        self.pass_by(1)
        self.successResultOf(first)
        self.failureResultOf(self.stop(), InvalidState)

    def test_while_starting(self) -> None:
        """What the engine has not taken yet cannot be stopped, and begins undisturbed."""
        self.streams.adding = Deferred()
        starting = Deferred.fromCoroutine(self.recorder.start("camera0", None, "fmp4"))
        self.assertEqual(self.failureResultOf(self.stop(), InvalidState).value.data["state"], "STARTING")
        self.successResultOf(Deferred.fromCoroutine(self.recorder.stop_all(1)))
        self.streams.adding.callback(None)
        begun = self.successResultOf(starting)
        self.assertEqual((set(self.recorder.under_way()), self.streams.paths), ({begun.filename}, {begun.path_name}))
        self.stop()
        self.pass_by(1)
        self.assertEqual((self.recorder.under_way(), self.streams.paths), ({}, set()))

    def test_camera_away(self) -> None:
        """A recording of a camera that went away can be stopped."""
        begun = self.start()
        self.grow(begun)
        self.inventory.gone("camera0")
        stopping = self.stop()
        self.pass_by(1)
        self.assertGreater(self.successResultOf(stopping).size_bytes, 0)

    def test_camera_back(self) -> None:
        """Once it delivers again the engine is to read it at once; the engine's answer is no matter."""
        self.inventory.changes.add(self.recorder.camera_changed)
        begun = self.start()
        self.grow(begun)
        self.inventory.error("camera0", "ffmpeg was killed")
        self.assertEqual(self.streams.again, [])
        self.inventory.error("camera0", None)
        self.assertEqual(self.streams.again, [begun.path_name])
        self.streams.refuses = DependencyFailed("media engine", "gone")
        self.inventory.error("camera0", "ffmpeg was killed")
        self.inventory.error("camera0", None)
        self.streams.refuses = None
        stopping = self.stop()
        self.inventory.error("camera0", "ffmpeg was killed")
        self.inventory.error("camera0", None)
        self.assertEqual(self.streams.again, [begun.path_name], "it has ended")
        self.pass_by(1)
        self.successResultOf(stopping)

    def test_engine_away(self) -> None:
        """Ends without the engine's word."""
        begun = self.start()
        self.grow(begun)
        self.streams.refuses = DependencyFailed("media engine", "gone")
        stopping = self.stop()
        self.pass_by(1)
        self.assertGreater(self.successResultOf(stopping).size_bytes, 0)
        self.assertEqual(self.heard()[-1], ("STOPPED", "asked"))

    def test_engine_hangs(self) -> None:
        """Ends after 3 s without its word that the path is gone."""

        async def never(path: str) -> None:
            await Deferred()

        self.streams.state = never  # type: ignore[method-assign]
        self.start()
        stopping = self.stop()
        self.pass_by(2.9)
        self.assertNoResult(stopping)
        self.pass_by(0.3)
        self.successResultOf(stopping)

    def test_new_one_while_finishing(self) -> None:
        """The camera is free as soon as its parts are closed."""
        begun = self.start()
        self.grow(begun)
        self.joiner.takes_s = 60
        stopping = self.stop()
        self.pass_by(0.2)
        self.successResultOf(stopping)
        again = self.start()
        self.assertNotEqual(again.filename, begun.filename)
        self.assertEqual(set(self.finisher.footage()), {begun.filename})
        self.pass_by(61)
        self.assertIn(("STOPPED", "asked"), self.heard())


class TimedTests(RecorderTestCase):
    """For so many seconds."""

    def test_ends_by_itself(self) -> None:
        """Counted from the first sample, not from the call; a moment longer, to be cut to its length."""
        begun = self.start(seconds=10)
        self.pass_by(5)
        self.write(begun, name="2026-01-31_12-00-05-000000.mp4")
        self.pass_by(0.3)
        for _ in range(9):
            self.pass_by(1)
            self.write(begun, name="2026-01-31_12-00-05-000000.mp4")
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.pass_by(0.6)  # 14.9 s
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.pass_by(0.8)
        self.assertEqual(self.streams.paths, set())
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))
        self.assertEqual(self.rows(), [("FINISHED", "duration")])

    def test_kept_before(self) -> None:
        """What the engine kept from before the call is half a second of its length at most, the rest on top."""
        for before_s, name, length_s in ((0.3, "2026-01-31_11-59-59-700000.mp4", 2.0), (4.0, "", 5.5)):
            began = WALL + self.clock.seconds() - before_s
            name = name or f"{datetime.fromtimestamp(began, UTC):%Y-%m-%d_%H-%M-%S-%f}.mp4"
            begun, from_s = self.start(seconds=2), self.clock.seconds()
            self.write(begun, 8, name=name)
            while self.streams.paths:
                self.pass_by(0.05)
            self.assertLess(abs(self.clock.seconds() - from_s - (2 - min(before_s, 0.5) + 0.25)), 0.2)
            self.pass_by(1)
            (clip,) = self.joiner.clips
            self.assertAlmostEqual(clip.length_s or 0, length_s, 2)

    def test_behind(self) -> None:
        """Where a busy machine is behind with the pictures, they are waited for, so that none is missing."""
        begun = self.start(seconds=10)
        path = self.write(begun)
        for second in range(9):
            self.pass_by(1)
            if second < 7:
                with path.open("ab") as file:
                    file.write(fragment((second + 1) * 90000, 30))
        self.pass_by(1.5)  # 8 s are there
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.pass_by(1)
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.pass_by(1)
        self.assertEqual(self.streams.paths, set())
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))

    def test_stopped_before(self) -> None:
        """Leaves no timer."""
        begun = self.start(seconds=3600)
        self.grow(begun)
        self.stop()
        self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "asked"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_camera_away_at_the_end(self) -> None:
        """Ends in time all the same."""
        begun = self.start(seconds=10)
        self.grow(begun, 3)
        self.inventory.gone("camera0")
        self.pass_by(9)
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))

    def test_kept(self) -> None:
        """The deadline is stored, by the clock that does not jump."""
        begun = self.start(seconds=10)
        self.grow(begun, 1)
        (stored,) = self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING))
        self.assertAlmostEqual(stored.deadline, BOOT + 10, 3)
        self.assertEqual(stored.boot_id, "this boot")


class RestartTests(RecorderTestCase):
    """What another camsvc left."""

    def crash(self) -> None:
        """The old one is gone without a word; a new one begins."""
        self.recorder.leave()
        self.told.clear()
        self.build()
        self.recorder.resume()

    def test_goes_on(self) -> None:
        """The same recording, under the same name; it can be stopped."""
        begun = self.start()
        self.grow(begun)
        self.streams.paths.clear()
        self.crash()
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.grow(begun)
        self.assertTrue(self.recorder.recording("camera0"))
        self.start_fails(InvalidState)
        stopping = self.stop()
        self.pass_by(1)
        self.assertEqual(self.successResultOf(stopping).recording.filename, begun.filename)

    def test_goes_on_when_its_volume_is_back(self) -> None:
        """Not before: the engine would write into the mount point; after a reboot neither."""
        begun = self.start()
        self.grow(begun)
        self.trouble = "foreign"
        for boot in ("this boot", "next boot"):
            self.streams.paths.clear()
            self.clocks.boot = boot
            self.crash()
            self.pass_by(20)
            self.assertEqual((self.streams.paths, self.heard()), (set(), []), boot)
        self.trouble = None
        self.look()
        self.pass_by(1)
        self.assertEqual(self.streams.paths, {begun.path_name})

    def test_time_goes_on(self) -> None:
        """A timed one ends when it would have; at once where that was meanwhile."""
        begun = self.start(seconds=10)
        self.grow(begun, 3)
        self.crash()
        self.pass_by(5)
        self.assertEqual(self.streams.paths, {begun.path_name})
        self.pass_by(3)
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))
        begun = self.start(seconds=10)
        self.write(begun, name="2026-01-31_12-00-11-000000.mp4")
        self.pass_by(1)
        self.recorder.leave()
        self.clock.advance(600)
        self.build()
        self.recorder.resume()
        self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))

    def test_after_a_reboot(self) -> None:
        """Footage counts, not time: what is left is recorded as a next part; what has enough is ended."""
        begun = self.start(seconds=10)
        self.grow(begun, 1)
        self.clocks.boot = "next boot"
        self.streams.paths.clear()
        self.crash()
        self.pass_by(1)
        self.assertEqual(self.streams.paths, {begun.path_name})
        (stored,) = self.database.now(lambda db: recordings_table.in_state(db, RecordingState.RECORDING))
        self.assertEqual((stored.boot_id, stored.deadline), ("next boot", None))

    def test_enough_after_a_reboot(self) -> None:
        """Ends at once."""
        begun = self.start(seconds=1)
        self.write(begun)
        self.clocks.boot = "next boot"
        self.crash()
        self.pass_by(1)
        self.assertEqual((self.heard()[-1], self.recorder.under_way()), (("STOPPED", "duration"), {}))

    def test_camera_no_longer_there(self) -> None:
        """A recording of a camera that the configuration has lost says so and can be stopped."""
        self.start()
        self.inventory = Inventory()
        self.crash()
        self.pass_by(16)
        self.assertEqual([status for status, _ in self.heard()], ["ERROR"])
        stopping = self.stop()
        self.pass_by(1)
        self.successResultOf(stopping)

    def test_leave(self) -> None:
        """Ends nothing and leaves no timer: the engine records on."""
        begun = self.start(seconds=100)
        self.grow(begun)
        self.recorder.leave()
        self.assertEqual((self.streams.paths, self.clock.getDelayedCalls()), ({begun.path_name}, []))
        self.assertEqual(self.rows(), [("RECORDING", None)])


class ShutdownTests(RecorderTestCase):
    """``stop_all`` and the finisher's end."""

    def stop_all(self, limit_s: float = 5) -> Deferred[None]:
        return Deferred.fromCoroutine(self.recorder.stop_all(limit_s))

    def test_all(self) -> None:
        """Every recording ends, reason shutdown, and its file is there."""
        self.inventory.present("camera1", found("Gate"))
        self.grow(self.start())
        self.start("camera1")
        ending = self.stop_all()
        self.pass_by(1)
        self.successResultOf(ending)
        self.assertEqual(sorted(self.rows(), key=str), [("EMPTY", "empty"), ("FINISHED", "shutdown")])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_takes_too_long(self) -> None:
        """What cannot be finished in time is left to the next start, whole."""
        begun = self.start()
        self.grow(begun)
        self.joiner.takes_s = 3600
        ending = self.stop_all()
        self.pass_by(5.2)
        self.successResultOf(ending)
        self.assertEqual(self.rows(), [("FINISHING", "shutdown")])
        self.assertTrue((self.folders.recordings_dir / f".{begun.path_name}").exists())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.build()
        self.finisher.resume()
        self.pass_by(1)
        self.assertEqual(self.rows(), [("FINISHED", "shutdown")])

    def test_nothing(self) -> None:
        """At once."""
        self.successResultOf(self.stop_all())


class FinisherTests(RecorderTestCase):
    """FINISHING."""

    def finishing(self) -> Recording:
        begun = self.start()
        self.grow(begun)
        self.stop()
        self.pass_by(0.2)
        return begun

    def test_when_finished(self) -> None:
        """Fires for everybody who waits; one that gives up does not disturb the others."""
        self.joiner.takes_s = 10
        begun = self.finishing()
        first, second = (self.finisher.when_finished(begun.filename) for _ in range(2))
        assert first is not None and second is not None
        first.addErrback(lambda _: None)
        first.cancel()
        self.assertNoResult(second)
        self.pass_by(10)
        self.successResultOf(second)
        self.assertIsNone(self.finisher.when_finished(begun.filename))
        self.assertIsNone(self.finisher.when_finished("absent.mp4"))

    def test_fails(self) -> None:
        """ERROR with the reason; the parts stay, and the next start tries again."""
        self.joiner.fails = OSError("disk on fire")
        begun = self.finishing()
        status, reason = self.heard()[-1]
        self.assertEqual(status, "ERROR")
        self.assertIn("disk on fire", reason or "")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.assertEqual(self.rows(), [("FINISHING", "asked")])
        self.assertTrue((self.folders.recordings_dir / f".{begun.path_name}").exists())
        self.assertIsNone(self.finisher.when_finished(begun.filename))
        self.build()
        self.finisher.resume()
        self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "asked"))

    def test_cut_to_its_length(self) -> None:
        """A timed one is joined up to its end."""
        begun = self.start(seconds=1)
        for _ in range(3):
            self.write(begun, 3)
            self.pass_by(0.4)
        self.pass_by(1)
        self.assertEqual(self.heard()[-1], ("STOPPED", "duration"))
        (clip,) = self.joiner.clips
        self.assertEqual(round(clip.length_s or 0, 3), 1.0)
