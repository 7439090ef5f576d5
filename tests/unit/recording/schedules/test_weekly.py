"""Windows of the week against a clock on the wall that is looked at every minute; nights of summer time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.recording.schedules.weekly import DAYS, Window, is_inside, next_change

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = "2026-03-29", "2026-10-25"
"""Sundays: 02:00 to 03:00 is not there, and is there twice."""


def window(begin: str, end: str, *days: Any) -> Window:
    return Window(list(days or DAYS), begin, end)


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class WindowTests(SynchronousTestCase):
    """Days without a change of the clock."""

    def inside(self, each: Window, *local: str) -> list[bool]:
        return [
            is_inside([each], datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp(), BERLIN)
            for text in local
        ]

    def test_by_day(self) -> None:
        """From the minute on, up to the minute; on its days alone. The 2nd of February 2026 is a Monday."""
        each = window("08:00", "18:00", "mon", "fri")
        found = self.inside(each, "2026-02-02T07:59:59", "2026-02-02T08:00", "2026-02-02T17:59:59",
                            "2026-02-02T18:00", "2026-02-03T12:00", "2026-02-06T12:00")  # fmt: skip
        self.assertEqual(found, [False, True, True, False, False, True])

    def test_over_midnight(self) -> None:
        """Belongs to the day on which it begins."""
        each = window("22:00", "06:00", "mon")
        found = self.inside(each, "2026-02-02T03:00", "2026-02-02T22:00", "2026-02-03T05:59", "2026-02-03T06:00",
                            "2026-02-03T23:00")  # fmt: skip
        self.assertEqual(found, [False, True, True, False, False])

    def test_whole_days(self) -> None:
        """24:00 is the end of the day; from a time to itself is a day."""
        self.assertEqual(
            self.inside(window("00:00", "24:00", "mon"), "2026-02-02T23:59", "2026-02-03T00:00"), [True, False]
        )
        self.assertEqual(
            self.inside(window("08:00", "08:00", "mon"), "2026-02-03T07:59", "2026-02-03T08:00"), [True, False]
        )

    def test_never_changes(self) -> None:
        """Without a window, and with all of the week."""
        self.assertIsNone(next_change([], 0.0, BERLIN))
        self.assertIsNone(next_change([window("00:00", "24:00")], utc("2026-03-25T00:00"), BERLIN))


class SummerTimeTests(SynchronousTestCase):
    """The nights in which the clock is set."""

    def spans(self, each: Window, day: str) -> list[tuple[str, str]]:
        """When it is inside from the noon before on, for a day, in UTC: by the changes alone."""
        now = utc(f"{day}T12:00") - 86400
        until, found, began = now + 86400, [], None
        while now < until:
            change = next_change([each], now, BERLIN)
            assert change is not None
            now = change
            text = datetime.fromtimestamp(now, UTC).strftime("%H:%M")
            if is_inside([each], now, BERLIN):
                began = text
            elif began is not None:
                found.append((began, text))
        return found

    def test_over_the_night(self) -> None:
        """22:00 to 06:00 is 7 hours in spring, 9 in autumn, 8 else."""
        night = window("22:00", "06:00")
        self.assertEqual(self.spans(night, SPRING), [("21:00", "04:00")])
        self.assertEqual(self.spans(night, AUTUMN), [("20:00", "05:00")])
        self.assertEqual(self.spans(night, "2026-06-14"), [("20:00", "04:00")])

    def test_begins_in_the_hour_left_out(self) -> None:
        """02:30 to 04:00 begins at 03:00, when the clock jumps there."""
        self.assertEqual(self.spans(window("02:30", "04:00"), SPRING), [("01:00", "02:00")])

    def test_within_the_hour_left_out(self) -> None:
        """There is none that night."""
        self.assertEqual(self.spans(window("02:15", "02:45"), SPRING), [])

    def test_within_the_hour_that_comes_twice(self) -> None:
        """It is there twice."""
        self.assertEqual(self.spans(window("02:15", "02:45"), AUTUMN), [("00:15", "00:45"), ("01:15", "01:45")])

    def test_ends_in_the_hour_that_comes_twice(self) -> None:
        """01:00 to 02:30: to 02:30, and again from 02:00 on: what the clock says counts, and nothing is missed."""
        self.assertEqual(self.spans(window("01:00", "02:30"), AUTUMN), [("23:00", "00:30"), ("01:00", "01:30")])

    @given(
        st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
        st.integers(0, 1439),
        st.integers(0, 1440),
        st.sets(st.sampled_from(DAYS), min_size=1),
        st.sampled_from(["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]),
        st.integers(0, 86399),
    )
    def test_against_a_look_each_minute(
        self, zone_name: str, begin: int, end: int, days: set[Any], day: str, second: int
    ) -> None:
        """The next change is the first minute that is otherwise than now, in every zone and night."""
        zone = ZoneInfo(zone_name)
        each = window(*(f"{each // 60:02}:{each % 60:02}" for each in (begin, end)), *days)
        now = utc(f"{day}T00:00") + second
        found = next_change([each], now, zone)
        inside, minute = is_inside([each], now, zone), now - now % 60
        for _ in range(2 * 1440):
            minute += 60
            if is_inside([each], minute, zone) is not inside:
                self.assertEqual(found, minute)
                return
        self.assertTrue(found is None or found > minute)
