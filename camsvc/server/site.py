"""The public port: ``/ws``, ``/rpc``, ``/files``, ``/health`` and the page at ``/``, behind the Host check."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from klein import Klein
from twisted.web.iweb import IRequest
from twisted.web.resource import Resource
from twisted.web.util import Redirect

from camsvc.api.health_status import HealthStatus
from camsvc.errors import CamsvcError, NotFound, PermissionDenied, RateLimited
from camsvc.server.caller_checks import CallerChecks
from camsvc.server.http.authorization import address_of
from camsvc.server.http.cookies import LoginCookie
from camsvc.server.http.headers import security_headers
from camsvc.server.http.hosts import PATH_HEADER
from camsvc.server.http.request import ErrorPage, answer_json, with_json_errors
from camsvc.server.routes.login import LoginPages
from camsvc.server.routes.rpc import Rpc
from camsvc.server.routes.web_client import WebClient

_LOGIN_PATHS = ([b"login"], [b"logout"], [b"session"])


class Pages:
    """``/health``, and the web client: its page at ``/``, and its files."""

    app = with_json_errors(Klein())

    def __init__(self, ready: Callable[[], dict[str, Any]], health_status: HealthStatus, client: WebClient) -> None:
        """Set up.

        Args:
            ready: what must be for ``/health/ready``: names and True, or why not.
            health_status: how the parts are, for ``/health``.
            client: what people see.
        """
        self._client = client
        self._ready = ready
        self._health_status = health_status

    @app.route("/", methods=["GET", "HEAD"])
    def front(self, request: IRequest) -> bytes:
        """The web client, which finds its pages behind the ``#`` by itself."""
        return self._client.page(request)

    @app.route("/<path:path>", methods=["GET", "HEAD"])
    def client(self, request: IRequest, path: str) -> bytes:
        """A file of the web client."""
        return self._client.file(request, path)

    @app.route("/health", methods=["GET", "HEAD"])
    def health(self, request: IRequest) -> bytes:
        """healthy, degraded (something needs a look) or, with 503, unhealthy."""
        health = self._health_status.health
        return answer_json(request, 503 if health == "unhealthy" else 200, {"status": health})

    @app.route("/health/detailed", methods=["GET", "HEAD"])
    def detailed(self, request: IRequest) -> bytes:
        """The same, with the state of each part."""
        health = self._health_status.health
        others = {name: each.state for name, each in self._health_status.integrations.all().items()}
        states = {name: state.lower() for name, state in (self._health_status.states() | others).items()}
        return answer_json(request, 503 if health == "unhealthy" else 200, {"status": health, "components": states})

    @app.route("/health/live", methods=["GET", "HEAD"])
    def live(self, request: IRequest) -> bytes:
        """The reactor turns."""
        return answer_json(request, 200, {"status": "alive"})

    @app.route("/health/ready", methods=["GET", "HEAD"])
    def ready(self, request: IRequest) -> bytes:
        """The engine answers, the cameras' paths are accepted, the API is open; else 503 and why."""
        checks = self._ready()
        ready = all(value is True for value in checks.values())
        words = {name: "ready" if value is True else value for name, value in checks.items()}
        body = {"status": "ready" if ready else "unhealthy", "checks": words}
        return answer_json(request, 200 if ready else 503, body)


class Root(Resource):
    """Sends each request its way, once its Host is known to be ours; every answer has the security headers."""

    def __init__(
        self, checks: CallerChecks, cookie: LoginCookie, pages: Pages, login: LoginPages, rpc: Rpc, hsts_s: int = 0
    ) -> None:
        """Set up; what else is served is put below it with ``putChild``.

        Args:
            checks: by which name somebody calls us, and how often.
            cookie: the browsers'.
            pages: ``/`` and ``/health``.
            login: logins.
            rpc: calls of the API.
            hsts_s: how long a browser shall come by TLS alone, in seconds; 0 leaves that open.
        """
        super().__init__()
        self._checks = checks
        self._public_path = [each.encode() for each in checks.hosts.public_path.split("/") if each]
        self._hsts_s = hsts_s
        self._cookie = cookie
        self._login = login.app.resource()
        self._pages = pages.app.resource()
        self._rpc = rpc.app.resource()

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        path = self._below_public_path(path, request)
        refused = self._refusal_of_caller(request)
        if refused is not None:
            return refused
        if not _is_text(path, *request.postpath):
            return ErrorPage(404, NotFound("Page", "path"))
        preflight = self._cookie.cors.preflight(request, path)
        if preflight is not None:
            return preflight
        login = path == b"api" and request.postpath in _LOGIN_PATHS
        try:
            if request.postpath != [b"login"] or not login:  # who logs in again need not be logged in
                self._cookie.admit(request)
        except PermissionDenied as why:
            return ErrorPage(403, why)
        if self._public_path and [path, *request.postpath] == self._public_path:
            return Redirect(self._public_path[-1] + b"/")  # the page's own links are relative
        if path in self.children:
            return self.children[path]
        request.prepath.pop()
        request.postpath.insert(0, path)
        if login:
            return self._login
        return self._rpc if path in (b"rpc", b"api") else self._pages

    def _refusal_of_caller(self, request: Any) -> Resource | None:
        """Set the headers that every answer has; what is answered to who asks too often or by a name not ours."""
        known = self._checks.hosts.of(request) is not None
        host = request.getHeader(b"host").decode("latin-1") if known else None
        before = self._checks.hosts.path_for(host, request.isSecure())
        request.requestHeaders.setRawHeaders(PATH_HEADER, [before.encode()])
        request.responseHeaders.removeHeader(b"server")
        for name, value in security_headers(host, request.isSecure(), self._hsts_s).items():
            request.setHeader(name, value)
        if b"ticket" in (request.args or ()):  # made to be shown by whoever has it, in a page of their own
            request.setHeader(b"cross-origin-resource-policy", b"cross-origin")
        if wait_s := self._checks.rate_limits.request(address_of(request)):
            request.charge_refusal()
            return ErrorPage(429, RateLimited("Too many requests", retry_after_ms=math.ceil(wait_s * 1000)))
        if known:
            return None
        why = CamsvcError(
            "This name is not one of camsvc's", reason="unknown_host", suggestion="add it to server.allowed_hosts"
        )
        return ErrorPage(421, why)

    def _below_public_path(self, path: bytes, request: Any) -> bytes:
        """The first segment of what is asked for, without the path of public_url, which a proxy may leave there."""
        whole, count = [path, *request.postpath], len(self._public_path)
        if not count or whole[:count] != self._public_path or len(whole) == count:
            return path
        request.prepath[-1:] = whole[: count + 1]
        request.postpath[:] = whole[count + 1 :]
        return bytes(whole[count])


def _is_text(*segments: bytes) -> bool:
    """Klein's own check of UTF-8 puts a traceback into the log for every stranger's typo."""
    try:
        b"/".join(segments).decode()
    except UnicodeDecodeError:
        return False
    return True
