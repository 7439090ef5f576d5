"""Verifies the library: one run at a time, file by file, and what it has found so far can be asked."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from camsvc.library.index import MEDIA, RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.scan import reconciliation
from camsvc.library.verification.file_check import FileCheck
from camsvc.library.verification.findings import MOST_FINDINGS, FindingKind, LibraryFinding, Stage, Verdict
from camsvc.library.verification.leftovers import leftovers
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch

_AT_A_TIME = 128


class Verification:
    """Compares the index with the folders, and each file with itself. Nothing is ever deleted.

    Attributes:
        verdict: of the last run, or of the one under way; None before the first.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders, away: Callable[[str, str], Awaitable[bool]]) -> None:
        """Set up.

        Args:
            runtime: processes, ffmpeg, and the database with the index.
            folders: where the files are.
            away: looks whether the disk that files of a kind belong on is not there.
        """
        self._runtime = runtime
        self._folders = folders
        self._away = away
        self._work: Deferred[Any] | None = None
        self._waiting: list[Deferred[None]] = []
        self.verdict: Verdict | None = None

    def start(self, repair: bool) -> None:
        """Begin a run, unless one is under way.

        Args:
            repair: mend what can be mended, and bring the index in step.
        """
        if self._work is None:
            self.verdict = Verdict(self._now.number + 1)
            check = FileCheck(self._runtime, self._folders, self._away, repair)
            work = launch(self._run(check), self._log, "verifying the library")
            if not work.called:
                self._work = work
            _ = work.addBoth(self._ended)

    def cancel(self) -> None:
        """End the run under way; what it has found so far can be asked."""
        if self._work is not None:
            self._work.cancel()

    def when_ended(self) -> Deferred[None]:
        """Wait for the end of the run under way, if one is."""
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        if self._work is None:
            waiter.callback(None)
        else:
            self._waiting.append(waiter)
        return waiter

    def _ended(self, _result: object) -> None:
        self._work = None
        if self._now.stage is Stage.RUNNING:
            self.verdict = evolve(self._now, stage=Stage.ERROR)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    async def _run(self, check: FileCheck) -> None:
        try:
            self.verdict = evolve(self._now, total=await self._runtime.database.run(_files_there_are))
            for kind, location, folder in self._folders.places():
                if await self._away(kind, location):
                    self._add(LibraryFinding(kind, folder.name, "", FindingKind.UNREADABLE, "its disk is not there"))
                    continue
                await self._check_entries(check, kind, location, folder)
                await self._check_folder(check, kind, location, folder)
                if (kind, location) == (RECORDINGS, MEDIA):
                    for finding in await leftovers(self._runtime, self._folders):
                        self._add(finding)
        except CancelledError:
            self.verdict = evolve(self._now, stage=Stage.CANCELLED)
            raise
        self.verdict = evolve(self._now, stage=Stage.DONE)
        self._log.info("verified: {n} files, {found} findings", n=self._now.checked, found=self._now.found)

    async def _check_entries(self, check: FileCheck, kind: str, location: str, folder: Path) -> None:
        after = ""
        listed = partial(reconciliation.listed, kind=kind, location=location, most=_AT_A_TIME)
        while names := await self._runtime.database.run(partial(listed, after=after)):
            after = names[-1]
            for name in names:
                finding = await check.entry(kind, location, folder / name)
                self.verdict = evolve(self._now, checked=self._now.checked + 1, ok=self._now.ok + (finding is None))
                if finding is not None:
                    self._add(finding)

    async def _check_folder(self, check: FileCheck, kind: str, location: str, folder: Path) -> None:
        entries = _entries(folder)
        while names := await self._folders.thread(_some, entries):
            known = partial(reconciliation.unknown, kind=kind, filenames=names)
            for name in await self._runtime.database.run(known):
                finding = await check.stray(kind, location, folder / name)
                if finding is not None:
                    self._add(finding)

    @property
    def _now(self) -> Verdict:
        return self.verdict or Verdict(0)

    def _add(self, finding: LibraryFinding) -> None:
        named = self._now.findings
        named = (*named, finding) if len(named) < MOST_FINDINGS else named
        self.verdict = evolve(self._now, findings=named, found=self._now.found + 1)


def _files_there_are(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(sum(files), 0) FROM media_total").fetchone()[0])


def _entries(folder: Path) -> Iterator[str]:
    """Walk a folder (blocking).

    Yields:
        every name.
    """
    with suppress(FileNotFoundError), os.scandir(folder) as entries:  # none was exported yet
        yield from (entry.name for entry in entries)


def _some(names: Iterator[str]) -> list[str]:
    return list(islice(names, _AT_A_TIME))
