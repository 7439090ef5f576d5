"""JSON Web Tokens: session tokens and the short-lived tickets of URLs; the only module that knows PyJWT."""

from __future__ import annotations

import math
import secrets
from typing import Any

import jwt

from camsvc.access.roles import Principal, Role
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

    def issue(self, subject: str, role: Role, now: float, valid_s: float) -> str:
        """A session token with the claims the contract asks for: user_id, role, iat, exp; and a jti."""
        claims = {
            "user_id": subject,
            "role": role.word,
            "iat": int(now),
            "exp": int(now + valid_s),
            "jti": secrets.token_hex(8),
        }
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
        token_id = claims.get("jti")
        return Principal(
            subject, role, float(claims["exp"]), token_id=token_id if isinstance(token_id, str) else None
        )

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
        }
        return self._encode(kind, claims)

    def ticket_holder(self, kind: str, ticket: str, resource: str, now: float) -> Principal:
        """Who may use ``resource`` by this ticket.

        Raises:
            AuthenticationFailed: not a ticket of ours, run out, or for something else.
        """
        claims = self._decode(kind, ticket, now)
        role = Role.of(str(claims.get("role")))
        if claims.get("res") != resource or role is None:
            raise _bad("the ticket is for something else")
        return Principal(str(claims.get("sub")), role, float(claims["exp"]), token_id=str(claims.get("jti")))

    def _encode(self, kind: str, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._keys[kind], ALGORITHM)

    def _decode(self, kind: str, token: str, now: float) -> dict[str, Any]:
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
        if expires <= now:
            raise AuthenticationFailed("Authentication failed: the token has expired", reason="token_expired")
        if issued > now + 60:
            raise _bad("the token is from the future; check the clocks")
        return claims


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e11


def _bad(detail: str) -> AuthenticationFailed:
    return AuthenticationFailed(
        "Authentication failed: the credential is not valid",
        reason="bad_credential",
        detail=detail,
        suggestion="get a new token: camsvc token",
    )
