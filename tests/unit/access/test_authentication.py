"""Whom a credential names, and what follows where it names nobody."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.keys import ApiKey, digest, make, new_ident
from camsvc.access.roles import Role
from camsvc.access.tokens import STREAM
from camsvc.errors import AuthenticationFailed
from camsvc.limits.login_throttle import LoginThrottled
from tests.support.clocks import FakeClocks
from tests.support.samples import authentication, credentials, principal


class AuthenticationTests(SynchronousTestCase):
    """With three free failures."""

    def setUp(self) -> None:
        self.known = credentials()
        self.told: list[Any] = []
        self.clocks = FakeClocks()
        self.authentication = authentication(self.known, self.told, self.clocks, logins_per_minute=3)
        ident = new_ident()
        self.key = make(ident)
        self.known.keys.add(ApiKey(ident, "panel", digest(self.key), Role.VIEWER, None, 0, "ann"))
        self.token = self.known.tokens.issue("ann", Role.ADMIN, self.clocks.wall, 600)

    def test_names(self) -> None:
        """A token and a key, as of now; nothing is told, and nobody waits."""
        self.assertEqual(self.authentication.principal(self.token).subject, "ann")
        self.assertEqual(self.authentication.principal(self.key).subject, "panel")
        self.clocks.advance(601)
        for _ in range(10):
            self.assertRaises(AuthenticationFailed, self.authentication.principal, self.token)
        self.assertEqual(self.told, [])

    def test_ticket(self) -> None:
        """Names the one that it was made for, until it runs out."""
        who = principal(expires_at=self.clocks.wall + 600)
        ticket = self.known.tokens.ticket(STREAM, "camera0", who, self.clocks.wall, 60)
        self.assertEqual(self.authentication.ticket_holder(STREAM, ticket, "camera0").subject, "somebody")
        self.clocks.advance(61)
        self.assertRaises(AuthenticationFailed, self.authentication.ticket_holder, STREAM, ticket, "camera0")

    def test_failures_wait(self) -> None:
        """Of one address, longer with each; good ones never do."""
        for _ in range(3):
            self.assertRaises(AuthenticationFailed, self.authentication.log_in, "x", "192.0.2.1")
        first = self.assertRaises(LoginThrottled, self.authentication.log_in, "x", "192.0.2.1")
        second = self.assertRaises(LoginThrottled, self.authentication.log_in_by_key, "x", "192.0.2.1")
        self.assertEqual((first.first, second.first, first.data["retry_after_ms"]), (True, False, 20000))
        self.assertRaises(AuthenticationFailed, self.authentication.log_in, "x", "192.0.2.2")
        self.assertEqual(self.authentication.log_in(self.token, "192.0.2.1").subject, "ann")

    def test_by_key(self) -> None:
        """An API key; a session token counts as a failure, as it could be shown without an end."""
        self.assertEqual(self.authentication.log_in_by_key(self.key, "192.0.2.1").subject, "panel")
        for _ in range(3):
            self.assertRaises(AuthenticationFailed, self.authentication.log_in_by_key, self.token, "192.0.2.1")
        self.assertRaises(LoginThrottled, self.authentication.log_in_by_key, self.token, "192.0.2.1")

    def test_issue(self) -> None:
        """A token that names them."""
        token = self.authentication.issue(self.authentication.principal(self.key), 60)
        self.assertEqual(self.authentication.principal(token).subject, "panel")
        self.clocks.advance(61)
        self.assertRaises(AuthenticationFailed, self.authentication.principal, token)

    def test_told(self) -> None:
        """The first at once."""
        why = AuthenticationFailed("no", reason="bad_credential")
        for _ in range(3):
            self.authentication.tell_refused("http", "192.0.2.1", why, {"path": "/files"})
        self.assertEqual(self.told, [("", "192.0.2.1", "http", {"path": "/files"}, "-32001 bad_credential")])
