"""What all our HTTP routes share: JSON answers, JSON errors, limits on what is sent to us, who asks."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import msgspec
from klein import Klein
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.web.http import Request as WebRequest
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request, Site
from werkzeug.exceptions import HTTPException

from camsvc.access.authentication import Authentication
from camsvc.config.schema import Limits
from camsvc.errors import (
    AuthenticationFailed,
    CamsvcError,
    InvalidParams,
    MediaType,
    NotFound,
    PermissionDenied,
    RateLimited,
)
from camsvc.limits.connection_quota import ConnectionQuota, QuotaExceeded, neighbourhood
from camsvc.server.http.authorization import quietly_principal_of
from camsvc.server.http.channel import LimitedChannel, RefusedConnection
from camsvc.server.http.proxies import Proxies
from camsvc.server.paced_work import FRAME, LIMITS, REQUEST
from camsvc.system.floods.flood_guard import FloodGuard
from camsvc.system.redaction import redact

MAX_BODY_BYTES = 64 << 10
KNOWN_BODY_BYTES = 1 << 20
"""For whoever shows a credential that is right; the WebSocket has the same two limits."""

_MOST_DISCARDED_BYTES = 1 << 20
_SMALL_CHUNK_BYTES = 256

_log = Logger()
_STATUS: dict[type[CamsvcError], int] = {
    InvalidParams: 400,
    AuthenticationFailed: 401,
    PermissionDenied: 403,
    NotFound: 404,
    MediaType: 415,
    RateLimited: 429,
}
_OF_PROXIES = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")


class LimitedRequest(Request):
    """A request whose body is refused when it passes the limit, and which knows who sent it.

    ``getClientAddress()``, ``isSecure()`` and the Host header are the client's, also behind a trusted proxy. Of the
    headers that proxies set ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are there alone, always, one value each.
    ``passed_on`` says whether a proxy has sent it, trusted or not; ``by_trusted_proxy`` whether a trusted one has.
    """

    passed_on = False
    by_trusted_proxy = False

    _taken = 0
    _most = MAX_BODY_BYTES
    _secure = False

    def handleContentChunk(self, data: bytes) -> None:
        self._limited.work.spend(1 if len(data) > _SMALL_CHUNK_BYTES else FRAME, charge=True)
        fitted = self._taken <= self._most
        self._taken += len(data)
        if fitted and self._taken > self._most == MAX_BODY_BYTES and self._is_known():
            self._most = KNOWN_BODY_BYTES
        if self._taken <= self._most:
            super().handleContentChunk(data)
        elif self._taken > self._most + _MOST_DISCARDED_BYTES:
            self._limited.abort()
        elif fitted:
            why = CamsvcError(f"The body is larger than {self._most} bytes", reason="too_large")
            self._limited.refuse(b"413 Content Too Large", why)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self._taken <= self._most:  # else the rest of a body would be taken for the whole of it
            super().requestReceived(command, path, version)
        else:
            self._limited.loseConnection()

    def _is_known(self) -> bool:
        channel: Any = self.channel
        authentication: Authentication | None = channel.site.authentication
        try:
            return authentication is not None and quietly_principal_of(self, authentication) is not None
        except AuthenticationFailed:
            return False

    def charge_refusal(self) -> None:
        """Count this request by the second, as what refuses it costs as much as what answers it."""
        self._limited.work.spend(REQUEST, charge=True)

    @property
    def _limited(self) -> LimitedChannel:
        assert isinstance(self.channel, LimitedChannel)
        return self.channel

    def process(self) -> None:
        self._apply_proxy_headers()
        super().process()

    def isSecure(self) -> bool:
        return self._secure

    def _apply_proxy_headers(self) -> None:
        headers = self.requestHeaders
        self.passed_on = any(headers.hasHeader(name) for name in _OF_PROXIES)

        def header(name: str) -> str | None:
            values = headers.getRawHeaders(name.encode())
            return b",".join(values).decode("latin-1") if values else None

        channel: Any = self.channel
        peer = getattr(self.client, "host", "")
        self.by_trusted_proxy = self.passed_on and channel.site.proxies.trusts(peer)
        sender = channel.site.proxies.sender(peer, super().isSecure(), header)
        if sender.address:
            family = IPv6Address if ":" in sender.address else IPv4Address
            self.client = family("TCP", sender.address, getattr(self.client, "port", 0))
        self._secure = sender.secure
        headers.removeHeader(b"forwarded")
        headers.removeHeader(b"x-forwarded-host")
        headers.setRawHeaders(b"x-forwarded-for", [sender.address.encode()])
        headers.setRawHeaders(b"x-forwarded-proto", [b"https" if sender.secure else b"http"])
        if sender.host is not None:
            headers.setRawHeaders(b"host", [sender.host.encode("latin-1")])


class QuietSite(Site):
    """A Site without access log lines at info: at debug, with nothing secret in them; its connections are limited."""

    requestFactory = LimitedRequest
    displayTracebacks = False
    noisy = False

    protocol = LimitedChannel  # type: ignore[assignment]

    def __init__(
        self,
        resource: IResource,
        reactor: Any,
        limits: Limits | None = None,
        proxies: Proxies | None = None,
        authentication: Authentication | None = None,
        guard: FloodGuard | None = None,
    ) -> None:
        """Set up.

        Args:
            resource: what is served.
            reactor: time.
            limits: in number and time; those of the defaults when None.
            proxies: whose word counts on where a request comes from; nobody's when None.
            authentication: who may send larger bodies; nobody when None.
            guard: counts what is asked for; one of its own when None.
        """
        self.authentication = authentication
        self.proxies = proxies or Proxies()
        self._limits = limits or Limits()
        most, most_each = self._limits.http_connections, self._limits.address_http_connections
        self.guard = guard or FloodGuard(reactor, LIMITS)
        self.quota = ConnectionQuota("connections", most, most_each)
        super().__init__(
            resource, requestFactory=LimitedRequest, timeout=60, reactor=reactor, parsePOSTFormSubmission=False
        )

    def buildProtocol(self, addr: Any) -> Any:
        host = getattr(addr, "host", "")
        if self.guard.shuts_out(neighbourhood(host)):
            return None
        try:
            release = self.quota.take(host, shared=self.proxies.trusts(host))
        except QuotaExceeded as why:
            return RefusedConnection(self.reactor, why)
        channel = super().buildProtocol(addr)
        trusted = self.proxies.trusts(host)
        address = f"{host}:{addr.port}" if trusted else neighbourhood(host)
        channel.count(self.guard, address, counts=not trusted)
        channel.limit(self._limits.headers_within_s, self._limits.body_within_s, release)
        return channel

    def log(self, request: WebRequest) -> None:
        _log.debug("{method} {uri} {code}", method=request.method.decode("latin-1"),
                   uri=redact(request.uri.decode("latin-1"))[:300], code=request.code)  # fmt: skip


def answer_json(request: IRequest, status: int, value: Any) -> bytes:
    """Set status and headers; the body to return."""
    request.setResponseCode(status, HTTPStatus(status).phrase.encode())  # twisted.web does not know them all
    request.setHeader(b"content-type", b"application/json")
    request.setHeader(b"cache-control", b"no-store")
    request.setHeader(b"x-content-type-options", b"nosniff")
    return msgspec.json.encode(value)


def answer_error(request: IRequest, status: int, why: CamsvcError) -> bytes:
    """An error as JSON, in the shape that JSON-RPC errors have."""
    if status == 401:
        request.setHeader(b"www-authenticate", b'Bearer realm="camsvc"')
    if "retry_after_ms" in why.data:
        request.setHeader(b"retry-after", b"%d" % math.ceil(why.data["retry_after_ms"] / 1000))
    body = {"error": {"code": why.code, "message": why.message, "data": why.data}}
    return answer_json(request, status, body)


def with_json_errors(app: Klein) -> Klein:
    """Make a Klein app answer every error as JSON; an unknown one is logged and never told."""

    def known(_self: Any, request: Any, failure: Any) -> bytes:
        why: CamsvcError = failure.value
        status = next((status for kind, status in _STATUS.items() if isinstance(why, kind)), 503)
        return answer_error(request, status, why)

    def routing(_self: Any, request: Any, failure: Any) -> bytes:
        why: HTTPException = failure.value
        if why.code == 405:
            allowed: Any = getattr(why, "valid_methods", None) or ()
            request.setHeader(b"allow", ", ".join(sorted(allowed)).encode())  # RFC 9110, section 15.5.6
            return answer_error(request, 405, CamsvcError("Method not allowed", reason="method_not_allowed"))
        status = why.code if why.code and why.code >= 400 else 404  # werkzeug would redirect //a to /a
        return answer_error(request, status, NotFound("Page", "path"))

    def unknown(_self: Any, request: Any, failure: Any) -> bytes:
        if failure.check(CancelledError):  # the client has gone
            return b""
        _log.failure("while answering {path}", failure=failure, path=request.path.decode("latin-1")[:200])
        if getattr(request, "startedWriting", False):
            request.transport.abortConnection()
            return b""
        return answer_error(request, 500, CamsvcError("Internal error"))

    handlers: dict[type[Exception], Any] = {CamsvcError: known, HTTPException: routing, Exception: unknown}
    for kind, handler in handlers.items():
        app.handle_errors(kind)(handler)
    return app


def require_json(request: IRequest) -> None:
    """Refuse a body that is not said to be JSON: a page of another origin cannot send that without asking.

    Raises:
        MediaType: HTTP status 415.
    """
    kind = (request.getHeader(b"content-type") or b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise MediaType("Send JSON", suggestion="Content-Type: application/json")


class ErrorPage(Resource):
    """A page that is an error, whatever is asked of it."""

    isLeaf = True

    def __init__(self, status: int, why: CamsvcError) -> None:
        super().__init__()
        self._status = status
        self._why = why

    def render(self, request: Any) -> bytes:
        return answer_error(request, self._status, self._why)
