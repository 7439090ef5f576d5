"""JSON Web Tokens: session tokens and the short-lived tickets of URLs; the only module that knows PyJWT."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import jwt
from attrs import frozen

from camsvc.access.roles import NEVER, Principal, Role
from camsvc.access.signing import (
    HS256,
    Key,
    Secrets,
    installed_secrets,
    old_file,
    read_keys,
    read_secrets,
    session_claims,
    sign_hs256,
)
from camsvc.config.schema import Access
from camsvc.errors import AuthenticationFailed, StartError
from camsvc.system.reread import Reread

SESSION, FILE, STREAM, HLS, WHEP = "session", "file", "stream", "hls", "whep"

_MAX_TOKEN_CHARS = 8192
_MAX_USER_CHARS = 200
_CLOCKS_APART_S = 60.0
_PREFIX = {
    SESSION: b"",
    FILE: b"file-ticket:",
    STREAM: b"stream-ticket:",
    HLS: b"hls-session:",
    WHEP: b"whep-session:",
}
_MIN_RSA_BITS = 2048


@frozen
class Rules:
    """What holds for session tokens besides the secret.

    Attributes:
        algorithm: the one that is accepted: HS256, RS256, ES256 or EdDSA.
        keys: of the other three; None with HS256.
        issuer: what ``iss`` must be; empty: it is not looked at.
        audience: what ``aud`` must be or hold; empty: it is not looked at.
    """

    algorithm: str = HS256
    keys: Reread[tuple[Key, ...]] | None = None
    issuer: str = ""
    audience: str = ""


class BadToken(AuthenticationFailed):
    """A token or ticket that is none of ours; ``detail`` says what is wrong with it."""

    def __init__(self, detail: str) -> None:
        text, suggestion = "Authentication failed: the credential is not valid", "get a new token: camsvc token"
        super().__init__(text, reason="bad_credential", detail=detail, suggestion=suggestion)


class Tokens:
    """Signs and reads tokens (RFC 7519; RFC 7518, section 3 for the algorithms, RFC 8037 for EdDSA).

    Each algorithm has its own keys and a token is held against those of its own algorithm alone, so that a public
    key is never taken for a secret. Tickets are bound to one resource and always HS256, with keys derived from the
    secret: a ticket is never taken for a session and a session token never for a ticket.

    Where the key file has a public key alone, tokens come from somebody else; those that camsvc signs itself, at a
    login or for its command line, are HS256 then, and accepted besides.
    """

    def __init__(self, secret: bytes | Reread[Secrets], rules: Rules | None = None) -> None:
        """Set up.

        Args:
            secret: of HS256: itself, or the file that has it.
            rules: for session tokens; HS256 without issuer and audience when None.
        """
        self._secret = secret
        self._rules = rules or Rules()

    @classmethod
    def of(cls, access: Access, path: Path) -> Tokens:
        """Those of an installation.

        Args:
            access: which algorithm, whose keys, whose tokens.
            path: the file of the secret.

        Raises:
            StartError: a file is not there, or not as it should be; the text says which and why.
        """
        installed_secrets(path)
        secret = Reread(read_secrets, path, old_file(path))
        keys = None
        if access.jwt_algorithm != HS256:
            prepared = partial(_prepared, access.jwt_algorithm)
            try:
                keys = Reread(partial(read_keys, prepared=prepared), Path(access.jwt_key_file))
            except FileNotFoundError:
                raise StartError(f"{access.jwt_key_file}: no such file; see access.jwt_key_file") from None
        return cls(secret, Rules(access.jwt_algorithm, keys, access.jwt_issuer, access.jwt_audience))

    def issue(self, subject: str, role: Role, now: float, valid_s: float, key_id: str | None = None,
              must_change: bool = False) -> str:  # fmt: skip
        """A session token.

        Args:
            subject: user id, or the name of the key.
            role: what it lets do.
            now: seconds since the epoch.
            valid_s: how long it lasts.
            key_id: the API key that it stands in for, and ends with.
            must_change: it is good for changing the password alone.
        """
        rules = self._rules
        optional = {"key": key_id, "must_change_password": must_change, "iss": rules.issuer, "aud": rules.audience}
        claims = session_claims(subject, role, now, valid_s, **optional)
        signing = rules.keys.value(now)[0].signing if rules.keys is not None else None
        if signing is not None:
            return jwt.encode(claims, signing, rules.algorithm)
        return sign_hs256(claims, self.secrets(now).current)

    def principal(self, token: str, now: float) -> Principal:
        """Who a session token names; one that has run out is refused with AuthenticationFailed.

        Raises:
            BadToken: it is not a token of ours.
        """
        claims = self._decode(SESSION, token, now)
        subject, word = claims.get("user_id"), claims.get("role")
        role = Role.of(word) if isinstance(word, str) else None
        if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_USER_CHARS:
            raise BadToken(f"user_id must be a string of 1 to {_MAX_USER_CHARS} characters")
        if role is None:
            raise BadToken("role must be viewer, operator or admin")
        token_id, key_id = _text_or_none(claims, "jti"), _text_or_none(claims, "key")
        must_change = claims.get("must_change_password", False) is not False
        issued_at = float(claims["iat"])
        return Principal(subject, role, float(claims["exp"]), None, token_id, issued_at, key_id, must_change)

    def ticket(self, kind: str, resource: str, principal: Principal, now: float, valid_s: float) -> str:
        """A ticket for one resource; it never outlives the login or key that it is made for.

        Args:
            kind: FILE, STREAM, HLS or WHEP.
            resource: what it opens: ``recordings/NAME``, a camera id, or the URL's path of a WHEP session.
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
            "jti": token_hex(8),
            "of": {
                "iat": principal.issued_at,
                "exp": principal.expires_at,
                "jti": principal.token_id,
                "key": principal.key_id,
            },
        }
        return sign_hs256(claims, _PREFIX[kind] + self.secrets(now).current)

    def ticket_holder(self, kind: str, ticket: str, resource: str, now: float) -> Principal:
        """Who may use ``resource`` by this ticket: the one it was made for, with that one's credential.

        One that has run out is refused with AuthenticationFailed.

        Raises:
            BadToken: it is not a ticket of ours, or for something else.
        """
        claims = self._decode(kind, ticket, now)
        if claims.get("res") != resource:
            raise BadToken("the ticket is for something else")
        return _holder(claims)

    def secrets(self, now: float) -> Secrets:
        """What tickets are signed with, and was a while ago."""
        return Secrets(self._secret) if isinstance(self._secret, bytes) else self._secret.value(now)

    def _keys(self, kind: str, algorithm: object, now: float) -> tuple[Any, ...]:
        """What a token of that kind and algorithm may be signed with; nothing where it is none of ours."""
        rules = self._rules
        keys = rules.keys.value(now) if rules.keys is not None and kind == SESSION else ()
        if keys and algorithm == rules.algorithm:
            return tuple(key.verifying for key in keys)
        if algorithm == HS256 and (not keys or keys[0].signing is None):
            return tuple(_PREFIX[kind] + secret for secret in self.secrets(now).valid(now))
        return ()

    def _have_files_changed(self, now: float) -> bool:
        """Whether one of the files has changed this very second."""
        files = (self._secret, self._rules.keys)
        return any([file.look(now) for file in files if isinstance(file, Reread)])

    def _decode(self, kind: str, token: str, now: float) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN_CHARS:
            raise BadToken("longer than any token of ours")
        try:
            claims = self._verified(kind, token, now)
            if claims is None and self._have_files_changed(now):
                claims = self._verified(kind, token, now)
        except jwt.PyJWTError as why:
            raise BadToken(str(why)) from None
        except (ValueError, TypeError, UnicodeError, RecursionError):
            raise BadToken("not a token") from None
        if claims is None:
            raise BadToken("the signature is not ours")
        if not all(_is_time(claims.get(name, 0)) for name in ("iat", "exp", "nbf")):
            raise BadToken("iat, exp and nbf must be numbers")
        _check_times(claims, now)
        return claims

    def _verified(self, kind: str, token: str, now: float) -> dict[str, Any] | None:
        """The claims; None where the signature is of none of our keys."""
        algorithm, rules = jwt.get_unverified_header(token).get("alg"), self._rules
        options: Any = {"require": ["iat", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                        "verify_aud": False}  # fmt: skip
        expected: Any = {}
        if kind == SESSION and rules.issuer:
            expected["issuer"] = rules.issuer
        if kind == SESSION and rules.audience:
            options["verify_aud"], expected["audience"] = True, rules.audience
        for key in self._keys(kind, algorithm, now):
            try:
                return jwt.decode(token, key, algorithms=[str(algorithm)], options=options, **expected)
            except jwt.InvalidSignatureError:
                continue
        return None


def _check_times(claims: dict[str, Any], now: float) -> None:
    if claims["exp"] <= now:
        raise AuthenticationFailed("Authentication failed: the token has expired", reason="token_expired")
    if max(claims["iat"], claims.get("nbf", 0)) > now + _CLOCKS_APART_S:
        raise BadToken("the token is from the future; check the clocks")


def _prepared(algorithm: str, pem: bytes) -> Key:
    """A key of a PEM block.

    Raises:
        ValueError: it is none for that algorithm, or too short.
    """
    try:
        key = jwt.get_algorithm_by_name(algorithm).prepare_key(pem)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise ValueError(f"holds a key that is none for {algorithm}, or is locked by a password") from None
    if algorithm == "RS256" and key.key_size < _MIN_RSA_BITS:
        raise ValueError(f"the key has {key.key_size} bits; RS256 needs at least {_MIN_RSA_BITS}")
    private = hasattr(key, "public_key")
    return Key(key if private else None, key.public_key() if private else key)


def _holder(claims: dict[str, Any]) -> Principal:
    """The principal of a ticket's claims.

    Raises:
        BadToken: they are no ticket's.
    """
    role, parent = Role.of(str(claims.get("role"))), claims.get("of")
    if role is None or not isinstance(parent, dict) or not all(_is_time(parent.get(name)) for name in ("iat", "exp")):
        raise BadToken("not a ticket")
    token_id, key_id = _text_or_none(parent, "jti"), _text_or_none(parent, "key")
    return Principal(str(claims.get("sub")), role, float(parent["exp"]), None, token_id, float(parent["iat"]), key_id)


def _text_or_none(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise BadToken(f"{name} must be a string")
    return value


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= NEVER
