"""What is held by a right, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access import credentials as stored
from camsvc.access import keys
from camsvc.access.credentials import EXPIRED, REVOKED, Credentials
from camsvc.access.keys import ApiKey
from camsvc.access.roles import NEVER, Principal, Role
from camsvc.access.session_grants import LOOK_EVERY_S, SessionGrants
from camsvc.access.tokens import Tokens
from tests.support.clocks import FakeClocks
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import SECRET, runtime

NOW = 1_800_000_000.0


def user(subject: str = "me", token_id: str | None = "t1", issued_at: float = NOW - 10, **more: Any) -> Principal:
    """Somebody logged in ten seconds ago, for an hour."""
    return Principal(
        **{"subject": subject, "role": Role.VIEWER, "expires_at": NOW + 3600, "token_id": token_id,
           "issued_at": issued_at, **more}
    )  # fmt: skip


def api_key(ident: str = "0123456789ab", **more: Any) -> ApiKey:
    """A key, and not its secret."""
    return ApiKey(**{"ident": ident, "name": "door", "digest": keys.digest("x"), "role": Role.VIEWER,
                     "cameras": None, "created_at": NOW - 10, "created_by": "me", **more})  # fmt: skip


class SessionGrantsTests(SynchronousTestCase):
    """With a real database behind."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clocks = FakeClocks(wall=NOW)
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.credentials = self.read()
        self.grants = SessionGrants(runtime(self.clock, database=self.database, clocks=self.clocks), self.credentials)
        self.grants.start()
        self.ended: list[str] = []

    def read(self) -> Credentials:
        """Credentials as a start would read them."""
        return self.database.now(lambda db: stored.load(Tokens(SECRET), db, self.clocks.wall))

    def pass_time(self, seconds: float) -> None:
        self.clocks.advance(seconds)
        self.clock.advance(seconds)

    def open(self, principal: Principal, name: str = "it") -> Any:
        return self.grants.open(principal, lambda why: self.ended.append(f"{name} {why}"))

    def test_user(self) -> None:
        """All that a user's logins opened ends at once, and nobody else's."""
        for name, who in (
            ("socket", user()),
            ("download", user(token_id="t2")),
            ("nameless", user(token_id=None)),
            ("other", user("you")),
            ("key", user(key_id="0123456789ab")),
        ):
            if who.key_id is not None:
                self.credentials.keys.add(api_key(name="me"))
            self.open(who, name)
        self.successResultOf(self.grants.revoke_user("me"))
        self.assertEqual(self.ended, ["socket revoked", "download revoked", "nameless revoked"])

    def test_login_after_it(self) -> None:
        """A user who logs in again is let in: in the same second too."""
        self.successResultOf(self.grants.revoke_user("me"))
        self.open(user(issued_at=self.clocks.wall))
        self.pass_time(LOOK_EVERY_S)
        self.assertEqual(self.ended, ["it revoked"])
        self.open(user(issued_at=self.clocks.wall + 0.001))
        self.pass_time(LOOK_EVERY_S)
        self.assertEqual(self.ended, ["it revoked"])

    def test_token(self) -> None:
        """One login of several."""
        self.open(user(), "one")
        self.open(user(token_id="t2"), "two")
        self.successResultOf(self.grants.revoke_token("t1", NOW + 3600))
        self.assertEqual(self.ended, ["one revoked"])

    def test_key(self) -> None:
        """What hangs on a key, by way of a token too."""
        self.credentials.keys.add(api_key())
        self.open(api_key().principal, "key")
        self.open(user("door", key_id="0123456789ab"), "token of it")
        self.successResultOf(self.grants.revoke_key("0123456789ab"))
        self.assertEqual(self.ended, ["key revoked", "token of it revoked"])

    def test_expiry(self) -> None:
        """A right that runs out ends soon after, and not before."""
        self.open(user(expires_at=NOW + 10))
        self.pass_time(9.9)
        self.assertEqual(self.ended, [])
        self.pass_time(0.1 + LOOK_EVERY_S)
        self.assertEqual(self.ended, ["it expired"])

    def test_expiry_of_a_key(self) -> None:
        """The key's own end counts, whatever the token says."""
        self.credentials.keys.add(api_key(expires_at=NOW + 10))
        self.open(user("door", key_id="0123456789ab"))
        self.pass_time(10 + LOOK_EVERY_S)
        self.assertEqual(self.ended, [f"it {EXPIRED}"])

    def test_release(self) -> None:
        """What is closed is not ended; releasing twice does no harm."""
        release = self.open(user())
        release()
        release()
        self.successResultOf(self.grants.revoke_user("me"))
        self.assertEqual(self.ended, [])

    def test_ended_once(self) -> None:
        """Nothing is told twice."""
        self.open(user())
        self.successResultOf(self.grants.revoke_user("me"))
        self.successResultOf(self.grants.revoke_token("t1", NOW + 3600))
        self.assertEqual(self.ended, [f"it {REVOKED}"])

    def test_one_that_fails(self) -> None:
        """Does not keep the others."""

        def broken(why: str) -> None:
            raise ValueError(why)

        self.grants.open(user(), broken)
        self.open(user())
        self.successResultOf(self.grants.revoke_user("me"))
        self.assertEqual(self.ended, ["it revoked"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_listeners(self) -> None:
        """Are told of each revocation."""
        told: list[int] = []
        self.grants.revoked.add(lambda: told.append(1))
        self.successResultOf(self.grants.revoke_user("me"))
        self.successResultOf(self.grants.revoke_key("0123456789ab"))
        self.assertEqual(len(told), 2)

    def test_restart(self) -> None:
        """What was revoked stays revoked, but a token that has ended anyway is forgotten."""
        self.database.now(lambda db: keys.insert(db, api_key()))
        gate_keys: Any = {"cameras": frozenset(["camera1"]), "expires_at": NOW + 5, "role": Role.OPERATOR}
        self.database.now(lambda db: keys.insert(db, api_key("ba9876543210", name="gate", **gate_keys)))
        self.successResultOf(self.grants.revoke_user("you"))
        self.successResultOf(self.grants.revoke_token("t1", NOW + 3600))
        self.successResultOf(self.grants.revoke_token("t2", NOW + 1))
        self.successResultOf(self.grants.revoke_key("0123456789ab"))
        self.clocks.wall += 2
        again = self.read()
        self.assertEqual(again.ended(user(), self.clocks.wall), REVOKED)
        self.assertEqual(again.ended(user("you", token_id=None), self.clocks.wall), REVOKED)
        self.assertEqual(again.ended(user("she", "t2"), self.clocks.wall), None)
        self.assertEqual([key.name for key in again.keys.all()], ["gate"])
        gate = again.keys.named("gate")
        assert gate is not None
        self.assertEqual((gate.cameras, gate.expires_at, gate.role), (frozenset(["camera1"]), NOW + 5, Role.OPERATOR))
        self.assertEqual(self.database.now(lambda db: db.execute("SELECT count(*) FROM revocation").fetchone()[0]), 2)

    def test_revoked_twice(self) -> None:
        """The later time counts."""
        self.successResultOf(self.grants.revoke_user("me"))
        self.clocks.wall += 10
        self.successResultOf(self.grants.revoke_user("me"))
        self.assertEqual(self.read().ended(user(issued_at=NOW + 5), self.clocks.wall), REVOKED)

    def test_last_use(self) -> None:
        """Is kept once a minute, and at the end."""
        ident = keys.new_ident()
        key = keys.make(ident)
        made = api_key(ident, digest=keys.digest(key), expires_at=NEVER)
        self.database.now(lambda db: keys.insert(db, made))
        self.credentials.keys.add(made)
        self.credentials.principal(key, NOW + 1)
        self.pass_time(59)
        self.assertEqual(self.read().keys.all()[0].used_at, None)
        self.pass_time(1)
        self.assertEqual(self.read().keys.all()[0].used_at, NOW + 1)
        self.credentials.principal(key, NOW + 61)
        self.successResultOf(Deferred.fromCoroutine(self.grants.stop()))
        self.assertEqual(self.read().keys.all()[0].used_at, NOW + 61)
        self.assertEqual(self.clock.getDelayedCalls(), [])
