"""How often one address may ask: calls of the API, over WebSocket and HTTP together, and HTTP requests."""

from __future__ import annotations

from camsvc.config.schema import Limits
from camsvc.limits.connection_quota import neighbourhood
from camsvc.system.clocks import Clocks
from camsvc.system.token_bucket import TokenBuckets


class RateLimits:
    """Token buckets by address, shared by all entry points."""

    def __init__(self, limits: Limits, clocks: Clocks) -> None:
        """Set up.

        Args:
            limits: rates and bursts.
            clocks: the monotonic one counts.
        """
        self._clocks = clocks
        self.adopt(limits)

    def adopt(self, limits: Limits) -> None:
        """Other rates and bursts from now on; what was counted so far is forgotten."""
        self._calls = TokenBuckets(limits.address_calls_per_second, limits.address_burst)
        self._requests = TokenBuckets(limits.requests_per_second, limits.request_burst)

    def call(self, address: str) -> float:
        """Pay for a call of the API; the seconds to wait where there were too many, else 0."""
        return self._calls.take(neighbourhood(address), self._clocks.monotonic_s())

    def request(self, address: str) -> float:
        """Pay for an HTTP request, likewise."""
        return self._requests.take(neighbourhood(address), self._clocks.monotonic_s())
