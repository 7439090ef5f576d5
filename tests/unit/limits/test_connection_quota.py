"""ConnectionQuota in all and for one address."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.limits.connection_quota import ConnectionQuota, QuotaExceeded, neighbourhood


class ConnectionQuotaTests(SynchronousTestCase):
    """``ConnectionQuota``."""

    def setUp(self) -> None:
        self.quota = ConnectionQuota("connections", 3, 2)

    def refused(self, address: str, shared: bool = False) -> tuple[int, str]:
        with self.assertRaises(QuotaExceeded) as caught:
            self.quota.take(address, shared)
        why = caught.exception
        self.assertEqual((why.code, why.data["retry_after_ms"]), (-32040, 5000))
        return why.status, why.message

    def test_one_address(self) -> None:
        """429 beyond its own share; others still have a place."""
        self.quota.take("192.0.2.1")
        give = self.quota.take("192.0.2.1")
        self.assertEqual(self.refused("192.0.2.1"), (429, "Too many connections from your address"))
        self.quota.take("192.0.2.2")
        give()
        self.quota.take("192.0.2.1")
        self.assertEqual(self.quota.held, 3)

    def test_all(self) -> None:
        """503 when there is none for anybody; one given back is there for the next, once."""
        gives = [self.quota.take(f"192.0.2.{number}") for number in range(3)]
        self.assertEqual(self.refused("192.0.2.9"), (503, "Too many connections in all"))
        gives[0]()
        gives[0]()
        self.quota.take("192.0.2.9")
        self.assertEqual(self.refused("192.0.2.8")[0], 503)

    def test_shared(self) -> None:
        """An address that many come by counts in all alone."""
        for _ in range(3):
            self.quota.take("127.0.0.1", shared=True)
        self.assertEqual(self.refused("127.0.0.1", shared=True)[0], 503)

    def test_look(self) -> None:
        """Takes nothing, and leaves nothing behind of who only looked."""
        for number in range(100):
            self.quota.check(f"192.0.2.{number}")
        self.assertEqual((self.quota.held, self.quota.holders), (0, 0))
        gives = [self.quota.take("192.0.2.1") for _ in range(2)]
        with self.assertRaises(QuotaExceeded):
            self.quota.check("192.0.2.1")
        for give in gives:
            give()
        self.assertEqual(self.quota.holders, 0)

    def test_neighbourhood(self) -> None:
        """One machine has all of an IPv6 /64, and one IPv4 address."""
        self.assertEqual(neighbourhood("2001:db8::1:2:3:4"), "2001:db8::/64")
        self.assertEqual(neighbourhood("2001:db8::ffff"), neighbourhood("2001:db8::1"))
        self.assertNotEqual(neighbourhood("2001:db8:0:1::1"), neighbourhood("2001:db8::1"))
        self.assertEqual(neighbourhood("192.0.2.1"), "192.0.2.1")
        self.assertEqual(neighbourhood("unix"), "unix")
