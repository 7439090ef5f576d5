"""Windows of a week in local time: whether a moment is in one, and when that changes; pure.

A window is where the clock on the wall says so. So a window in the hour that a night of spring leaves out is not, one
in the hour that a night of autumn has twice is twice, and one over the whole night is an hour shorter or longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Literal

from msgspec import Meta, Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_A_DAY = 1440
_LOOK_AHEAD_DAYS = 8


class Window(Struct, forbid_unknown_fields=True, frozen=True, rename={"begin": "from", "end": "to"}):
    """A time of day on some days of the week.

    Where ``to`` is not later than ``from`` it ends on the next day; ``days`` are those on which it begins.
    """

    days: Annotated[list[Day], Meta(min_length=1, description="on which it begins", examples=[["mon", "tue"]])]
    begin: Annotated[
        str,
        Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="local time of its begin", examples=["08:00"]),
    ]
    end: Annotated[
        str,
        Meta(
            pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z",
            description="local time of its end",
            examples=["18:00"],
        ),
    ]

    @property
    def minutes(self) -> tuple[int, int]:
        """Begin and end in minutes of the day."""
        return _minutes(self.begin), _minutes(self.end)


def is_inside(windows: Sequence[Window], at: float, zone: tzinfo) -> bool:
    """Whether a moment is in a window.

    Args:
        windows: any of them.
        at: seconds since the epoch.
        zone: of the clock on the wall.
    """
    local = datetime.fromtimestamp(at, zone)
    minute, today = local.hour * 60 + local.minute, DAYS[local.weekday()]
    yesterday = DAYS[(local.weekday() - 1) % 7]
    for window in windows:
        begin, end = window.minutes
        if begin < end:
            if today in window.days and begin <= minute < end:
                return True
        elif (today in window.days and minute >= begin) or (yesterday in window.days and minute < end):
            return True
    return False


def next_change(windows: Sequence[Window], now: float, zone: tzinfo) -> float | None:
    """When a window begins or ends next, in seconds since the epoch; None where that never happens."""
    inside = is_inside(windows, now, zone)
    moments = sorted({*_boundaries(windows, now, zone), *_transitions(now, zone)})
    return next((at for at in moments if at > now and is_inside(windows, at, zone) is not inside), None)


def _boundaries(windows: Sequence[Window], now: float, zone: tzinfo) -> Iterator[float]:
    """Find every moment at which the clock on the wall shows a begin or an end.

    Yields:
        seconds since the epoch.
    """
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    minutes = {each % _A_DAY for window in windows for each in window.minutes}
    for day in range(_LOOK_AHEAD_DAYS + 1):
        for minute in minutes:
            for fold in (0, 1):
                local = midnight + timedelta(days=day, minutes=minute)
                yield local.replace(tzinfo=zone, fold=fold).timestamp()


def _transitions(now: float, zone: tzinfo) -> Iterator[float]:
    """Find the moments at which the clock on the wall is set forward or back.

    Yields:
        seconds since the epoch.
    """
    begin = int(now)
    for hour in range(_LOOK_AHEAD_DAYS * 24):
        before, after = begin + hour * 3600, begin + (hour + 1) * 3600
        if _offset(before, zone) == _offset(after, zone):
            continue
        while after - before > 1:
            middle = (before + after) // 2
            if _offset(middle, zone) == _offset(before, zone):
                before = middle
            else:
                after = middle
        yield float(after)


def _offset(at: float, zone: tzinfo) -> timedelta | None:
    return datetime.fromtimestamp(at, zone).utcoffset()


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
