"""Who a credential names: session tokens, API keys, tickets, less what was revoked; every entry point asks it."""

from __future__ import annotations

import hmac
import sqlite3

from attrs import evolve, field, frozen

from camsvc.access import keys, revocations
from camsvc.access.keys import ApiKeys, looks_like_key
from camsvc.access.revocations import Revocations
from camsvc.access.roles import NEVER, Principal, Role
from camsvc.access.tokens import Tokens
from camsvc.access.users import ONVIF_USER
from camsvc.errors import AuthenticationFailed

EXPIRED, REVOKED = "expired", "revoked"
"""Why a credential counts no more."""

_ENDED = {EXPIRED: ("has expired", "token_expired"), REVOKED: ("was revoked", "revoked")}


ONVIF_PRINCIPAL = Principal(ONVIF_USER, Role.VIEWER, NEVER)
"""Who shows it: somebody who may watch all cameras."""


@frozen
class SharedLogin:
    """A user name and password that stand in a file of their own, for what can do nothing better: ONVIF viewers.

    Both are in the clear, as a digest of them (WS-UsernameToken, HTTP Digest) cannot be checked by a hash.
    """

    user: str
    password: str = field(repr=False)

    def matches(self, user: str, password: str) -> bool:
        """Whether both are right; takes as long whatever is wrong."""
        right_user = hmac.compare_digest(user.encode(), self.user.encode())
        right_password = hmac.compare_digest(password.encode(), self.password.encode())
        return right_user and right_password


class CredentialEnded(AuthenticationFailed):
    """It named somebody, and does no more: it has expired or was revoked."""

    def __init__(self, why: str) -> None:
        words, reason = _ENDED[why]
        super().__init__(
            f"Authentication failed: the credential {words}",
            reason=reason,
            suggestion="log in again, or ask an admin for a new key",
        )


class Credentials:
    """Answers from memory alone."""

    def __init__(self, tokens: Tokens, keys: ApiKeys | None = None, revocations: Revocations | None = None) -> None:
        """Set up.

        Args:
            tokens: reads and signs session tokens and tickets.
            keys: the API keys there are; none when None.
            revocations: what was taken back; nothing when None.
        """
        self.tokens = tokens
        self.keys = ApiKeys() if keys is None else keys
        self.revocations = Revocations() if revocations is None else revocations

    def principal(self, credential: str, now: float) -> Principal:
        """Who shows a session token or an API key.

        Args:
            credential: as it came, from wherever it came.
            now: seconds since the epoch.

        Raises:
            AuthenticationFailed: it names nobody, has run out or was revoked; ``reason`` says which.
        """
        if not looks_like_key(credential):
            return self._valid(self.tokens.principal(credential, now), now)
        key = self.keys.find(credential, now)
        if key is None:
            raise AuthenticationFailed(
                "Authentication failed: the API key is not valid",
                reason="bad_credential",
                credential="api_key",
                suggestion="ask an admin for a new key",
            )
        return self._valid(key.principal, now)

    def holder(self, kind: str, ticket: str, resource: str, now: float) -> Principal:
        """Who shows a ticket: the one that it was made for.

        AuthenticationFailed is raised where it is not a ticket of ours, has run out, is for something else, or was
        made by a login or key that has ended.

        Args:
            kind: FILE, STREAM, HLS or WHEP of ``tokens``.
            ticket: as it came.
            resource: what it is to open.
            now: seconds since the epoch.
        """
        return self._valid(self.tokens.ticket_holder(kind, ticket, resource, now), now)

    def issue(self, principal: Principal, now: float, valid_s: float) -> str:
        """A session token for ``principal``, which ends with the key that it hangs on, if it does.

        Args:
            principal: a user who has proved to be one, or who has shown a key.
            now: seconds since the epoch.
            valid_s: how long it lasts at most.
        """
        lasts_s = min(valid_s, principal.expires_at - now)
        who = principal
        return self.tokens.issue(who.subject, who.role, now, lasts_s, who.key_id, who.must_change_password)

    def ended(self, principal: Principal, now: float) -> str | None:
        """Why the credential of a principal counts no more, EXPIRED or REVOKED; None while it counts."""
        if self.revocations.covers_token(principal.token_id):
            return REVOKED
        if principal.key_id is not None:
            key = self.keys.get(principal.key_id)
            if key is None:
                return REVOKED
            if key.expires_at <= now:
                return EXPIRED
        elif self.revocations.covers_user(principal.subject, principal.issued_at):
            return REVOKED
        return EXPIRED if principal.expires_at <= now else None

    def _valid(self, principal: Principal, now: float) -> Principal:
        why = self.ended(principal, now)
        if why is not None:
            raise CredentialEnded(why)
        key = self.keys.get(principal.key_id) if principal.key_id is not None else None
        return principal if key is None else evolve(principal, role=key.role, cameras=key.cameras)


def load(tokens: Tokens, db: sqlite3.Connection, now: float) -> Credentials:
    """Credentials with the keys and revocations that the database has."""
    stored = ApiKeys()
    for key in keys.load(db):
        stored.add(key)
    return Credentials(tokens, stored, Revocations(revocations.load(db, now)))
