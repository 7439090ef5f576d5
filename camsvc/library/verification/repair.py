"""A file that is not whole becomes one of what of it can be played; what it was stays beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import TimeoutError

from camsvc.library.containers.contents import Flawed
from camsvc.library.containers.inspection import inspect
from camsvc.library.media_folders import MediaFolders
from camsvc.system import atomic_files
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime

DAMAGED = ".damaged"
"""Follows the name of what a repaired file was."""

_LIMIT_S = 1800.0
_ROOM = 16 << 20


async def mend(runtime: Runtime, folders: MediaFolders, path: Path) -> str | None:
    """Copy what can be played of a recording, without encoding anew, and put it in the place of the file.

    Args:
        runtime: processes, ffmpeg.
        folders: the threads.
        path: of an MP4 or Matroska file.

    Returns:
        what keeps it from being repaired; None when it is.
    """
    draft = path.with_name(f".{path.name}.mend{path.suffix}")
    try:
        if not await folders.thread(_has_room, path):
            return "there is no room to repair it"
        await folders.thread(draft.unlink, True)
        output = await run(runtime.reactor, _command(runtime.ffmpeg, path, draft), timeout_s=_LIMIT_S)
        if output.code != 0 or not await folders.thread(_plays, draft):
            return "nothing of it can be played"
        await folders.thread(_swap, path, draft)
    except TimeoutError:
        return "repairing it takes too long"
    except OSError as why:
        return f"it cannot be repaired: {why.strerror}"
    finally:
        await folders.thread(draft.unlink, True)
    return None


def _command(ffmpeg: str, path: Path, draft: Path) -> list[str]:
    container = ["-f", "matroska"] if path.suffix == ".mkv" else ["-movflags", "+faststart", "-f", "mp4"]
    return [
        *("/usr/bin/nice", "-n", "19", ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error"),
        *("-protocol_whitelist", "file,pipe", "-fflags", "+discardcorrupt"),  # a sample that is cut short
        *("-i", str(path), "-map", "0", "-c", "copy", *container, str(draft)),
    ]


def _has_room(path: Path) -> bool:
    found: Any = os.statvfs(path)
    return bool(found.f_bavail * found.f_frsize > path.stat().st_size + _ROOM)


def _plays(draft: Path) -> bool:
    try:
        return bool(inspect(draft).duration_s)
    except (Flawed, OSError):
        return False


def _swap(path: Path, draft: Path) -> None:
    """First another name for what it was, then the new file in its place: at each moment there is one.

    What it was keeps its time, so that nothing dates the recording anew.
    """
    found = path.stat()
    kept = path.with_name(path.name + DAMAGED)
    if not kept.exists():
        try:
            os.link(path, kept)
        except OSError:  # a file system without links
            path.rename(kept)
    os.utime(draft, ns=(found.st_atime_ns, found.st_mtime_ns))
    atomic_files.publish(draft, path)
