"""Tables that fit the terminal, and progress."""

from __future__ import annotations

import io
import sys

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.cli.tables import ProgressBar, size_words, table_lines

ROWS = [("NAME", "ROLE", "TEXT"), ("a" * 30, "viewer", "b" * 90), ("c", "admin", "")]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TableTests(SynchronousTestCase):
    """``table_lines``."""

    def test_pipe(self) -> None:
        """Whole where nothing limits it."""
        self.assertIn("b" * 90, table_lines(ROWS, None)[1])

    def test_terminal(self) -> None:
        """Cut in the widest columns first, and marked."""
        lines = table_lines(ROWS, 80)
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertIn("a" * 30 + "  viewer", lines[1])
        self.assertTrue(lines[1].endswith("b…"))

    @given(st.lists(st.tuples(*[st.text(max_size=60)] * 3), min_size=1, max_size=4), st.integers(40, 200))
    def test_any(self, rows: list[tuple[str, ...]], width: int) -> None:
        """Every line fits, and is one line."""
        for line in table_lines(rows, width):
            self.assertLessEqual(len(line), width)
            self.assertNotIn("\n", line)
            self.assertNotIn("\x1b", line)

    def test_sizes(self) -> None:
        """Bytes for people."""
        self.assertEqual([size_words(n) for n in (0, 999, 1500, 2_500_000)], ["0 B", "999 B", "1.5 kB", "2.5 MB"])


class ProgressTests(SynchronousTestCase):
    """``ProgressBar``."""

    def shown(self, stream: io.StringIO, total: int | None = 200) -> str:
        self.patch(sys, "stderr", stream)
        bar = ProgressBar("door.mp4", total)
        for done in (0, 100, 101, 200):
            bar.show(done)
        bar.end()
        return stream.getvalue()

    def test_terminal(self) -> None:
        """One line, drawn anew for each per cent."""
        text = self.shown(_Terminal())
        self.assertEqual(text.count("\r"), 3)
        self.assertIn("[############............]  50 %", text)
        self.assertTrue(text.endswith("100 %\x1b[K\n"))

    def test_pipe(self) -> None:
        """Nothing."""
        self.assertEqual(self.shown(io.StringIO()), "")

    def test_unknown_size(self) -> None:
        """How much there is so far."""
        self.assertIn("door.mp4  0 B", self.shown(_Terminal(), None))
