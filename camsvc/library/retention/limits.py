"""What a policy lets go, oldest first: pure, of what is stored and what time it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen

from camsvc.library.retention.policy import GB, LEAST_DAYS, LEAST_GB, Policy
from camsvc.model import MediaFile

DAY_S = 86400.0
_NEVER = float("-inf")


@frozen
class Candidate:
    """A finished file that is not protected.

    Attributes:
        kind: ``recordings`` or ``snapshots``.
        file: as far as it is to be known to be deleted.
        ended_at: end, seconds since the epoch; by it a file is as old as it is.
        ring: a continuous recording made it, whose ring may be full.
        near: it is on the disk whose room is short, where one is.
        stays: it cannot be deleted now, as somebody reads it.
    """

    kind: str
    file: MediaFile
    ended_at: float
    ring: bool = False
    near: bool = True
    stays: bool = False

    @property
    def name(self) -> tuple[str, str]:
        """Kind and file name."""
        return self.kind, self.file.filename


@frozen
class Due:
    """A file that goes, and the limit that it is beyond.

    ``policy`` is ``age``, ``size``, ``camera_age``, ``camera_size``, ``ring`` or ``free_space``.
    """

    candidate: Candidate
    policy: str

    @property
    def file(self) -> MediaFile:
        """The file itself."""
        return self.candidate.file


@frozen
class Ring:
    """How much of a camera's continuous recordings is kept; None: no limit."""

    hours: float | None = None
    gigabytes: float | None = None


@frozen
class RetentionLimits:
    """What stays, at one moment; times are seconds since the epoch.

    Attributes:
        oldest: files of before go; by camera where it has a limit of its own, ``""`` for all others.
        most: bytes of all files; None: no limit.
        most_of: bytes of a camera's files.
        ring_oldest: a camera's continuous recordings of before go.
        ring_most: bytes of a camera's continuous recordings.
        to_free: bytes that must be freed on the recordings' disk.
        frees_all: for that any file may go; else only those of rings.
    """

    oldest: Mapping[str, float] = field(factory=dict)
    most: int | None = None
    most_of: Mapping[str, int] = field(factory=dict)
    ring_oldest: Mapping[str, float] = field(factory=dict)
    ring_most: Mapping[str, int] = field(factory=dict)
    to_free: int = 0
    frees_all: bool = False

    @property
    def of_sizes(self) -> bool:
        """What is held has to be known."""
        return self.most is not None or bool(self.most_of) or bool(self.ring_most)


def limits_of(policy: Policy, rings: Mapping[str, Ring], now: float, to_free: int = 0) -> RetentionLimits:
    """What a policy and the rings say at a moment.

    Args:
        policy: its limits are LEAST_DAYS and LEAST_GB where they are lower.
        rings: of the cameras that have one.
        now: seconds since the epoch.
        to_free: bytes that the disk lacks.
    """
    oldest: dict[str, float] = {}
    most: int | None = None
    most_of: dict[str, int] = {}
    if policy.enabled:
        if policy.max_age_days is not None and policy.policy_type != "size":
            oldest[""] = _before(policy.max_age_days, now)
        if policy.max_size_gb is not None and policy.policy_type != "age":
            most = _bytes(policy.max_size_gb)
        for each in policy.cameras:
            if each.max_age_days is not None:
                oldest[each.device] = _before(each.max_age_days, now)
            if each.max_size_gb is not None:
                most_of[each.device] = _bytes(each.max_size_gb)
    return RetentionLimits(
        oldest,
        most,
        most_of,
        {camera: now - ring.hours * 3600 for camera, ring in rings.items() if ring.hours is not None},
        {camera: int(ring.gigabytes * GB) for camera, ring in rings.items() if ring.gigabytes is not None},
        to_free,
        policy.enabled,
    )


def due(files: Iterable[Candidate], limits: RetentionLimits, held: Mapping[tuple[str, bool], int]) -> Iterator[Due]:
    """Choose what goes; nothing is read beyond what is needed to know it.

    Args:
        files: oldest first.
        limits: what stays.
        held: bytes of all candidates by camera and whether they are of a ring.

    Yields:
        files, oldest first, each with the first limit that it is beyond.
    """
    overrun = _Overrun(limits, held)
    for each in files:
        if overrun.is_none_after(each.file.created_at):
            return
        policy = overrun.policy_for(each)
        if policy is not None:
            overrun.let_go(each)
            yield Due(each, policy)


class _Overrun:
    """By how much each limit is passed, while the oldest go."""

    def __init__(self, limits: RetentionLimits, held: Mapping[tuple[str, bool], int]) -> None:
        self._limits = limits
        of_camera: defaultdict[str, int] = defaultdict(int)
        for (camera, _), size in held.items():
            of_camera[camera] += size
        self._all = 0 if limits.most is None else sum(of_camera.values()) - limits.most
        self._cameras = {camera: of_camera[camera] - most for camera, most in limits.most_of.items()}
        self._rings = {camera: held.get((camera, True), 0) - most for camera, most in limits.ring_most.items()}
        self._to_free = limits.to_free
        self._newest_cut = max(*limits.oldest.values(), *limits.ring_oldest.values(), _NEVER, _NEVER)

    def is_none_after(self, created_at: float) -> bool:
        """Whether no file of this time or later is beyond any limit."""
        sizes = (self._all, self._to_free, *self._cameras.values(), *self._rings.values())
        return created_at >= self._newest_cut and max(sizes) <= 0

    def policy_for(self, each: Candidate) -> str | None:
        """The first limit that a file is beyond."""
        limits, camera = self._limits, each.file.device
        own = limits.oldest.get(camera) if camera else None
        if own is not None and each.ended_at < own:
            return "camera_age"
        if own is None and each.ended_at < limits.oldest.get("", _NEVER):
            return "age"
        if each.ring and (each.ended_at < limits.ring_oldest.get(camera, _NEVER) or self._rings.get(camera, 0) > 0):
            return "ring"
        if self._cameras.get(camera, 0) > 0:
            return "camera_size"
        if self._all > 0:
            return "size"
        frees = each.near and not each.stays and (each.ring or limits.frees_all)
        return "free_space" if self._to_free > 0 and frees else None

    def let_go(self, each: Candidate) -> None:
        """Count a file as gone."""
        camera, size = each.file.device, each.file.size_bytes
        self._all -= size
        self._to_free -= size if each.near and not each.stays else 0
        if camera in self._cameras:
            self._cameras[camera] -= size
        if each.ring and camera in self._rings:
            self._rings[camera] -= size


def _before(days: float, now: float) -> float:
    return now - max(days, LEAST_DAYS) * DAY_S


def _bytes(gigabytes: float) -> int:
    return int(max(gigabytes, LEAST_GB) * GB)
