"""How long recordings and snapshots are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import Deferred

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId, CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.methods.library.files import RECORDING, FileParam
from camsvc.errors import InvalidParams
from camsvc.library.protection import Protection
from camsvc.library.retention.limits import Due
from camsvc.library.retention.outcome import MOST_LISTED, Outcome
from camsvc.library.retention.policy import LEAST_DAYS, LEAST_GB, CameraLimit, Policy
from camsvc.library.retention.retention import Retention
from camsvc.model import MediaFile, iso

T = TypeVar("T")
Find = Callable[[str, str], Deferred[MediaFile | None]]
"""A file of the index, by kind and name."""

Days = Annotated[float, Meta(ge=LEAST_DAYS, le=36500, description="older files go; needed for age")]
Gigabytes = Annotated[
    float, Meta(ge=LEAST_GB, le=1e6, description="in 10^9 bytes: beyond it the oldest go; needed for size")
]


class CameraLimitParams(Struct, forbid_unknown_fields=True, frozen=True):
    """What is kept of one camera: days in place of the policy's own, and 10^9 bytes of this camera alone."""

    device: CameraId
    max_age_days: Days | UnsetType = UNSET
    max_size_gb: Gigabytes | UnsetType = UNSET


class PolicyParams(Struct, forbid_unknown_fields=True, frozen=True):
    """How long files are kept: by age in days, by size in 10^9 bytes, or only when cleanup_old_files asks."""

    policy_type: Annotated[
        Literal["age", "size", "all", "manual"],
        Meta(description="what decides: age, total size, all limits, or all on demand alone", examples=["manual"]),
    ]
    enabled: Annotated[bool, Meta(description="false: nothing is deleted", examples=[False])]
    max_age_days: Days | UnsetType = UNSET
    max_size_gb: Gigabytes | UnsetType = UNSET
    min_free_gb: (
        Annotated[
            float,
            Meta(ge=0, le=1e6, description="in 10^9 bytes: so much of the disk stays free; as it was without it"),
        ]
        | UnsetType
    ) = UNSET
    per_camera: (
        Annotated[
            list[CameraLimitParams],
            Meta(description="limits of single cameras; as they were without it"),
        ]
        | UnsetType
    ) = UNSET


class CameraLimitView(Struct, frozen=True):
    """What is kept of one camera."""

    device: str
    max_age_days: float | UnsetType = UNSET
    max_size_gb: float | UnsetType = UNSET


class PolicyView(Struct, frozen=True, kw_only=True):
    """The policy in force."""

    policy_type: str
    enabled: bool
    max_age_days: float | UnsetType = UNSET
    max_size_gb: float | UnsetType = UNSET
    min_free_gb: float | UnsetType = UNSET
    per_camera: list[CameraLimitView] | UnsetType = UNSET
    message: str


class CleanupParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Whether to delete, or only to say what would be."""

    preview: Annotated[bool, Meta(description="true: nothing is deleted, the answer says what would be")] = False


class DueFile(Struct, frozen=True):
    """A file that goes; ``policy`` is the limit that it is beyond."""

    kind: str
    filename: str
    device: str
    file_size: int
    created_time: str
    policy: str


class DueTotal(Struct, frozen=True):
    """How many files, and their bytes."""

    files: int
    bytes: int


class CleanedUp(Struct, frozen=True):
    """What the retention policy lets go; ``space_freed`` in bytes, ``policies`` by the limit that files are beyond.

    ``files`` names what would go, the first thousand, in a preview alone. ``in_use`` files stay for now, as somebody
    downloads them, and ``refused`` ones, as the file system does not let them go.
    """

    cleanup_executed: bool
    files_deleted: int
    space_freed: int
    message: str
    policies: dict[str, DueTotal] = {}
    in_use: int = 0
    refused: int = 0
    files: list[DueFile] | UnsetType = UNSET


class ProtectionParams(FileParam, forbid_unknown_fields=True, frozen=True):
    """Names a recording, with or without its extension, and says whether it is kept for ever."""

    protected: Annotated[
        bool, Meta(description="true: it is never deleted by retention; false: it may be again", examples=[True])
    ]


class ProtectionView(Struct, frozen=True):
    """Whether a recording is protected."""

    filename: str
    protected: bool


class RetentionMethods:
    """Methods about what is kept."""

    def __init__(self, retention: Retention, protection: Protection, find: Find) -> None:
        self._retention = retention
        self._protection = protection
        self.find = find

    @method("get_retention_policy", role=Role.ADMIN, result=PolicyView, reads=True, cameras=CameraScope.NONE)
    async def get_retention_policy(self, call: Call, params: NoParams) -> PolicyView:
        """The retention policy in force."""
        return _policy_view(await self._retention.policy())

    @method("set_retention_policy", role=Role.ADMIN, params=PolicyParams, result=PolicyView, cameras=CameraScope.ALL)
    async def set_retention_policy(self, call: Call, params: PolicyParams) -> PolicyView:
        """How long recordings and snapshots are kept; takes effect at once, and is looked at every minute.

        Raises:
            InvalidParams: the policy lacks its number, or names a camera twice.
        """
        needed = {"age": "max_age_days", "size": "max_size_gb"}.get(params.policy_type)
        if needed is not None and getattr(params, needed) is UNSET:
            raise InvalidParams(
                f"Invalid params: {needed} is needed for the policy {params.policy_type}",
                param=needed,
                rule="required",
                hint=f"{needed}: a number greater than 0",
            )
        before = await self._retention.policy()
        policy = Policy(
            params.policy_type,
            params.enabled,
            _given(params.max_age_days, None),
            _given(params.max_size_gb, None),
            _given(params.min_free_gb, before.min_free_gb),
            before.cameras if isinstance(params.per_camera, UnsetType) else _limits(params.per_camera),
        )
        await self._retention.set_policy(policy)
        return _policy_view(policy)

    @method("cleanup_old_files", role=Role.ADMIN, params=CleanupParams, result=CleanedUp, cameras=CameraScope.ALL)
    async def cleanup_old_files(self, call: Call, params: CleanupParams) -> CleanedUp:
        """Apply the retention policy now, or say what it would delete."""
        if params.preview:
            outcome = await self._retention.preview()
            total = outcome.total
            words = f"{total.files} files would be deleted, {total.bytes} bytes freed"
            return _cleaned_up(outcome, False, words, [_due_file(each) for each in outcome.files[:MOST_LISTED]])
        policy = await self._retention.policy()
        if not policy.enabled:
            return CleanedUp(False, 0, 0, "no retention policy is enabled; see set_retention_policy")
        outcome = await self._retention.clean_up()
        total = outcome.total
        return _cleaned_up(outcome, True, f"{total.files} files deleted, {total.bytes} bytes freed")

    @method(
        "protect_recording", role=Role.OPERATOR, params=ProtectionParams, result=ProtectionView, cameras=RECORDING
    )
    async def protect_recording(self, call: Call, params: ProtectionParams, file: MediaFile) -> ProtectionView:
        """Have retention leave a recording alone, or do so no more; one under way, too."""
        changed = await self._protection.set(file, params.protected)
        return ProtectionView(changed.filename, changed.protected)


def _given(value: T | UnsetType, otherwise: T | None) -> T | None:
    return otherwise if isinstance(value, UnsetType) else value


def _limits(cameras: list[CameraLimitParams]) -> tuple[CameraLimit, ...]:
    """The limits of single cameras, without those that say nothing.

    Raises:
        InvalidParams: a camera is named twice.
    """
    devices = [each.device for each in cameras]
    for device in devices:
        if devices.count(device) > 1:
            text = f"Invalid params: per_camera: {device} is named twice"
            raise InvalidParams(text, param="per_camera", rule="unique", hint="each camera once")
    limits = [
        CameraLimit(each.device, _given(each.max_age_days, None), _given(each.max_size_gb, None)) for each in cameras
    ]
    return tuple(each for each in limits if (each.max_age_days, each.max_size_gb) != (None, None))


def _cleaned_up(outcome: Outcome, done: bool, words: str, files: list[DueFile] | UnsetType = UNSET) -> CleanedUp:
    policies = {name: DueTotal(each.files, each.bytes) for name, each in outcome.by_policy.items()}
    total = outcome.total
    count, size = (total.files, total.bytes) if done else (0, 0)
    return CleanedUp(done, count, size, words, policies, outcome.in_use, len(outcome.refused), files)


def _due_file(each: Due) -> DueFile:
    file = each.file
    return DueFile(
        each.candidate.kind, file.filename, file.device, file.size_bytes, iso(file.created_at), each.policy
    )


def _policy_view(policy: Policy) -> PolicyView:
    return PolicyView(
        policy_type=policy.policy_type,
        enabled=policy.enabled,
        max_age_days=UNSET if policy.max_age_days is None else policy.max_age_days,
        max_size_gb=UNSET if policy.max_size_gb is None else policy.max_size_gb,
        min_free_gb=UNSET if policy.min_free_gb is None else policy.min_free_gb,
        per_camera=[_limit_view(each) for each in policy.cameras] or UNSET,
        message=_in_words(policy),
    )


def _limit_view(limit: CameraLimit) -> CameraLimitView:
    age, size = limit.max_age_days, limit.max_size_gb
    return CameraLimitView(limit.device, UNSET if age is None else age, UNSET if size is None else size)


def _in_words(policy: Policy) -> str:
    if not policy.enabled:
        return "nothing is deleted"
    if policy.policy_type == "manual":
        return "files are deleted when cleanup_old_files is called"
    limits = []
    if policy.policy_type != "size" and policy.max_age_days is not None:
        limits.append(f"files older than {policy.max_age_days:g} days are deleted")
    if policy.policy_type != "age" and policy.max_size_gb is not None:
        limits.append(f"the oldest files are deleted until all take at most {policy.max_size_gb:g} GB")
    if policy.cameras:
        limits.append("single cameras have limits of their own")
    free = "the reserve" if not policy.min_free_gb else f"{policy.min_free_gb:g} GB"
    return "; ".join([*limits, f"the oldest go as well when less than {free} of the disk is free"])
