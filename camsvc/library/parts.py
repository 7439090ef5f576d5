"""The parts of a recording on disk, and the one finished file made of them. Blocking: runs in the files thread."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from attrs import frozen

from camsvc.library.mp4_reader import PartFacts, drop_torn_end, read_part
from camsvc.model import RING
from camsvc.system import atomic_files

_JUST_BEFORE_S = 0.001
"""A frame that begins at the end itself is not part of the recording; times of 1e9 s are exact to a microsecond."""


_SEAMLESS_S = 0.1
"""The times in the names of two parts of one stream are no nearer."""

_FULL_BYTES = 4 << 20
"""A part of a second of video may not fit any more."""


@frozen
class Part:
    """A file that the engine wrote.

    Attributes:
        path: where it is.
        began_at: time of its first sample, seconds since the epoch, from the engine's file name (UTC).
        facts: what it holds.
    """

    path: Path
    began_at: float
    facts: PartFacts


@frozen
class Clip:
    """What of a part belongs to its recording: ``length_s`` from its start, None for all."""

    part: Part
    length_s: float | None = None


@frozen
class DiskUsage:
    """How full a file system is, as df(1) tells it.

    Attributes:
        total: bytes.
        used: bytes of files; what is kept for root is neither used nor available.
        available: bytes that an ordinary user may take.
    """

    total: int
    used: int
    available: int

    @property
    def percentage(self) -> float:
        """What is used of what can be, 0 to 100."""
        usable = self.used + self.available
        return round(100 * self.used / usable, 1) if usable else 0.0


@frozen
class Growth:
    """What a look at a recording's folder saw: names and sizes of the files, time of the first sample in them."""

    files: tuple[tuple[str, int], ...] = ()
    began_at: float | None = None

    @property
    def size_bytes(self) -> int:
        """Of all."""
        return sum(size for _, size in self.files)


def began_at(path: Path) -> float:
    """Time in the name of a part (``%Y-%m-%d_%H-%M-%S-%f``, UTC); its change time where the name has none."""
    try:
        return datetime.strptime(path.stem, "%Y-%m-%d_%H-%M-%S-%f").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return path.stat().st_mtime


def _part_files(folder: Path) -> list[Path]:
    """The files of parts by name; a link is none, as what it leads to would be cut and joined."""
    return sorted(path for path in folder.glob("*.mp4") if not path.is_symlink())


def measure(folder: Path, ignore: frozenset[str] = frozenset()) -> Growth:
    """How far a recording is; an absent folder is an empty one.

    Args:
        folder: holds its parts.
        ignore: names of parts that do not count, as they are of an earlier boot.
    """
    sizes = []
    try:
        for path in _part_files(folder):
            if path.name not in ignore:
                sizes.append((path, path.stat().st_size))
    except FileNotFoundError:
        pass
    if not sizes:
        return Growth()
    return Growth(tuple((path.name, size) for path, size in sizes), began_at(sizes[0][0]))


def write_out(folder: Path) -> None:
    """Have the newest part on the disk as far as it has been written, and its name."""
    newest = max(_part_files(folder), key=lambda path: path.stat().st_mtime_ns, default=None)
    if newest is not None:
        atomic_files.sync(newest, data_alone=True)
        atomic_files.sync(folder)


def footage_s(folder: Path) -> float:
    """Seconds of footage in the parts so far, up to the last whole fragment; a folder that is gone has none."""
    try:
        return sum(read_part(path).duration_s for path in _part_files(folder))
    except FileNotFoundError:
        return 0.0


def left_behind(recordings_dir: Path) -> list[tuple[str, int, float]]:
    """Folders of parts there are: camera, id of the recording, time of the first sample."""
    found = []
    for folder in sorted((recordings_dir / ".rec").glob("camera*/*")):
        growth = measure(folder)
        if folder.name.isdigit() and int(folder.name) != RING and growth.began_at is not None:
            found.append((folder.parent.name, int(folder.name), growth.began_at))
    return found


def read(folder: Path, order: Sequence[str] = (), spare: int = 0) -> list[Part]:
    """The parts with footage; torn ends are cut off, parts without a whole fragment deleted.

    Args:
        folder: holds them; nothing writes into those that are read.
        order: names in the order they came; others follow by name.
        spare: so many of the newest are left alone.
    """
    place = {name: index for index, name in enumerate(order)}
    found = _part_files(folder) if folder.is_dir() else []
    paths = sorted(found, key=lambda path: place.get(path.name, len(place)))
    parts = []
    for path in paths[: len(paths) - spare]:
        facts = read_part(path)
        if facts.whole_bytes == 0:
            path.unlink()
            continue
        drop_torn_end(path, facts)
        parts.append(Part(path, began_at(path), facts))
    return parts


def cut(
    parts: Sequence[Part], ends_at: float | None, limit_s: float | None, *, keep_first: bool = True
) -> list[Clip]:
    """Which parts belong to a recording, and how much of each.

    Args:
        parts: in order.
        ends_at: what came after this time (seconds since the epoch) is left out.
        limit_s: so many seconds of footage at most.
        keep_first: the first one belongs to it whatever they say.
    """
    chosen: list[Clip] = []
    left = limit_s
    for part in parts:
        length = part.facts.duration_s
        if ends_at is not None:
            length = min(length, ends_at - part.began_at)
        if left is not None:
            length = min(length, left)
        if length <= 0 and (chosen or not keep_first):
            continue
        whole = length <= 0 or length >= part.facts.duration_s
        chosen.append(Clip(part, None if whole else length))
        if left is not None:
            left -= max(0.0, length)
    return chosen


def joinable(clips: Sequence[Clip]) -> list[list[Clip]]:
    """Runs of clips with the same codec parameters: each run becomes one file."""
    return [list(run) for _, run in groupby(clips, key=lambda clip: clip.part.facts.codec)]


def seconds_of(clips: Sequence[Clip]) -> float:
    """How long they are together."""
    return sum(clip.part.facts.duration_s if clip.length_s is None else clip.length_s for clip in clips)


def size_of(clips: Sequence[Clip]) -> int:
    """Bytes of their parts together."""
    return sum(clip.part.facts.whole_bytes for clip in clips)


def is_long_enough(clips: Sequence[Clip], length_s: float) -> bool:
    """Whether they make a file of their own: a tenth less will do, as an engine cuts at key frames."""
    return seconds_of(clips) >= length_s * 0.9


def groups(clips: Sequence[Clip], length_s: float) -> list[list[Clip]]:
    """Clips by the files that they become: each is as long as it must be, but for the last.

    Args:
        clips: in order.
        length_s: how long a file of a long recording is.
    """
    found: list[list[Clip]] = []
    for clip in clips:
        if not found or is_long_enough(found[-1], length_s):
            found.append([])
        found[-1].append(clip)
    return found


def delete(folder: Path, names: Sequence[str]) -> None:
    """Delete parts that are in a file; those that are gone are fine."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def playlist(clips: Sequence[Clip]) -> str:
    """The input of ffmpeg's concat demuxer.

    Where the end is cut off (``ends_after_s``), each begins where what is known of those before it ends; so does one
    that follows another without a gap, else the sound of many short ones would push the pictures apart.
    """
    lines = ["ffconcat version 1.0"]
    after = iter(clips[1:])
    for clip in clips:
        quoted = str(clip.part.path.resolve()).replace("'", "'\\''")
        lines.append(f"file '{quoted}'")
        follower = next(after, None)
        if follower is not None and (ends_after_s(clips) is not None or _follows(clip.part, follower.part)):
            lines.append(f"duration {clip.part.facts.duration_s:.6f}")
    return "\n".join(lines) + "\n"


def _follows(part: Part, follower: Part) -> bool:
    return abs(part.began_at + part.facts.duration_s - follower.began_at) < _SEAMLESS_S


def ends_after_s(clips: Sequence[Clip]) -> float | None:
    """Seconds after which a file of clips ends, pictures and sound alike; None where it ends as the last one does."""
    length_s = clips[-1].length_s if clips else None
    if length_s is None:
        return None
    return sum(clip.part.facts.duration_s for clip in clips[:-1]) + length_s - _JUST_BEFORE_S


def discard(folder: Path) -> None:
    """Delete the parts of a recording that is finished."""
    shutil.rmtree(folder, ignore_errors=True)


def room(folder: Path) -> tuple[int, int]:
    """Free and total bytes of the file system that holds ``folder`` (statvfs(3): what an ordinary user may take)."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize


def disk_usage(folder: Path) -> DiskUsage:
    """How full the file system that holds ``folder`` is."""
    found = os.statvfs(folder)
    size = found.f_frsize
    return DiskUsage(found.f_blocks * size, (found.f_blocks - found.f_bfree) * size, found.f_bavail * size)


def trouble(folder: Path) -> str | None:
    """Why nothing can be written there: ``no_space``, ``read_only`` or ``gone``; None when something can."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return "gone"
    if found.f_flag & os.ST_RDONLY:
        return "read_only"
    return "no_space" if found.f_bavail * found.f_frsize < _FULL_BYTES else None
