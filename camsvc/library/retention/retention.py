"""Applies the retention policy: every minute, when something changes, and when asked; every deletion is audited."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from camsvc.audit.log import Record
from camsvc.errors import DependencyFailed
from camsvc.library import index, names, protection_markers
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.removal import remove_many
from camsvc.library.retention import candidates
from camsvc.library.retention.limits import Due, Ring, due, limits_of
from camsvc.library.retention.outcome import Outcome, audit_rows
from camsvc.library.retention.policy import Policy, load, save
from camsvc.model import MediaFile
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

EVERY_S = 60.0
AT_ONCE = 25
"""So many files are deleted in a transaction."""

Rings = Callable[[sqlite3.Connection], Mapping[str, Ring]]


@frozen
class Shortage:
    """What the recordings' disk lacks.

    Attributes:
        to_free: bytes that must be freed.
        kinds: of the files that are on it.
        trouble: why nothing can be deleted there, as a phrase; None where something can.
    """

    to_free: int = 0
    kinds: tuple[str, ...] = ()
    trouble: str | None = None


Lacks = Callable[[float], Any]
"""Gives a Deferred of the Shortage, for so many gigabytes that stay free."""


class Retention:
    """Deletes what is beyond a limit.

    Attributes:
        deleted: told of each round that has deleted something.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        folders: MediaFolders,
        in_use: FilesInUse,
        record: Record,
        lacks: Lacks,
        rings: Rings,
    ) -> None:
        """Set up.

        Args:
            runtime: its database keeps the policy and the index.
            folders: deletes.
            in_use: what is read now stays.
            record: writes the audit log.
            lacks: says how much room the disk lacks.
            rings: reads the rings of continuous recordings.
        """
        self._database = runtime.database
        self._folders = folders
        self._in_use = in_use
        self._record = record
        self._lacks = lacks
        self._rings = rings
        self._clocks = runtime.clocks
        self._one_at_a_time = DeferredLock()
        self._rounds = Repeater(
            runtime.reactor, EVERY_S, self._apply, self._log, "deleting what the retention policy lets go"
        )
        self.deleted: Subscribers[[Outcome]] = Subscribers("telling of deleted files", self._log)

    def start(self) -> None:
        """Begin the rounds."""
        self._rounds.start()

    def stop(self) -> None:
        """End them."""
        self._rounds.stop()

    def nudge(self, *_: object) -> None:
        """Look now: a file is new, or room is short."""
        self._rounds.nudge()

    async def policy(self) -> Policy:
        """The one in force."""
        return await self._database.run(load)

    async def set_policy(self, wanted: Policy) -> None:
        """Store a policy; it is applied at once, unless it is manual."""
        await self._database.run(lambda db: save(db, wanted))
        self._rounds.nudge()

    async def preview(self) -> Outcome:
        """What would go now."""
        outcome = Outcome()
        chosen, outcome.in_use = await self._chosen(None)
        for each in chosen:
            outcome.add(each)
        return outcome

    async def clean_up(self, by_itself: bool = False) -> Outcome:
        """Apply the policy now; fails with DependencyFailed where somebody asks and the storage is not there.

        Args:
            by_itself: nobody asks for it: a manual policy counts as none, and storage that is away is waited for.
        """
        await self._one_at_a_time.acquire()
        try:
            outcome = await self._clean_up(by_itself)
        finally:
            self._one_at_a_time.release()
        if outcome.refused:
            (_, name), why = next(iter(outcome.refused.items()))
            self._log.warn("retention: {n} files cannot be deleted, {name} among them: {why}",
                           n=len(outcome.refused), name=name, why=why)  # fmt: skip
        total = outcome.total
        if total.files:
            self._log.info("retention: {n} files deleted, {mb:.1f} MB", n=total.files, mb=total.bytes / 1e6)
            self.deleted.tell(outcome)
        return outcome

    async def _apply(self) -> None:
        await self.clean_up(by_itself=True)

    async def _clean_up(self, by_itself: bool) -> Outcome:
        outcome = Outcome()
        while len(outcome.refused) < AT_ONCE:
            chosen, outcome.in_use = await self._chosen(AT_ONCE, frozenset(outcome.refused), by_itself)
            if not chosen:
                break
            files = [(each.candidate.kind, each.file) for each in chosen]
            if await self._are_protected(files):
                continue
            outcome.refused |= await remove_many(self._database, self._folders, files)
            gone = [each for each in chosen if each.candidate.name not in outcome.refused]
            for params in audit_rows(gone):
                self._record("camsvc", "", "retention", params, "ok")
            for each in gone:
                outcome.add(each)
        return outcome

    async def _are_protected(self, files: Sequence[tuple[str, MediaFile]]) -> bool:
        """Whether some are, by what lies beside them: in a folder that was restored without its database."""
        titles = await self._folders.thread(_marked, self._folders, files)
        await self._database.run(lambda db: index.protect_all(db, titles))
        return bool(titles)

    async def _chosen(
        self, most: int | None, refused: frozenset[tuple[str, str]] = frozenset(), by_itself: bool = False
    ) -> tuple[list[Due], int]:
        """The next files that go, and how many of those before them stay as somebody reads them.

        Raises:
            DependencyFailed: the storage is not there.
        """
        stored = await self.policy()
        if by_itself and not stored.by_itself:
            stored = Policy()
        shortage: Shortage = await self._lacks(stored.min_free_gb or 0.0)
        if shortage.trouble is not None:
            if by_itself:
                return [], 0
            raise DependencyFailed("storage", shortage.trouble)
        now = self._clocks.wall_s()

        def choose(db: sqlite3.Connection) -> tuple[list[Due], int]:
            limits = limits_of(stored, self._rings(db), now, shortage.to_free)
            files = (
                evolve(each, stays=each.name in self._in_use or each.name in refused)
                for each in candidates.oldest_first(db, shortage.kinds)
            )
            found: list[Due] = []
            in_use = 0
            for each in due(files, limits, candidates.held(db) if limits.of_sizes else {}):
                if not each.candidate.stays:
                    found.append(each)
                elif each.candidate.name not in refused:
                    in_use += 1
                if len(found) == most:
                    break
            return found, in_use

        return await self._database.run(choose)


def _marked(folders: MediaFolders, files: Sequence[tuple[str, MediaFile]]) -> list[str]:
    return [
        title
        for kind, file in files
        if kind == RECORDINGS
        for title in protection_markers.marked(folders.path(kind, file).parent, [names.place_of(file.filename)[0]])
    ]
