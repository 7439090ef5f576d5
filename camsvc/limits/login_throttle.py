"""How long a login must wait after failures: longer with each one, for the address and for the user."""

from __future__ import annotations

import math

from attrs import define, evolve, frozen

from camsvc.errors import RateLimited
from camsvc.limits.connection_quota import neighbourhood
from camsvc.system.floods.recent_keys import RecentKeys


@frozen
class Pace:
    """How the delay grows.

    Attributes:
        free: failures that cost nothing.
        longest_s: the delay doubles up to this.
        forget_s: without a failure for so long, all is forgotten.
        first_s: the delay after the first failure that costs.
    """

    free: int
    longest_s: float
    forget_s: float
    first_s: float = 2.0

    def delay_s(self, failures: int) -> float:
        """What the next attempt has to wait after so many failures in a row."""
        costly = failures - self.free
        return min(self.longest_s, self.first_s * 2.0 ** min(costly - 1, 30)) if costly > 0 else 0.0


ADDRESS = Pace(free=9, longest_s=300.0, forget_s=3600.0)
USER = Pace(free=4, longest_s=30.0, forget_s=900.0)
"""A user's delay stays short: it can be brought about by strangers, whose own addresses wait far longer."""


def pace_of_addresses(failures_per_minute: int) -> Pace:
    """The pace for addresses: so many failures at once, then not more a minute, and soon fewer."""
    return evolve(ADDRESS, free=failures_per_minute - 1, first_s=60 / failures_per_minute)


Key = tuple[str, ...]


@define
class _Record:
    failures: int
    open_at: float
    last_at: float
    told: bool = False


class _Records:
    """Failures of the ``most`` keys that have failed last."""

    def __init__(self, pace: Pace, most: int) -> None:
        self._pace = pace
        self._records: RecentKeys[_Record] = RecentKeys(most)

    def wait_s(self, key: Key, now: float) -> float:
        record = self._records.get(*key)
        return max(0.0, record.open_at - now) if record is not None else 0.0

    def failed(self, key: Key, now: float) -> None:
        record = self._records.pop(*key)
        if record is None or now - record.last_at >= self._pace.forget_s:
            record = _Record(0, now, now)
        record.failures += 1
        record.last_at = now
        record.told = False
        record.open_at = now + self._pace.delay_s(record.failures)
        self._records.put(record, *key)

    def tell(self, key: Key) -> bool:
        """Whether this is the first attempt that comes too early since the last failure."""
        record = self._records.get(*key)
        if record is None or record.told:
            return False
        record.told = True
        return True

    def take_back(self, key: Key) -> None:
        record = self._records.get(*key)
        if record is not None:
            record.failures -= 1
            record.open_at = record.last_at + self._pace.delay_s(record.failures)

    def clear(self, key: Key) -> None:
        self._records.pop(*key)

    def __len__(self) -> int:
        return len(self._records)

    @property
    def characters(self) -> int:
        return self._records.characters


@frozen
class LoginVerdict:
    """Whether an attempt may be made.

    Attributes:
        wait_s: 0 when it may, else the seconds until it may.
        first: it is the first in a row that may not: worth telling.
    """

    wait_s: float
    first: bool


class LoginThrottled(RateLimited):
    """A login comes too early after others that have failed.

    Attributes:
        first: it is the first in a row that does: worth telling.
    """

    def __init__(self, verdict: LoginVerdict) -> None:
        super().__init__(
            "Rate limited: too many failed logins",
            reason="login_throttled",
            retry_after_ms=math.ceil(verdict.wait_s * 1000),
            suggestion=f"try again in {math.ceil(verdict.wait_s)} s",
        )
        self.first = verdict.first


class LoginThrottle:
    """Failed logins, by address (see ``connection_quota.neighbourhood``) and by user.

    An address from which a user has logged in before does not wait for what strangers do to that user's name, nor
    for what others at the same address (behind one router or proxy) have done: only for its own failures with that
    name. So nobody can keep a user out who has been in, and nobody else for longer than ``USER.longest_s`` unless
    from the same address.
    """

    def __init__(self, most: int = 10_000, addresses: Pace = ADDRESS) -> None:
        """Set up.

        Args:
            most: so many addresses, users and pairs of both are remembered.
            addresses: how the delay of an address grows.
        """
        self._addresses = _Records(addresses, most)
        self._users = _Records(USER, most)
        self._pairs = _Records(USER, most)
        self._known: RecentKeys[bool] = RecentKeys(most)

    @property
    def remembered(self) -> int:
        """How many addresses, users or pairs of both it remembers, whichever is most."""
        return max(len(self._addresses), len(self._users), len(self._pairs), len(self._known))

    @property
    def characters(self) -> int:
        """Of all that it remembers."""
        return sum(each.characters for each in (self._addresses, self._users, self._pairs, self._known))

    def attempt(self, address: str, user: str, now: float) -> LoginVerdict:
        """Ask before each attempt; it counts as failed until it is taken back, so that none slips by meanwhile.

        Args:
            address: IP address.
            user: as it was given, known or not; empty where the login names none.
            now: seconds of a clock that only goes forward.
        """
        where = neighbourhood(address)
        pair = (where, user)
        wait_s, records, key = self._longest_wait(pair, now)
        if wait_s:
            return LoginVerdict(wait_s, records.tell(key))
        self._addresses.failed((where,), now)
        if user:
            self._users.failed((user,), now)
            self._pairs.failed(pair, now)
        return LoginVerdict(0.0, False)

    def wait_s(self, address: str, user: str, now: float) -> float:
        """How long an attempt would have to wait; asking counts as none.

        Args:
            address: IP address.
            user: as for :meth:`attempt`.
            now: seconds of a clock that only goes forward.
        """
        return self._longest_wait((neighbourhood(address), user), now)[0]

    def _longest_wait(self, pair: tuple[str, str], now: float) -> tuple[float, _Records, Key]:
        where, user = pair
        waits: list[tuple[_Records, Key]] = [(self._pairs, pair)]
        if not self._known.get(*pair):
            addresses = (self._addresses, (where,))
            waits = [addresses, (self._users, (user,))] if user else [addresses]
        return max(((each.wait_s(key, now), each, key) for each, key in waits), key=lambda it: it[0])

    def require(self, address: str, user: str, now: float) -> None:
        """As :meth:`attempt`, with an error in place of a verdict.

        Args:
            address: as for :meth:`attempt`.
            user: likewise.
            now: likewise.

        Raises:
            LoginThrottled: it may not be made yet.
        """
        verdict = self.attempt(address, user, now)
        if verdict.wait_s:
            raise LoginThrottled(verdict)

    def take_back(self, address: str, user: str) -> None:
        """The last attempt was neither good nor bad: nobody has looked at it."""
        where = neighbourhood(address)
        self._addresses.take_back((where,))
        if user:
            self._users.take_back((user,))
            self._pairs.take_back((where, user))

    def succeeded(self, address: str, user: str) -> None:
        """The last attempt was no failure, and the address is known for that user from now on.

        Other failures stay: an attacker with a password of his own would clear the address's between guesses.
        """
        self.take_back(address, user)
        if not user:
            return
        pair = (neighbourhood(address), user)
        self._pairs.clear(pair)
        self._known.put(True, *pair)
