"""Calls to the engine's control API v3 (MediaMTX's), and every way to fail; knows treq, and no endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from treq.client import HTTPClient
from twisted.internet.defer import TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.web.client import URI, Agent, HTTPConnectionPool, ResponseFailed
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from camsvc.errors import DependencyFailed
from camsvc.system.protocols import http_bodies
from camsvc.system.reactor_lag import ReactorLag

CALL_TIMEOUT_S = 2.0
_MAX_BODY_BYTES = 16 << 20
_PAGE = 500
_JSON: dict[bytes | str, bytes | str] = {"Content-Type": "application/json"}

_Keys = Mapping[str, Any] | None
_Login = tuple[str, str] | None


class EngineUnreachable(DependencyFailed):
    """The engine gave no answer: it is down, or hangs."""

    def __init__(self, detail: str) -> None:
        super().__init__("media engine", detail, suggestion="camsvc starts it again by itself; see the log")


class EngineRefused(DependencyFailed):
    """The engine answered with an error; ``status`` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__("media engine", text)
        self.status = status


@implementer(IAgentEndpointFactory)
class _Loopback:
    """Connects to an address of IPv4; twisted.web's own way to a host tells 0.3 s later that nobody listens there.

    An engine that starts is asked until it listens.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def endpointForURI(self, uri: URI) -> TCP4ClientEndpoint:  # noqa: N802
        return TCP4ClientEndpoint(self._reactor, uri.host.decode(), uri.port, CALL_TIMEOUT_S)


class ApiClient:
    """Calls to one engine; each raises EngineUnreachable or EngineRefused."""

    def __init__(self, reactor: Any, lag: ReactorLag, address: str, secret: bytes) -> None:
        """Set up; nothing is connected yet.

        Args:
            reactor: with IReactorTCP.
            lag: whether a time limit has passed, or the reactor was late.
            address: ``127.0.0.1:9997``.
            secret: sent as Basic ``_api:<secret>`` always: MediaMTX 1.20 puts API calls to the auth callback too.
        """
        self._lag = lag
        self._base = f"http://{address}/v3/"
        self._login = ("_api", secret.decode())
        self._pool = HTTPConnectionPool(reactor)
        self._client = HTTPClient(Agent.usingEndpointFactory(reactor, _Loopback(reactor), self._pool))

    async def close(self) -> None:
        """Close what is kept open."""
        await self._pool.closeCachedConnections()

    async def call(self, method: str, route: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to one call.

        Args:
            method: of HTTP.
            route: behind ``/v3/``, quoted.
            body: sent as JSON.

        Raises:
            EngineRefused: the engine answers with an error.
        """
        status, data = await self._answer(method, route, body, self._login)
        try:
            answer = msgspec.json.decode(data) if data else {}
        except msgspec.MsgspecError:
            answer = {"error": data[:200].decode(errors="replace")}
        if status >= 400:
            text = answer.get("error") if isinstance(answer, dict) else None
            raise EngineRefused(status, str(text or f"HTTP {status}"))
        return answer if isinstance(answer, dict) else {}

    async def call_if_there(self, method: str, route: str) -> dict[str, Any] | None:
        """As :meth:`call`; None where there is nothing (404).

        Raises:
            EngineRefused: the engine answers with another error.
        """
        try:
            return await self.call(method, route)
        except EngineRefused as why:
            if why.status != 404:
                raise
            return None

    async def items(self, route: str) -> list[dict[str, Any]]:
        """All items of a list, page by page.

        Raises:
            EngineUnreachable: something else answers than an engine.
        """
        items: list[dict[str, Any]] = []
        page = pages = 0
        while page == 0 or page < pages:
            answer = await self.call("GET", f"{route}?itemsPerPage={_PAGE}&page={page}")
            if "pageCount" not in answer:  # taken for an empty list, it would have us add every path anew
                raise EngineUnreachable("its API answers with something else than a list")
            items += answer.get("items") or []
            pages = int(answer["pageCount"])
            page += 1
        return items

    async def status_without_login(self, route: str) -> int:
        """HTTP status of a GET that shows no password."""
        status, _ = await self._answer("GET", route, None, None)
        return status

    async def _answer(self, method: str, route: str, body: _Keys, login: _Login) -> tuple[int, bytes]:
        try:
            return await self._lag.within(CALL_TIMEOUT_S, self._exchange(method, route, body, login))
        except (ConnectError, ConnectingCancelledError, ResponseFailed, TimeoutError, OSError) as why:
            raise EngineUnreachable(f"no answer from its API ({type(why).__name__})") from None

    async def _exchange(self, method: str, route: str, body: _Keys, login: _Login) -> tuple[int, bytes]:
        response = await self._client.request(
            method,
            self._base + route,
            auth=login,
            data=None if body is None else msgspec.json.encode(body),
            headers=_JSON if body is not None else None,
            unbuffered=True,
            allow_redirects=False,
        )
        return response.code, await http_bodies.collect(response.original, _MAX_BODY_BYTES)
