"""JSON Web Tokens: session tokens and the short-lived tickets of URLs; the only module that knows PyJWT."""

from __future__ import annotations

import math
import secrets
from typing import Any

import jwt

from camsvc.access.roles import NEVER, Principal, Role
from camsvc.errors import AuthenticationFailed

ALGORITHM = "HS256"
SESSION, FILE, STREAM = "session", "file", "stream"

_MAX_TOKEN_CHARS = 8192


class Tokens:
    """Signs and reads tokens with one key (RFC 7519; RFC 7518, section 3.2 for HS256).

    Tickets are bound to one resource and signed with a key derived from the same secret: a ticket is never taken
    for a session and a session token never for a ticket.
    """

    def __init__(self, secret: bytes) -> None:
        self._keys = {SESSION: secret, FILE: b"file-ticket:" + secret, STREAM: b"stream-ticket:" + secret}

    def issue(self, subject: str, role: Role, now: float, valid_s: float, key_id: str | None = None,
              must_change: bool = False) -> str:  # fmt: skip
        """A session token with the claims the contract asks for: user_id, role, iat, exp; and a jti.

        ``iat`` has a fraction (RFC 7519, section 2: NumericDate), as revoking a user's tokens ends those that were
        signed before, and must not end a login that follows in the same second.

        Args:
            subject: user id, or the name of the key.
            role: what it lets do.
            now: seconds since the epoch.
            valid_s: how long it lasts.
            key_id: the API key that it stands in for, and ends with.
            must_change: it is good for changing the password alone.
        """
        claims = {
            "user_id": subject,
            "role": role.word,
            "iat": now,
            "exp": int(now + valid_s),
            "jti": secrets.token_hex(8),
        }
        if key_id is not None:
            claims["key"] = key_id
        if must_change:
            claims["must_change_password"] = True
        return self._encode(SESSION, claims)

    def principal(self, token: str, now: float) -> Principal:
        """Who a session token names.

        Raises:
            AuthenticationFailed: not a token of ours, or it has run out; ``reason`` says which.
        """
        claims = self._decode(SESSION, token, now)
        subject, word = claims.get("user_id"), claims.get("role")
        role = Role.of(word) if isinstance(word, str) else None
        if not isinstance(subject, str) or not subject:
            raise _bad("user_id must be a non-empty string")
        if role is None:
            raise _bad("role must be viewer, operator or admin")
        token_id, key_id = _text_or_none(claims, "jti"), _text_or_none(claims, "key")
        must_change = claims.get("must_change_password", False) is not False
        issued_at = float(claims["iat"])
        return Principal(subject, role, float(claims["exp"]), None, token_id, issued_at, key_id, must_change)

    def ticket(self, kind: str, resource: str, principal: Principal, now: float, valid_s: float) -> str:
        """A ticket for one resource; it never outlives the right of the one it is made for.

        Args:
            kind: FILE or STREAM.
            resource: what it opens: ``recordings/NAME``, or a camera id.
            principal: for whom.
            now: seconds since the epoch.
            valid_s: how long it lasts at most.
        """
        claims = {
            "sub": principal.subject,
            "role": principal.role.word,
            "res": resource,
            "iat": int(now),
            "exp": math.floor(min(now + valid_s, principal.expires_at)),
            "jti": secrets.token_hex(8),
            "of": {
                "iat": principal.issued_at,
                "exp": principal.expires_at,
                "jti": principal.token_id,
                "key": principal.key_id,
            },
        }
        return self._encode(kind, claims)

    def ticket_holder(self, kind: str, ticket: str, resource: str, now: float) -> Principal:
        """Who may use ``resource`` by this ticket: the one it was made for, with that one's credential.

        Raises:
            AuthenticationFailed: not a ticket of ours, run out, or for something else.
        """
        claims = self._decode(kind, ticket, now)
        if claims.get("res") != resource:
            raise _bad("the ticket is for something else")
        return _holder(claims)

    def opened_by(self, kind: str, ticket: str) -> Principal:
        """Whom a ticket was made for that has let somebody in earlier; its own end does not count any more.

        Raises:
            AuthenticationFailed: not a ticket of ours.
        """
        return _holder(self._decode(kind, ticket, None))

    def _encode(self, kind: str, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._keys[kind], ALGORITHM)

    def _decode(self, kind: str, token: str, now: float | None) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN_CHARS:
            raise _bad("longer than any token of ours")
        options: Any = {"require": ["iat", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            claims = jwt.decode(token, self._keys[kind], algorithms=[ALGORITHM], options=options)
        except jwt.PyJWTError as why:
            raise _bad(str(why)) from None
        except (ValueError, TypeError, UnicodeError, RecursionError):
            raise _bad("not a token") from None
        issued, expires = claims["iat"], claims["exp"]
        if not _is_time(issued) or not _is_time(expires):
            raise _bad("iat and exp must be numbers")
        if now is None:
            return claims
        if expires <= now:
            raise AuthenticationFailed("Authentication failed: the token has expired", reason="token_expired")
        if issued > now + 60:
            raise _bad("the token is from the future; check the clocks")
        return claims


def _holder(claims: dict[str, Any]) -> Principal:
    """The principal of a ticket's claims."""
    role, parent = Role.of(str(claims.get("role"))), claims.get("of")
    if role is None or not isinstance(parent, dict) or not all(_is_time(parent.get(name)) for name in ("iat", "exp")):
        raise _bad("not a ticket")
    token_id, key_id = _text_or_none(parent, "jti"), _text_or_none(parent, "key")
    return Principal(str(claims.get("sub")), role, float(parent["exp"]), None, token_id, float(parent["iat"]), key_id)


def _text_or_none(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise _bad(f"{name} must be a string")
    return value


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= NEVER


def _bad(detail: str) -> AuthenticationFailed:
    return AuthenticationFailed(
        "Authentication failed: the credential is not valid",
        reason="bad_credential",
        detail=detail,
        suggestion="get a new token: camsvc token",
    )
