"""The token bucket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.system.token_bucket import TokenBucket, TokenBuckets


class TokenBucketTests(SynchronousTestCase):
    """One."""

    def test_burst_then_rate(self) -> None:
        """All at once up to the burst, then one every 1/rate seconds, told to the millisecond."""
        bucket = TokenBucket.full(2, 3, 100.0)
        self.assertEqual([bucket.take(100.0) for _ in range(4)], [0, 0, 0, 0.5])
        self.assertAlmostEqual(bucket.take(100.4), 0.1, 6)
        self.assertEqual(bucket.take(100.5), 0)
        self.assertEqual(bucket.take(100.5), 0.5)

    def test_never_more_than_the_burst(self) -> None:
        """A long pause saves no more."""
        bucket = TokenBucket.full(10, 2, 0.0)
        self.assertEqual([bucket.take(1e6) > 0 for _ in range(3)], [False, False, True])

    def test_clock_set_back(self) -> None:
        """Takes nothing away and gives nothing."""
        bucket = TokenBucket.full(1, 1, 100.0)
        bucket.take(100.0)
        self.assertEqual(bucket.take(50.0), 1)
        self.assertEqual(bucket.take(51.0), 0)

    def test_spent_already(self) -> None:
        """What is owed has to come in before anything is there again."""
        bucket = TokenBucket.full(2, 4, 100.0)
        self.assertEqual([bucket.spend(100.0, 4), bucket.spend(100.0, 1), bucket.spend(100.0, 3)], [0, 0.5, 2])
        self.assertEqual([bucket.spend(102.0, 0), bucket.take(102.0), bucket.take(102.5)], [0, 0.5, 0])

    @given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 20), st.integers(1, 20))
    def test_any_calls(self, pauses: list[float], rate: int, burst: int) -> None:
        """Never more than burst + rate × time, and who waits as told gets one."""
        bucket, now, taken = TokenBucket.full(rate, burst, 0.0), 0.0, 0
        for pause in pauses:
            now += pause
            wait = bucket.take(now)
            if wait:
                now += wait + 1e-6
                self.assertEqual(bucket.take(now), 0)
            taken += 1
        self.assertLessEqual(taken, burst + rate * now + 1e-6)


class TokenBucketsTests(SynchronousTestCase):
    """One for each key."""

    def test_apart(self) -> None:
        """One address does not use up another's."""
        buckets = TokenBuckets(1, 1)
        self.assertEqual((buckets.take("a", 0), buckets.take("b", 0)), (0, 0))
        self.assertEqual((buckets.take("a", 0), buckets.take("b", 0)), (1, 1))

    def test_spent_by_one(self) -> None:
        """One address owes nothing for another."""
        buckets = TokenBuckets(1, 1)
        self.assertEqual((buckets.spend("a", 0, 3), buckets.spend("b", 0, 1)), (2, 0))

    def test_bounded(self) -> None:
        """The longest unused goes first; one in use is never forgotten for others."""
        buckets = TokenBuckets(1, 1, most=2)
        buckets.take("a", 0)
        buckets.take("b", 0)
        self.assertGreater(buckets.take("a", 0), 0)
        buckets.take("c", 0)
        self.assertGreater(buckets.take("a", 0), 0)
        self.assertEqual(buckets.take("b", 0), 0)
