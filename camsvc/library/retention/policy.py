"""The retention policy as it is set and stored: by age, by size, per camera, and how much of the disk stays free."""

from __future__ import annotations

import sqlite3
from typing import Literal

import msgspec

GB = 1_000_000_000

LEAST_DAYS, LEAST_GB = 0.05, 0.1
"""The lowest limits of a policy. Next to nothing would delete all there is, as a slip of the unit does."""

_NAME = "retention"


class CameraLimit(msgspec.Struct, frozen=True):
    """What is kept of one camera.

    Attributes:
        device: the camera.
        max_age_days: days; for this camera in place of the policy's own.
        max_size_gb: gigabytes (10^9 bytes) of this camera's recordings and snapshots together.
    """

    device: str
    max_age_days: float | None = None
    max_size_gb: float | None = None


class Policy(msgspec.Struct, frozen=True):
    """What is kept; what is protected always is, and takes no part in any size.

    Attributes:
        policy_type: ``age``: files older than ``max_age_days`` go; ``size``: the oldest go until all are at most
            ``max_size_gb``; ``all``: both limits count where they are set; ``manual``: as ``all``, on demand alone.
        enabled: without it nothing is deleted, but for what a continuous recording's own ring lets go.
        max_age_days: days.
        max_size_gb: gigabytes (10^9 bytes), of recordings and snapshots together.
        min_free_gb: gigabytes of the recordings' disk that stay free; the configuration's reserve where that is more.
        cameras: limits of single cameras, whatever the type.
    """

    policy_type: Literal["age", "size", "all", "manual"] = "manual"
    enabled: bool = False
    max_age_days: float | None = None
    max_size_gb: float | None = None
    min_free_gb: float | None = None
    cameras: tuple[CameraLimit, ...] = ()

    @property
    def by_itself(self) -> bool:
        """Whether it is applied without being asked."""
        return self.enabled and self.policy_type != "manual"


def load(db: sqlite3.Connection) -> Policy:
    """The stored policy; nothing is deleted where none is."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (_NAME,)).fetchone()
    return msgspec.json.decode(row[0], type=Policy) if row else Policy()


def save(db: sqlite3.Connection, policy: Policy) -> None:
    """Store a policy."""
    value = msgspec.json.encode(policy).decode()
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (_NAME, value))
