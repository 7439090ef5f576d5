"""Cameras that are not plugged in: those of the configuration, and streams that clients have added.

Of one that can be looked at from outside, a launcher that runs knows best. While none does, the camera's port is
knocked at; ffprobe looks at the stream when it has not been seen yet, and to learn whether what was wrong is over.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define, evolve
from twisted.internet.defer import DeferredList
from twisted.logger import Logger

from camsvc.devices.diagnosis import Trouble
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.devices.stream_probe import StreamInfo, StreamProbe
from camsvc.kinds.catalogue import NAMED
from camsvc.kinds.kind import CameraTable, ProbePlan
from camsvc.model import Found
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater, launch

ROUND_S = 10.0
"""Seconds between two looks at a camera that nobody watches."""

LAUNCHED_S = 60.0
"""The same while it is watched, where it could not be looked at; and where looking is to run its owner's program."""

_FOR_BROWSERS = {
    "auto": "browsers do not play that, so for them it is encoded anew while they watch",
    "never": "players of RTSP show it, browsers do not; set it to H264 without B-frames, at most profile High",
}


@define(eq=False)
class _Known:
    """A camera.

    Attributes:
        device: its id.
        found: as the inventory is told.
        plan: how it is probed; None where that need not be.
        seen: its stream has been looked at.
        next_s: from when on it may be asked again.
        looked_at: it is being probed for longer than a round.
        left_out: what of its stream is not used, and why.
    """

    device: str
    found: Found
    plan: ProbePlan | None
    seen: bool = False
    next_s: float = 0.0
    looked_at: bool = False
    left_out: tuple[str, ...] = ()


class ConfiguredCameras:
    """Lists them, looks at those that can be looked at, and says what is wrong with them."""

    _log = Logger()

    def __init__(
        self, runtime: Runtime, inventory: Inventory, health: LauncherHealth, transcode: str = "auto"
    ) -> None:
        """Set up.

        Args:
            runtime: time, connections, processes; ``ffprobe`` stands beside its ffmpeg.
            inventory: told how each camera is.
            health: whether a launcher runs.
            transcode: ``auto`` where browsers are given what they do not play encoded anew, else ``never``.
        """
        self._reactor = runtime.reactor
        self._inventory = inventory
        self._health = health
        self._transcode = transcode
        self._probe = StreamProbe(runtime.reactor, runtime.ffmpeg.removesuffix("ffmpeg") + "ffprobe")
        self._locks = runtime.folder.path / "locks"
        self._known: dict[str, _Known] = {}
        self._started = False
        self._rounds = Repeater(self._reactor, ROUND_S, self._round, self._log, "looking at cameras")

    def add(self, device: str, found: Found, table: CameraTable | None = None) -> None:
        """Add a camera.

        Args:
            device: its id.
            found: the camera.
            table: what the configuration says of it; None for one that a client has added.
        """
        self._known[device] = _Known(device, found, NAMED[found.kind].probe_plan(found, table))
        self._inventory.present(device, found)
        if self._started:
            self.start()
            self._rounds.nudge()

    def remove(self, device: str) -> None:
        """Remove a camera; it is listed no more."""
        if self._known.pop(device, None) is not None:
            self._inventory.forget(device)

    def start(self) -> None:
        """Begin to look, as soon as there is something to look at."""
        self._started = True
        if self._known:
            self._rounds.start()

    def stop(self) -> None:
        """Look no more."""
        self._rounds.stop()

    def launcher_changed(self, device: str) -> None:
        """A launcher has said something, or has ended."""
        camera, health = self._known.get(device), self._health.get(device)
        if camera is None or camera.plan is None:
            return
        if health is None:
            if camera.found.error is not None:
                self._rounds.nudge()
        elif health.state == "running":
            if health.unplayable is not None and camera.found.unplayable is None:
                self._note_unplayable(camera, health.unplayable)
            if camera.found.error is not None:
                camera.seen = False  # it may be back with other settings
            self._set_error(camera, None)
        elif health.error is not None:
            self._set_error(camera, health.error)

    async def _round(self) -> None:
        probes = [
            launch(self._probe_if_due(camera, camera.plan), self._log, "looking at a camera")
            for camera in self._known.values()
            if camera.plan is not None
        ]
        await DeferredList(probes)

    async def _probe_if_due(self, camera: _Known, plan: ProbePlan) -> None:
        if camera.looked_at:
            return
        launched = self._health.get(camera.device) is not None
        if launched and (plan.alone or camera.seen or camera.found.error is not None):
            return
        if self._reactor.seconds() < camera.next_s:
            return
        trouble = await self._probe.knock(plan)
        if trouble is None and (camera.found.error is not None or not camera.seen):
            trouble = await self._probe_stream(camera, plan)
        if trouble is not None:
            # Some cameras serve one viewer, who is there already.
            rarely = launched or plan.alone
            camera.next_s = self._reactor.seconds() + max(trouble.wait_s, LAUNCHED_S if rarely else 0.0)
        if self._health.get(camera.device) is None:  # one that was launched meanwhile knows better
            self._set_error(camera, trouble.text if trouble is not None else None)

    async def _probe_stream(self, camera: _Known, plan: ProbePlan) -> Trouble | None:
        lock = self._locks / camera.device if plan.alone else None
        with held(lock) as ours:
            answer = await self._probe.ask(plan) if ours else None
        if answer is None:  # a launcher reads it
            return None
        too_short = not answer.mode.fps[0] if isinstance(answer, StreamInfo) else answer.silent
        if too_short and plan.longer is not None:
            _ = launch(self._look_longer(camera, plan.longer), self._log, "looking longer at a camera")
        if not isinstance(answer, StreamInfo):
            return answer
        self._note_seen(camera, answer)
        return None

    async def _look_longer(self, camera: _Known, plan: ProbePlan) -> None:
        """Probe a camera that has seemed silent; others do not wait for that."""
        camera.looked_at = True
        try:
            trouble = await self._probe_stream(camera, plan)
            if trouble is None and self._health.get(camera.device) is None:
                self._set_error(camera, None)
        finally:
            camera.looked_at = False

    def _note_seen(self, camera: _Known, answer: StreamInfo) -> None:
        camera.seen = True
        camera.found = evolve(
            camera.found, modes=(answer.mode,), audio=answer.audio, tracks=answer.tracks, error=None
        )
        camera.left_out = answer.left_out
        self._note_unplayable(camera, answer.unplayable)
        self._update_inventory(camera)

    def _note_unplayable(self, camera: _Known, unplayable: str | None) -> None:
        """Note what browsers do not play of it, and what is not used."""
        told = [f"{unplayable}: {_FOR_BROWSERS[self._transcode]}"] if unplayable is not None else []
        detail = "; ".join((*told, *camera.left_out)) or None
        if detail is not None and detail != camera.found.detail:
            self._log.warn("{device} ({name}): {detail}", device=camera.device, name=camera.found.name, detail=detail)
        camera.found = evolve(camera.found, unplayable=unplayable, detail=detail)

    def _set_error(self, camera: _Known, error: str | None) -> None:
        camera.found = evolve(camera.found, error=error)
        self._update_inventory(camera)

    def _update_inventory(self, camera: _Known) -> None:
        if self._known.get(camera.device) is camera:  # else it was removed while it was looked at
            self._inventory.present(camera.device, camera.found)


@contextmanager
def held(lock: Path | None) -> Iterator[bool]:
    """Keep launchers of a camera waiting, by the lock that they take (flock(2)).

    Args:
        lock: the file; None where nobody need wait.

    Yields:
        False where a launcher holds it.
    """
    if lock is None:
        yield True
        return
    lock.parent.mkdir(mode=0o700, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
