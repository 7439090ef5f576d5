"""All paths by name: adding, changing, deleting and finding them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from camsvc.relay.paths.commands import CommandSlot
from camsvc.relay.paths.options import RelayPathOptions, name_error, options
from camsvc.relay.paths.path import PathContext, RelayPath
from camsvc.relay.request_errors import PathNotFound, RequestError


class CommandSlots:
    """The slots of all paths; a slot lives on while its last process ends, so that a new path waits for it."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._slots: dict[str, CommandSlot] = {}

    def slot(self, name: str) -> CommandSlot:
        """The slot of that name, made when there is none."""
        return self._slots.setdefault(name, CommandSlot(self._reactor, name))

    def discard(self, prefix: str) -> None:
        """Forget a deleted path's slots, those that are empty."""
        for name in [name for name, slot in self._slots.items() if name.startswith(f"{prefix} ") and not slot.busy]:
            del self._slots[name]

    async def end(self, grace_s: float) -> None:
        """End every command: SIGINT, then SIGKILL after ``grace_s`` seconds; returns when all are reaped."""
        for slot in self._slots.values():
            slot.hasten(grace_s)
        for slot in tuple(self._slots.values()):
            await slot.when_idle()


class PathTable:
    """The configured paths, alive."""

    def __init__(self, surroundings: Callable[[PathTable], PathContext], slots: CommandSlots) -> None:
        """No path yet; ``surroundings`` is asked once, as pulls need to find other paths."""
        self._context = surroundings(self)
        self._slots = slots
        self._paths: dict[str, RelayPath] = {}

    def start(self, given: Mapping[str, RelayPathOptions]) -> None:
        """Begin with the paths of the configuration file."""
        for name, path_options in given.items():
            self._make(name, path_options)

    def stop(self) -> None:
        """Close every path, those that pull others first."""
        for path in sorted(self._paths.values(), key=lambda path: not path.options.pulls):
            self.delete(path.name)

    def _make(self, name: str, path_options: RelayPathOptions) -> None:
        self._paths[name] = RelayPath(name, path_options, self._context)

    def add(self, name: str, keys: Any) -> None:
        """Add a path.

        Raises:
            RequestError: the name or a key is wrong, or the path exists.
        """
        wrong = name_error(name)
        if wrong:
            raise RequestError(wrong)
        path_options = options(keys)
        if name in self._paths:
            raise RequestError("path already exists")
        self._make(name, path_options)

    def patch(self, name: str, keys: Any) -> None:
        """Change some options of a path.

        RequestError says that there is no such path, or what is wrong with a key.
        """
        self._change(name, options(keys, self.find(name).options))

    def replace(self, name: str, keys: Any) -> None:
        """Give a path these options and the defaults for the rest; it is added when there is none.

        RequestError says what is wrong with the name or a key.
        """
        if name in self._paths:
            self._change(name, options(keys))
        else:
            self.add(name, keys)

    def _change(self, name: str, path_options: RelayPathOptions) -> None:
        if not self._paths[name].configure(path_options):
            self._paths.pop(name).close()
            self._make(name, path_options)

    def delete(self, name: str) -> None:
        """Delete a path; RequestError says that there is none."""
        path = self.find(name)
        del self._paths[name]
        path.close()
        self._slots.discard(name)

    def find(self, name: str) -> RelayPath:
        """A path by its name.

        Raises:
            PathNotFound: there is none.
        """
        path = self._paths.get(name)
        if path is None:
            raise PathNotFound()
        return path

    def all(self) -> list[RelayPath]:
        """Every path, by name."""
        return [self._paths[name] for name in sorted(self._paths)]
