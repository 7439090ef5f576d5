"""API keys made, listed and revoked, and logins taken back, as an admin does it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from msgspec import UNSET
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access import credentials as stored
from camsvc.access.credentials import REVOKED
from camsvc.access.roles import Role
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import Tokens
from camsvc.api.methods.accounts.api_keys import ApiKeyMethods
from camsvc.api.registry import Registry
from camsvc.devices.inventory import Inventory
from camsvc.errors import AuthenticationFailed, CamsvcError
from camsvc.model import iso
from camsvc.system.clocks import Clocks
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import SECRET, call_by, found, principal, runtime


class KeyMethodsTests(SynchronousTestCase):
    """With a database and two cameras."""

    def setUp(self) -> None:
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.known = self.read()
        self.grants = SessionGrants(runtime(Clock(), database=self.database, clocks=Clocks()), self.known)
        inventory = Inventory()
        inventory.present("camera0", found("Door"))
        inventory.present("camera1", found("Gate"))
        self.registry = Registry(ApiKeyMethods(self.known, self.grants, self.database, inventory, Clocks()))
        self.caller = call_by(principal(Role.ADMIN, subject="root"))

    def read(self) -> Any:
        return self.database.now(lambda db: stored.load(Tokens(SECRET), db, time.time()))

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a call."""
        value = self.registry.run(method, self.caller, params)
        return value if not hasattr(value, "send") else self.successResultOf(Deferred.fromCoroutine(value))

    def refused(self, method: str, **params: Any) -> CamsvcError:
        def ask() -> None:
            value = self.registry.run(method, self.caller, params)
            failure = self.failureResultOf(Deferred.fromCoroutine(value))
            raise failure.value

        why = self.assertRaises(CamsvcError, ask)
        assert isinstance(why, CamsvcError)
        return why

    def test_made(self) -> None:
        """The key opens what it says, and is told in this answer alone; nothing of it stands on the disk."""
        before = time.time()
        made = self.ask("create_api_key", name="Display", role="viewer", cameras=["camera1", "camera1"])
        self.assertEqual((made.name, made.role, made.created_by), ("Display", "viewer", "root"))
        self.assertEqual(made.cameras, ["camera1"])
        who = self.known.principal(made.key, time.time())
        self.assertEqual((who.subject, who.role, who.cameras), ("Display", Role.VIEWER, frozenset(["camera1"])))
        [listed] = self.ask("list_api_keys").keys
        self.assertEqual((listed.key_id, listed.name), (made.key_id, "Display"))
        self.assertGreaterEqual(listed.last_used_at, iso(before))
        self.assertFalse(hasattr(listed, "key"))
        rows = self.database.now(lambda db: db.execute("SELECT * FROM api_key").fetchall())
        self.assertNotIn(made.key.rpartition("_")[2], repr(rows))

    def test_made_by_a_key(self) -> None:
        """It says so: a user may have the name of a key."""
        self.caller = call_by(principal(Role.ADMIN, subject="root", key_id="0123456789ab"))
        self.assertEqual(self.ask("create_api_key", name="Door", role="viewer").created_by, "key:root")

    def test_known_after_a_restart(self) -> None:
        """With role, scope and end."""
        made = self.ask("create_api_key", name="Display", role="operator", cameras=["camera0"], expires_in=60)
        who = self.read().principal(made.key, time.time())
        self.assertEqual((who.role, who.cameras), (Role.OPERATOR, frozenset(["camera0"])))
        self.assertRaises(AuthenticationFailed, self.read().principal, made.key, time.time() + 61)

    def test_refused(self) -> None:
        """Names that are in use or none, cameras that are not there, a scope for an admin, other roles and times."""
        self.ask("create_api_key", name="Display", role="viewer")
        good = {"name": "x", "role": "viewer"}
        for change, param in (
            ({"name": "Display"}, "name"),
            ({"role": "admin", "cameras": ["camera0"]}, "cameras"),
        ):
            self.assertEqual(self.refused("create_api_key", **{**good, **change}).data["param"], param)
        self.assertEqual(self.refused("create_api_key", **good, cameras=["camera7"]).code, -32010)
        for change in (
            {"name": ""},
            {"name": "a\nb"},
            {"name": "a" * 61},
            {"role": "root"},
            {"cameras": []},
            {"cameras": ["door"]},
            {"cameras": "camera0"},
            {"expires_in": 0},
            {"expires_in": "60"},
            {"expires_in": 1.5},
        ):
            self.assertRaises(CamsvcError, self.registry.run, "create_api_key", self.caller, {**good, **change})
        self.assertEqual(self.ask("list_api_keys").total, 1)

    def test_name_taken_meanwhile(self) -> None:
        """By a call that was quicker: one key is made."""
        self.ask("create_api_key", name="Display", role="viewer")
        self.known.keys.remove(self.known.keys.all()[0].ident)
        self.assertEqual(self.refused("create_api_key", name="Display", role="viewer").data["rule"], "unique")

    def test_revoked(self) -> None:
        """By id or name: it opens nothing any more, what hangs on it has ended, and its name is free."""
        for by in ("key_id", "name"):
            made = self.ask("create_api_key", name="Display", role="viewer")
            who = self.known.principal(made.key, time.time())
            ended: list[str] = []
            self.grants.open(who, ended.append)
            answer = self.ask("revoke_api_key", **{by: getattr(made, by)})
            self.assertEqual((answer.key_id, answer.name, answer.revoked), (made.key_id, "Display", True))
            self.assertEqual(ended, [REVOKED])
            for known in (self.known, self.read()):
                self.assertRaises(AuthenticationFailed, known.principal, made.key, time.time())

    def test_revoked_with_keys_of_its_own(self) -> None:
        """What was made with it is good still: told, so that it can be ended too."""
        admin = self.ask("create_api_key", name="Setup", role="admin")
        self.caller = call_by(self.known.principal(admin.key, time.time()))
        self.ask("create_api_key", name="Display", role="viewer")
        self.caller = call_by(principal(Role.ADMIN, subject="root"))
        self.assertEqual([key.name for key in self.ask("revoke_api_key", name="Setup").api_keys], ["Display"])
        self.assertIs(self.ask("revoke_api_key", name="Display").api_keys, UNSET)

    def test_revoke_what_is_not_there(self) -> None:
        """-32010; and one has to say which."""
        for params in ({"key_id": "0123456789ab"}, {"name": "x"}):
            self.assertEqual(self.refused("revoke_api_key", **params).code, -32010)
        for params in ({}, {"key_id": "0123456789ab", "name": "x"}):
            self.assertEqual(self.refused("revoke_api_key", **params).code, -32602)

    def test_logins(self) -> None:
        """Of a user, or one; over a restart too."""
        first = self.known.issue(principal(subject="me"), time.time(), 600)
        second = self.known.issue(principal(subject="me"), time.time(), 600)
        one = self.known.principal(first, time.time())
        self.assertTrue(self.ask("revoke_logins", token_id=one.token_id).revoked)
        for known in (self.known, self.read()):
            self.assertRaises(AuthenticationFailed, known.principal, first, time.time())
            known.principal(second, time.time())
        self.ask("revoke_logins", user="me")
        for known in (self.known, self.read()):
            self.assertRaises(AuthenticationFailed, known.principal, second, time.time())
        self.assertEqual(self.refused("revoke_logins").code, -32602)
