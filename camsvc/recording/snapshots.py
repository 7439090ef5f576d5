"""Snapshots: the newest picture of the running capture; a camera that sleeps is woken for one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.errors import CamsvcError, DependencyFailed
from camsvc.library import index, jpeg
from camsvc.library.index import SNAPSHOTS
from camsvc.library.store import Store
from camsvc.model import MediaFile, stamp
from camsvc.recording.recorder import require_connected
from camsvc.streams.streams import Streams
from camsvc.system.database import Database
from camsvc.system.processes import boottime_s, run
from camsvc.system.runtime_dir import RuntimeDir

FRESH_S = 2.0
"""A picture older than this is not of a running capture."""

_ENCODE_LIMIT_S = 5.0
_PICTURE_LIMIT_S = 5.0


@frozen
class Snapshot:
    """A stored snapshot, and how old its picture was when it was taken."""

    file: MediaFile
    age_ms: int


class Snapshots:
    """Takes snapshots; calls for one camera at the same moment share its waking."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        database: Database,
        inventory: Inventory,
        health: LauncherHealth,
        streams: Streams,
        folder: RuntimeDir,
        store: Store,
        ffmpeg: str,
    ) -> None:
        self._reactor = reactor
        self._database = database
        self._inventory = inventory
        self._health = health
        self._streams = streams
        self._folder = folder
        self._store = store
        self._ffmpeg = ffmpeg
        self._listeners: list[Callable[[MediaFile], None]] = []

    def subscribe(self, listener: Callable[[MediaFile], None]) -> None:
        """Call ``listener`` with every snapshot that is stored."""
        self._listeners.append(listener)

    async def take(self, device: str, filename: str | None, quality: int | None) -> Snapshot:
        """Take one.

        Args:
            device: the camera.
            filename: its name; made of camera and time when None. One that exists gets a suffix.
            quality: 1..100, or None for the capture's own.

        Raises:
            NotFound: no such camera.
            InvalidState: it is away or in error.
            DependencyFailed: no picture came, or the storage took none.
        """
        require_connected(self._inventory.get(device))
        picture, taken = await self._picture(device)
        now = boottime_s()
        size = jpeg.size(picture)
        if size is None:
            raise DependencyFailed("camera", f"{device} left a torn picture", suggestion="try again")
        if quality is not None:
            picture = await self._encode(picture, quality)
        name = filename or f"{device}_{stamp(time.time())}.jpg"
        try:
            path = await self._store.thread(jpeg.store, self._store.snapshots_dir, name, picture)
        except OSError as why:
            raise DependencyFailed("storage", f"the snapshot cannot be written: {why.strerror}") from None
        when = time.time()
        file = MediaFile(path.name, device, len(picture), when, when, width=size[0], height=size[1])
        try:
            await self._database.run(lambda db: index.add_files(db, SNAPSHOTS, [file]))
        except CamsvcError:  # told as failed, it must not be there after the next start
            await self._store.thread(path.unlink, True)
            raise
        self._log.info("{device}: snapshot {name}", device=device, name=path.name)
        for listener in self._listeners:
            with self._log.failuresHandled("while telling of a snapshot"):
                listener(file)
        return Snapshot(file, max(0, round((now - taken) * 1000)))

    async def _picture(self, device: str) -> tuple[bytes, float]:
        """The newest picture, and the boot time at which it was seen."""
        health = self._health.get(device)
        path = self._folder.path / f"{device}.jpg"
        if health is not None and health.jpeg_at is not None and boottime_s() - health.jpeg_at < FRESH_S:
            try:
                return path.read_bytes(), health.jpeg_at
            except FileNotFoundError:  # it went to sleep in this very moment
                pass
        next_picture: Deferred[None] = Deferred()

        def changed(name: str) -> None:
            if name == path.name and path.exists() and not next_picture.called:
                next_picture.callback(None)

        unsubscribe = self._folder.subscribe(changed)
        try:
            await self._streams.start_camera(device)
            await next_picture.addTimeout(_PICTURE_LIMIT_S, self._reactor)
            return path.read_bytes(), boottime_s()
        except (TimeoutError, FileNotFoundError):
            raise DependencyFailed("camera", f"{device} runs, but left no picture", suggestion="try again") from None
        finally:
            unsubscribe()

    async def _encode(self, picture: bytes, quality: int) -> bytes:
        """Encode anew; ffmpeg's scale runs from 2 (best) to 31."""
        scale = str(round(31 - (quality - 1) * 29 / 99))
        argv = [
            *(self._ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-f", "image2pipe", "-c:v", "mjpeg"),
            *("-i", "pipe:0", "-c:v", "mjpeg", "-q:v", scale, "-f", "image2pipe", "pipe:1"),
        ]
        output = await run(self._reactor, argv, timeout_s=_ENCODE_LIMIT_S, max_bytes=64 << 20, stdin=picture)
        if output.code != 0 or jpeg.size(output.out) is None:
            raise DependencyFailed("ffmpeg", "the picture cannot be encoded with this quality")
        return output.out
