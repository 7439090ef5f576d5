"""What there is of a recording that is no file yet, for whoever lists it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from camsvc.library.parts import Part
from camsvc.model import MediaFile, Recording


@frozen
class Footage:
    """What has been recorded so far, or what is being finished: bytes and seconds."""

    size_bytes: int = 0
    duration_s: float = 0.0


@frozen
class Stopped:
    """What a stop answers: the recording with its end, footage in seconds and bytes."""

    recording: Recording
    duration_s: float
    size_bytes: int


def with_footage(file: MediaFile, unfinished: Mapping[str, Footage]) -> MediaFile:
    """A file of the index with size and duration of what it will be of.

    Args:
        file: as the index knows it, which has neither of a recording that is not finished.
        unfinished: what is under way and what is being finished, by file name.
    """
    if file.status == "FINISHED":
        return file
    since_s = max(0.0, file.modified_at - file.created_at)  # its end, where that is known, less its begin
    footage = unfinished.get(file.filename, Footage(0, since_s))
    return evolve(file, size_bytes=footage.size_bytes, duration_s=round(footage.duration_s, 3))


def footage_of(recording: Recording, found: Sequence[Part], made: Footage) -> Footage:
    """What there is of a recording; of a timed one no more than it was asked for.

    Args:
        recording: whose.
        found: the parts that are in no file yet.
        made: what its files hold.
    """
    duration_s = made.duration_s + sum(part.facts.duration_s for part in found)
    if recording.length_s is not None:
        duration_s = min(duration_s, recording.length_s)
    return Footage(made.size_bytes + sum(part.facts.whole_bytes for part in found), duration_s)
