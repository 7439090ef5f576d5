"""The token bucket: so many at once, so many a second."""

from __future__ import annotations

from attrs import define

from camsvc.system.floods.recent_keys import RecentKeys


@define
class TokenBucket:
    """Holds ``burst`` tokens and gains ``rate`` a second; ``at`` is the time of the last look."""

    rate: float
    burst: float
    tokens: float
    at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> TokenBucket:
        """A new one."""
        return cls(rate, burst, burst, now)

    def take(self, now: float) -> float:
        """Take a token.

        Returns:
            0 when there was one, else the seconds until there is.
        """
        self._fill(now)
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate

    def spend(self, now: float, count: float) -> float:
        """Take tokens for what has been done already, also such as are not there yet.

        Returns:
            seconds until none is owed; 0 when none is.
        """
        self._fill(now)
        self.tokens -= count
        return max(0.0, -self.tokens / self.rate)

    def _fill(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate)
        self.at = now


class TokenBuckets:
    """A bucket for each key (an address), of the newest ``most`` keys."""

    def __init__(self, rate: float, burst: float, most: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: RecentKeys[TokenBucket] = RecentKeys(most)

    def take(self, key: str, now: float) -> float:
        """As :meth:`TokenBucket.take`, for one key."""
        return self._bucket(key, now).take(now)

    def spend(self, key: str, now: float, count: float) -> float:
        """As :meth:`TokenBucket.spend`, for one key."""
        return self._bucket(key, now).spend(now, count)

    def owed_s(self, key: str, now: float) -> float:
        """Seconds until nothing is owed for a key; 0 where nothing is. Nothing is taken."""
        bucket = self._buckets.get(key)
        return 0.0 if bucket is None else bucket.spend(now, 0)

    def _bucket(self, key: str, now: float) -> TokenBucket:
        bucket = self._buckets.get(key) or TokenBucket.full(self._rate, self._burst, now)
        self._buckets.put(bucket, key)
        return bucket
