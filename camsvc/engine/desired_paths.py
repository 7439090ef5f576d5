"""What the engine's paths should be, by name; the engine keeps nothing over a restart, this does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twisted.logger import Logger

from camsvc.system.subscribers import Subscribers

PathKeys = Mapping[str, Any]
"""A path's configuration, ``/v3/config/paths`` of MediaMTX."""


class DesiredPaths:
    """Paths that are wanted.

    Attributes:
        changes: told, without arguments, of each change that the engine has yet to take.
    """

    _log = Logger()

    def __init__(self) -> None:
        self._keys: dict[str, PathKeys] = {}
        self.changes: Subscribers[[]] = Subscribers("telling of a change of paths", self._log)

    def __contains__(self, name: str) -> bool:
        return name in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._keys))

    def get(self, name: str) -> PathKeys | None:
        """The keys of a path; None where it is not wanted."""
        return self._keys.get(name)

    def set(self, name: str, keys: PathKeys) -> None:
        """Have the engine take a path, or its new keys, soon."""
        if self._keys.get(name) != keys:
            self._keys[name] = keys
            self.changes.tell()

    def remove(self, name: str) -> None:
        """Have the engine delete a path soon; one that is not wanted is fine."""
        if self._keys.pop(name, None) is not None:
            self.changes.tell()

    def note_added(self, name: str, keys: PathKeys) -> None:
        """A path is wanted from now on that the engine has already."""
        self._keys[name] = keys

    def note_deleted(self, name: str) -> None:
        """A path is not wanted any more, and is being deleted already."""
        self._keys.pop(name, None)
