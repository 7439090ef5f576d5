"""Methods about users, through the registry."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access import users
from camsvc.access.keys import ApiKey
from camsvc.access.logins import Logins
from camsvc.access.roles import NEVER, Principal, Role
from camsvc.api.methods.accounts.users import UserMethods
from camsvc.api.registry import Registry
from tests.support.clocks import FakeClocks
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import ask, authentication, credentials, principal, runtime, session_grants
from tests.unit.server.routes.test_login import PlainPasswords

GOOD, OTHER = "four little words", "and four other words"


class UserMethodTests(SynchronousTestCase):
    """Asked as an admin unless said otherwise."""

    def setUp(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        self.database = ImmediateDatabase(folder / "db")
        self.addCleanup(self.database.stop)
        self.clocks = FakeClocks(wall=4e9)  # the registry asks the real clock whether a login has run out
        passwords: Any = PlainPasswords()
        self.known = credentials()
        from twisted.internet.task import Clock

        self.grants = session_grants(Clock(), self.known, self.clocks)
        process = runtime(None, database=self.database, clocks=self.clocks)
        known = authentication(self.known, clocks=self.clocks)
        self.logins = Logins(process, passwords, known, self.grants.revoke_user, 600, lambda *_: None)
        self.audited: list[tuple[Any, ...]] = []
        methods = UserMethods(self.database, passwords, self.logins, self.grants, self.clocks)
        self.registry = Registry(methods, record=lambda *told: self.audited.append(told))

    def ask(self, method: str, who: Principal | None = None, **params: Any) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(), method, params)

    def create(self, name: str = "ann", role: str = "admin", **keys: Any) -> dict[str, Any]:
        return self.ask("create_user", **{"username": name, "password": GOOD, "role": role, **keys})

    def log_in(self, name: str = "ann", password: str = GOOD) -> Principal:
        self.clocks.advance(1)
        token = self.successResultOf(
            Deferred.fromCoroutine(self.logins.by_password(name, password, "10.0.0.1"))
        ).token
        return self.known.principal(token, self.clocks.wall)

    def lives(self, who: Principal) -> bool:
        return self.known.ended(who, self.clocks.wall) is None

    def error(self, answer: dict[str, Any]) -> tuple[int, Any]:
        data = answer["error"]["data"]
        return answer["error"]["code"], data.get("param") or data["reason"]

    def test_create(self) -> None:
        """The user is told of, without the password; and can log in."""
        result = self.create("ben", "operator")["result"]
        self.assertEqual(
            result,
            {
                "username": "ben",
                "role": "operator",
                "disabled": False,
                "must_change_password": False,
                "created_time": "2096-10-02T07:06:40.000Z",
                "password_time": "2096-10-02T07:06:40.000Z",
                "last_login": None,
            },
        )
        who = self.log_in("ben")
        self.assertEqual((who.subject, who.role), ("ben", Role.OPERATOR))
        self.assertEqual(self.error(self.create("ben")), (-32020, "user_exists"))

    def test_create_refused(self) -> None:
        """With the parameter that is wrong."""
        for keys, param in (
            ({"username": "Ben"}, "username"),
            ({"username": ""}, "username"),
            ({"username": "cli"}, "username"),
            ({"username": 5}, "username"),
            ({"password": "short"}, "password"),
            ({"password": "alexandra1", "username": "alexandra"}, "password"),
            ({"password": None}, "password"),
            ({"role": "root"}, "role"),
            ({"must_change_password": "yes"}, "must_change_password"),
            ({"email": "x"}, "email"),
        ):
            self.assertEqual(self.error(self.create(**keys)), (-32602, param), keys)  # type: ignore[arg-type]
        self.assertEqual(self.ask("list_users")["result"]["total"], 0)

    def test_list(self) -> None:
        """In pages, the newest first."""
        for name in ("ann", "ben", "cat"):
            self.clocks.advance(1)
            self.create(name)
        result = self.ask("list_users", limit=2)["result"]
        self.assertEqual([user["username"] for user in result["users"]], ["cat", "ben"])
        self.assertEqual((result["total"], result["limit"], result["offset"]), (3, 2, 0))
        self.assertEqual([user["username"] for user in self.ask("list_users", offset=2)["result"]["users"]], ["ann"])
        for keys in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"offset": 1 << 63}, {"limit": "5"}):
            self.assertEqual(self.error(self.ask("list_users", **keys))[0], -32602)
        self.assertNotIn(GOOD, json.dumps(self.ask("list_users")))

    def keep_keys(self) -> None:
        """Keys that ann made, that were made with one of hers, that have ended, and that ben made."""
        for ident, maker, expires_at in (
            ("a", "ann", NEVER),
            ("b", "key:a", NEVER),
            ("c", "key:b", self.clocks.wall + 99),
            ("d", "ann", self.clocks.wall - 1),
            ("e", "ben", NEVER),
            ("f", "key:ann", NEVER),
        ):
            self.clocks.advance(1)
            self.known.keys.add(ApiKey(ident, ident, b"", Role.ADMIN, None, self.clocks.wall, maker, expires_at))

    def told(self, answer: dict[str, Any]) -> list[str]:
        return [key["name"] for key in answer["result"].get("api_keys", [])]

    def test_keys_outlive_who_made_them(self) -> None:
        """Whoever may make none any more leaves keys: they are told, each time, until they end."""
        self.create("ann")
        self.create("cat")
        self.keep_keys()
        self.assertEqual(self.told(self.ask("update_user", username="ann", password=OTHER)), [])
        for keys in ({"role": "operator"}, {"role": "admin", "disabled": True}, {"role": "viewer"}):
            self.assertEqual(self.told(self.ask("update_user", username="ann", **keys)), ["c", "b", "a"], keys)
        self.assertNotIn("digest", json.dumps(self.ask("update_user", username="ann", role="viewer")))
        self.assertEqual(self.told(self.ask("delete_user", username="ann")), ["c", "b", "a"])
        self.assertNotIn("api_keys", self.ask("update_user", username="cat", disabled=False)["result"])

    def test_keys_end_with_who_made_them(self) -> None:
        """Where that is asked for, with all that they have opened; nobody else's."""
        for method, change in (("update_user", {"role": "viewer"}), ("delete_user", {})):
            self.create("ann")
            self.create("cat")
            self.keep_keys()
            ended: set[str] = set()
            for key in self.known.keys.all():
                self.grants.open(key.principal, partial(lambda into, name, why: into.add(name), ended, key.name))
            answer = self.ask(method, username="ann", revoke_api_keys=True, **change)
            self.assertEqual(self.told(answer), [], method)
            self.assertEqual({key.name for key in self.known.keys.all()}, {"d", "e", "f"})
            self.assertEqual(ended - {"d"}, {"a", "b", "c"})  # d had run out
            self.ask("delete_user", username="ann")

    def test_sessions_end(self) -> None:
        """With each change and with the user, and no other user's."""
        self.create("ann")
        self.create("ben", "viewer")
        ann = self.log_in("ann")
        for keys in ({"role": "operator"}, {"password": OTHER}, {"password": GOOD}, {"disabled": True}):
            ben = self.log_in("ben", OTHER if keys == {"password": GOOD} else GOOD)
            self.assertTrue(self.lives(ben))
            self.assertIn("result", self.ask("update_user", username="ben", **keys))
            self.assertFalse(self.lives(ben), keys)
        self.ask("update_user", username="ben", disabled=False)
        ben = self.log_in("ben")
        self.assertEqual(ben.role, Role.OPERATOR)
        self.assertEqual(self.ask("delete_user", username="ben")["result"], {"username": "ben", "deleted": True})
        self.assertFalse(self.lives(ben))
        self.create("ben", "admin")
        self.assertFalse(self.lives(ben))
        self.assertTrue(self.lives(ann))

    def test_update_refused(self) -> None:
        """A user who is not there, a bad password, and the last admin."""
        self.create("ann")
        self.assertEqual(self.error(self.ask("update_user", username="eve", role="viewer")), (-32010, "not_found"))
        self.assertEqual(self.error(self.ask("delete_user", username="eve")), (-32010, "not_found"))
        self.assertEqual(self.error(self.ask("update_user", username="ann", password="x")), (-32602, "password"))
        lonely = self.ask("update_user", username="ann", must_change_password=True)
        self.assertEqual(self.error(lonely), (-32602, "must_change_password"))
        ann = self.log_in()
        for answer in (
            self.ask("update_user", username="ann", role="operator"),
            self.ask("update_user", username="ann", disabled=True),
            self.ask("delete_user", username="ann"),
        ):
            self.assertEqual(self.error(answer), (-32020, "last_admin"))
        self.assertTrue(self.lives(ann))

    def test_change_password(self) -> None:
        """By oneself, with the old one; the sessions so far end."""
        self.create("ben", "viewer", must_change_password=True)
        ben = self.log_in("ben")
        for old, new, param in (
            ("wrong password", OTHER, "bad_credential"),
            (GOOD, GOOD, "new_password"),
            (GOOD, "short", "new_password"),
        ):
            answer = self.ask("change_password", ben, old_password=old, new_password=new)
            self.assertEqual(self.error(answer)[1], param)
        self.assertTrue(self.lives(ben))
        answer = self.ask("change_password", ben, old_password=GOOD, new_password=OTHER)
        self.assertEqual(answer["result"]["username"], "ben")
        self.assertFalse(self.lives(ben))
        self.assertFalse(self.log_in("ben", OTHER).must_change_password)

    def test_not_a_user(self) -> None:
        """A token of the command line, and a key that is called as a user is, have no password."""
        self.create("ann")
        known = ApiKey("0" * 12, "ann", b"", Role.ADMIN, None, 0, "x", NEVER)
        for who in (principal(subject="cli"), known.principal):
            answer = self.ask("change_password", who, old_password=GOOD, new_password=OTHER)
            self.assertEqual(self.error(answer), (-32010, "not_found"))

    def test_guessing_the_old_one(self) -> None:
        """Is throttled as logins are."""
        self.create("ann")
        ann = self.log_in()
        for _ in range(30):
            answer = self.ask("change_password", ann, old_password="wrong password", new_password=OTHER)
        self.assertEqual(answer["error"]["code"], -32040)
        self.assertGreater(answer["error"]["data"]["retry_after_ms"], 0)

    def test_roles(self) -> None:
        """All but one's own password are an admin's."""
        for name in ("create_user", "list_users", "update_user", "delete_user"):
            for role in (Role.VIEWER, Role.OPERATOR):
                self.assertEqual(self.error(self.ask(name, principal(role))), (-32002, "role_too_low"), name)

    def test_audit(self) -> None:
        """Holds no password, and not what is only read."""
        self.create("ann")
        self.ask("list_users")
        self.ask("update_user", username="ann", password=OTHER)
        self.ask("change_password", self.log_in("ann", OTHER), old_password=OTHER, new_password=GOOD)
        self.assertEqual([told[2] for told in self.audited], ["create_user", "update_user", "change_password"])
        self.assertEqual(self.audited[1][3], {"username": "ann", "password": "***"})
        for secret in (GOOD, OTHER):
            self.assertNotIn(secret, repr(self.audited))

    @given(st.text(max_size=80), st.text(max_size=300))
    def test_any_text(self, name: str, password: str) -> None:
        """Is taken, and then found again as it is, or refused."""
        answer = self.create(name, password=password)
        if "error" in answer:
            self.assertIn(answer["error"]["code"], (-32602, -32020))
        else:
            self.assertEqual(answer["result"]["username"], name)
            self.database.now(lambda db: db.execute("DELETE FROM user"))


class FirstAdminTests(SynchronousTestCase):
    """Made where there is no user, and only there."""

    def test_made_once(self) -> None:
        """Told in one line of the log, with a password that logs in; not a second time."""
        from twisted.logger import globalLogPublisher

        folder = Path(self.mktemp())
        folder.mkdir()
        database = ImmediateDatabase(folder / "db")
        self.addCleanup(database.stop)
        passwords: Any = PlainPasswords()
        process, known = runtime(None, database=database), authentication(credentials())
        logins = Logins(process, passwords, known, None, 600, lambda *_: None)  # type: ignore[arg-type]
        lines: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(lines.append)
        self.addCleanup(globalLogPublisher.removeObserver, lines.append)
        for _ in range(2):
            self.successResultOf(Deferred.fromCoroutine(logins.make_first_admin()))
        (line,) = [line for line in lines if line["log_namespace"].startswith("camsvc.access.logins")]
        login = self.successResultOf(Deferred.fromCoroutine(logins.by_password("admin", line["password"], "x")))
        self.assertTrue(login.principal.must_change_password)
        self.assertIs(login.principal.role, Role.ADMIN)
        user, _ = database.now(lambda db: users.find(db, "admin")) or (None, "")
        self.assertIsNotNone(user)
