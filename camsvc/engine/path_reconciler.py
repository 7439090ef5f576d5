"""Making the engine's paths equal to those that are wanted, and which of these the engine has taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from camsvc.engine.api.api_client import EngineRefused
from camsvc.engine.api.paths_api import PathsApi
from camsvc.engine.desired_paths import DesiredPaths, PathKeys
from camsvc.engine.path_options import goes_on, ours


class PathReconciler:
    """Compares what is wanted with what the engine has, and mends the difference.

    Attributes:
        desired: what is wanted.
    """

    _log = Logger()

    def __init__(self, api: PathsApi, desired: DesiredPaths) -> None:
        """Set up; the engine has taken nothing yet, and is asked by the coroutines alone.

        Args:
            api: calls to the engine.
            desired: what is wanted.
        """
        self._api = api
        self.desired = desired
        self._taken: dict[str, PathKeys] = {}
        self._refused: dict[str, PathKeys] = {}
        self._rounded = False  # a round has come to its end, and the engine kept nothing that it was to delete
        self._one_at_a_time = DeferredLock()  # a round that runs meanwhile would delete or replace what is just added

    @property
    def equal(self) -> bool:
        """The engine has all that is wanted and nothing else of ours, as far as we know."""
        nothing_else = self._rounded and self._taken.keys() <= {*self.desired}
        return nothing_else and all(self.taken(name) for name in self.desired)

    def taken(self, name: str) -> bool:
        """Whether the engine has a path as it is wanted."""
        return name in self.desired and self._taken.get(name) == self.desired.get(name)

    def settled(self, name: str) -> bool:
        """Whether the engine has a path as it is wanted, has refused it, or need not have it."""
        wanted = self.desired.get(name)
        return wanted is None or wanted in (self._taken.get(name), self._refused.get(name))

    def forget(self) -> None:
        """The engine has started anew, or is down: it has taken nothing."""
        self._rounded = False
        self._taken = {}

    async def add(self, name: str, keys: PathKeys) -> None:
        """Add a path now; it stays wanted unless the engine is down or refuses it."""
        async with self._one_at_a_time:
            await self._api.add(name, keys)
            self._taken[name] = keys
            self.desired.note_added(name, keys)

    async def delete(self, name: str) -> None:
        """Delete a path now, or at the next round where the engine is down."""
        self.desired.note_deleted(name)
        async with self._one_at_a_time:
            self._taken.pop(name, None)
            await self._api.delete(name)

    async def renew(self, name: str) -> None:
        """Delete a path that is not ready and add it again: MediaMTX tries a source again only after 5 s.

        Where the engine is down, a round adds it when it is back.
        """
        async with self._one_at_a_time:
            state = await self._api.state(name)
            if state is not None and not state.ready and name in self.desired:
                await self._api.delete(name)
                keys = self.desired.get(name)
                if keys is not None:  # else it was ended meanwhile
                    await self._api.add(name, keys)

    async def make_equal(self, spared: Callable[[str], bool]) -> None:
        """One round; where the engine is down, the next one makes up for it.

        Args:
            spared: names of paths that are left alone though they are not wanted.
        """
        async with self._one_at_a_time:
            actual = await self._api.configured()
            kept = await self._delete_unwanted(actual, spared)
            self._refused = {}
            self._taken = {
                name: keys
                for name in self.desired
                if (keys := self.desired.get(name)) is not None and name in actual and goes_on(keys, actual[name])
            }
            await self._add_missing()
            self._rounded = not kept

    async def _delete_unwanted(self, actual: dict[str, Any], spared: Callable[[str], bool]) -> bool:
        """Delete what nobody wants, in ``actual`` too; whether the engine keeps any of it."""
        kept = False
        for name in tuple(actual):
            if ours(name) and name not in self.desired and not spared(name):
                self._taken.pop(name, None)
                try:
                    await self._api.delete(name)
                    del actual[name]
                except EngineRefused as why:
                    kept = True
                    self._log.error("the engine keeps the path {name}: {why}", name=name, why=why.message)
        return kept

    async def _add_missing(self) -> None:
        for name in self.desired:
            keys = self.desired.get(name)
            if keys is None or self.taken(name):
                continue
            try:
                await self._api.add(name, keys)
                self._taken[name] = keys
            except EngineRefused as why:
                self._refused[name] = keys
                self._log.error("the engine refuses the path {name}: {why}", name=name, why=why.message)
