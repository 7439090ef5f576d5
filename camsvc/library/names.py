"""What the names of our files say: which camera, when, which recording, and which file of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_OURS = re.compile(
    r"(?P<camera>camera[0-9]+)_([0-9]{4})-([0-9]{2})-([0-9]{2})_([0-9]{2})-([0-9]{2})-([0-9]{2})Z[0-9_.-]*\.[a-z0-9]+\Z"
)
_SEGMENT = re.compile(
    r"(?P<title>camera[0-9]+_[0-9_-]+Z_[0-9]+)(?:-(?P<run>[0-9]{1,5}))?(?:\.(?P<part>[0-9]{1,5}))?\Z"
)
_PARTS_OF_A_RUN = 100_000


def device_of(filename: str) -> str:
    """The camera that a name of ours says; empty for a name that somebody may have chosen.

    Who may see one camera alone must see nothing of another because its file is called like that.
    """
    found = _OURS.match(filename)
    return found["camera"] if found is not None else ""


def time_of(filename: str) -> float | None:
    """When what a file shows began, by the UTC stamp in a name of ours; None where there is none."""
    found = _OURS.match(filename)
    if found is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, found.groups()[1:])  # strptime takes six times as long
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:  # the 31st of February
        return None


def place_of(filename: str) -> tuple[str, int]:
    """The recording that a file belongs to, by its name, and its place among the files of that.

    ``camera0_2026-01-31_12-00-00Z_17.mp4`` is the first, ``…_17-2.mp4`` the second one of recording ``…_17``; what
    could not be joined is called ``…_17.2.mp4``. Any other name is a file of its own, and its whole name its title.

    Returns:
        the recording's name without extension, and a number that grows from file to file; 1 is the first.
    """
    found = _SEGMENT.match(filename.rpartition(".")[0])
    if found is None:
        return filename, 1
    return found["title"], (int(found["run"] or 1) - 1) * _PARTS_OF_A_RUN + int(found["part"] or 1)
