"""All files of one kind in the order of lists: how many are wanted, and which of them stand on a page."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from camsvc.library.catalogue.block import MOST, Block, Entry, Wanted


class Catalogue:
    """Files by time, then by name, in blocks: some 60 bytes each."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._numbers: dict[str, int] = {}

    def number(self, device: str) -> int:
        """The number that a camera has here."""
        return self._numbers.setdefault(device, len(self._numbers))

    def numbers(self, devices: Iterable[str]) -> frozenset[int]:
        """Those of cameras of which there may be files."""
        return frozenset(self._numbers[device] for device in devices if device in self._numbers)

    def load(self, entries: Iterable[Entry]) -> None:
        """Take files, in order, and forget all others; blocks are half full, so that new ones find room."""
        self._blocks = list(_blocks(iter(entries)))

    def change(self, gone: Iterable[Entry], new: Iterable[Entry]) -> None:
        """Take files out, and put others in.

        Args:
            gone: found by time, name and row; one that is not there is fine.
            new: in any order; none of them is there.
        """
        for place, leaving in self._by_place(gone):
            rows = {entry.row for entry in leaving}
            rest = (entry for entry in self._blocks[place].entries() if entry.row not in rows)
            self._blocks[place : place + 1] = _blocks(rest, MOST)
        if not self._blocks:
            self.load(sorted(new))
            return
        for place, coming in self._by_place(new):
            together = sorted([*self._blocks[place].entries(), *coming])
            self._blocks[place : place + 1] = _blocks(iter(together), MOST if len(together) <= MOST else MOST // 2)

    def count(self, wanted: Wanted) -> int:
        """How many are wanted."""
        return sum(block.count(wanted) for block in self._within(wanted))

    def page(self, wanted: Wanted, offset: int, limit: int) -> list[tuple[float, int]]:
        """Times and rows of some of those that are wanted, newest first.

        Args:
            wanted: which ones.
            offset: after the first so many.
            limit: at most so many.
        """
        found: list[tuple[float, int]] = []
        for block in reversed(self._within(wanted)):
            if len(found) >= limit:
                break
            count = block.count(wanted)
            if offset >= count:
                offset -= count
                continue
            found += block.wanted(wanted)[offset : offset + limit - len(found)]
            offset = 0
        return found

    def _within(self, wanted: Wanted) -> Sequence[Block]:
        """The blocks in which files of the wanted times can be."""
        begin, end = 0, len(self._blocks)
        while end and wanted.until is not None and self._blocks[end - 1].oldest >= wanted.until:
            end -= 1
        while begin < end and wanted.since is not None and self._blocks[begin].newest < wanted.since:
            begin += 1
        return self._blocks[begin:end]

    def _by_place(self, entries: Iterable[Entry]) -> list[tuple[int, list[Entry]]]:
        """Entries by the block that they belong to; the last block first, as blocks are split and dropped."""
        starts = [block.first for block in self._blocks]
        groups: dict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            groups[max(0, bisect_right(starts, entry) - 1)].append(entry)
        return sorted(groups.items(), reverse=True) if starts else []


def _blocks(entries: Iterator[Entry], size: int = MOST // 2) -> Iterator[Block]:
    """Make blocks of entries that are in order.

    Yields:
        blocks of at most ``size``.
    """
    while chunk := list(islice(entries, size)):
        yield Block(chunk)
