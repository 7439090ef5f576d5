"""When cameras are recorded without being asked."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId, CameraScope
from camsvc.api.declaration import method
from camsvc.errors import InvalidParams
from camsvc.model import iso
from camsvc.recording.recorder import Recorder
from camsvc.recording.schedules.scheduler import Scheduler
from camsvc.recording.schedules.schedules_table import KeptSchedule, RecordingSchedule
from camsvc.recording.schedules.weekly import Window

MOST_WINDOWS = 100


class ScheduleParams(Struct, forbid_unknown_fields=True, frozen=True):
    """When a camera is recorded, and how much of its continuous recordings is kept."""

    device: CameraId
    mode: Annotated[
        Literal["off", "schedule", "continuous"],
        Meta(description="never by itself, in the windows of schedule, or always", examples=["off"]),
    ]
    schedule: Annotated[
        list[Window], Meta(description="windows of the week, in local time; needed for schedule")
    ] = []
    keep_hours: (
        Annotated[float, Meta(ge=1, le=876000, description="so many of its last continuous hours are kept")]
        | UnsetType
    ) = UNSET
    keep_gb: (
        Annotated[float, Meta(ge=0.1, le=1e6, description="so many 10^9 bytes of its continuous recordings are kept")]
        | UnsetType
    ) = UNSET
    pre_record_s: (
        Annotated[int, Meta(ge=0, le=60, description="seconds before its call that each recording begins with; a "
                            "camera with any never sleeps; the configuration's where it is left out")]
        | UnsetType
    ) = UNSET  # fmt: skip


class SchedulesParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Which camera's schedule; all without it."""

    device: CameraId | UnsetType = UNSET


class ScheduleView(Struct, frozen=True, kw_only=True):
    """A camera's schedule.

    ``recording`` says what records now: ``manual``, ``timed``, ``schedule``, ``continuous`` or nothing. ``held``: it
    rests until ``next_change``, or until it is set again, as somebody has stopped its recording.
    """

    device: str
    mode: str
    schedule: list[Window]
    time_zone: str
    held: bool
    recording: str | UnsetType = UNSET
    keep_hours: float | UnsetType = UNSET
    keep_gb: float | UnsetType = UNSET
    pre_record_s: int | UnsetType = UNSET
    next_change: str | UnsetType = UNSET


class ScheduleList(Struct, frozen=True):
    """The schedules that are set."""

    schedules: list[ScheduleView]


class ScheduleMethods:
    """Methods about schedules."""

    def __init__(self, scheduler: Scheduler, recorder: Recorder) -> None:
        self._scheduler = scheduler
        self._recorder = recorder

    @method("set_recording_schedule", role=Role.ADMIN, params=ScheduleParams, result=ScheduleView)
    async def set_recording_schedule(self, call: Call, params: ScheduleParams) -> ScheduleView:
        """When a camera is recorded by itself; takes effect at once, and lasts over restarts and replugging.

        Raises:
            InvalidParams: the mode schedule has no window.
        """
        if params.mode == "schedule" and not 0 < len(params.schedule) <= MOST_WINDOWS:
            raise InvalidParams("Invalid params: schedule: the mode schedule needs a window", param="schedule",
                                rule="required", hint=f"1 to {MOST_WINDOWS} windows")  # fmt: skip
        hours, gigabytes = (
            None if isinstance(each, UnsetType) else each for each in (params.keep_hours, params.keep_gb)
        )
        before_s = None if isinstance(params.pre_record_s, UnsetType) else params.pre_record_s
        schedule = RecordingSchedule(params.mode, tuple(params.schedule), hours, gigabytes, before_s)
        return self._view(params.device, await self._scheduler.set(params.device, schedule))

    @method(
        "get_recording_schedules",
        role=Role.VIEWER,
        params=SchedulesParams,
        result=ScheduleList,
        reads=True,
        cameras=CameraScope.VISIBLE,
    )
    def get_recording_schedules(self, call: Call, params: SchedulesParams) -> ScheduleList:
        """The schedules of all cameras that have one, or of one."""
        wanted = None if isinstance(params.device, UnsetType) else params.device
        return ScheduleList([
            self._view(device, kept)
            for device, kept in sorted(self._scheduler.schedules.items())
            if call.principal.sees(device) and wanted in (None, device)
        ])  # fmt: skip

    def _view(self, device: str, kept: KeptSchedule) -> ScheduleView:
        schedule, change = kept.schedule, self._scheduler.next_change(device)
        active = self._recorder.active.get(device)
        return ScheduleView(
            device=device,
            mode=schedule.mode,
            schedule=list(schedule.windows),
            time_zone=str(self._scheduler.zone()),
            held=self._scheduler.is_held(device),
            recording=UNSET if active is None else active.recording.trigger,
            keep_hours=UNSET if schedule.keep_hours is None else schedule.keep_hours,
            keep_gb=UNSET if schedule.keep_gb is None else schedule.keep_gb,
            pre_record_s=UNSET if schedule.pre_record_s is None else schedule.pre_record_s,
            next_change=UNSET if change is None else iso(change),
        )
