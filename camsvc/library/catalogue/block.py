"""A few hundred files in the order of their times, as small as they can be, and which of them a list asks for."""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from attrs import frozen

MOST = 1024
"""So many files in a block: searching one is quick, and so is going through all blocks."""

_REMEMBERED = 16
"""Of so many words a block knows how often they occur: the pages of one search, and the word before that."""

_BETWEEN = "/"
"""Stands between names, as it stands in none."""


class Entry(NamedTuple):
    """What is known of a file here; entries are in the order of lists, oldest first, and no two are equal.

    Attributes:
        created_at: seconds since the epoch.
        name: as ``folded`` makes it.
        row: id of its row in the index.
        device: number of its camera here; where it is only to be found, greater than any.
    """

    created_at: float
    name: str
    row: int
    device: int = 1 << 62


@frozen
class Wanted:
    """What a list asks for.

    Attributes:
        since: no file of before this time; None for any.
        until: no file of this time or later; None for any.
        devices: numbers of cameras; None for any.
        word: a part of the name, as ``folded`` makes it; empty for any.
    """

    since: float | None = None
    until: float | None = None
    devices: frozenset[int] | None = None
    word: str = ""


class Block:
    """Some files, one after the other; never empty."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Set up.

        Args:
            entries: in order, at least one.
        """
        self._times = array("d", (entry.created_at for entry in entries))
        self._rows = array("q", (entry.row for entry in entries))
        self._devices = array("i", (entry.device for entry in entries))
        self._names = _BETWEEN.join(entry.name for entry in entries)
        self._per_device = Counter(self._devices)
        self._occurs: dict[tuple[str, frozenset[int] | None], int] = {}

    def __len__(self) -> int:
        return len(self._times)

    @property
    def first(self) -> Entry:
        """The oldest."""
        return Entry(self._times[0], self._names.split(_BETWEEN, 1)[0], self._rows[0], self._devices[0])

    @property
    def oldest(self) -> float:
        """Time of the first."""
        return self._times[0]

    @property
    def newest(self) -> float:
        """Time of the last."""
        return self._times[-1]

    def entries(self) -> list[Entry]:
        """All of them, in order."""
        names = self._names.split(_BETWEEN)
        return list(map(Entry._make, zip(self._times, names, self._rows, self._devices, strict=True)))

    def count(self, wanted: Wanted) -> int:
        """How many are wanted."""
        begin, end = self._span(wanted)
        if end - begin < len(self):
            return len(self._positions(wanted, begin, end))
        if wanted.word:
            return self._count_word(wanted)
        if wanted.devices is not None:
            return sum(self._per_device[device] for device in wanted.devices)
        return len(self)

    def wanted(self, wanted: Wanted) -> list[tuple[float, int]]:
        """Times and rows of those that are wanted, newest first."""
        found = self._positions(wanted, *self._span(wanted))
        return [(self._times[at], self._rows[at]) for at in reversed(found)]

    def _span(self, wanted: Wanted) -> tuple[int, int]:
        begin, end = 0, len(self)
        if wanted.since is not None and wanted.since > self._times[0]:
            begin = bisect_left(self._times, wanted.since)
        if wanted.until is not None and wanted.until <= self._times[-1]:
            end = bisect_left(self._times, wanted.until)
        return begin, max(begin, end)

    def _positions(self, wanted: Wanted, begin: int, end: int) -> Sequence[int]:
        word = wanted.word
        found: Sequence[int] = range(begin, end)
        if word:
            if word not in self._names:
                return ()
            names = self._names.split(_BETWEEN)
            found = [at for at in found if word in names[at]]
        if wanted.devices is not None:
            devices = self._devices
            found = [at for at in found if devices[at] in wanted.devices]
        return found

    def _count_word(self, wanted: Wanted) -> int:
        """How often a word occurs: what takes longest, so that it is remembered for the next page."""
        if wanted.word not in self._names:
            return 0
        key = (wanted.word, wanted.devices)
        count = self._occurs.get(key)
        if count is None:
            if len(self._occurs) >= _REMEMBERED:
                self._occurs.clear()
            if wanted.devices is None:
                count = len([1 for name in self._names.split(_BETWEEN) if wanted.word in name])
            else:
                count = len(self._positions(wanted, 0, len(self)))
            self._occurs[key] = count
        return count


def folded(name: str) -> str:
    """A name, or a part of one, as names are compared: small letters, and accents however they were written."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
