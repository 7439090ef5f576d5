"""``ping`` and ``authenticate``."""

from __future__ import annotations

import time
from typing import Annotated, Protocol, runtime_checkable

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.credentials import Credentials
from camsvc.access.roles import OPEN, Call, Principal
from camsvc.api.parameters import SECRET
from camsvc.api.registry import NoParams, Record, method
from camsvc.errors import AuthenticationFailed, InvalidParams, RateLimited
from camsvc.limits.connection_quota import neighbourhood
from camsvc.limits.token_bucket import TokenBuckets
from camsvc.model import iso

Credential = Annotated[
    str, Meta(max_length=8192, description="a JSON Web Token or an API key; needed", extra=SECRET, examples=["TOKEN"])
]


@runtime_checkable
class Session(Protocol):
    """A connection that can be logged in."""

    session_id: str

    def log_in(self, principal: Principal) -> None:
        """Switch identity and role at once."""


class AuthParams(Struct, forbid_unknown_fields=True, frozen=True):
    """``auth_token``, or its alias ``token``."""

    auth_token: Credential | UnsetType = UNSET
    token: (
        Annotated[Credential, Meta(description="the same, under the name that some clients use", examples=[])]
        | UnsetType
    ) = UNSET


class Identity(Struct, frozen=True):
    """What a login gives."""

    authenticated: bool
    role: str
    permissions: list[str]
    expires_at: str
    session_id: str


class SessionMethods:
    """The open methods."""

    def __init__(self, credentials: Credentials, logins_per_minute: int, record: Record = lambda *_: None) -> None:
        """Set up.

        Args:
            credentials: who a credential names.
            logins_per_minute: refused ones of each address, before it has to wait.
            record: told of each refused login; of those that came too early of none.
        """
        self._credentials = credentials
        self._record = record
        self._attempts = TokenBuckets(logins_per_minute / 60, logins_per_minute)

    @method("ping", role=OPEN, result=str, reads=True)
    def ping(self, call: Call, params: NoParams) -> str:
        """Answers "pong": the connection works."""
        return "pong"

    @method("authenticate", role=OPEN, params=AuthParams, result=Identity, ignored=("auth_type",), reads=True)
    def authenticate(self, call: Call, params: AuthParams) -> Identity:
        """Log this connection in with a JWT or an API key; calling it again switches identity and role at once."""
        token = params.token if isinstance(params.auth_token, UnsetType) else params.auth_token
        if isinstance(token, UnsetType):
            raise InvalidParams("Invalid params: auth_token is required", param="auth_token", rule="required",
                                hint="a token from: camsvc token; or an API key")  # fmt: skip
        if not isinstance(call.connection, Session):
            raise AuthenticationFailed("authenticate works on a WebSocket", reason="no_session")
        try:
            principal = self._credentials.principal(token, time.time())
        except AuthenticationFailed as why:
            # Only failures count, so that many good clients behind one address are not locked out.
            wait = self._attempts.take(neighbourhood(call.address), time.monotonic())
            if wait:
                raise RateLimited("Too many failed logins", reason="login_throttled",
                                  retry_after_ms=round(wait * 1000)) from None  # fmt: skip
            actor = call.principal.actor if call.principal is not None else ""
            self._record(actor, call.address, "authenticate", {}, f"{why.code} {why.data['reason']}")
            raise
        call.connection.log_in(principal)
        return Identity(
            True,
            principal.role.word,
            principal.role.permissions,
            iso(principal.expires_at),
            call.connection.session_id,
        )
