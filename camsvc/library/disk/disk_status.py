"""How the recordings' disk is, in one word and in figures: pure, of what was seen of it."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from camsvc.library.disk.volume import SeenVolume

_LEAST_BYTES = 4 << 20
"""A part of a second of video may not fit any more."""

_MOST_CRITICAL_BYTES = 128 << 20


class DiskState(StrEnum):
    """What can be done on the disk.

    OK: all. LOW: the reserve is used up; recordings go on, none begins, retention frees what it may. FULL: next to
    nothing is left; recordings pause. READ_ONLY, GONE, FOREIGN (another volume, or none, is in its place): nothing is
    recorded or deleted.
    """

    OK = "ok"
    LOW = "low"
    FULL = "full"
    READ_ONLY = "read_only"
    GONE = "gone"
    FOREIGN = "foreign"


_WORDS = {
    DiskState.OK: "there is room to record",
    DiskState.READ_ONLY: "the folder of recordings is read-only",
    DiskState.GONE: "the folder of recordings is not there",
    DiskState.FOREIGN: "the folder of recordings is on another volume than before; mount that, or call accept_volume",
}


@frozen
class DiskStatus:
    """The state with its figures, in bytes.

    Attributes:
        state: in one word.
        free_bytes: what camsvc may take.
        total_bytes: of the file system.
        required_bytes: what must be free for a recording to begin.
    """

    state: DiskState
    free_bytes: int = 0
    total_bytes: int = 0
    required_bytes: int = 0

    @property
    def records(self) -> bool:
        """Recordings under way go on."""
        return self.state in (DiskState.OK, DiskState.LOW)

    @property
    def away(self) -> bool:
        """What should be there is not."""
        return self.state in (DiskState.GONE, DiskState.FOREIGN)

    @property
    def writable(self) -> bool:
        """Files can be made and deleted, room or not."""
        return not self.away and self.state is not DiskState.READ_ONLY

    @property
    def reason(self) -> str:
        """Why recordings pause or are refused, for programs."""
        return self.state.value if self.state not in (DiskState.LOW, DiskState.FULL) else "no_space"

    @property
    def message(self) -> str:
        """For people."""
        if self.state is DiskState.LOW:
            return f"no room for another recording: {self.figures}; those under way go on"
        return f"no room: {self.figures}; recordings pause" if self.state is DiskState.FULL else _WORDS[self.state]

    @property
    def figures(self) -> str:
        """What is free and what must be, for people."""
        return f"{_in_words(self.free_bytes)} free, {_in_words(self.required_bytes)} must stay free"


def _in_words(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**8 else f"{size / 1e6:.1f} MB"


def required_bytes(reserve_bytes: int, parts_bytes: int) -> int:
    """What must be free for a recording to begin.

    Args:
        reserve_bytes: of the configuration.
        parts_bytes: what is recorded and in no file yet.
    """
    return max(reserve_bytes, 2 * _LEAST_BYTES) + parts_bytes


def status_of(seen: SeenVolume, reserve_bytes: int, before: DiskState) -> DiskStatus:
    """How the disk is now.

    Args:
        seen: as it was found.
        reserve_bytes: of the configuration.
        before: how it was: what was short is well only with some room to spare, so that it does not change twice a
            minute.
    """
    required = required_bytes(reserve_bytes, seen.parts_bytes)
    critical = max(_LEAST_BYTES, min(reserve_bytes // 8, _MOST_CRITICAL_BYTES))
    free = seen.free_bytes
    if seen.trouble is not None:
        state = DiskState(seen.trouble)
    elif free < critical * (2 if before is DiskState.FULL else 1):
        state = DiskState.FULL
    elif free < required + (to_spare(required) if before in (DiskState.LOW, DiskState.FULL) else 0):
        state = DiskState.LOW
    else:
        state = DiskState.OK
    return DiskStatus(state, free, seen.total_bytes, required)


def to_spare(required: int) -> int:
    """Bytes beyond what is required that are freed as well once something is."""
    return min(max(required // 16, 1 << 20), 256 << 20)
