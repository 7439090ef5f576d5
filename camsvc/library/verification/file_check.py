"""One file compared with the index and with itself, and mended where that is asked for; nothing is ever deleted."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from attrs import evolve

from camsvc.library import index, names
from camsvc.library.containers.contents import Contents, Flaw, Flawed
from camsvc.library.containers.inspection import inspect
from camsvc.library.index import SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.protection_markers import SUFFIX
from camsvc.library.scan import folder_reader, reconciliation
from camsvc.library.scan.examination import enter
from camsvc.library.scan.folder_reader import SeenFile
from camsvc.library.verification.findings import FindingKind, LibraryFinding
from camsvc.library.verification.repair import DAMAGED, mend
from camsvc.model import MediaFile
from camsvc.system.runtime import Runtime

_SAME_LENGTH_S = 0.5
_DRAFTS = (".part", ".mend.mp4", ".mend.mkv", ".txt")
"""How the hidden names of work in progress end."""

_LEFT_AFTER_S = 3600.0
"""Whoever makes a file writes into it more often."""


class FileCheck:
    """Looks at files one by one."""

    def __init__(
        self, runtime: Runtime, folders: MediaFolders, away: Callable[[str, str], Awaitable[bool]], repair: bool
    ) -> None:
        """Set up.

        Args:
            runtime: processes, ffmpeg, and the database with the index.
            folders: the threads.
            away: looks whether the disk that files of a kind belong on is not there.
            repair: mend what can be mended, and bring the index in step.
        """
        self._runtime = runtime
        self._database = runtime.database
        self._folders = folders
        self._away = away
        self._repair = repair

    async def entry(self, kind: str, location: str, path: Path) -> LibraryFinding | None:
        """What is wrong with a file that the index has, if anything.

        Args:
            kind: of the file.
            location: where it lies by the index.
            path: the same as a path.
        """
        file = await self._database.run(partial(_entry, kind=kind, filename=path.name))
        if file is None:  # deleted meanwhile
            return None
        seen = await self._folders.thread(_seen, path)
        if seen is None:
            gone = LibraryFinding(kind, path.name, file.device, FindingKind.MISSING, "its file is gone")
            return await self._missing(gone, location)
        found = await self._open(kind, file.device, path)
        if isinstance(found, LibraryFinding):
            return await self._flawed(found, location, path)
        if (seen.size_bytes, seen.modified_at) == (file.size_bytes, file.modified_at) and _agree(file, found):
            return None
        words = "the index says another size, time, length or picture than the file"
        outdated = LibraryFinding(kind, path.name, file.device, FindingKind.OUTDATED, words)
        return await self._brought_in_step(outdated, location, path)

    async def stray(self, kind: str, location: str, path: Path) -> LibraryFinding | None:
        """What is wrong with something that lies in a folder and that the index has not, if anything."""
        name = path.name
        if name.endswith((DAMAGED, SUFFIX)):  # what a repaired file was; what protects a recording
            return None
        if path in (folder for _, _, folder in self._folders.places()):
            return None
        text = name.encode(errors="backslashreplace").decode()
        device = names.device_of(name)
        if name.startswith("."):
            left = name.endswith(_DRAFTS) and await self._folders.thread(_is_left, path)
            words = "what is left of a file that was not made to its end"
            return LibraryFinding(kind, text, "", FindingKind.ORPHAN, words) if left else None
        if not folder_reader.is_media(name, kind) or await self._folders.thread(_seen, path) is None:
            return LibraryFinding(
                kind, text, "", FindingKind.FOREIGN, "it is no file of ours: another type, a link, a folder"
            )
        if await self._database.run(partial(_entry, kind=kind, filename=name)) is not None:
            return None
        found = await self._open(kind, device, path)
        if isinstance(found, LibraryFinding) and found.finding is FindingKind.FOREIGN:
            return found
        orphan = LibraryFinding(kind, name, device, FindingKind.ORPHAN, "the index does not know it")
        return await self._brought_in_step(orphan, location, path)

    async def _open(self, kind: str, device: str, path: Path) -> Contents | LibraryFinding:
        try:
            return await self._folders.thread(inspect, path)
        except Flawed as why:
            return LibraryFinding(kind, path.name, device, FindingKind(why.flaw.value), why.words)
        except OSError as why:
            words = f"it cannot be read: {why.strerror}"
            return LibraryFinding(kind, path.name, device, FindingKind.UNREADABLE, words)

    async def _missing(self, finding: LibraryFinding, location: str) -> LibraryFinding:
        if await self._away(finding.kind, location):
            return evolve(finding, finding=FindingKind.UNREADABLE, detail="its disk is not there")
        if not self._repair:
            return finding
        forget = partial(reconciliation.forget, kind=finding.kind, location=location, missing=[finding.filename])
        await self._database.run(forget)
        return evolve(finding, action="the index has dropped it")

    async def _flawed(self, finding: LibraryFinding, location: str, path: Path) -> LibraryFinding:
        mendable = finding.finding.value in (Flaw.TRUNCATED, Flaw.DAMAGED) and finding.kind != SNAPSHOTS
        if not self._repair or not mendable:
            return finding
        trouble = await mend(self._runtime, self._folders, path)
        if trouble is not None:
            return evolve(finding, action=trouble)
        await self._brought_in_step(finding, location, path)
        return evolve(finding, action=f"what of it can be played has taken its place; it is {path.name}{DAMAGED}")

    async def _brought_in_step(self, finding: LibraryFinding, location: str, path: Path) -> LibraryFinding:
        """Enter into the index what a file is, where that is asked for."""
        if not self._repair:
            return finding
        seen, contents = await self._folders.thread(_read, path)
        if seen is None:
            return finding

        def bring_in_step(db: sqlite3.Connection) -> None:
            reconciliation.take_in(db, finding.kind, location, [seen])
            file = _entry(db, finding.kind, seen.name)
            if file is not None:
                enter(db, finding.kind, file, contents)

        await self._database.run(bring_in_step)
        return evolve(finding, action="the index knows it now")


def _entry(db: sqlite3.Connection, kind: str, filename: str) -> MediaFile | None:
    """A file as the index has it, whatever recording it is of."""
    found = (file for file in index.segments(db, kind, filename) if file.filename == filename)
    return next(found, None)


def _is_left(path: Path) -> bool:
    """Whether nobody has written into a file for long; one that is gone, or no file, is none of work."""
    seen = _seen(path)
    return seen is not None and time.time() - seen.modified_at > _LEFT_AFTER_S


def _seen(path: Path) -> SeenFile | None:
    return next(folder_reader.look(path.parent, [path.name]), None)


def _read(path: Path) -> tuple[SeenFile | None, Contents | None]:
    seen = _seen(path)
    try:
        return seen, inspect(path)
    except (Flawed, OSError):
        return seen, None


def _agree(file: MediaFile, contents: Contents) -> bool:
    """Whether the index says of a file what it says itself; what the index does not know yet it need not say."""
    lengths = (file.duration_s, contents.duration_s)
    if None not in lengths and abs((lengths[0] or 0.0) - (lengths[1] or 0.0)) > _SAME_LENGTH_S:
        return False
    return file.width is None or (file.width, file.height) == (contents.width, contents.height)
