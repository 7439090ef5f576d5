"""How many readers there may be, in all, with one credential and from one address; the rest is for publishers."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable

from camsvc.relay.request_errors import RequestError

#: Connections that readers leave free, for cameras that are to publish.
RESERVE = 100


class ReaderShares:
    """Counts readers."""

    def __init__(self, connections: int) -> None:
        """Nobody reads.

        Args:
            connections: how many there may be at a time, of all kinds.
        """
        self._most = max(connections - RESERVE, connections // 2)
        self._most_each = max(1, connections // 4)
        self._total = 0
        self._held: Counter[str] = Counter()

    @property
    def keys(self) -> int:
        """How many credentials and addresses are counted at present."""
        return len(self._held)

    def take(self, address: str, credential: str) -> Callable[[], None]:
        """Count one more.

        Args:
            address: the reader's; this machine's own are not counted together, as camsvc is among them.
            credential: its password, or the query that it was admitted with; empty where everybody is admitted.

        Returns:
            what to call, once, when it has gone.

        Raises:
            RequestError: 503, there are too many.
        """
        keys = [f"credential {credential}"] if credential else []
        keys += [] if _is_loopback(address) else [f"address {address}"]
        if self._total >= self._most:
            raise RequestError("too many readers", 503)
        for key in keys:
            if self._held[key] >= self._most_each:
                raise RequestError(f"too many readers with one {key.partition(' ')[0]}", 503)
        self._total += 1
        self._held.update(keys)
        return lambda: self._release(keys)

    def _release(self, keys: list[str]) -> None:
        self._total -= 1
        self._held.subtract(keys)
        for key in keys:
            if not self._held[key]:
                del self._held[key]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
