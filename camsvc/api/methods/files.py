"""Single files: what is known of them, and their end; the room they take, and how long they are kept."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import Deferred

from camsvc.access.roles import Call, Role, may
from camsvc.api.methods.recordings import FileName
from camsvc.api.registry import NoParams, method
from camsvc.api.views import Views
from camsvc.config.schema import Storage
from camsvc.errors import InvalidParams, InvalidState, NotFound
from camsvc.library import index, parts
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.removal import remove
from camsvc.library.retention import Policy, Retention
from camsvc.library.store import Store
from camsvc.model import MediaFile, iso
from camsvc.recording.finisher import Finisher
from camsvc.recording.recorder import Recorder
from camsvc.system.database import Database

_THING = {RECORDINGS: "Recording", SNAPSHOTS: "Snapshot"}


class FileParam(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a file, with or without its extension."""

    filename: FileName


class RecordingInfo(Struct, frozen=True, kw_only=True):
    """A recording; until it is finished ``duration`` is 0, and ``codec``, ``width`` and ``height`` are absent."""

    filename: str
    file_size: int
    duration: float
    created_time: str
    download_url: str
    device: str
    status: str
    format: str
    thumbnail_url: str | UnsetType = UNSET
    codec: str | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET


class SnapshotInfo(Struct, frozen=True, kw_only=True):
    """A snapshot."""

    filename: str
    file_size: int
    created_time: str
    download_url: str
    device: str
    thumbnail_url: str | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET


class Deleted(Struct, frozen=True):
    """A file that is no more."""

    filename: str
    deleted: bool
    message: str


class StorageInfo(Struct, frozen=True):
    """The file system that holds the recordings, in bytes; ``usage_percentage`` is 0 to 100."""

    total_space: int
    used_space: int
    available_space: int
    usage_percentage: float
    recordings_size: int
    snapshots_size: int
    low_space_warning: bool


class PolicyParams(Struct, forbid_unknown_fields=True, frozen=True):
    """How long files are kept: by age in days, by size in 10^9 bytes, or only when cleanup_old_files asks."""

    policy_type: Annotated[
        Literal["age", "size", "manual"],
        Meta(description="what decides: age, total size, or both on demand alone", examples=["manual"]),
    ]
    enabled: Annotated[bool, Meta(description="false: nothing is deleted", examples=[False])]
    max_age_days: Annotated[float, Meta(gt=0, le=36500, description="older files go; needed for age")] | UnsetType = (
        UNSET
    )
    max_size_gb: (
        Annotated[float, Meta(gt=0, le=1e6, description="in 10^9 bytes: beyond it the oldest go; needed for size")]
        | UnsetType
    ) = UNSET


class PolicyView(Struct, frozen=True, kw_only=True):
    """The policy in force."""

    policy_type: str
    enabled: bool
    max_age_days: float | UnsetType = UNSET
    max_size_gb: float | UnsetType = UNSET
    message: str


class CleanedUp(Struct, frozen=True):
    """What the retention policy has let go; ``space_freed`` in bytes."""

    cleanup_executed: bool
    files_deleted: int
    space_freed: int
    message: str


class FileMethods:
    """Methods about stored files."""

    def __init__(
        self,
        database: Database,
        store: Store,
        storage: Storage,
        recorder: Recorder,
        finisher: Finisher,
        retention: Retention,
        views: Views,
    ) -> None:
        self._database = database
        self._store = store
        self._storage = storage
        self._recorder = recorder
        self._finisher = finisher
        self._retention = retention
        self._views = views

    @method("get_recording_info", role=Role.VIEWER, params=FileParam, result=RecordingInfo, reads=True)
    async def get_recording_info(self, call: Call, params: FileParam) -> RecordingInfo:
        """One recording: size, length, codec, and where it can be had."""
        who = may(call.principal, Role.VIEWER, time.time())
        assert who is not None
        file = await self._find(RECORDINGS, call, params.filename)
        size = file.size_bytes or (self._finisher.sizes() | self._recorder.under_way()).get(file.filename, 0)
        return RecordingInfo(
            filename=file.filename,
            file_size=size,
            duration=file.duration_s or 0.0,
            created_time=iso(file.created_at),
            download_url=self._views.download_url(RECORDINGS, file.filename, who, call.base_url),
            thumbnail_url=self._views.thumbnail_url(file, who, call.base_url),
            device=file.device,
            status=file.status,
            format=file.filename.rpartition(".")[2],
            codec=file.codec or UNSET,
            width=file.width or UNSET,
            height=file.height or UNSET,
        )

    @method("get_snapshot_info", role=Role.VIEWER, params=FileParam, result=SnapshotInfo, reads=True)
    async def get_snapshot_info(self, call: Call, params: FileParam) -> SnapshotInfo:
        """One snapshot: size, and where it can be had."""
        who = may(call.principal, Role.VIEWER, time.time())
        assert who is not None
        file = await self._find(SNAPSHOTS, call, params.filename)
        return SnapshotInfo(
            filename=file.filename,
            file_size=file.size_bytes,
            created_time=iso(file.created_at),
            download_url=self._views.download_url(SNAPSHOTS, file.filename, who, call.base_url),
            thumbnail_url=self._views.thumbnail_url(file, who, call.base_url),
            device=file.device,
            width=file.width or UNSET,
            height=file.height or UNSET,
        )

    @method("delete_recording", role=Role.ADMIN, params=FileParam, result=Deleted)
    async def delete_recording(self, call: Call, params: FileParam) -> Deleted:
        """Delete a finished recording; one under way has to be stopped before."""
        return await self._delete(RECORDINGS, call, params.filename)

    @method("delete_snapshot", role=Role.ADMIN, params=FileParam, result=Deleted)
    async def delete_snapshot(self, call: Call, params: FileParam) -> Deleted:
        """Delete a snapshot."""
        return await self._delete(SNAPSHOTS, call, params.filename)

    @method("get_storage_info", role=Role.ADMIN, result=StorageInfo, reads=True)
    async def get_storage_info(self, call: Call, params: NoParams) -> StorageInfo:
        """Room on the file system of the recordings; the warning comes before recordings are refused."""
        free, total = await self._store.thread(parts.room, self._store.recordings_dir)
        stored = await self._database.run(index.sizes)
        pending = sum(self._recorder.under_way().values()) + sum(self._finisher.sizes().values())
        used = total - free
        return StorageInfo(
            total_space=total,
            used_space=used,
            available_space=free,
            usage_percentage=round(100 * used / total, 1) if total else 0.0,
            recordings_size=stored[RECORDINGS] + pending,
            snapshots_size=stored[SNAPSHOTS],
            low_space_warning=free < 2 * self._storage.reserve_of(total),
        )

    @method("get_retention_policy", role=Role.ADMIN, result=PolicyView, reads=True)
    async def get_retention_policy(self, call: Call, params: NoParams) -> PolicyView:
        """The retention policy in force."""
        return _policy_view(await self._retention.policy())

    @method("set_retention_policy", role=Role.ADMIN, params=PolicyParams, result=PolicyView)
    async def set_retention_policy(self, call: Call, params: PolicyParams) -> PolicyView:
        """How long recordings and snapshots are kept; takes effect at once, then every hour."""
        needed = {"age": "max_age_days", "size": "max_size_gb"}.get(params.policy_type)
        if needed is not None and getattr(params, needed) is UNSET:
            raise InvalidParams(
                f"Invalid params: {needed} is needed for the policy {params.policy_type}",
                param=needed,
                rule="required",
                hint=f"{needed}: a number greater than 0",
            )
        policy = Policy(
            params.policy_type,
            params.enabled,
            None if isinstance(params.max_age_days, UnsetType) else params.max_age_days,
            None if isinstance(params.max_size_gb, UnsetType) else params.max_size_gb,
        )
        await self._retention.set_policy(policy)
        return _policy_view(policy)

    @method("cleanup_old_files", role=Role.ADMIN, result=CleanedUp)
    async def cleanup_old_files(self, call: Call, params: NoParams) -> CleanedUp:
        """Apply the retention policy now."""
        policy = await self._retention.policy()
        if not policy.enabled:
            return CleanedUp(False, 0, 0, "no retention policy is enabled; see set_retention_policy")
        deleted, freed = await self._retention.clean_up()
        return CleanedUp(True, deleted, freed, f"{deleted} files deleted, {freed} bytes freed")

    def _find(self, kind: str, call: Call, name: str) -> Deferred[MediaFile]:
        """The file; one of a camera outside the caller's scope does not exist for them."""
        who = call.principal
        scope = who.cameras if who is not None else frozenset()

        def found(file: MediaFile | None) -> MediaFile:
            if file is None or (scope is not None and file.device not in scope):
                raise NotFound(_THING[kind], name, suggestion=f"list_{kind} names them all")
            return file

        return self._database.run(lambda db: index.find(db, kind, name)).addCallback(found)

    async def _delete(self, kind: str, call: Call, name: str) -> Deleted:
        file = await self._find(kind, call, name)
        if file.status != "FINISHED":
            raise InvalidState(
                f"{file.filename} is {file.status}",
                state=file.status,
                allowed_states=["FINISHED"],
                suggestion="stop_recording first" if file.status == "RECORDING" else "try again when it is finished",
            )
        await remove(self._database, self._store, kind, file.filename)
        return Deleted(file.filename, True, f"{file.filename} is deleted")


def _policy_view(policy: Policy) -> PolicyView:
    if not policy.enabled:
        message = "nothing is deleted"
    elif policy.policy_type == "manual":
        message = "files are deleted when cleanup_old_files is called"
    elif policy.policy_type == "age":
        message = f"files older than {policy.max_age_days:g} days are deleted every hour"
    else:
        message = f"the oldest files are deleted every hour, until all take at most {policy.max_size_gb:g} GB"
    return PolicyView(
        policy_type=policy.policy_type,
        enabled=policy.enabled,
        max_age_days=UNSET if policy.max_age_days is None else policy.max_age_days,
        max_size_gb=UNSET if policy.max_size_gb is None else policy.max_size_gb,
        message=message,
    )
