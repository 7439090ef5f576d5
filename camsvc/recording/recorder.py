"""Recordings under way: begun, gone on with after a restart, and ended; at most one of each camera."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from attrs import evolve
from twisted.internet.defer import DeferredList
from twisted.logger import Logger

from camsvc.devices.inventory import Inventory
from camsvc.errors import InvalidState
from camsvc.library import recordings_table
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.disk.disk_status import DiskStatus
from camsvc.library.media_folders import MediaFolders
from camsvc.model import Camera, Recording, RecordingState, Status
from camsvc.recording.active_recording import ActiveRecording
from camsvc.recording.finisher import Finisher, Progress
from camsvc.recording.footage import Footage, Stopped
from camsvc.streams.recording_paths import RecordingPaths
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch


class Recorder:
    """The recordings under way.

    Attributes:
        active: by camera.
        stopping: told of each that somebody ends, before its end, with the reason.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        inventory: Inventory,
        paths: RecordingPaths,
        folders: MediaFolders,
        finisher: Finisher,
        guard: DiskGuard,
    ) -> None:
        """Set up; nothing is recorded.

        Args:
            runtime: time, database.
            inventory: the cameras.
            paths: tells the engine to record.
            folders: knows the folder of recordings.
            finisher: takes what has ended.
            guard: says whether a recording may begin, and whether those under way can go on.
        """
        self._runtime = runtime
        self._clocks = runtime.clocks
        self._inventory = inventory
        self._paths = paths
        self._folders = folders
        self._finisher = finisher
        self._guard = guard
        guard.changes.add(self._on_storage_changed)
        self._active: dict[str, ActiveRecording] = {}
        self.active: Mapping[str, ActiveRecording] = MappingProxyType(self._active)
        self.stopping: Subscribers[[Recording, str]] = Subscribers("telling that a recording ends", self._log)

    def recording(self, device: str) -> bool:
        """Whether a file of this camera grows."""
        active = self._active.get(device)
        return active is not None and active.grows

    def under_way(self) -> dict[str, Footage]:
        """What there is so far of the recordings under way, by file name."""
        return {active.recording.filename: active.footage for active in self._active.values()}

    async def start(self, device: str, seconds: int | None, form: str, trigger: str = "manual") -> Recording:
        """Begin a recording; accepted and stored when this returns.

        Fails with NotFound where there is no such camera, with InvalidState where it is away or in error or there is
        no room, with DependencyFailed where the engine is down or the storage takes nothing.

        Args:
            device: the camera.
            seconds: its length, or None to run until stopped.
            form: ``fmp4``, ``mp4`` or ``mkv``.
            trigger: ``schedule`` or ``continuous`` where camsvc begins it by itself.

        Raises:
            InvalidState: it is recording already.
        """
        require_connected(self._inventory.get(device))
        if device in self._active:
            already = self._active[device].recording
            raise InvalidState(
                f"{device} is already recording",
                reason="already_recording",
                state="RECORDING",
                allowed_states=["IDLE"],
                **({"filename": already.filename} if already.ident else {}),
            )
        self._paths.require_engine()
        active = self._add(Recording(0, device, "", form, RecordingState.RECORDING, self._clocks.wall_s()))
        try:
            await self._guard.require_room()
            boot, now = self._clocks.boot_id(), self._clocks.wall_s()
            by = "timed" if seconds is not None else trigger

            def begin(db: sqlite3.Connection) -> Recording:
                begun = recordings_table.begin(db, device, form, seconds, boot, now)
                begun = evolve(begun, pre_record_s=self._finisher.segments.pre_record.seconds(device))
                recordings_table.update(db, begun)
                return recordings_table.say_trigger(db, begun, by)

            active.recording = await self._runtime.database.run(begin)
            await self._paths.add_recording(active.recording)
        except BaseException:
            self._remove(active)
            ident = active.recording.ident
            if ident:
                await self._runtime.database.run(lambda db: recordings_table.forget(db, ident))
            raise
        active.follow(seconds)
        self._finisher.tell(Progress(active.recording, "RECORDING", 0.0, 0, confirmed=False))
        active.storage_changed(self._guard.status)
        return active.recording

    def resume(self) -> None:
        """Go on with what was being recorded when camsvc ended; called once, before database and engine start."""
        for recording in self._runtime.database.now(
            partial(recordings_table.in_state, state=RecordingState.RECORDING)
        ):
            self._log.info("{name}: goes on", name=recording.name)
            active = self._add(recording)
            if recording.boot_id == self._clocks.boot_id():
                self._go_on(active)
            else:
                self._runtime.reactor.callWhenRunning(self._go_on_after_boot, active)

    def leave(self) -> None:
        """Follow no recording any more, and end none: the engine records on while camsvc is away."""
        for active in self._active.values():
            active.leave()

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """Tell the recording of a camera that this has gone or is back."""
        active = self._active.get(camera.device)
        if active is not None:
            active.camera_changed(before, camera)

    async def stop(self, device: str, reason: str = "asked") -> Stopped:
        """End a recording; returns when the camera's part is closed. Fails with NotFound where no such camera is.

        Raises:
            InvalidState: it is not recording.
        """
        active = self._active.get(device)
        if active is None:
            self._inventory.get(device)
        # Half a start cannot be taken back: the engine would record on with nobody to end it.
        if active is None or active.stopping or not active.followed:
            raise InvalidState(
                f"{device} is not recording",
                reason="not_recording",
                state="IDLE" if active is None else "STOPPING" if active.stopping else "STARTING",
                allowed_states=["RECORDING"],
            )
        self.stopping.tell(active.recording, reason)
        return await active.end(reason)

    async def stop_all(self, finish_limit_s: float) -> None:
        """End all, reason ``shutdown``; finishing that takes over ``finish_limit_s`` is left to the next start."""
        ends = [
            launch(active.end("shutdown"), self._log, "ending a recording")
            for active in self._active.values()
            if not active.stopping and active.followed
        ]
        await DeferredList(ends)
        await self._finisher.stop(finish_limit_s)

    def _add(self, recording: Recording) -> ActiveRecording:
        active = ActiveRecording(
            self._runtime, self._inventory, self._paths, self._folders, self._finisher, recording
        )
        active.ended.add(self._remove)
        self._active[recording.device] = active
        return active

    def _remove(self, active: ActiveRecording) -> None:
        del self._active[active.recording.device]

    def _go_on(self, active: ActiveRecording) -> None:
        _ = launch(active.go_on(self._guard.status), self._log, "going on with a recording of an earlier run")

    def _go_on_after_boot(self, active: ActiveRecording) -> None:
        """Repair what is left of a recording when it can be read."""

        async def go_on() -> None:
            await self._guard.when_writable()
            await active.go_on(self._guard.status)

        _ = launch(go_on(), self._log, "going on with a recording of before the reboot")

    def _on_storage_changed(self, status: DiskStatus) -> None:
        """Pause what is under way while nothing can be written, and have it go on when it can."""
        for active in self._active.values():
            active.storage_changed(status)


def require_connected(camera: Camera) -> None:
    """Let a camera be recorded or pictured.

    Raises:
        InvalidState: it is not CONNECTED; with the camera's error in words.
    """
    if camera.status is not Status.CONNECTED:
        raise InvalidState(
            f"{camera.device} is {camera.status.value}: {camera.error or 'it is not plugged in'}",
            reason=camera.error or "camera_disconnected",
            state=camera.status.value,
            allowed_states=[Status.CONNECTED.value],
        )
