"""A recording's parts become one seekable file by stream copy; the parts stay until the caller discards them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from attrs import evolve
from twisted.internet.defer import CancelledError, DeferredLock, DeferredSemaphore
from twisted.logger import Logger

from camsvc.library import parts
from camsvc.library.media_folders import MediaFolders
from camsvc.library.parts import Clip
from camsvc.model import MediaFile, Recording, iso
from camsvc.system import atomic_files
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime

_FINISH_LIMIT_S = 1800.0
_PROBE_LIMIT_S = 20.0
_NOT_IN_MP4 = (b"ulaw", b"alaw", b"ipcm")
"""Sample entries of sound that engines record as it comes, G.711 as a rule, and ffmpeg writes into no MP4."""


class Joiner:
    """Joins parts: large recordings one at a time, and beside them a few small ones, which wait for no large one.

    Attributes:
        large_bytes: from so many bytes on a recording is a large one: some seconds of a disk's work.
        small_at_once: so many of the others are joined at the same time.
    """

    large_bytes = 256 << 20
    small_at_once = 3

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders) -> None:
        """Set up.

        Args:
            runtime: processes, ffmpeg.
            folders: takes the finished files.
        """
        self._reactor = runtime.reactor
        self._folders = folders
        self._ffmpeg = runtime.ffmpeg
        self._ffprobe = runtime.ffmpeg.removesuffix("ffmpeg") + "ffprobe"
        self._large = DeferredLock()
        self._small = DeferredSemaphore(self.small_at_once)
        self._written: dict[str, list[Path]] = {}

    async def written_bytes(self, recording: Recording) -> int:
        """Bytes of the files of a recording that are being made now, as far as they are written; else 0."""
        return await self._folders.thread(_sizes, tuple(self._written.get(recording.name, ())))

    async def join(self, recording: Recording, clips: list[Clip], first: int = 1) -> list[MediaFile]:
        """Make finished files of a recording, one where all clips have the same codec parameters.

        Args:
            recording: its name is the files' name.
            clips: what belongs to them, in order.
            first: number of the first one.

        Returns:
            the files, in order; none when there was no footage. The parts are still there.
        """
        size = parts.size_of(clips)
        turn: DeferredLock | DeferredSemaphore = self._large if size >= self.large_bytes else self._small
        await turn.acquire()
        try:
            made = []
            self._written[recording.name] = []
            for number, joint in enumerate(parts.joinable(clips), first):
                suffix = "" if number == 1 else f"-{number}"
                final = self._folders.recordings_dir / f"{recording.name}{suffix}{recording.extension}"
                made += await self._join_run(recording, joint, final)
            return made
        finally:
            self._written.pop(recording.name, None)
            turn.release()

    async def _join_run(self, recording: Recording, joint: list[Clip], final: Path) -> list[MediaFile]:
        needed = parts.size_of(joint)
        free, _ = await self._folders.thread(parts.room, self._folders.recordings_dir)
        if free < needed + (16 << 20):
            self._log.warn("{name}: no room to join its parts; they are listed one by one", name=recording.name)
            return await self._one_by_one(recording, joint, final)
        temporary = final.with_name(f".{final.name}.part")
        playlist = final.with_name(f".{final.name}.txt")
        written = self._written[recording.name]
        written.append(temporary)
        try:
            await self._folders.thread(playlist.write_text, parts.playlist(joint))
            await self._remux(playlist, temporary, recording.format, joint)
            await self._folders.thread(atomic_files.publish, temporary, final)
            written[-1] = final
        except CancelledError:  # the next start joins them
            await self._folders.thread(_remove, temporary)
            raise
        except Exception as why:
            self._log.error("{name}: its parts cannot be joined ({why}); they are listed one by one",
                            name=recording.name, why=str(why))  # fmt: skip
            await self._folders.thread(_remove, temporary)
            return await self._one_by_one(recording, joint, final)
        finally:
            await self._folders.thread(_remove, playlist)
        return [await self._describe(recording, final, joint[0].part.began_at)]

    async def _remux(self, playlist: Path, temporary: Path, form: str, joint: list[Clip]) -> None:
        container = ["-f", "matroska"] if form == "mkv" else ["-movflags", "+faststart", "-f", "mp4"]
        descriptions, ends_s = joint[0].part.facts.codec, parts.ends_after_s(joint)
        argv = [
            *("/usr/bin/nice", "-n", "10", self._ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
            *("-f", "concat", "-safe", "0", "-i", str(playlist), "-map", "0", "-c", "copy"),
            *(("-t", f"{ends_s:.6f}") if ends_s is not None else ()),
            *(("-c:a", "aac") if form != "mkv" and any(kind in descriptions for kind in _NOT_IN_MP4) else ()),
            *("-metadata", f"creation_time={iso(joint[0].part.began_at)}"),  # known where the library is restored
            *container,
            str(temporary),
        ]
        output = await run(self._reactor, argv, timeout_s=_FINISH_LIMIT_S)
        if output.code != 0:
            raise OSError(output.err.decode(errors="replace").strip()[-300:] or f"ffmpeg ended with {output.code}")

    async def _one_by_one(self, recording: Recording, joint: list[Clip], final: Path) -> list[MediaFile]:
        made = []
        for number, clip in enumerate(joint, 1):
            name = final.stem if number == 1 else f"{final.stem}.{number}"
            target = final.with_name(f"{name}.mp4")
            await self._folders.thread(_place, clip.part.path, target)
            made.append(await self._describe(recording, target, clip.part.began_at))
        return made

    async def _describe(self, recording: Recording, path: Path, began_at: float) -> MediaFile:
        stat = await self._folders.thread(path.stat)
        file = MediaFile(path.name, recording.device, stat.st_size, began_at, stat.st_mtime)
        argv = [
            *(self._ffprobe, "-v", "error", "-show_entries"),
            *("stream=codec_type,codec_name,width,height:format=duration", "-of", "json", str(path)),
        ]
        try:
            output = await run(self._reactor, argv, timeout_s=_PROBE_LIMIT_S)
            found = msgspec.json.decode(output.out)
            (video, *_), sounds = _streams(found, "video"), _streams(found, "audio")
            return evolve(
                file,
                duration_s=round(float(found["format"]["duration"]), 3),
                width=video["width"],
                height=video["height"],
                codec=str(video["codec_name"]).upper(),
                sound=str(sounds[0]["codec_name"]).upper() if sounds else "",
            )
        except (msgspec.MsgspecError, LookupError, ValueError, TypeError, TimeoutError, OSError):
            return file


def _streams(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [stream for stream in found["streams"] if stream["codec_type"] == kind]


def _sizes(paths: Sequence[Path]) -> int:
    size = 0
    for path in paths:
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _place(part: Path, target: Path) -> None:
    """A second name for the part; where the file system has no links (exFAT), its only one."""
    try:
        os.link(part, target)
    except OSError:
        part.replace(target)
