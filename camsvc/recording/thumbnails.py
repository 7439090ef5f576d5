"""A thumbnail for every finished recording and snapshot: made by ffmpeg, one at a time, out of everybody's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock, TimeoutError
from twisted.logger import Logger

from camsvc.library import index, jpeg, thumbnail_names
from camsvc.library.index import EXTENSIONS, RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile
from camsvc.recording.finisher import Progress
from camsvc.system import atomic_files
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater, launch

EVERY_S = 3600.0
AHEAD = 500
"""So many are made before somebody asks: of a hundred thousand files it would take hours."""

WIDTH = 320

_AT_A_TIME = 256
_MAKE_LIMIT_S = 30.0
_TRIES = 3
"""For a file that takes longer: where everything is busy that may be no fault of it."""

_LATEST_S = 10.0
"""The picture is of a tenth of a recording's length, as its first one may be dark, but not of later than this."""


class Thumbnails:
    """Makes what is missing of the newest files: at the start, every hour, when one is new; of others when asked."""

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders, incomplete: Callable[[], bool]) -> None:
        """Set up.

        Args:
            runtime: processes, time, ffmpeg, and the database that knows the finished files.
            folders: knows the folders.
            incomplete: whether the index may lack files that are there.
        """
        self._incomplete = incomplete
        self._reactor = runtime.reactor
        self._database = runtime.database
        self._folders = folders
        self._ffmpeg = runtime.ffmpeg
        self._one_at_a_time = DeferredLock()
        self._work: set[Deferred[Any]] = set()
        self._failures: Counter[tuple[str, float]] = Counter()
        self._rounds = Repeater(runtime.reactor, EVERY_S, self._make_missing, self._log, "making thumbnails")

    def start(self) -> None:
        """Begin the rounds."""
        self._rounds.start()

    def stop(self) -> None:
        """End them, and the ffmpeg that runs."""
        self._rounds.stop()
        for work in tuple(self._work):
            work.cancel()

    def look(self) -> None:
        """Look for what is missing now."""
        self._rounds.nudge()

    def recording_changed(self, progress: Progress) -> None:
        """Look for what is missing when a recording is there: it may be several files."""
        if progress.status == "STOPPED":
            self.look()

    def snapshot_taken(self, file: MediaFile) -> None:
        """Make that of a new snapshot."""
        work = launch(self._make(SNAPSHOTS, file), self._log, f"making the thumbnail of {file.filename}")
        self._work.add(work)
        _ = work.addBoth(lambda _: self._work.discard(work))

    async def ready(self, name: str) -> bool:
        """Have one thumbnail made before all others.

        Args:
            name: the thumbnail's.

        Returns:
            whether it is there now; never, where its file is not there, not finished, or cannot be decoded.
        """
        source = thumbnail_names.source_of(name)
        if source is None:
            return False
        file = await self._database.run(lambda db: index.find(db, *source))
        if file is None or file.filename != source[1] or file.status != "FINISHED":
            return False
        return await self._make(source[0], file)

    async def _make_missing(self) -> None:
        await self._drop_left_over()
        newest = await self._database.run(lambda db: index.newest(db, AHEAD))
        wanted = {thumbnail_names.name_of(file.filename): (kind, file) for kind, file in newest}
        there = await self._folders.thread(_there, self._folders.thumbnails_dir, list(wanted))
        for name, (kind, file) in wanted.items():
            if name not in there:
                await self._make(kind, file)

    async def _drop_left_over(self) -> None:
        """Delete those whose file is gone; none while the index is not complete."""
        folder = self._folders.thumbnails_dir
        names = thumbnail_names.there(folder)
        while not self._incomplete() and (some := await self._folders.thread(_some, names)):
            sources = {name: thumbnail_names.source_of(name) for name in some}
            left: set[str] = {name for name, source in sources.items() if source is None}
            for kind in (RECORDINGS, SNAPSHOTS):
                of_kind = {source[1]: name for name, source in sources.items() if source and source[0] == kind}
                known = await self._database.run(lambda db: index.known(db, kind, of_kind))  # noqa: B023
                left |= {name for filename, name in of_kind.items() if filename not in known}
            await self._folders.thread(thumbnail_names.drop, folder, left)

    async def _make(self, kind: str, file: MediaFile) -> bool:
        target = self._folders.thumbnails_dir / thumbnail_names.name_of(file.filename)
        which = file.filename, file.modified_at
        await self._one_at_a_time.acquire()
        try:
            if await self._folders.thread(thumbnail_names.is_picture, target):  # by another who asked
                return True
            if self._failures[which] >= _TRIES:
                return False
            source = self._folders.path(kind, file)
            if not await self._folders.thread(_is_file, source):  # deleted, or its disk is away
                return False
            picture = await self._picture(source, file.duration_s or 0.0)
            if picture is None and await self._folders.thread(_is_file, source):
                self._failures[which] = _TRIES
                self._log.warn("{name}: no thumbnail can be made of it", name=file.filename)
            if picture is None:
                return False
            return await self._folders.thread(_write, target, picture, source)
        except TimeoutError:
            self._failures[which] += 1
            self._log.warn("{name}: its thumbnail was not made in {s:g} s", name=file.filename, s=_MAKE_LIMIT_S)
            return False
        except OSError as why:  # no room; the next round tries again
            self._log.warn("{name}: its thumbnail cannot be written: {why}", name=file.filename, why=why.strerror)
            return False
        finally:
            self._one_at_a_time.release()

    async def _picture(self, path: Path, duration_s: float) -> bytes | None:
        for at in dict.fromkeys((min(duration_s / 10, _LATEST_S), 0.0)):
            output = await run(self._reactor, self._command(path, at), timeout_s=_MAKE_LIMIT_S)
            if output.code == 0 and jpeg.size(output.out) is not None:
                return output.out
        return None

    def _command(self, path: Path, at: float) -> list[str]:
        """Of the key frame before ``at``, so that little is decoded; as wide as a list shows it, never wider."""
        still = path.suffix in EXTENSIONS[SNAPSHOTS]  # ffmpeg seeks in none, and takes a % in its name for a pattern
        begin = ["-f", "image2", "-pattern_type", "none"] if still else ["-noaccurate_seek", "-ss", f"{at:.3f}"]
        return [
            *("/usr/bin/nice", "-n", "10", self._ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error"),
            *("-threads", "1", "-protocol_whitelist", "file,pipe"),
            *begin,
            *("-i", str(path), "-map", "0:v:0", "-frames:v", "1", "-vf", f"scale='min({WIDTH},iw)':-2"),
            *("-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe", "pipe:1"),
        ]


def _there(folder: Path, names: list[str]) -> set[str]:
    return {name for name in names if thumbnail_names.is_picture(folder / name)}


def _some(names: Iterator[str]) -> list[str]:
    return list(islice(names, _AT_A_TIME))


def _is_file(path: Path) -> bool:
    """Whether it is there, and no link to a picture elsewhere."""
    return path.is_file() and not path.is_symlink()


def _write(target: Path, picture: bytes, source: Path) -> bool:
    """Nothing is left of a thumbnail whose file has been deleted meanwhile."""
    atomic_files.replace(target, picture, durable=False)
    if _is_file(source):
        return True
    target.unlink(missing_ok=True)
    return False
