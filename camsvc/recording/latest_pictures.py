"""The newest picture of each running camera, for any number of readers at the cost of one file read a picture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from camsvc.devices.launcher_health import LauncherHealth
from camsvc.model import CAMERA_ID
from camsvc.recording.patience import LONGEST_GOP_S
from camsvc.recording.snapshots import FRESH_S
from camsvc.system.runtime import Runtime

_SUFFIX = ".jpg"


@frozen
class LatestPicture:
    """A JPEG as the launcher left it.

    Attributes:
        data: the whole file.
        etag: stands for this picture and no other.
        seen_at: CLOCK_BOOTTIME seconds at which it was there.
    """

    data: bytes
    etag: str
    seen_at: float


class LatestPictures:
    """Follows the files that the launchers leave on tmpfs."""

    _log = Logger()

    def __init__(self, runtime: Runtime, health: LauncherHealth, hold: Callable[[str], Callable[[], None]]) -> None:
        """Set up.

        Args:
            runtime: time, and the folder where ``<camera>.jpg`` is replaced by each new picture.
            health: knows of pictures from before this start of camsvc.
            hold: keeps a camera running, as ``KeepAlive.hold``.
        """
        self._reactor = runtime.reactor
        self._clocks = runtime.clocks
        self._folder = runtime.folder
        self._health = health
        self.hold = hold
        self._seen: dict[str, float] = {}
        self._cache: dict[str, LatestPicture] = {}
        self._waiting: dict[str, list[Deferred[LatestPicture]]] = {}
        runtime.folder.changes.add(self._on_file_changed)

    def latest(self, device: str) -> LatestPicture | None:
        """Return the newest picture of a capture that runs.

        Of H264 that is passed on pictures are made of key frames, of which some cameras send one in a minute. Where
        no launcher says that it runs, the picture may be 2 s old.
        """
        seen_at = self._seen_at(device)
        if not (self.runs(device) and seen_at) and self._clocks.boot_s() - seen_at > FRESH_S:
            return None
        return self._read(device)

    def runs(self, device: str) -> bool:
        """Whether its launcher says that pictures come."""
        health = self._health.get(device)
        return health is not None and health.state == "running"

    def age_ms(self, picture: LatestPicture) -> int:
        """How old it is, in milliseconds since it was there."""
        return max(0, round((self._clocks.boot_s() - picture.seen_at) * 1000))

    async def after(self, device: str, before: LatestPicture | None, limit_s: float) -> LatestPicture | None:
        """Wait for the newest picture until it is another than ``before``; None where none comes.

        Args:
            device: the camera.
            before: the one that is known; None for none.
            limit_s: so long is waited, or, of a camera that runs, for the longest time between two key frames.
        """
        found = self.latest(device)
        if found is not None and (before is None or found.etag != before.etag):
            return found
        waited_s = 0.0
        while waited_s < limit_s or (waited_s < LONGEST_GOP_S and self.runs(device)):
            try:
                return await self.next_picture(device).addTimeout(limit_s, self._reactor)
            except TimeoutError:
                waited_s += limit_s
        return None

    def next_picture(self, device: str) -> Deferred[LatestPicture]:
        """Wait for the next one."""
        waiters = self._waiting.setdefault(device, [])
        waiter: Deferred[LatestPicture] = Deferred(waiters.remove)
        waiters.append(waiter)
        return waiter

    def _on_file_changed(self, name: str) -> None:
        device = name.removesuffix(_SUFFIX)
        if not name.endswith(_SUFFIX) or not CAMERA_ID.match(device):
            return
        self._cache.pop(device, None)
        if not (self._folder.path / name).exists():
            self._seen.pop(device, None)
            return
        self._seen[device] = self._clocks.boot_s()
        waiters = self._waiting.pop(device, None)
        picture = self._read(device) if waiters else None
        for waiter in tuple(waiters or ()):
            if picture is None:
                self._waiting.setdefault(device, []).append(waiter)
            else:
                waiter.callback(picture)

    def _seen_at(self, device: str) -> float:
        """CLOCK_BOOTTIME seconds; 0 where it is not known that there is a picture."""
        health = self._health.get(device)
        told = health.jpeg_at if health is not None and health.jpeg_at is not None else 0.0
        return max(told, self._seen.get(device, 0.0))

    def _read(self, device: str) -> LatestPicture | None:
        found = self._cache.get(device)
        if found is None:
            try:
                data = (self._folder.path / f"{device}{_SUFFIX}").read_bytes()
            except FileNotFoundError:  # it went to sleep in this very moment
                return None
            etag = hashlib.blake2b(data, digest_size=12).hexdigest()
            found = self._cache[device] = LatestPicture(data, etag, self._seen_at(device))
        return found
