"""How many connections may be open: so many in all, so many from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from camsvc.errors import RateLimited

RETRY_S = 5


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv4 address; of IPv6 the /64, all of which one machine can take (RFC 4291)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(IPv6Address(int(found) >> 64 << 64)) + "/64"
    return address


class QuotaExceeded(RateLimited):
    """The quota is used up; ``reason`` is ``address_limit`` or ``limit``."""

    @property
    def status(self) -> int:
        """HTTP's: 429 where it is for this address alone, else 503."""
        return 429 if self.data["reason"] == "address_limit" else 503


class ConnectionQuota:
    """Counts what is open."""

    def __init__(self, thing: str, most: int, most_each: int) -> None:
        """Set up.

        Args:
            thing: what is counted, in words, such as "WebSocket connections".
            most: in all.
            most_each: for one address.
        """
        self._thing = thing
        self._most = most
        self._most_each = most_each
        self._held: Counter[str] = Counter()
        self._total = 0

    @property
    def held(self) -> int:
        """How many are, in all."""
        return self._total

    @property
    def holders(self) -> int:
        """How many addresses hold any."""
        return len(self._held)

    def check(self, address: str) -> None:
        """Whether there is room for one more.

        Raises:
            QuotaExceeded: there is none, for this address or for anybody.
        """
        if self._held[neighbourhood(address)] >= self._most_each:
            reason, whose = "address_limit", "from your address"
        elif self._total >= self._most:
            reason, whose = "limit", "in all"
        else:
            return
        self._held += Counter()  # forgets the address again if nothing is held by it
        raise QuotaExceeded(
            f"Too many {self._thing} {whose}",
            reason=reason,
            retry_after_ms=RETRY_S * 1000,
            suggestion="close some of them, or see [limits] in the configuration",
        )

    def take(self, address: str, shared: bool = False) -> Callable[[], None]:
        """Count one more, or raise the error of :meth:`check`.

        Args:
            address: whose it is.
            shared: many come by this address, as from a proxy: it counts in all alone.

        Returns:
            gives it back; a second call does nothing.
        """
        key = "" if shared else neighbourhood(address)
        if not shared or self._total >= self._most:
            self.check(address)
        self._held[key] += 1
        self._total += 1
        given: list[None] = []

        def give() -> None:
            if given:
                return
            given.append(None)
            self._total -= 1
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]

        return give
