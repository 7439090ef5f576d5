"""Delays after failed logins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.limits.login_throttle import ADDRESS, USER, LoginThrottle, pace_of_addresses

HOME, AWAY = "192.0.2.1", "192.0.2.2"


class LoginThrottleTests(SynchronousTestCase):
    """``attempt`` and what follows."""

    def setUp(self) -> None:
        self.throttle = LoginThrottle(most=1000)
        self.now = 0.0

    def wait(self, address: str = AWAY, user: str = "ann") -> float:
        return self.throttle.attempt(address, user, self.now).wait_s

    def test_user(self) -> None:
        """Four are free; then the delay doubles up to half a minute, from wherever they come."""
        for number in range(5):
            self.assertEqual(self.wait(f"198.51.100.{number}"), 0)
        for seconds in (2, 4, 8, 16, 30, 30):
            address = f"203.0.113.{int(self.now) % 200}"
            self.assertEqual(self.wait(address), seconds)
            self.now += seconds
            self.assertEqual(self.wait(address), 0)

    def test_address(self) -> None:
        """Nine are free, whomever they try; then it doubles up to five minutes."""
        for number in range(10):
            self.assertEqual(self.wait(AWAY, f"user{number}"), 0)
        for seconds in (2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
            self.assertEqual(self.wait(AWAY, f"other{self.now}"), seconds)
            self.now += seconds
            self.assertEqual(self.wait(AWAY, f"other{self.now}"), 0)
        self.assertEqual(self.wait(HOME, "user1"), 0)

    def test_edge(self) -> None:
        """A moment before is too early."""
        for _ in range(5):
            self.wait()
        self.now = 1.999
        self.assertGreater(self.wait(), 0)
        self.now = 2.0
        self.assertEqual(self.wait(), 0)

    def test_early_ones_add_nothing(self) -> None:
        """Who comes too early a thousand times waits no longer for it."""
        for _ in range(5):
            self.wait()
        for _ in range(1000):
            self.assertEqual(self.wait(), 2)

    def test_first_is_told(self) -> None:
        """Of those that come too early, once in a row."""
        for _ in range(5):
            self.assertFalse(self.throttle.attempt(AWAY, "ann", self.now).first)
        told = [self.throttle.attempt(AWAY, "ann", self.now).first for _ in range(4)]
        self.assertEqual(told, [True, False, False, False])
        self.now = 2.0
        self.throttle.attempt(AWAY, "ann", self.now)
        self.assertTrue(self.throttle.attempt(AWAY, "ann", self.now).first)

    def test_at_the_same_time(self) -> None:
        """A hundred at once are not all tried before the first has failed."""
        self.assertEqual(sum(self.wait() == 0 for _ in range(100)), 5)

    def test_forgotten(self) -> None:
        """After a quarter of an hour, an hour for an address."""
        for _ in range(5):
            self.wait()
        self.now += USER.forget_s
        self.assertEqual([self.wait() for _ in range(5)], [0] * 5)
        self.assertEqual(self.wait(), 2)

    def test_success(self) -> None:
        """Is no failure, and makes the address known; failures of the address stay."""
        for _ in range(200):
            self.assertEqual(self.wait(), 0)
            self.throttle.succeeded(AWAY, "ann")
        for number in range(9):
            self.wait(AWAY, f"user{number}")
            self.throttle.attempt(AWAY, "ann", self.now)
            self.throttle.succeeded(AWAY, "ann")
        self.assertEqual(self.wait(AWAY, "x"), 0)
        self.assertEqual(self.wait(AWAY, "y"), 2)

    def test_owner_is_not_locked_out(self) -> None:
        """Strangers fail as the user, from elsewhere and from the same router; where the user has been, no wait."""
        self.wait(HOME)
        self.throttle.succeeded(HOME, "ann")
        for number in range(300):
            self.wait(f"198.51.100.{number % 250}")
            self.wait(HOME, f"user{number}")
            self.now += 1
        self.assertEqual(self.wait(HOME), 0)

    def test_known_address_is_throttled_too(self) -> None:
        """For failures of its own with that name."""
        self.wait(HOME)
        self.throttle.succeeded(HOME, "ann")
        self.assertEqual([self.wait(HOME) for _ in range(5)], [0] * 5)
        self.assertEqual(self.wait(HOME), 2)

    def test_one_stranger_cannot_hold_a_name(self) -> None:
        """Whoever tries from one address as fast as it is let blocks the name for a small part of the time."""
        blocked = 0
        for second in range(3600):
            self.now = float(second)
            self.wait(AWAY)
            blocked += self.throttle.wait_s(HOME, "ann", self.now) > 0
        self.assertLess(blocked, 3600 * 0.2)

    def test_taken_back(self) -> None:
        """An attempt that nobody has looked at counts as none."""
        for _ in range(100):
            self.assertEqual(self.wait(), 0)
            self.throttle.take_back(AWAY, "ann")

    def test_without_a_user(self) -> None:
        """API keys: by address alone."""
        for _ in range(10):
            self.assertEqual(self.wait(user=""), 0)
        self.assertEqual(self.wait(user=""), 2)
        self.assertEqual(self.wait(HOME, ""), 0)

    def test_pace_of_addresses(self) -> None:
        """So many at once, then one in the time that their number a minute leaves, then fewer."""
        throttle = LoginThrottle(addresses=pace_of_addresses(3))
        self.assertEqual([throttle.attempt(AWAY, "", 0.0).wait_s for _ in range(4)], [0, 0, 0, 20])
        for now, wait_s in ((20.0, 40), (60.0, 80), (140.0, 160), (300.0, 300)):
            self.assertEqual([throttle.attempt(AWAY, "", now).wait_s for _ in range(2)], [0, wait_s])

    def test_memory(self) -> None:
        """Is bounded, whatever comes."""
        for number in range(5000):
            address = f"10.{number >> 8 & 255}.{number & 255}.1"
            self.wait(address, f"user{number}")
            self.throttle.succeeded(address, f"user{number}")
        self.assertLessEqual(self.throttle.remembered, 1000)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.booleans(), st.floats(0, 400))))
    def test_any_order(self, steps: list[tuple[str, str, bool, float]]) -> None:
        """Whatever happened, nobody waits longer than the longest delay, and then may try."""
        throttle, now = LoginThrottle(), 0.0
        for address, user, good, pause in steps:
            now += pause
            wait = throttle.attempt(address, user, now).wait_s
            self.assertTrue(0 <= wait <= ADDRESS.longest_s)
            if not wait and good:
                throttle.succeeded(address, user)
        now += ADDRESS.longest_s
        for address in "abc":
            self.assertEqual(throttle.attempt(address, "new", now).wait_s, 0)

    def test_long_names(self) -> None:
        """Are told apart, and cost no more than short ones."""
        throttle = LoginThrottle()
        long = "a" * 60_000
        for _ in range(USER.free + 1):
            self.assertEqual(throttle.attempt("192.0.2.1", long, 0.0).wait_s, 0)
        self.assertGreater(throttle.attempt("192.0.2.1", long, 0.0).wait_s, 0)
        self.assertEqual(throttle.attempt("192.0.2.1", long + "b", 0.0).wait_s, 0)
        self.assertLess(throttle.characters, 1000)
