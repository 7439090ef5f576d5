"""How often one address may ask."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.schema import Limits
from camsvc.limits.rate_limits import RateLimits
from tests.support.clocks import FakeClocks


class RateLimitsTests(SynchronousTestCase):
    """``RateLimits``."""

    def test_each_of_its_own(self) -> None:
        """Calls and requests count apart, by address; time brings more."""
        clocks = FakeClocks()
        limits = Limits(address_calls_per_second=2, address_burst=3, requests_per_second=1, request_burst=1)
        rate_limits = RateLimits(limits, clocks)
        self.assertEqual([rate_limits.call("192.0.2.1") for _ in range(4)], [0, 0, 0, 0.5])
        self.assertEqual([rate_limits.request("192.0.2.1") for _ in range(2)], [0, 1])
        self.assertEqual(rate_limits.call("192.0.2.2"), 0)
        clocks.advance(0.5)
        self.assertEqual([rate_limits.call("192.0.2.1") for _ in range(2)], [0, 0.5])

    def test_ipv6(self) -> None:
        """A machine cannot hide behind the many addresses that it has."""
        rate_limits = RateLimits(Limits(request_burst=1), FakeClocks())
        self.assertEqual(rate_limits.request("2001:db8::1"), 0)
        self.assertGreater(rate_limits.request("2001:db8::2"), 0)
