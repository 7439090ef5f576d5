"""Recordings: begun, timed, told of, ended, and handed to FINISHING."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from attrs import define, evolve, frozen
from twisted.internet.defer import DeferredList, TimeoutError
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.config.schema import Storage
from camsvc.devices.inventory import Inventory
from camsvc.engine.path_options import parts_folder
from camsvc.errors import CamsvcError, DependencyFailed, InvalidState
from camsvc.library import index, parts
from camsvc.library.free_space import require_room
from camsvc.library.store import Store
from camsvc.model import Camera, Recording, RecordingState, Status
from camsvc.recording.finisher import Finisher, Progress
from camsvc.recording.growth import NOTHING_AFTER_S, Footage, News
from camsvc.streams.streams import Streams
from camsvc.system.database import Database
from camsvc.system.processes import boot_id, boottime_s
from camsvc.system.tasks import launch, sleep, within

CLOSE_LIMIT_S = 3.0
TAIL_S = 0.25
"""A timed recording runs on for so long, and is cut to its length when it is finished: accurate to a frame."""

LATE_S = (1.5, 5.0)
"""Footage may come so late: less is the fragment that is still open, more is missing for another reason."""

_TOO_SHORT_S = 0.5


@frozen
class Stopped:
    """What a stop answers: the recording with its end, footage in seconds and bytes."""

    recording: Recording
    duration_s: float
    size_bytes: int


@define(eq=False)
class _Active:
    """A recording under way.

    Attributes:
        footage: None until the engine was told to record.
        left_s: what is still to be recorded of a timed one.
    """

    recording: Recording
    footage: Footage | None = None
    left_s: float | None = None
    timer: IDelayedCall | None = None
    stopping: bool = False

    @property
    def size_bytes(self) -> int:
        return self.footage.growth.size_bytes if self.footage is not None else 0


class Recorder:
    """The recordings under way, at most one per camera."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        database: Database,
        inventory: Inventory,
        streams: Streams,
        store: Store,
        finisher: Finisher,
        storage: Storage,
    ) -> None:
        self._reactor = reactor
        self._database = database
        self._inventory = inventory
        self._streams = streams
        self._store = store
        self._finisher = finisher
        self._storage = storage
        self._active: dict[str, _Active] = {}

    def recording(self, device: str) -> bool:
        """A file of this camera grows."""
        active = self._active.get(device)
        return active is not None and active.footage is not None and active.footage.grows

    def under_way(self) -> dict[str, int]:
        """Bytes so far of the recordings under way, by file name."""
        return {active.recording.filename: active.size_bytes for active in self._active.values()}

    async def start(self, device: str, seconds: int | None, form: str) -> Recording:
        """Begin a recording; accepted and stored when this returns.

        Args:
            device: the camera.
            seconds: its length, or None to run until stopped.
            form: ``fmp4``, ``mp4`` or ``mkv``.

        Raises:
            NotFound: no such camera.
            InvalidState: already recording, the camera is away or in error, or there is no room.
            DependencyFailed: the engine is down, or the storage takes nothing.
        """
        camera = self._inventory.get(device)
        require_connected(camera)
        if device in self._active:
            already = self._active[device].recording
            raise InvalidState(
                f"{device} is already recording",
                reason="already_recording",
                state="RECORDING",
                allowed_states=["IDLE"],
                **({"filename": already.filename} if already.ident else {}),
            )
        self._streams.require_engine()
        placeholder = Recording(0, device, "", form, RecordingState.RECORDING, time.time())
        active = self._active[device] = _Active(placeholder)
        try:
            running = sum(each.size_bytes for each in self._active.values())
            await require_room(self._store, self._storage, running)
            active.recording = await self._database.run(
                lambda db: index.begin(db, device, form, seconds, boot_id(), time.time())
            )
            await self._streams.add_recording(active.recording)
        except BaseException:
            del self._active[device]
            ident = active.recording.ident
            if ident:
                await self._database.run(lambda db: index.forget(db, ident))
            raise
        active.left_s = seconds
        self._follow(active)
        return active.recording

    def resume(self) -> None:
        """Go on with what was being recorded when camsvc ended; called once, before database and engine start."""
        for recording in self._database.now(partial(index.in_state, state=RecordingState.RECORDING)):
            self._log.info("{name}: goes on", name=recording.name)
            active = self._active[recording.device] = _Active(recording, left_s=recording.seconds)
            if recording.boot_id == boot_id():
                self._streams.want_recording(recording)
                self._follow(active)
            else:
                self._reactor.callWhenRunning(self._go_on_after_boot, active)

    def leave(self) -> None:
        """Follow no recording any more, and end none: the engine records on while camsvc is away."""
        for active in self._active.values():
            if active.footage is not None:
                active.footage.stop()
            if active.timer is not None:
                active.timer.cancel()

    def _go_on_after_boot(self, active: _Active) -> None:
        _ = launch(self._next_part_after_boot(active), self._log, "going on with a recording of before the reboot")

    async def _next_part_after_boot(self, active: _Active) -> None:
        """Repair what another boot left, and record on; from here on footage counts, not time."""
        recording = active.recording
        found = await self._store.thread(parts.read, parts_folder(self._store.recordings_dir, recording))
        footage = sum(part.facts.duration_s for part in found)
        active.recording = evolve(recording, boot_id=boot_id(), deadline=None, clock=None)
        await self._save(active.recording)
        if recording.seconds is not None:
            active.left_s = recording.seconds - footage
            if active.left_s < _TOO_SHORT_S:
                await self._end(active, "duration")
                return
        self._streams.want_recording(active.recording)
        self._follow(active, frozenset(part.path.name for part in found))

    def _follow(self, active: _Active, ignore: frozenset[str] = frozenset()) -> None:
        folder = parts_folder(self._store.recordings_dir, active.recording)
        active.footage = Footage(
            self._reactor,
            look=partial(self._store.thread, parts.look, folder, ignore),
            write_out=partial(self._store.thread, parts.write_out, folder),
            engine_up=lambda: self._streams.engine_up,
            told=partial(self._told, active),
        )
        active.footage.start()

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """A camera went: its recording waits for it; or is back: it goes on at once."""
        active = self._active.get(camera.device)
        if active is None or active.footage is None or active.stopping:
            return
        if not camera.present:
            active.footage.source_gone()
        elif camera.status is Status.CONNECTED and before is not None and before.status is not Status.CONNECTED:
            _ = launch(self._read_again(active.recording), self._log, "going on with a recording")

    async def _read_again(self, recording: Recording) -> None:
        try:
            await self._streams.read_again(recording)
        except DependencyFailed as why:
            self._log.debug("{name}: {why}", name=recording.name, why=why.message)

    async def stop(self, device: str, reason: str = "asked") -> Stopped:
        """End a recording; returns when the camera's part is closed.

        Raises:
            NotFound: no such camera.
            InvalidState: it is not recording.
        """
        active = self._active.get(device)
        if active is None:
            self._inventory.get(device)
        # Half a start cannot be taken back: the engine would record on with nobody to end it.
        if active is None or active.stopping or active.footage is None:
            raise InvalidState(
                f"{device} is not recording",
                reason="not_recording",
                state="IDLE" if active is None else "STOPPING" if active.stopping else "STARTING",
                allowed_states=["RECORDING"],
            )
        return await self._end(active, reason)

    async def stop_all(self, finish_limit_s: float) -> None:
        """End all, reason ``shutdown``; finishing that takes over ``finish_limit_s`` is left to the next start."""
        ends = [
            launch(self._end(active, "shutdown"), self._log, "ending a recording")
            for active in self._active.values()
            if not active.stopping and active.footage is not None
        ]
        await DeferredList(ends)
        await self._finisher.stop(finish_limit_s)

    def _told(self, active: _Active, news: News) -> None:
        """The files of a recording have something to tell."""
        device = active.recording.device
        match news:
            case News.BEGAN:
                self._set_deadline(active)
            case News.PART:
                self._note_part(active)
            case News.GROWS:
                self._tell(active, "RECORDING")
            case News.PAUSED:
                _ = launch(self._tell_gap(active), self._log, "telling of a gap")
            case News.RESUMED:
                self._tell(active, "RECORDING", "resumed")
            case News.NOTHING:
                why = f"nothing was recorded within {NOTHING_AFTER_S:.0f} s; camsvc keeps trying"
                error = next((camera.error for camera in self._inventory.all() if camera.device == device), None)
                self._tell(active, "ERROR", error or why)

    async def _tell_gap(self, active: _Active) -> None:
        trouble = await self._store.thread(parts.trouble, self._store.recordings_dir)
        self._tell(active, "RECORDING", trouble or "camera_disconnected")

    def _note_part(self, active: _Active) -> None:
        if active.footage is not None:
            ident, name = active.recording.ident, active.footage.names[-1]
            noted = self._database.run(lambda db: index.add_part(db, ident, name))
            _ = noted.addErrback(lambda failure: self._log.failure("while noting a part", failure=failure))

    def _set_deadline(self, active: _Active) -> None:
        """Count the seconds asked for from the first sample on; one that was counted before camsvc ended holds."""
        footage = active.footage
        if active.left_s is None or footage is None or footage.first_sample is None:
            return
        if active.recording.deadline is None:
            clock = time.time() - boottime_s()
            active.recording = evolve(active.recording, deadline=footage.first_sample + active.left_s, clock=clock)
            _ = launch(self._save(active.recording), self._log, "storing a deadline")
        wait = max(0.0, (active.recording.deadline or 0.0) + TAIL_S - boottime_s())
        active.timer = self._reactor.callLater(wait, self._time_is_up, active)

    def _time_is_up(self, active: _Active) -> None:
        active.timer = None
        if not active.stopping:
            _ = launch(self._end_on_time(active), self._log, "ending a timed recording")

    async def _end_on_time(self, active: _Active) -> None:
        """End a timed recording; where a busy machine is behind with what was filmed, wait for that."""
        folder = parts_folder(self._store.recordings_dir, active.recording)
        try:
            late_s = (active.recording.seconds or 0) - await self._store.thread(parts.footage_s, folder)
        except OSError:  # the finisher tells
            late_s = 0.0
        if LATE_S[0] < late_s < LATE_S[1] and active.footage is not None and active.footage.unbroken:
            await sleep(self._reactor, late_s)
        if not active.stopping:
            await self._end(active, "duration")

    async def _end(self, active: _Active, reason: str) -> Stopped:
        active.stopping = True
        if active.timer is not None:
            active.timer.cancel()
            active.timer = None
        recording = evolve(active.recording, state=RecordingState.FINISHING, reason=reason, ended_at=time.time())
        await launch(self._save(recording), self._log, "storing that a recording has ended")
        await self._close(recording)
        if active.footage is not None:
            active.footage.stop()
        try:
            found = await self._store.thread(parts.read, parts_folder(self._store.recordings_dir, recording))
        except OSError as why:  # the finisher tries again, and tells
            self._log.error("{name}: its parts cannot be read: {why}", name=recording.name, why=str(why))
            found = []
        size = sum(part.facts.whole_bytes for part in found)
        duration = sum(part.facts.duration_s for part in found)
        if recording.seconds is not None:
            duration = min(duration, float(recording.seconds))
        del self._active[recording.device]
        self._finisher.finish(recording, size)
        return Stopped(recording, duration, size)

    async def _close(self, recording: Recording) -> None:
        """Delete the shadow path and wait until the engine has written its last part."""
        try:
            await self._streams.remove_recording(recording)
            await within(self._reactor, CLOSE_LIMIT_S, self._streams.when_path_gone(recording))
        except (CamsvcError, TimeoutError) as why:
            self._log.warn("{name}: ended without the engine's word ({why})", name=recording.name, why=str(why))
        await sleep(self._reactor, 0.05)

    async def _save(self, recording: Recording) -> None:
        await self._database.run(lambda db: index.store(db, recording))

    def _tell(self, active: _Active, status: str, reason: str | None = None) -> None:
        age = active.footage.age_s if active.footage is not None else 0.0
        self._finisher.tell(Progress(active.recording, status, age, active.size_bytes, reason))


def require_connected(camera: Camera) -> None:
    """Raise InvalidState, with the camera's error in words, unless it is CONNECTED."""
    if camera.status is not Status.CONNECTED:
        raise InvalidState(
            f"{camera.device} is {camera.status.value}: {camera.error or 'it is not plugged in'}",
            reason=camera.error or "camera_disconnected",
            state=camera.status.value,
            allowed_states=[Status.CONNECTED.value],
        )
