"""ping and authenticate."""

from __future__ import annotations

import json
import time
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.credentials import Credentials
from camsvc.access.roles import Principal, Role
from camsvc.access.tokens import FILE, Tokens
from camsvc.api.methods.accounts.session import SessionMethods
from camsvc.api.registry import Registry
from tests.support.clocks import FakeClocks
from tests.support.samples import OTHER_SECRET, SECRET, ask, authentication, principal


class Socket:
    """A connection that can be logged in."""

    session_id = "0c9d2b1e-0000-4000-8000-000000000000"

    def __init__(self) -> None:
        self.who: Principal | None = None

    def log_in(self, principal: Principal) -> None:
        self.who = principal


class SessionTests(SynchronousTestCase):
    """Through the registry, as a client sees it."""

    def setUp(self) -> None:
        self.tokens = Tokens(SECRET)
        self.refused: list[Any] = []
        self.clocks = FakeClocks(wall=time.time())
        known = authentication(Credentials(self.tokens), clocks=self.clocks, logins_per_minute=3)
        methods = SessionMethods(known, lambda *row: self.refused.append(row))
        self.registry = Registry(methods)
        self.socket = Socket()

    def ask(self, method: str, params: Any, address: str = "10.0.0.1", connection: Any = "socket") -> dict[str, Any]:
        connection = self.socket if connection == "socket" else connection
        return ask(self, self.registry, self.socket.who, method, params, address=address, connection=connection)

    def login(self, token: Any, **keys: Any) -> dict[str, Any]:
        return self.ask("authenticate", {"auth_token": token}, **keys)

    def test_ping(self) -> None:
        """Before a login, and with a parameter it does not know."""
        self.assertEqual(self.ask("ping", {})["result"], "pong")
        self.assertEqual(self.ask("ping", {"x": 1})["error"]["code"], -32602)

    def test_refused_is_recorded(self) -> None:
        """With the address and no word of the credential; those that come too early are not written down."""
        self.login("hunter2")
        row = ("", "10.0.0.1", "authenticate", {}, "-32001 bad_credential")
        self.assertEqual(self.refused, [row])
        for _ in range(10):
            self.login("hunter2")
        self.assertEqual(self.refused, [row] * 3)
        self.login(self.tokens.issue("me", Role.VIEWER, time.time(), 60), address="10.0.0.2")
        self.assertEqual(len(self.refused), 3)

    def test_login(self) -> None:
        """All keys of the contract; the connection is logged in."""
        token = self.tokens.issue("me", Role.OPERATOR, time.time(), 60)
        result = self.login(token)["result"]
        self.assertEqual(set(result), {"authenticated", "role", "permissions", "expires_at", "session_id"})
        self.assertEqual((result["authenticated"], result["role"]), (True, "operator"))
        self.assertEqual(result["permissions"], ["view", "control"])
        self.assertRegex(result["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
        self.assertEqual(result["session_id"], Socket.session_id)
        self.assertEqual(self.socket.who.subject if self.socket.who else "", "me")

    def test_alias_and_ignored(self) -> None:
        """``token`` stands for ``auth_token``; ``auth_type`` is accepted and ignored."""
        token = self.tokens.issue("me", Role.VIEWER, time.time(), 60)
        self.assertIn("result", self.ask("authenticate", {"token": token, "auth_type": "jwt"}))
        self.assertIn("result", self.ask("authenticate", {"auth_token": token, "auth_type": None}))

    def test_switch(self) -> None:
        """Calling it again switches identity and role; a failure leaves the one there was."""
        self.login(self.tokens.issue("me", Role.ADMIN, time.time(), 60))
        self.login(self.tokens.issue("you", Role.VIEWER, time.time(), 60))
        self.assertEqual((self.socket.who.subject, self.socket.who.role), ("you", Role.VIEWER))  # type: ignore[union-attr]
        self.login("x")
        self.assertEqual(self.socket.who.subject, "you")  # type: ignore[union-attr]

    def test_bad_credentials(self) -> None:
        """-32001 with a reason, never a result; the token is not in the answer."""
        now = time.time()
        ticket = self.tokens.ticket(FILE, "recordings/a.mp4", principal(), now, 60)
        for number, (token, reason) in enumerate(
            (
                ("", "bad_credential"),
                ("x.y.z", "bad_credential"),
                (Tokens(OTHER_SECRET).issue("me", Role.ADMIN, now, 60), "bad_credential"),
                (ticket, "bad_credential"),
                (self.tokens.issue("me", Role.ADMIN, now - 100, 60), "token_expired"),
            )
        ):
            answer = self.login(token, address=f"10.0.1.{number}")
            self.assertEqual((answer["error"]["code"], answer["error"]["data"]["reason"]), (-32001, reason))
            if token:
                self.assertNotIn(token, json.dumps(answer))
        self.assertIsNone(self.socket.who)

    def test_wrong_params(self) -> None:
        """None, of another type, unknown ones."""
        self.assertEqual(self.ask("authenticate", {})["error"]["data"]["param"], "auth_token")
        for params in ({"auth_token": 5}, {"auth_token": None}, {"auth_token": "x", "user": "y"}, ["x"]):
            self.assertEqual(self.ask("authenticate", params)["error"]["code"], -32602, params)

    def test_too_many_failures(self) -> None:
        """-32040 with the time to wait, for that address; a good token passes all the while."""
        for _ in range(3):
            self.assertEqual(self.login("x")["error"]["code"], -32001)
        error = self.login("x")["error"]
        self.assertEqual((error["code"], error["data"]["retry_after_ms"]), (-32040, 20000))
        self.assertEqual(self.login("x", address="10.0.0.2")["error"]["code"], -32001)
        self.assertIn("result", self.login(self.tokens.issue("me", Role.VIEWER, time.time(), 60)))
        self.clocks.advance(20)
        self.assertEqual(self.login("x")["error"]["code"], -32001)

    def test_good_logins_are_not_counted(self) -> None:
        """Many clients behind one address."""
        token = self.tokens.issue("me", Role.VIEWER, time.time(), 60)
        for _ in range(50):
            self.assertIn("result", self.login(token))

    def test_without_a_connection(self) -> None:
        """There is nothing to log in."""
        token = self.tokens.issue("me", Role.VIEWER, time.time(), 60)
        self.assertEqual(self.login(token, connection=None)["error"]["code"], -32001)
