"""How the systems that camsvc is connected to are doing, as each says of itself; for get_status and ``/health``."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType
from twisted.logger import Logger

from camsvc.system.subscribers import Subscribers


class Integration(Struct, frozen=True):
    """RUNNING, STARTING or ERROR; ``error``: what went wrong last, for people."""

    state: str
    error: str | UnsetType = UNSET


class Integrations:
    """What each has said last, by its name; one that the configuration has no table for is not in it.

    Attributes:
        changes: told when the state of one is another.
    """

    def __init__(self) -> None:
        """Set up, with none."""
        self.changes: Subscribers[[]] = Subscribers("telling of an integration", Logger())
        self._said: dict[str, dict[str, Integration]] = {}

    def reporter(self, name: str, part: str = "") -> Callable[[str, str], None]:
        """What one of them tells its state and error by; until it does, it is STARTING.

        Args:
            name: such as ``mqtt``.
            part: where there are several of that name, which; the worst of them counts for the name.
        """
        parts = self._said.setdefault(name, {})
        parts[part] = Integration("STARTING")

        def report(state: str, error: str = "") -> None:
            text = f"{part}: {error}" if part and error else error
            before, parts[part] = parts[part], Integration(state, text or UNSET)
            if before.state != state:
                self.changes.tell()

        return report

    def all(self) -> dict[str, Integration]:
        """By name."""
        return {name: min(parts.values(), key=_health) for name, parts in self._said.items()}


def _health(integration: Integration) -> int:
    return ("ERROR", "STARTING", "RUNNING").index(integration.state)
