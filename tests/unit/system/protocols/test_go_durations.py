"""Durations as Go writes them, and as MediaMTX does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.system.protocols import go_durations


class GoDurationTests(SynchronousTestCase):
    """Go's durations."""

    def test_both_ways(self) -> None:
        """Read in any form, written in Go's."""
        for text, seconds, written in (
            ("10s", 10, "10s"),
            ("100ms", 0.1, "100ms"),
            ("24h", 86400, "24h0m0s"),
            ("1h30m", 5400, "1h30m0s"),
            ("90s", 90, "1m30s"),
            ("1.5s", 1.5, "1.5s"),
            ("0", 0, "0s"),
            ("0s", 0, "0s"),
            ("1m0.25s", 60.25, "1m0.25s"),
            ("15us", 0.000015, "15µs"),
            (".5s", 0.5, "500ms"),
        ):
            self.assertEqual((go_durations.parse(text), go_durations.written(seconds)), (seconds, written))

    def test_refused(self) -> None:
        """In Go's words."""
        for text in ("", "5", "1d", "s", "-1s", "1s x", "999999999h"):
            with self.assertRaises(ValueError) as caught:
                go_durations.parse(text)
            self.assertEqual(str(caught.exception), f'time: invalid duration "{text}"')

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10**13))
    def test_round_trip(self, microseconds: int) -> None:
        """What is written reads back, to the microsecond."""
        self.assertEqual(round(go_durations.parse(go_durations.written(microseconds / 10**6)) * 10**6), microseconds)


class DaysTests(SynchronousTestCase):
    """``parse_with_days``."""

    def test_forms(self) -> None:
        """Of old and new versions: the same length however it is written."""
        for text, value in (
            ("24h0m0s", 86400),
            ("1d", 86400),
            ("1d12h", 129600),
            ("10s", 10),
            ("100ms", 0.1),
            ("1.5s", 1.5),
            ("1m0.5s", 60.5),
            ("5us", 5e-6),
            ("5µs", 5e-6),
            ("", 0),
            ("0", 0),
            ("0s", 0),
        ):
            self.assertAlmostEqual(go_durations.parse_with_days(text), value, 9, text)

    def test_no_durations(self) -> None:
        """Texts that other settings hold."""
        for text in ("10", "s", "publisher", "1x", "10 s", "-1s", "10s ", "rtsp://a", "1,5s"):
            with self.assertRaises(ValueError, msg=text):
                go_durations.parse_with_days(text)

    @given(st.text() | st.from_regex(r"(\d{1,5}(h|m|s|ms|d)){0,4}\Z"))
    def test_any_text(self, text: str) -> None:
        """A length that is not negative, or refused."""
        try:
            self.assertGreaterEqual(go_durations.parse_with_days(text), 0)
        except ValueError:
            pass
