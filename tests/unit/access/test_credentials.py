"""Who a credential names, and every way in which it names nobody."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access import keys
from camsvc.access.credentials import Credentials
from camsvc.access.keys import ApiKey
from camsvc.access.roles import NEVER, Role
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.errors import AuthenticationFailed
from tests.support.samples import SECRET, principal

NOW = 1_800_000_000.0


class CredentialsTests(SynchronousTestCase):
    """With one key, scoped to a camera."""

    def setUp(self) -> None:
        self.known = Credentials(Tokens(SECRET))
        self.ident = keys.new_ident()
        self.key = keys.make(self.ident)
        self.add()

    def add(self, **more: Any) -> None:
        self.known.keys.add(
            ApiKey(
                **{
                    "ident": self.ident,
                    "name": "door",
                    "digest": keys.digest(self.key),
                    "role": Role.OPERATOR,
                    "cameras": frozenset(["camera1"]),
                    "created_at": NOW,
                    "created_by": "me",
                    **more,
                }
            )
        )

    def refused(self, credential: str, reason: str, now: float = NOW) -> None:
        with self.assertRaises(AuthenticationFailed) as caught:
            self.known.principal(credential, now)
        self.assertEqual(caught.exception.data["reason"], reason)

    def test_key(self) -> None:
        """Its name, role and cameras; it never ends by itself."""
        who = self.known.principal(self.key, NOW)
        self.assertEqual((who.kind, who.subject, who.role), ("key", "door", Role.OPERATOR))
        self.assertEqual((who.cameras, who.expires_at, who.key_id), (frozenset(["camera1"]), NEVER, self.ident))

    def test_wrong_keys(self) -> None:
        """Another secret, another id, one letter more or less, another case."""
        for other in (
            keys.make(self.ident),
            keys.make(keys.new_ident()),
            self.key + "A",
            self.key[:-1],
            self.key.upper(),
            " " + self.key,
            "csk_",
            f"csk_{self.ident}_",
            self.key.replace("csk_", "csk-"),
        ):
            self.refused(other, "bad_credential")

    def test_key_with_an_end(self) -> None:
        """Is let in until then."""
        self.add(expires_at=NOW + 10)
        self.known.principal(self.key, NOW + 9.9)
        self.refused(self.key, "token_expired", NOW + 10)

    def test_last_use(self) -> None:
        """Is noted for good keys only."""
        self.refused(keys.make(self.ident), "bad_credential")
        self.assertEqual(self.known.keys.take_used(), {})
        self.known.principal(self.key, NOW + 3)
        self.assertEqual(self.known.keys.take_used(), {self.ident: NOW + 3})
        self.assertEqual(self.known.keys.all()[0].used_at, NOW + 3)

    def test_token_of_a_user(self) -> None:
        """Until it or the user is revoked."""
        token = self.known.issue(principal(Role.VIEWER, expires_at=NOW + 100), NOW, 3600)
        who = self.known.principal(token, NOW)
        self.assertEqual((who.kind, who.expires_at, who.issued_at), ("user", NOW + 100, NOW))
        self.known.revocations.revoke_token(who.token_id or "", who.expires_at)
        self.refused(token, "revoked")
        other = self.known.issue(principal(Role.VIEWER, expires_at=NOW + 100), NOW, 3600)
        self.known.revocations.revoke_user("somebody", NOW + 1)
        self.refused(other, "revoked", NOW + 2)

    def test_token_of_a_key(self) -> None:
        """Has the key's scope, and ends with the key."""
        token = self.known.issue(self.known.principal(self.key, NOW), NOW, 60)
        who = self.known.principal(token, NOW)
        self.assertEqual((who.kind, who.cameras, who.expires_at), ("key", frozenset(["camera1"]), NOW + 60))
        self.known.keys.remove(self.ident)
        self.refused(token, "revoked")

    def test_user_with_the_name_of_a_key(self) -> None:
        """Revoking the user leaves the key's token alone."""
        token = self.known.issue(self.known.principal(self.key, NOW), NOW, 60)
        self.known.revocations.revoke_user("door", NOW + 1)
        self.assertEqual(self.known.principal(token, NOW + 2).subject, "door")

    def test_ticket(self) -> None:
        """Opens one thing, and ends with what it was made for: token, user or key."""
        name = "recordings/camera1_x.mp4"
        user = self.known.principal(self.known.issue(principal(expires_at=NOW + 1000), NOW, 1000), NOW)
        for who in (self.known.principal(self.key, NOW), user):
            ticket = self.known.tokens.ticket(FILE, name, who, NOW, 60)
            self.assertEqual(self.known.holder(FILE, ticket, name, NOW), who)
            for kind, resource, now in ((STREAM, name, NOW), (FILE, "recordings/b.mp4", NOW), (FILE, name, NOW + 60)):
                self.assertRaises(AuthenticationFailed, self.known.holder, kind, ticket, resource, now)
            self.known.keys.remove(self.ident)
            self.known.revocations.revoke_token(who.token_id or "", NEVER)
            why = self.assertRaises(AuthenticationFailed, self.known.holder, FILE, ticket, name, NOW)
            self.assertEqual(why.data["reason"], "revoked")

    def test_ticket_that_has_let_in(self) -> None:
        """Its own end does not count for what it has opened; that of the login does."""
        user = self.known.principal(self.known.issue(principal(expires_at=NOW + 1000), NOW, 1000), NOW)
        ticket = self.known.tokens.ticket(STREAM, "camera1", user, NOW, 60)
        who = self.known.holder(STREAM, ticket, "camera1", NOW)
        self.assertEqual((who, self.known.ended(who, NOW + 999)), (user, None))
        self.assertEqual(self.known.ended(who, NOW + 1000), "expired")
