"""Strips of small pictures for scrubbing: one JPEG of a recording's file, made when somebody asks, and kept a while.

Only key frames are decoded, at most a hundred of a file, however long that is.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredLock, TimeoutError
from twisted.logger import Logger

from camsvc.errors import RateLimited
from camsvc.library import jpeg
from camsvc.library.index import RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile
from camsvc.recording.copies.stream_copy import Piece, script
from camsvc.system import atomic_files
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import shielded

MOST_PICTURES = 100
WIDTH, HEIGHT, COLUMNS = 160, 90, 10
MOST_KEPT = 200
"""Strips on the disk, 300 kB each at most; the ones made longest ago go."""

MOST_WAITING = 8
_MAKE_LIMIT_S = 60.0
_RETRY_MS = 10_000


@frozen
class StripLayout:
    """``count`` pictures, one each ``step_s`` seconds, in rows of COLUMNS."""

    count: int
    step_s: float

    @classmethod
    def of(cls, duration_s: float) -> StripLayout:
        """Of a file: a picture a second, or fewer."""
        count = max(1, min(MOST_PICTURES, math.ceil(duration_s)))
        return cls(count, duration_s / count if duration_s > 0 else 1.0)

    def webvtt(self, picture: str) -> str:
        """Which part of the picture is of which time, as players take it: WebVTT, with media fragments."""
        cues = ["WEBVTT\n"]
        for number in range(self.count):
            x, y = number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT
            times = f"{_clock(number * self.step_s)} --> {_clock((number + 1) * self.step_s)}"
            cues.append(f"{times}\n{picture}#xywh={x},{y},{WIDTH},{HEIGHT}\n")
        return "\n".join(cues)


class ScrubbingStrips:
    """Makes them, one at a time and out of everybody's way."""

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders) -> None:
        """Set up.

        Args:
            runtime: processes, ffmpeg.
            folders: of the recordings and thumbnails, below which the strips are.
        """
        self._reactor = runtime.reactor
        self._ffmpeg = runtime.ffmpeg
        self._folders = folders
        self._folder = folders.thumbnails_dir / "strips"
        self._one_at_a_time = DeferredLock()
        self._work: dict[str, Deferred[Path | None]] = {}

    def stop(self) -> None:
        """End the ffmpeg that runs."""
        for work in tuple(self._work.values()):
            work.cancel()

    async def kept(self, file: MediaFile) -> Path | None:
        """Where the strip of a recording's file is; None where it has to be made."""
        target = self._folder / f"{file.filename}.jpg"
        return target if await self._folders.thread(_is_current, target, file.modified_at) else None

    async def ready(self, file: MediaFile) -> Path | None:
        """Have the strip of a recording's file made, unless it is there.

        Args:
            file: as it stands in the index.

        Returns:
            where it is; None where none can be made. Who does not wait for it does not end it.

        Raises:
            RateLimited: too many wait already.
        """
        target = self._folder / f"{file.filename}.jpg"
        if (kept := await self.kept(file)) is not None:
            return kept
        if file.filename not in self._work:
            if len(self._work) >= MOST_WAITING:
                raise RateLimited("Too many strips are being made", retry_after_ms=_RETRY_MS)
            work = self._work[file.filename] = Deferred.fromCoroutine(self._make(file, target))
            _ = work.addBoth(self._forget, file.filename)
        return await self._waited(self._work[file.filename], file)

    def _waited(self, work: Deferred[Path | None], file: MediaFile) -> Deferred[Path | None]:
        async def wait() -> Path | None:
            waiter: Deferred[None] = Deferred()

            def pass_on(result: Path | None) -> Path | None:
                waiter.callback(None)
                return result

            _ = work.addBoth(pass_on)
            await waiter
            return await self.kept(file)

        return shielded(wait(), self._log, "waiting for a strip")

    def _forget(self, result: object, name: str) -> None:
        self._work.pop(name, None)

    async def _make(self, file: MediaFile, target: Path) -> Path | None:
        await self._one_at_a_time.acquire()
        try:
            output = await run(
                self._reactor,
                self._command(),
                timeout_s=_MAKE_LIMIT_S,
                max_bytes=4 << 20,
                stdin=script(self._pieces(file)),
            )
            if output.code != 0 or jpeg.size(output.out) is None:
                self._log.warn("{name}: no strip can be made of it", name=file.filename)
                return None
            await self._folders.thread(_keep, target, output.out)
            return target
        except (OSError, TimeoutError) as why:
            self._log.warn("{name}: its strip cannot be made: {why}", name=file.filename, why=str(why))
            return None
        finally:
            self._one_at_a_time.release()

    def _pieces(self, file: MediaFile) -> list[Piece]:
        """From the key frame before each picture's time to that time."""
        layout, path = StripLayout.of(file.duration_s or 0.0), self._folders.path(RECORDINGS, file)
        times = [number * layout.step_s for number in range(layout.count)]
        return [Piece(path, at, at + 0.001) for at in times]

    def _command(self) -> list[str]:
        fitted = f"scale={WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease,pad={WIDTH}:{HEIGHT}:-1:-1"
        rows = MOST_PICTURES // COLUMNS
        return [
            *("/usr/bin/nice", "-n", "10", self._ffmpeg, "-hide_banner", "-loglevel", "error", "-threads", "1"),
            *(
                "-protocol_whitelist",
                "file,pipe",
                "-skip_frame",
                "nokey",
                "-f",
                "concat",
                "-safe",
                "0",
                "-i",
                "pipe:0",
            ),
            *("-map", "0:v:0", "-vf", f"{fitted},tile={COLUMNS}x{rows}", "-fps_mode", "passthrough"),
            *("-frames:v", "1", "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe", "pipe:1"),
        ]


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def _is_current(target: Path, modified_at: float) -> bool:
    """Whether it is there, no link, and not older than its file (blocking)."""
    try:
        return not target.is_symlink() and target.stat().st_mtime >= modified_at
    except FileNotFoundError:
        return False


def _keep(target: Path, picture: bytes) -> None:
    """Store one, and delete those made longest ago (blocking)."""
    target.parent.mkdir(mode=0o750, exist_ok=True)
    atomic_files.replace(target, picture, durable=False)
    with os.scandir(target.parent) as entries:
        made = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in entries)
    for _, path in made[: max(0, len(made) - MOST_KEPT)]:
        Path(path).unlink(missing_ok=True)
