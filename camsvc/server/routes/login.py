"""``/api/login``, ``/api/logout`` and ``/api/session``: how people and programs come by a session token."""

from __future__ import annotations

import msgspec
from klein import Klein
from msgspec import UNSET, Struct, UnsetType
from twisted.web.iweb import IRequest

from camsvc.access.authentication import Authentication
from camsvc.access.logins import Login, Logins
from camsvc.access.roles import Principal
from camsvc.access.session_grants import SessionGrants
from camsvc.errors import AuthenticationFailed, InvalidParams
from camsvc.model import iso
from camsvc.server.http.authorization import address_of, principal_of
from camsvc.server.http.cookies import LoginCookie
from camsvc.server.http.request import answer_json, require_json, with_json_errors
from camsvc.validate import explain


class LoginRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """``username`` with ``password``, or ``api_key``; ``cookie`` asks for a cookie in place of a token."""

    username: str | UnsetType = UNSET
    password: str | UnsetType = UNSET
    api_key: str | UnsetType = UNSET
    cookie: bool = False


class SessionView(Struct, frozen=True):
    """Who is logged in; ``token`` only where a login has made one that does not stand in a cookie."""

    user: str
    role: str
    permissions: list[str]
    expires_at: str
    must_change_password: bool
    token: str | UnsetType = UNSET


class LoginPages:
    """The routes."""

    app = with_json_errors(Klein())

    def __init__(
        self, logins: Logins, authentication: Authentication, grants: SessionGrants, cookie: LoginCookie
    ) -> None:
        """Set up.

        Args:
            logins: grants them.
            authentication: knows who is logged in.
            grants: ends a login.
            cookie: the browsers'.
        """
        self._logins = logins
        self._authentication = authentication
        self._grants = grants
        self._cookie = cookie

    @app.route("/api/login", methods=["POST"])
    async def login(self, request: IRequest) -> bytes:
        """A session token, in the body or as a cookie.

        400 for a body that is not as it should be, 401 for wrong credentials, 403 for another origin's page, 415 for
        a body that is not said to be JSON, 429 with Retry-After after failures.
        """
        require_json(request)
        self._cookie.require_own_origin(request)
        asked = _read(request.content.read())
        login = await self._log_in(asked, address_of(request))
        token: str | UnsetType = login.token
        if asked.cookie:
            self._cookie.give(request, login.token, login.principal.expires_at)
            token = UNSET
        return answer_json(request, 200, _view(login.principal, token))

    async def _log_in(self, asked: LoginRequest, address: str) -> Login:
        if not isinstance(asked.api_key, UnsetType):
            if not isinstance(asked.username, UnsetType) or not isinstance(asked.password, UnsetType):
                raise _bad_body("api_key", "one of both", "either username and password, or api_key")
            return self._logins.by_key(asked.api_key, address)
        if isinstance(asked.username, UnsetType):
            raise _bad_body("username", "required", "username and password, or api_key")
        if isinstance(asked.password, UnsetType):
            raise _bad_body("password", "required", "username and password, or api_key")
        return await self._logins.by_password(asked.username, asked.password, address)

    @app.route("/api/logout", methods=["POST"])
    async def logout(self, request: IRequest) -> bytes:
        """End the login that the cookie or the Authorization header names, and all it has opened; forget the cookie.

        Also 200 where there is none any more.
        """
        self._cookie.require_own_origin(request)
        try:
            who = principal_of(request, self._authentication)
        except AuthenticationFailed:
            who = None
        if self._cookie.token(request) is not None:
            self._cookie.take(request)
        ended = who is not None and who.token_id is not None
        if who is not None and who.token_id is not None:
            await self._grants.revoke_token(who.token_id, who.expires_at)
        return answer_json(request, 200, {"logged_out": ended})

    @app.route("/api/session", methods=["GET", "HEAD"])
    def session(self, request: IRequest) -> bytes:
        """Who is logged in by cookie or Authorization header, as a page cannot read its own cookie.

        Raises:
            AuthenticationFailed: nobody; status 401.
        """
        who = principal_of(request, self._authentication)
        if who is None:
            raise AuthenticationFailed("auth_required: log in first", suggestion="POST /api/login")
        return answer_json(request, 200, _view(who))


def _view(who: Principal, token: str | UnsetType = UNSET) -> SessionView:
    role = who.role
    return SessionView(who.subject, role.word, role.permissions, iso(who.expires_at), who.must_change_password, token)


def _read(body: bytes) -> LoginRequest:
    try:
        return msgspec.json.decode(body, type=LoginRequest)
    except msgspec.ValidationError as why:
        fault = explain(why)
        raise _bad_body(fault.path[:60] or "body", fault.rule, fault.text[:200]) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _bad_body("body", "json", "a JSON object") from None


def _bad_body(param: str, rule: str, allowed: str) -> InvalidParams:
    return InvalidParams(f"Invalid params: {param}: {allowed}", param=param, rule=rule, hint=allowed)
