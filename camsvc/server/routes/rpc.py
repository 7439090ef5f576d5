"""``POST /rpc``: the WebSocket's methods for scripts, one HTTP request a call or batch; and their description."""

from __future__ import annotations

import secrets
from functools import partial

from klein import Klein
from twisted.internet.defer import Deferred
from twisted.web.iweb import IRequest

from camsvc.api.calls import OpenCall
from camsvc.api.registry import Registry
from camsvc.server.caller_checks import CallerChecks
from camsvc.server.http.authorization import address_of, principal_of
from camsvc.server.http.request import answer_json, require_json, with_json_errors


class Rpc:
    """One route, on the same registry as the WebSocket."""

    app = with_json_errors(Klein())

    def __init__(self, registry: Registry, checks: CallerChecks) -> None:
        """Set up.

        Args:
            registry: answers.
            checks: who calls, how often, and by which URL.
        """
        self._registry = registry
        self._checks = checks

    @app.route("/api/openrpc.json", methods=["GET", "HEAD"])
    def describe(self, request: IRequest) -> bytes:
        """What ``rpc.discover`` answers, for whoever may call it."""
        return answer_json(request, 200, self._registry.run("rpc.discover", self._call(request), {}))

    @app.route("/rpc", methods=["POST"])
    def call(self, request: IRequest) -> bytes | Deferred[bytes]:
        """JSON-RPC 2.0 over HTTP: 200 with the answer, errors of the call too; 204 where none is wanted.

        401 where Authorization or X-API-Key names nobody, 415 where the body is said to be anything but JSON.
        """
        require_json(request)
        call = self._call(request)
        answer = self._registry.answer(
            request.content.read(), call, partial(self._checks.rate_limits.call, call.address)
        )
        if isinstance(answer, Deferred):
            return answer.addCallback(_reply, request)
        return _reply(answer, request)

    def _call(self, request: IRequest) -> OpenCall:
        return OpenCall(
            principal=principal_of(request, self._checks.authentication),
            address=address_of(request),
            request_id=secrets.token_hex(6),
            base_url=self._checks.hosts.of(request) or "",
        )


def _reply(frame: bytes | None, request: IRequest) -> bytes:
    request.setHeader(b"cache-control", b"no-store")
    request.setHeader(b"x-content-type-options", b"nosniff")
    if frame is None:
        request.setResponseCode(204)
        return b""
    request.setHeader(b"content-type", b"application/json")
    return frame
