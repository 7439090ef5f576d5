"""Schedules on a real recorder: what begins and ends when, what rests, and what is known after a restart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from twisted.internet.defer import Deferred

from camsvc.errors import DependencyFailed, NotFound
from camsvc.recording.schedules.scheduler import AGAIN_AFTER_S, EVERY_S, Scheduler
from camsvc.recording.schedules.schedules_table import RecordingSchedule, rings
from camsvc.recording.schedules.weekly import DAYS, Window
from tests.support.clocks import ClocksOf
from tests.support.samples import found, runtime
from tests.unit.recording.test_recorder import BOOT, RecorderTestCase

BEFORE_SPRING = datetime(2026, 3, 28, 22, 0, tzinfo=UTC).timestamp()
"""Three hours before the clock is set forward in Berlin; it is 23:00 there."""

NIGHT = RecordingSchedule("schedule", (Window(list(DAYS), "23:30", "06:00"),))
ALWAYS = RecordingSchedule("continuous", (), 24.0, None)


class SchedulerTests(RecorderTestCase):
    """A camera, and a night in spring."""

    def setUp(self) -> None:
        super().setUp()
        self.scheduler.start()
        self.addCleanup(lambda: self.scheduler.stop())

    def build(self, **storage: Any) -> None:
        self.clocks = ClocksOf(self.clock, BEFORE_SPRING, BOOT)
        super().build(**storage)
        self.rows: list[tuple[str, str, str]] = []
        process = runtime(self.clock, database=self.database, clocks=self.clocks)
        zone = ZoneInfo("Europe/Berlin")
        self.scheduler = Scheduler(
            process, self.inventory, self.recorder, lambda: self.streams.engine_up, self.record, lambda: zone
        )
        self.scheduler.load()
        self.inventory.changes.add(self.scheduler.camera_changed)

    def record(self, actor: str, address: str, method: str, params: Any, result: str) -> None:
        self.assertEqual((actor, address, params["device"]), ("camsvc", "", "camera0"))
        self.rows.append((method, params["trigger"], result))

    def set(self, schedule: RecordingSchedule) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.scheduler.set("camera0", schedule)))
        self.pass_by(EVERY_S)

    @property
    def trigger(self) -> str | None:
        """What has begun what is recorded now."""
        active = self.recorder.active.get("camera0")
        return None if active is None else active.recording.trigger

    def wait(self, minutes: float) -> None:
        """Let time go by: a jump, as looking each second would take long, then a second."""
        self.clock.advance(minutes * 60)
        self.pass_by(EVERY_S)

    def restart(self) -> None:
        """camsvc ends without a word; another one begins."""
        self.scheduler.stop()
        self.recorder.leave()
        self.build()
        self.recorder.resume()
        self.scheduler.start()
        self.pass_by(EVERY_S)

    def test_window(self) -> None:
        """From 23:30 to 06:00 by the clock on the wall, which is 5 h 30 min in this night; both are audited."""
        self.set(NIGHT)
        self.assertIsNone(self.trigger)
        self.wait(29)
        self.assertIsNone(self.trigger)
        self.wait(1)
        self.assertEqual(self.trigger, "schedule")
        self.wait(5 * 60 + 29)
        self.assertEqual(self.trigger, "schedule")
        self.wait(1)
        self.pass_by(2)
        self.assertIsNone(self.trigger)
        self.assertEqual(self.rows, [("start_recording", "schedule", "ok"), ("stop_recording", "schedule", "ok")])

    def test_stopped_by_somebody(self) -> None:
        """Rests for this window, over a restart too, and not for the next one."""
        self.set(NIGHT)
        self.wait(40)
        self.stop()
        self.pass_by(20)
        self.assertIsNone(self.trigger)
        self.assertTrue(self.scheduler.is_held("camera0"))
        elapsed = self.clock.seconds()
        self.assertEqual(self.scheduler.next_change("camera0"), BEFORE_SPRING + 6 * 3600)
        self.restart()
        self.assertIsNone(self.trigger)
        self.wait(24 * 60 - (elapsed - 40 * 60) / 60)
        self.assertEqual(self.trigger, "schedule")

    def test_continuous_stopped_by_somebody(self) -> None:
        """Rests until the schedule is set again."""
        self.set(ALWAYS)
        self.assertEqual(self.trigger, "continuous")
        self.stop()
        self.pass_by(2)
        self.wait(3 * 24 * 60)
        self.assertIsNone(self.trigger)
        self.set(ALWAYS)
        self.assertEqual(self.trigger, "continuous")

    def test_a_callers_recording_is_left_alone(self) -> None:
        """It goes on to its end; the schedule begins its own after that."""
        self.start()
        self.set(ALWAYS)
        self.assertEqual(self.trigger, "manual")
        self.wait(600)
        self.assertEqual(self.trigger, "manual")
        self.stop()
        self.pass_by(3)
        self.assertEqual(self.trigger, "continuous")

    def test_switched(self) -> None:
        """From one mode to another: the recording of the one ends, that of the other begins; off ends both."""
        self.set(ALWAYS)
        self.set(RecordingSchedule("schedule", (Window(list(DAYS), "00:00", "24:00"),)))
        self.pass_by(3)
        self.assertEqual(self.trigger, "schedule")
        self.set(RecordingSchedule("off"))
        self.pass_by(3)
        self.assertIsNone(self.trigger)

    def test_restarts(self) -> None:
        """After one of camsvc, in the window and beyond its end; after one of the machine."""
        self.set(NIGHT)
        self.wait(40)
        before = self.recorder.active["camera0"].recording.ident
        self.restart()
        self.assertEqual((self.trigger, self.recorder.active["camera0"].recording.ident), ("schedule", before))
        self.clocks.boot = "another"
        self.assertEqual(self.trigger, "schedule")
        self.scheduler.stop()
        self.recorder.leave()
        self.clock.advance(8 * 3600)  # switched off over the end of the window
        self.build()
        self.recorder.resume()
        self.scheduler.start()
        self.pass_by(5)
        self.assertIsNone(self.trigger)
        self.assertEqual(self.rows[-1], ("stop_recording", "schedule", "ok"))

    def test_unplugged(self) -> None:
        """Begins when the camera comes, says nothing before; once begun, a gap is a gap."""
        self.inventory.gone("camera0")
        self.set(ALWAYS)
        self.wait(10)
        self.assertEqual((self.trigger, self.rows), (None, []))
        self.inventory.present("camera0", found())
        self.clock.advance(0)
        self.assertEqual(self.trigger, "continuous")
        before = self.recorder.active["camera0"].recording.ident
        self.inventory.gone("camera0")
        self.wait(10)
        self.inventory.present("camera0", found())
        self.wait(1)
        self.assertEqual(self.recorder.active["camera0"].recording.ident, before)

    def test_engine_down(self) -> None:
        """Begins when it is up."""
        self.streams.engine_up = False
        self.set(ALWAYS)
        self.assertIsNone(self.trigger)
        self.streams.engine_up = True
        self.pass_by(EVERY_S)
        self.assertEqual(self.trigger, "continuous")

    def test_cannot_begin(self) -> None:
        """Tried again every few seconds; written once."""
        self.streams.trouble = DependencyFailed("media engine", "is starting")
        self.set(ALWAYS)
        self.wait(1)
        self.wait(1)
        self.assertEqual(self.rows, [("start_recording", "continuous", "-32050 dependency_failed")])
        self.streams.trouble = None
        self.pass_by(AGAIN_AFTER_S + EVERY_S)
        self.assertEqual(self.trigger, "continuous")

    def test_rings(self) -> None:
        """Those that are set, also of a camera that is recorded so no more."""
        self.set(ALWAYS)
        self.set(RecordingSchedule("off", (), None, 2.5))
        found = self.database.now(rings)
        self.assertEqual([(key, ring.hours, ring.gigabytes) for key, ring in found.items()], [("camera0", None, 2.5)])

    def test_unknown_camera(self) -> None:
        """There is none."""
        self.failureResultOf(Deferred.fromCoroutine(self.scheduler.set("camera9", ALWAYS)), NotFound)
