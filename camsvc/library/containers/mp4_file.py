"""Whether an MP4 is whole: each box in the file, each sample where its tables say, each fragment with its data."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from camsvc.library.containers import mp4_tracks
from camsvc.library.containers.boxes import boxes, find, read_body
from camsvc.library.containers.contents import Contents, Flaw, Flawed
from camsvc.library.containers.mp4_tracks import Mp4Track
from camsvc.library.mp4_reader import read_part

_MAX_MOOV = 256 << 20
_FIRST = frozenset(
    (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof", b"sidx", b"uuid", b"pdin")
)


def read(path: Path) -> Contents:
    """Open an MP4 and compare its boxes with each other.

    Raises:
        Flawed: it is not whole, or none.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        moov, data, fragments = _layout(file, size)
        try:
            found = list(mp4_tracks.tracks(moov))
            fragmented = find(moov, b"mvex") is not None
            if not fragmented:
                _require_samples(found, data)
        except (struct.error, IndexError, ValueError) as why:
            raise Flawed(Flaw.DAMAGED, f"its tables do not fit its content ({why})") from None
    if not found:
        raise Flawed(Flaw.DAMAGED, "it has neither pictures nor sound")
    if fragmented and not fragments:
        raise Flawed(Flaw.TRUNCATED, "nothing follows its header")
    video = next((each for each in found if each.video), None)
    sound = next((each for each in found if not each.video), None)
    length_s = read_part(path).duration_s if fragmented else mp4_tracks.played_s(moov)
    length_s = length_s or max(each.duration_s for each in found)
    return Contents(
        round(length_s, 3),
        video.codec if video else "",
        video.width if video else None,
        video.height if video else None,
        sound.codec if sound else "",
        mp4_tracks.creation_time(moov),
    )


def _layout(file: BinaryIO, size: int) -> tuple[bytes, list[tuple[int, int]], int]:
    """Walk the outer boxes: the body of ``moov``, where each ``mdat`` is, and how many fragments there are.

    Raises:
        Flawed: they do not fill the file, or one is missing.
    """
    moov: bytes | None = None
    data: list[tuple[int, int]] = []
    kinds = []
    for kind, body, stop in _whole_boxes(file, size):
        kinds.append(kind)
        if kind == b"moov":
            moov = read_body(file, body, min(stop, body + _MAX_MOOV))
        elif kind == b"mdat":
            data.append((body, stop))
    if moov is None:
        raise Flawed(Flaw.TRUNCATED, "its index (moov) is missing")
    fragments = [kind for kind in kinds if kind in (b"moof", b"mdat")]
    if b"moof" in kinds and fragments[-1] == b"moof":
        raise Flawed(Flaw.TRUNCATED, "the data of its last fragment is missing")
    return moov, data, fragments.count(b"moof")


def _whole_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk the outer boxes of a file that they fill.

    Yields:
        type, where the body begins, where it ends.

    Raises:
        Flawed: they do not fill it.
    """
    end = 0
    for kind, body, stop in boxes(file, size):
        if not end and kind not in _FIRST:
            break
        if stop > size:
            raise Flawed(Flaw.TRUNCATED, f"its end is missing: {stop - size} bytes of a box {_text(kind)}")
        yield kind, body, stop
        end = stop
    if not end:
        raise Flawed(Flaw.FOREIGN if size >= 8 else Flaw.TRUNCATED, "it is no MP4" if size >= 8 else "it is empty")
    if end != size:
        raise Flawed(Flaw.TRUNCATED, f"what follows its last box is none: {size - end} bytes")


def _require_samples(found: list[Mp4Track], data: list[tuple[int, int]]) -> None:
    """Have each sample within the data.

    Raises:
        Flawed: one is not.
    """
    begins = [begin for begin, _ in data]
    for track in found:
        for begin, end in track.chunks():
            place = bisect_right(begins, begin) - 1
            if end > begin and (place < 0 or end > data[place][1]):
                raise Flawed(Flaw.DAMAGED, f"its index leads beyond its data, to byte {begin}")


def _text(kind: bytes) -> str:
    return kind.decode("ascii", "replace")
