"""Which files are kept: a policy by age or by size, or none, applied every hour and on demand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Literal

import msgspec
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from camsvc.library import index
from camsvc.library.media_folders import MediaFolders
from camsvc.library.removal import remove
from camsvc.model import MediaFile
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater

EVERY_S = 3600.0
GB = 1_000_000_000

LEAST_DAYS, LEAST_GB = 0.05, 0.1
"""The lowest limits of a policy. Next to nothing would delete all there is, as a slip of the unit does."""

_NAME = "retention"


class Policy(msgspec.Struct, frozen=True):
    """What is kept.

    Attributes:
        policy_type: ``age``: files older than ``max_age_days`` go; ``size``: the oldest go until all are at most
            ``max_size_gb`` (10^9 bytes); ``manual``: both limits count where they are set, on demand alone.
        enabled: without it nothing is deleted.
        max_age_days: days.
        max_size_gb: gigabytes, of recordings and snapshots together.
    """

    policy_type: Literal["age", "size", "manual"] = "manual"
    enabled: bool = False
    max_age_days: float | None = None
    max_size_gb: float | None = None


def load(db: sqlite3.Connection) -> Policy:
    """The stored policy; nothing is deleted where none is."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (_NAME,)).fetchone()
    return msgspec.json.decode(row[0], type=Policy) if row else Policy()


def save(db: sqlite3.Connection, policy: Policy) -> None:
    """Store a policy."""
    value = msgspec.json.encode(policy).decode()
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (_NAME, value))


def due(files: Sequence[tuple[str, MediaFile]], policy: Policy, now: float) -> list[tuple[str, MediaFile]]:
    """The files that a policy does not keep.

    Args:
        files: all finished ones with their kind, oldest first.
        policy: its limits count where its type does not exclude them, and are LEAST_DAYS and LEAST_GB where lower.
        now: seconds since the epoch.
    """
    if not policy.enabled:
        return []
    days = policy.max_age_days if policy.policy_type != "size" else None
    gigabytes = policy.max_size_gb if policy.policy_type != "age" else None
    oldest = None if days is None else now - max(days, LEAST_DAYS) * 86400
    most = None if gigabytes is None else max(gigabytes, LEAST_GB) * GB
    left = sum(file.size_bytes for _, file in files)
    chosen = []
    for kind, file in files:
        if (oldest is not None and file.created_at < oldest) or (most is not None and left > most):
            chosen.append((kind, file))
            left -= file.size_bytes
    return chosen


class Retention:
    """Applies the policy."""

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders) -> None:
        """Set up.

        Args:
            runtime: its database keeps the policy and the index.
            folders: deletes.
        """
        self._database = runtime.database
        self._folders = folders
        self._clocks = runtime.clocks
        self._one_at_a_time = DeferredLock()
        self._rounds = Repeater(
            runtime.reactor, EVERY_S, self._apply, self._log, "deleting what the retention policy lets go"
        )

    def start(self) -> None:
        """Begin the rounds."""
        self._rounds.start()

    def stop(self) -> None:
        """End them."""
        self._rounds.stop()

    async def policy(self) -> Policy:
        """The one in force."""
        return await self._database.run(load)

    async def set_policy(self, policy: Policy) -> None:
        """Store a policy; it is applied at once, unless it is manual."""
        await self._database.run(lambda db: save(db, policy))
        self._rounds.nudge()

    async def clean_up(self) -> tuple[int, int]:
        """Apply the policy now.

        Returns:
            how many files were deleted, and their bytes.
        """
        await self._one_at_a_time.acquire()
        try:
            policy, files = await self._database.run(lambda db: (load(db), index.finished(db)))
            chosen = due(files, policy, self._clocks.wall_s())
            for kind, file in chosen:
                await remove(self._database, self._folders, kind, file)
        finally:
            self._one_at_a_time.release()
        freed = sum(file.size_bytes for _, file in chosen)
        if chosen:
            self._log.info("retention: {n} files deleted, {mb:.1f} MB", n=len(chosen), mb=freed / 1e6)
        return len(chosen), freed

    async def _apply(self) -> None:
        if (await self.policy()).policy_type != "manual":
            await self.clean_up()
