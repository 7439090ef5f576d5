"""The room that files take, and how long they are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.config.storage import Storage
from camsvc.errors import InvalidParams
from camsvc.library import index, parts
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.retention import LEAST_DAYS, LEAST_GB, Policy, Retention
from camsvc.recording.finisher import Finisher
from camsvc.recording.recorder import Recorder
from camsvc.system.database import Database


class StorageInfo(Struct, frozen=True):
    """The file system that holds the recordings, in bytes, as df tells it; ``usage_percentage`` is 0 to 100."""

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
    max_age_days: (
        Annotated[float, Meta(ge=LEAST_DAYS, le=36500, description="older files go; needed for age")] | UnsetType
    ) = UNSET
    max_size_gb: (
        Annotated[
            float, Meta(ge=LEAST_GB, le=1e6, description="in 10^9 bytes: beyond it the oldest go; needed for size")
        ]
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


class StorageMethods:
    """Methods about all files together."""

    def __init__(
        self,
        database: Database,
        folders: MediaFolders,
        storage: Storage,
        recorder: Recorder,
        finisher: Finisher,
        retention: Retention,
    ) -> None:
        self._database = database
        self._folders = folders
        self._storage = storage
        self._recorder = recorder
        self._finisher = finisher
        self._retention = retention

    @method("get_storage_info", role=Role.ADMIN, result=StorageInfo, reads=True, cameras=CameraScope.NONE)
    async def get_storage_info(self, call: Call, params: NoParams) -> StorageInfo:
        """Room on the file system of the recordings; the warning comes before recordings are refused."""
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
            low_space_warning=usage.available < 2 * self._storage.reserve_of(usage.total),
        )

    @method("get_retention_policy", role=Role.ADMIN, result=PolicyView, reads=True, cameras=CameraScope.NONE)
    async def get_retention_policy(self, call: Call, params: NoParams) -> PolicyView:
        """The retention policy in force."""
        return _policy_view(await self._retention.policy())

    @method("set_retention_policy", role=Role.ADMIN, params=PolicyParams, result=PolicyView, cameras=CameraScope.ALL)
    async def set_retention_policy(self, call: Call, params: PolicyParams) -> PolicyView:
        """How long recordings and snapshots are kept; takes effect at once, then every hour.

        Raises:
            InvalidParams: the policy lacks its number.
        """
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

    @method("cleanup_old_files", role=Role.ADMIN, result=CleanedUp, cameras=CameraScope.ALL)
    async def cleanup_old_files(self, call: Call, params: NoParams) -> CleanedUp:
        """Apply the retention policy now."""
        policy = await self._retention.policy()
        if not policy.enabled:
            return CleanedUp(False, 0, 0, "no retention policy is enabled; see set_retention_policy")
        deleted, freed = await self._retention.clean_up()
        return CleanedUp(True, deleted, freed, f"{deleted} files deleted, {freed} bytes freed")


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
