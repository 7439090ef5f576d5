"""The engine's paths: what they should be, which the engine has taken, and a round that makes the two equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from camsvc.engine.api_client import EngineApi, EngineRefused
from camsvc.engine.path_options import goes_on, ours

Keys = Mapping[str, Any]
"""A path's configuration, ``/v3/config/paths`` of MediaMTX."""


class EnginePaths:
    """Paths by name; the engine keeps nothing over a restart, this does."""

    _log = Logger()

    def __init__(self, api: EngineApi) -> None:
        """None wanted; ``api`` is asked only by the coroutines."""
        self._api = api
        self._wanted: dict[str, Keys] = {}
        self._taken: dict[str, Keys] = {}
        self._refused: dict[str, Keys] = {}
        self._equal = False
        self._one_at_a_time = DeferredLock()  # a round that runs meanwhile would delete or replace what is just added

    def __contains__(self, name: str) -> bool:
        """Whether a path is wanted."""
        return name in self._wanted

    def items(self) -> tuple[tuple[str, Keys], ...]:
        """What is wanted, by name."""
        return tuple(self._wanted.items())

    @property
    def equal(self) -> bool:
        """The engine has all that is wanted and nothing else of ours, as of the last round."""
        return self._equal

    def taken(self, name: str) -> bool:
        """Whether the engine has a path as it is wanted."""
        return name in self._wanted and self._taken.get(name) == self._wanted[name]

    def settled(self, name: str) -> bool:
        """Whether the engine has a path as it is wanted, has refused it, or need not have it."""
        return name not in self._wanted or self._wanted[name] in (self._taken.get(name), self._refused.get(name))

    def forget(self) -> None:
        """The engine has started anew, or is down: it has taken nothing."""
        self._equal = False
        self._taken = {}

    def want(self, name: str, keys: Keys | None) -> bool:
        """Have the next round add a path, replace it, or delete it where ``keys`` is None.

        Returns:
            whether a round is needed: False where just that is wanted already.
        """
        if self._wanted.get(name) == keys:
            return False
        if keys is None:
            del self._wanted[name]
            self._taken.pop(name, None)
        else:
            self._wanted[name] = keys
        self._equal = False
        return True

    async def add(self, name: str, keys: Keys) -> None:
        """Add a path now; nothing stays wanted when that fails.

        Raises:
            DependencyFailed: the engine is down or refuses.
        """
        async with self._one_at_a_time:
            await self._api.add(name, keys)
            self._wanted[name] = self._taken[name] = keys

    async def delete(self, name: str) -> None:
        """Delete a path now.

        Raises:
            DependencyFailed: the engine is down; the path goes at the next round.
        """
        self._wanted.pop(name, None)
        async with self._one_at_a_time:
            await self._api.delete(name)

    async def renew(self, name: str) -> None:
        """Delete a path that is not ready and add it again: MediaMTX tries a source again only after 5 s.

        Raises:
            DependencyFailed: the engine is down; a round adds it when it is back.
        """
        async with self._one_at_a_time:
            state = await self._api.state(name)
            if state is not None and not state.ready and name in self._wanted:
                await self._api.delete(name)
                if name in self._wanted:  # else it was ended meanwhile
                    await self._api.add(name, self._wanted[name])

    async def make_equal(self, spared: Callable[[str], bool]) -> None:
        """One round.

        Args:
            spared: names of paths that are left alone though they are not wanted.

        Raises:
            DependencyFailed: the engine is down; the next round makes up for it.
        """
        async with self._one_at_a_time:
            actual = await self._api.configured()
            stuck = False
            for name in tuple(actual):
                if ours(name) and name not in self._wanted and not spared(name):
                    try:
                        await self._api.delete(name)
                        del actual[name]
                    except EngineRefused as why:
                        stuck = True
                        self._log.error("the engine keeps the path {name}: {why}", name=name, why=why.message)
            self._refused = {}
            self._taken = {
                name: keys for name, keys in self.items() if name in actual and goes_on(keys, actual[name])
            }
            for name, keys in self.items():
                if name in self._taken or name not in self._wanted:
                    continue
                try:
                    await self._api.add(name, keys)
                    self._taken[name] = keys
                except EngineRefused as why:
                    self._refused[name] = keys
                    self._log.error("the engine refuses the path {name}: {why}", name=name, why=why.message)
            self._equal = not stuck and all(self.taken(name) for name in self._wanted)
