"""How often one address may ask: calls of the API, over WebSocket and HTTP together, and HTTP requests."""

from __future__ import annotations

import time
from collections.abc import Callable

from camsvc.config.schema import Limits
from camsvc.limits.connection_quota import neighbourhood
from camsvc.limits.token_bucket import TokenBuckets


class RateLimits:
    """Token buckets by address, shared by all doors."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up.

        Args:
            limits: rates and bursts.
            clock: seconds.
        """
        self._clock = clock
        self._calls = TokenBuckets(limits.address_calls_per_second, limits.address_burst)
        self._requests = TokenBuckets(limits.requests_per_second, limits.request_burst)

    def call(self, address: str) -> float:
        """Pay for a call of the API; the seconds to wait where there were too many, else 0."""
        return self._calls.take(neighbourhood(address), self._clock())

    def request(self, address: str) -> float:
        """Pay for an HTTP request, likewise."""
        return self._requests.take(neighbourhood(address), self._clock())
