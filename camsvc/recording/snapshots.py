"""Snapshots: the newest picture of the running capture; a camera that sleeps is woken for one."""

from __future__ import annotations

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.errors import CamsvcError, DependencyFailed, NoPicture
from camsvc.library import index, jpeg
from camsvc.library.index import SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile, stamp
from camsvc.recording import jpeg_quality
from camsvc.recording.patience import LONGEST_GOP_S
from camsvc.recording.recorder import require_connected
from camsvc.streams.camera_starter import CameraStarter
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers

FRESH_S = 2.0
"""A picture older than this is not of a running capture."""

PICTURE_LIMIT_S = 5.0


@frozen
class Snapshot:
    """A stored snapshot, and how old its picture was when it was taken."""

    file: MediaFile
    age_ms: int


class Snapshots:
    """Takes snapshots; calls for one camera at the same moment share its waking.

    Attributes:
        taken: told of every snapshot that is stored.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        inventory: Inventory,
        health: LauncherHealth,
        starter: CameraStarter,
        folders: MediaFolders,
    ) -> None:
        """Set up.

        Args:
            runtime: time, processes, database, ffmpeg, and the folder where launchers leave the latest pictures.
            inventory: the cameras.
            health: what the launchers say.
            starter: starts a camera that sleeps.
            folders: takes the pictures.
        """
        self._runtime = runtime
        self._clocks = runtime.clocks
        self._inventory = inventory
        self._health = health
        self._starter = starter
        self._folders = folders
        self.taken: Subscribers[[MediaFile]] = Subscribers("telling of a snapshot", self._log)

    async def take(self, device: str, filename: str | None, quality: int | None) -> Snapshot:
        """Take one.

        Args:
            device: the camera.
            filename: its name; made of camera and time when None. One that exists gets a suffix.
            quality: 1..100, or None for the capture's own.

        Raises:
            NoPicture: none came.
            DependencyFailed: the storage took none.
            CamsvcError: NotFound where there is no such camera, InvalidState where it is away or in error.
        """
        require_connected(self._inventory.get(device))
        picture, taken = await self._newest_picture(device)
        now = self._clocks.boot_s()
        size = jpeg.size(picture)
        if size is None:
            raise NoPicture(f"{device} left a torn picture")
        if quality is not None:
            picture = await jpeg_quality.encode(self._runtime, picture, quality)
        name = filename or f"{device}_{stamp(self._clocks.wall_s())}.jpg"
        try:
            path = await self._folders.thread(jpeg.store, self._folders.snapshots_dir, name, picture)
        except OSError as why:
            raise DependencyFailed("storage", f"the snapshot cannot be written: {why.strerror}") from None
        when = self._clocks.wall_s()
        file = MediaFile(path.name, device, len(picture), when, when, width=size[0], height=size[1])
        try:
            await self._runtime.database.run(lambda db: index.add_files(db, SNAPSHOTS, [file]))
        except CamsvcError:  # told as failed, it must not be there after the next start
            await self._folders.thread(path.unlink, True)
            raise
        self._log.info("{device}: snapshot {name}", device=device, name=path.name)
        self.taken.tell(file)
        return Snapshot(file, max(0, round((now - taken) * 1000)))

    async def _newest_picture(self, device: str) -> tuple[bytes, float]:
        """Get the newest picture, and the boot time at which it was seen.

        Raises:
            NoPicture: none comes.
        """
        health = self._health.get(device)
        path = self._runtime.folder.path / f"{device}.jpg"
        if health is not None and health.jpeg_at is not None and self._clocks.boot_s() - health.jpeg_at < FRESH_S:
            try:
                return path.read_bytes(), health.jpeg_at
            except FileNotFoundError:  # it went to sleep in this very moment
                pass
        waiting: Deferred[None] = Deferred()

        def changed(name: str) -> None:
            if name == path.name and path.exists() and not waiting.called:
                waiting.callback(None)

        unsubscribe = self._runtime.folder.changes.add(changed)
        try:
            await self._starter.start_camera(device)
            limits = _Limits(self._clocks.boot_s())
            while not await self._comes(waiting, limits.next_s(self._clocks.boot_s())):
                waiting = Deferred()
                health = self._health.get(device)
                runs = health is not None and health.state == "running"
                if health is not None and runs and health.jpeg_at is not None:
                    return path.read_bytes(), health.jpeg_at
                if limits.are_over(self._clocks.boot_s(), runs):
                    raise NoPicture(f"{device} runs, but left no picture")
            return path.read_bytes(), self._clocks.boot_s()
        except FileNotFoundError:
            raise NoPicture(f"{device} runs, but left no picture") from None
        finally:
            unsubscribe()

    async def _comes(self, picture: Deferred[None], limit_s: float) -> bool:
        try:
            await picture.addTimeout(limit_s, self._runtime.reactor)
        except TimeoutError:
            return False
        return True


class _Limits:
    """How long a picture is waited for: while pictures are encoded, for as long as key frames may be apart."""

    def __init__(self, now_s: float) -> None:
        self._soon_s = now_s + PICTURE_LIMIT_S
        self._last_s = now_s + LONGEST_GOP_S

    def next_s(self, now_s: float) -> float:
        """Seconds until it is to be seen how the camera is."""
        return min(FRESH_S, self._soon_s - now_s) if now_s < self._soon_s else FRESH_S

    def are_over(self, now_s: float, runs: bool) -> bool:
        """Whether nothing will come any more of a camera that runs, or does not."""
        return now_s >= (self._last_s if runs else self._soon_s)
