"""What a camera's schedule wants, and what is recorded of it: brought in step every second.

Each recording knows what has begun it: ``manual`` and ``timed`` ones are a caller's, and the scheduler leaves them
alone; ``schedule`` and ``continuous`` ones are its own. Both are kept in the database, so that nothing but these two
decides after a restart, whatever has been restarted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial
from types import MappingProxyType

from attrs import evolve
from twisted.logger import Logger

from camsvc.audit.log import Record
from camsvc.devices.inventory import Inventory
from camsvc.errors import CamsvcError, NotFound
from camsvc.model import Recording, Status
from camsvc.recording.recorder import Recorder
from camsvc.recording.schedules import schedules_table
from camsvc.recording.schedules.schedules_table import FOR_EVER, KeptSchedule, RecordingSchedule
from camsvc.recording.schedules.weekly import is_inside, next_change
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater, launch

EVERY_S = 1.0
AGAIN_AFTER_S = 5.0
"""What could not be begun is tried again after so long, or at once when the camera has changed."""

_OURS = ("schedule", "continuous")


class Scheduler:
    """Begins and ends recordings as the schedules say.

    Attributes:
        schedules: those that are set, by camera.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        inventory: Inventory,
        recorder: Recorder,
        engine_up: Callable[[], bool],
        record: Record,
        zone: Callable[[], tzinfo],
    ) -> None:
        """Set up; nothing is begun.

        Args:
            runtime: time, and the database that keeps the schedules.
            inventory: which cameras can be recorded.
            recorder: begins and ends.
            engine_up: while it is not, nothing can begin.
            record: writes the audit log.
            zone: of the clock on the wall, now.
        """
        self._database = runtime.database
        self._clocks = runtime.clocks
        self._inventory = inventory
        self._recorder = recorder
        self._engine_up = engine_up
        self._record = record
        self.zone = zone
        self._kept: dict[str, KeptSchedule] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self.schedules: Mapping[str, KeptSchedule] = MappingProxyType(self._kept)
        self._rounds = Repeater(runtime.reactor, EVERY_S, self._bring_in_step, self._log, "following the schedules")
        recorder.stopping.add(self._on_stopping)

    def load(self) -> None:
        """Know what is stored, before the database has its thread."""
        self._kept.update(self._database.now(schedules_table.load))

    def start(self) -> None:
        """Begin to follow them."""
        self._rounds.start()

    def stop(self) -> None:
        """End it; what is recorded goes on."""
        self._rounds.stop()

    async def set(self, device: str, schedule: RecordingSchedule) -> KeptSchedule:
        """Set a camera's schedule; it holds at once. Fails with NotFound where there is no such camera."""
        self._inventory.get(device)
        kept = KeptSchedule(schedule)
        await self._database.run(partial(schedules_table.save, device=device, kept=kept))
        self._kept[device] = kept
        self._failed.pop(device, None)
        self._rounds.nudge()
        return kept

    def wanted(self, device: str) -> str | None:
        """What is to be recorded of a camera now: ``schedule``, ``continuous`` or nothing."""
        kept, now = self._kept.get(device, KeptSchedule(RecordingSchedule())), self._clocks.wall_s()
        if now < kept.held_until:
            return None
        schedule = kept.schedule
        if schedule.mode == "schedule":
            return "schedule" if is_inside(schedule.windows, now, self.zone()) else None
        return "continuous" if schedule.mode == "continuous" else None

    def next_change(self, device: str) -> float | None:
        """When something else is wanted of a camera, by its windows; None where that never happens by itself."""
        kept = self._kept.get(device)
        if kept is None or kept.schedule.mode != "schedule":
            return None
        return next_change(kept.schedule.windows, self._clocks.wall_s(), self.zone())

    def is_held(self, device: str) -> bool:
        """Whether a camera's schedule rests, as somebody has stopped its recording."""
        kept = self._kept.get(device)
        return kept is not None and self._clocks.wall_s() < kept.held_until

    def camera_changed(self, *_: object) -> None:
        """Try at once what could not be begun before."""
        self._failed.clear()
        self._rounds.nudge()

    async def _bring_in_step(self) -> None:
        for device in tuple(self._kept):
            active, wanted = self._recorder.active.get(device), self.wanted(device)
            if active is None:
                if wanted is not None:
                    await self._begin(device, wanted)
            elif active.recording.trigger in _OURS and active.recording.trigger != wanted:
                await self._end(device, active.recording)

    async def _begin(self, device: str, trigger: str) -> None:
        now = self._clocks.monotonic_s()
        tried, why = self._failed.get(device, (now - AGAIN_AFTER_S, ""))
        if now - tried < AGAIN_AFTER_S or not self._can_begin(device):
            return
        try:
            recording = await self._recorder.start(device, None, "fmp4", trigger)
        except CamsvcError as error:
            self._failed[device] = (now, error.message)
            if error.message != why:  # told once, not every few seconds
                self._log.warn("{device}: its {trigger} recording cannot begin: {why}",
                               device=device, trigger=trigger, why=error.message)  # fmt: skip
                result = f"{error.code} {error.data['reason']}"
                self._record("camsvc", "", "start_recording", {"device": device, "trigger": trigger}, result)
            return
        self._failed.pop(device, None)
        params = {"device": device, "filename": recording.filename, "trigger": trigger}
        self._record("camsvc", "", "start_recording", params, "ok")

    def _can_begin(self, device: str) -> bool:
        """Whether it is to be tried: a camera that is away is waited for without a word, as that is told anyway."""
        try:
            return self._inventory.get(device).status is Status.CONNECTED and self._engine_up()
        except NotFound:
            return False

    async def _end(self, device: str, recording: Recording) -> None:
        try:
            await self._recorder.stop(device, "schedule")
        except CamsvcError:  # it ends already, or has hardly begun
            return
        params = {"device": device, "filename": recording.filename, "trigger": recording.trigger}
        self._record("camsvc", "", "stop_recording", params, "ok")

    def _on_stopping(self, recording: Recording, reason: str) -> None:
        """Rest where somebody stops a recording of ours: for this window, or until the schedule is set again."""
        kept = self._kept.get(recording.device)
        if kept is None or recording.trigger not in _OURS or reason != "asked":
            return
        until = FOR_EVER if recording.trigger == "continuous" else self.next_change(recording.device) or FOR_EVER
        held = self._kept[recording.device] = evolve(kept, held_until=until)
        store = self._database.run(partial(schedules_table.save, device=recording.device, kept=held))

        async def stored() -> None:
            await store

        _ = launch(stored(), self._log, "storing that a schedule rests")
