"""Tables by keys that strangers choose: so many entries, each of a bounded size, the oldest go first."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")

LONGEST = 128
"""Characters of one part of a key. A longer one is kept as its SHA-256, which tells it from others as well."""


class RecentKeys(Generic[V]):
    """Values of the ``most`` keys that were put last; a key is one or more texts."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[tuple[str, ...], V] = OrderedDict()

    def get(self, *key: str) -> V | None:
        """The value of a key; None where there is none."""
        return self._values.get(_bounded(key))

    def put(self, value: V, *key: str) -> None:
        """Keep a value; its key is the newest then."""
        bounded = _bounded(key)
        self._values[bounded] = value
        self._values.move_to_end(bounded)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def pop(self, *key: str) -> V | None:
        """Forget a key; its value."""
        return self._values.pop(_bounded(key), None)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def characters(self) -> int:
        """Of all keys together."""
        return sum(len(part) for key in self._values for part in key)


def _bounded(key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part if len(part) <= LONGEST else _digest(part) for part in key)


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
