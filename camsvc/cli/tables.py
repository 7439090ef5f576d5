"""How answers look: as JSON, as words, as tables that fit the terminal; and progress of what takes long."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from camsvc.system.redaction import escaped, plain

_NARROWEST = 8
_GAP = "  "
_BAR = 24


def print_answer(options: argparse.Namespace, answer: Any, text: str) -> None:
    """Print an answer: as JSON where that is asked for, else what it says in words."""
    if options.json:
        print_json(answer)
    else:
        print(plain(text))


def print_json(value: Any) -> None:
    """Print a value as JSON for people."""
    print(escaped(json.dumps(value, indent=2, ensure_ascii=False)))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first being the heads, in columns; cut where a terminal is too narrow, whole in a pipe."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table_lines(rows, width):
        print(line)


def table_lines(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The lines of a table.

    Args:
        rows: the first being the heads.
        width: of the terminal, in columns; None for as wide as it is.
    """
    cells = [[plain(cell).replace("\n", "?") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    if width is not None:
        widths = _fitted(widths, width)
    return [
        _GAP.join(_cut(cell, room).ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _fitted(widths: list[int], width: int) -> list[int]:
    """Take from the widest column first, down to what still says something."""
    widths = list(widths)
    too_much = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while too_much > 0 and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
        too_much -= 1
    return widths


def _cut(cell: str, room: int) -> str:
    return cell if len(cell) <= room else cell[: room - 1] + "…"


def size_words(size_bytes: float) -> str:
    """Bytes for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


class ProgressBar:
    """How far something is, on one line of standard error; nothing where that is no terminal."""

    def __init__(self, what: str, total: int | None) -> None:
        """Nothing is shown yet.

        Args:
            what: what is done.
            total: bytes, or whatever is counted; None where that is not known.
        """
        self._what = what
        self._total = total
        self._shown = -1
        self._visible = sys.stderr.isatty()

    def show(self, done: int) -> None:
        """So much is done."""
        if not self._visible:
            return
        share = 100 * done // self._total if self._total else done >> 20
        if share != self._shown:
            self._shown = share
            print(f"\r{self._line(done, share)}\x1b[K", end="", file=sys.stderr, flush=True)

    def _line(self, done: int, share: int) -> str:
        if not self._total:
            return f"{self._what}  {size_words(done)}"
        full = min(_BAR, _BAR * done // self._total)
        return f"{self._what}  [{'#' * full}{'.' * (_BAR - full)}] {share:3d} %"

    def end(self) -> None:
        """The line is done with."""
        if self._visible and self._shown >= 0:
            print(file=sys.stderr)
