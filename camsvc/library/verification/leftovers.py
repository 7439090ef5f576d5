"""Parts in ``.rec`` of which nothing comes any more: of recordings that are finished, or that nobody knows."""

from __future__ import annotations

from functools import partial

from camsvc.library import parts, recordings_table
from camsvc.library.index import RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.verification.findings import FindingKind, LibraryFinding
from camsvc.model import RecordingState
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import sleep

_SETTLED_AFTER_S = 2.0
"""A recording that has just been finished deletes its parts right after the database knows."""

_NEEDED = (RecordingState.RECORDING, RecordingState.FINISHING)


async def leftovers(runtime: Runtime, folders: MediaFolders) -> list[LibraryFinding]:
    """Name them.

    Args:
        runtime: time, and the database that knows the recordings.
        folders: that of recordings is looked at.
    """
    found = await _found(runtime, folders)
    if found:
        await sleep(runtime.reactor, _SETTLED_AFTER_S)
        again = {finding.filename for finding in await _found(runtime, folders)}
        found = [finding for finding in found if finding.filename in again]
    return found


async def _found(runtime: Runtime, folders: MediaFolders) -> list[LibraryFinding]:
    left = await folders.thread(parts.left_behind, folders.recordings_dir)
    idents = [ident for _, ident, _ in left]
    states = await runtime.database.run(partial(recordings_table.states, idents=idents))
    return [
        LibraryFinding(RECORDINGS, f".rec/{device}/{ident}", device, FindingKind.ORPHAN, _words(states.get(ident)))
        for device, ident, _ in left
        if states.get(ident) not in _NEEDED
    ]


def _words(state: RecordingState | None) -> str:
    if state is None:
        return "parts of a recording that the index does not know; the next start makes one of them"
    return "parts of a recording that is finished, whose files hold them"
