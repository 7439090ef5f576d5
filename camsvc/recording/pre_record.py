"""Pre-record: the last seconds of a camera, kept all the time, so that a recording begins before its call.

The engine records a ring of small parts, one for each key frame, on a path that is a recording's like any other but
for its id; what is older than it must be is deleted each second. A recording that has its first part gets copies of
those before it: at a key frame the ring's next part begins where the recording does, so nothing is there twice.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.devices.inventory import Inventory
from camsvc.engine.path_options import parts_folder
from camsvc.errors import CamsvcError
from camsvc.library import parts, recordings_table
from camsvc.library.media_folders import MediaFolders
from camsvc.library.mp4_reader import drop_torn_end, read_part
from camsvc.model import RING, Recording, RecordingState
from camsvc.streams.recording_paths import RecordingPaths
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater, launch, sleep

EVERY_S = 1.0
SPARE_S = 15.0
"""Parts stay so much longer: a recording gets them when its first own part is there."""

COPY_WITHIN_S = 6.0
LAST_WRITE_S = 1.0
"""An engine writes some milliseconds on when its path is gone, and makes the folder again for that."""

_SAME_KEY_FRAME_S = 0.05
_SEAM_S = 1.0
"""Of a part's last picture, or its last fragment, nothing says how long it is shown: its end may be so much later."""


class PreRecord:
    """The rings of all cameras that have one."""

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        inventory: Inventory,
        paths: RecordingPaths,
        folders: MediaFolders,
        rings_dir: Path,
        seconds_of: Callable[[str], int],
    ) -> None:
        """Set up; nothing is kept yet.

        Args:
            runtime: time, database.
            inventory: the cameras.
            paths: tells the engine.
            folders: whose threads do the work on files.
            rings_dir: the engine writes ``.rec/<camera>/0/`` below it.
            seconds_of: how much is kept of a camera; 0 for nothing.
        """
        self._clocks = runtime.clocks
        self._database = runtime.database
        self._reactor = runtime.reactor
        self._inventory = inventory
        self._paths = paths
        self._folders = folders
        self._rings_dir = rings_dir
        self._seconds_of = seconds_of
        self._began = False
        self._kept: dict[str, Recording] = {}
        self._seen: dict[str, dict[str, float]] = {}
        self._rounds = Repeater(runtime.reactor, EVERY_S, self._keep, self._log, "keeping what is before recordings")

    def start(self) -> None:
        """Begin to keep."""
        self._rounds.start()

    def stop(self) -> None:
        """Delete no more; the engine goes on, where it stays."""
        self._rounds.stop()

    def nudge(self, *_: object) -> None:
        """Look at once which cameras there are, and how much is to be kept of each."""
        self._rounds.nudge()

    def seconds(self, device: str) -> int:
        """How much a recording that is begun now gets; 0 where nothing of its camera is there yet."""
        return self._seconds_of(device) if self._seen.get(device) else 0

    def size_bytes(self) -> Deferred[int]:
        """Bytes that the rings of all cameras take now."""
        return self._folders.thread(_size, self._rings_dir / ".rec")

    async def take(self, recording: Recording, first: float) -> float:
        """Put copies of what is before a recording among its parts, in order.

        Args:
            recording: with the seconds that it wants from before its call.
            first: time of its own first sample, seconds since the epoch.

        Returns:
            when it begins now.
        """
        ring, begins = self._folder(recording.device), recording.started_at - recording.pre_record_s
        end = self._clocks.boot_s() + COPY_WITHIN_S
        while not await self._folders.thread(_reaches, ring, first) and self._clocks.boot_s() < end:
            await sleep(self._reactor, 0.2)
        names = await self._folders.thread(_before, ring, begins, first)
        await self._database.run(lambda db: recordings_table.add_parts_before(db, recording.ident, names))
        target = parts_folder(self._folders.recordings_dir, recording)
        copied = await self._folders.thread(_copy, ring, target, names)
        return min((parts.began_at(target / name) for name in copied), default=first)

    async def _keep(self) -> None:
        wanted = {camera.device for camera in self._inventory.all() if camera.present}
        wanted = {device for device in wanted if self._seconds_of(device) > 0}
        if not self._began:
            self._began = True
            await self._folders.thread(_discard_others, self._rings_dir / ".rec", wanted)
        for device in wanted - set(self._kept):
            ring = Recording(RING, device, f"{device} pre-record", "fmp4", RecordingState.RECORDING, 0.0)
            self._kept[device] = ring
            self._paths.want_recording(ring)
        for device in set(self._kept) - wanted:
            _ = launch(self._end(self._kept.pop(device)), self._log, "ending what is kept of a camera")
        for device in self._kept:
            await self._forget_old(device)

    async def _end(self, ring: Recording) -> None:
        self._seen.pop(ring.device, None)
        try:
            await self._paths.remove_recording(ring)
        except CamsvcError as why:  # the next round over the engine's paths makes up for it
            self._log.debug("{name} ends later: {why}", name=ring.name, why=why.message)
        await sleep(self._reactor, LAST_WRITE_S)
        await self._folders.thread(_discard, self._folder(ring.device))

    async def _forget_old(self, device: str) -> None:
        """Count by when each part was first seen: the clock on the wall may be set."""
        folder, now, before = self._folder(device), self._clocks.boot_s(), self._seen.get(device, {})
        names = await self._folders.thread(_names, folder)
        seen = {name: before[name] for name in before if name in names} | {
            name: now for name in names if name not in before
        }
        oldest = now - self._seconds_of(device) - SPARE_S
        order = list(seen)
        old = [name for name, follower in pairwise(order) if seen[follower] < oldest]
        await self._folders.thread(parts.delete, folder, old)
        self._seen[device] = {name: at for name, at in seen.items() if name not in old}

    def _folder(self, device: str) -> Path:
        return self._rings_dir / ".rec" / device / str(RING)


def _discard_others(rings: Path, wanted: set[str]) -> None:
    """Delete what an earlier run has kept of cameras of which nothing is kept any more."""
    for folder in rings.glob(f"camera*/{RING}"):
        if folder.parent.name not in wanted:
            _discard(folder)


def _size(rings: Path) -> int:
    sizes = 0
    for path in rings.glob(f"camera*/{RING}/*.mp4"):
        with suppress(FileNotFoundError):
            sizes += path.stat().st_size
    return sizes


def _discard(ring: Path) -> None:
    """With the folders that the engine has made for it, where nothing else is in them: in a mount point, too."""
    parts.discard(ring)
    with suppress(OSError):
        ring.parent.rmdir()
        ring.parent.parent.rmdir()


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".mp4"))
    except FileNotFoundError:
        return []


def _reaches(folder: Path, first: float) -> bool:
    """Whether all that is before a moment is in the ring: its part of that moment has begun."""
    names = _names(folder)
    return bool(names) and parts.began_at(folder / names[-1]) >= first - _SAME_KEY_FRAME_S


def _before(folder: Path, begins: float, first: float) -> list[str]:
    """The parts between two moments; the first one may begin before, where it reaches so far.

    It does not where the camera or the machine was away after it.
    """
    times = {name: parts.began_at(folder / name) for name in _names(folder)}
    names = [name for name, at in times.items() if at < first - _SAME_KEY_FRAME_S]
    early = [name for name in names if times[name] <= begins][-1:]
    reach = [name for name in early if times[name] + _length_s(folder / name) > begins - _SEAM_S]
    return [*reach, *(name for name in names if times[name] > begins)]


def _length_s(path: Path) -> float:
    try:
        return read_part(path).duration_s
    except FileNotFoundError:  # deleted in this moment: nothing is left to copy
        return 0.0


def _copy(ring: Path, target: Path, names: list[str]) -> list[str]:
    """The engine may still write into the last one, so a second name would not do."""
    target.mkdir(mode=0o750, parents=True, exist_ok=True)
    copied = []
    for name in names:
        temporary = target / f".{name}"
        try:
            shutil.copyfile(ring / name, temporary)
        except FileNotFoundError:
            continue
        facts = read_part(temporary)
        if facts.whole_bytes:
            drop_torn_end(temporary, facts)
            temporary.replace(target / name)
            copied.append(name)
        else:
            temporary.unlink()
    return copied
