"""The room that files take, and how the disk is that they are on."""

from __future__ import annotations

from msgspec import Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.config.storage import Storage
from camsvc.library import index, parts
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.index import EXPORTS, RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.parts import DiskUsage
from camsvc.recording.finisher import Finisher
from camsvc.recording.recorder import Recorder
from camsvc.system.database import Database


class StorageInfo(Struct, frozen=True):
    """The file system that holds the recordings, in bytes, as df tells it; ``usage_percentage`` is 0 to 100.

    ``state`` is ok, low (no recording begins), full (those under way pause), read_only, gone or foreign (not the
    volume that it was), and ``message`` says it in words; ``required_space`` must be free for a recording to begin.
    ``pre_record_size`` is what the last seconds of all cameras take, wherever they are kept.
    """

    total_space: int
    used_space: int
    available_space: int
    usage_percentage: float
    recordings_size: int
    snapshots_size: int
    exports_size: int
    pre_record_size: int
    low_space_warning: bool
    state: str
    message: str
    required_space: int


class VolumeAccepted(Struct, frozen=True):
    """How the recordings' disk is now."""

    state: str
    message: str


class StorageMethods:
    """Methods about all files together."""

    def __init__(
        self,
        database: Database,
        folders: MediaFolders,
        storage: Storage,
        recorder: Recorder,
        finisher: Finisher,
        guard: DiskGuard,
    ) -> None:
        self._database = database
        self._folders = folders
        self._storage = storage
        self._recorder = recorder
        self._finisher = finisher
        self._guard = guard

    @method("get_storage_info", role=Role.ADMIN, result=StorageInfo, reads=True, cameras=CameraScope.NONE)
    async def get_storage_info(self, call: Call, params: NoParams) -> StorageInfo:
        """Room on the file system of the recordings; the warning comes before recordings are refused."""
        status, usage, pre_record = await self._guard.look(), DiskUsage(0, 0, 0), 0
        if not status.away:
            pre_record = await self._finisher.segments.pre_record.size_bytes()
            usage = await self._folders.thread(parts.disk_usage, self._folders.recordings_dir)
        stored = await self._database.run(index.sizes)
        pending = sum(each.size_bytes for each in (self._finisher.footage() | self._recorder.under_way()).values())
        return StorageInfo(
            total_space=usage.total,
            used_space=usage.used,
            available_space=usage.available,
            usage_percentage=usage.percentage,
            recordings_size=stored[RECORDINGS] + pending,
            snapshots_size=stored[SNAPSHOTS],
            exports_size=stored[EXPORTS],
            pre_record_size=pre_record,
            low_space_warning=usage.available < 2 * self._storage.reserve_of(usage.total),
            state=status.state.value,
            message=status.message,
            required_space=status.required_bytes,
        )

    @method("accept_volume", role=Role.ADMIN, result=VolumeAccepted, cameras=CameraScope.ALL)
    async def accept_volume(self, call: Call, params: NoParams) -> VolumeAccepted:
        """Record in the folder of recordings as it is now, though it is not on the volume that it was on."""
        status = await self._guard.accept()
        return VolumeAccepted(status.state.value, status.message)
