"""Durations as MediaMTX writes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.engine.go_durations import seconds


class SecondsTests(SynchronousTestCase):
    """``seconds``."""

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
            self.assertAlmostEqual(seconds(text), value, 9, text)

    def test_no_durations(self) -> None:
        """Texts that other settings hold."""
        for text in ("10", "s", "publisher", "1x", "10 s", "-1s", "10s ", "rtsp://a", "1,5s"):
            self.assertIsNone(seconds(text), text)

    @given(st.text() | st.from_regex(r"(\d{1,5}(h|m|s|ms|d)){0,4}\Z"))
    def test_any_text(self, text: str) -> None:
        """A length that is not negative, or None."""
        found = seconds(text)
        self.assertTrue(found is None or found >= 0)
