"""The open WebSockets: how many there may be, the handshake by which one more is made, and their end."""

from __future__ import annotations

import re
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.defer import DeferredList

from camsvc.access.roles import Principal
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.registry import Registry
from camsvc.config.schema import Limits
from camsvc.errors import CamsvcError, RateLimited
from camsvc.limits.connection_quota import RETRY_S, ConnectionQuota, QuotaExceeded
from camsvc.server.caller_checks import CallerChecks
from camsvc.server.http.request import answer_error
from camsvc.server.ws import AFTER_LOGIN_BYTES, PING_EVERY_S, PONG_WITHIN_S, WebSocketConnection
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import within

_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")
"""16 bytes in Base64."""


class _HandshakeResource(WebSocketResource):
    """Where an HTTP request becomes a WebSocket; one too many is told so as HTTP can, with the time to wait.

    So is one that asks for no WebSocket: Autobahn would answer by hand, without our headers, and close.
    """

    def __init__(self, connections: WebSocketConnections) -> None:
        super().__init__(connections)
        self._connections = connections

    def render(self, request: Any) -> Any:
        wanted = [each.strip().lower() for each in (request.getHeader(b"upgrade") or b"").split(b",")]
        if request.method != b"GET" or b"websocket" not in wanted:
            request.setHeader(b"upgrade", b"websocket")
            why = CamsvcError("This is a WebSocket", reason="no_upgrade",
                              suggestion="connect by ws:// or wss://, or send calls to POST /rpc")  # fmt: skip
            return answer_error(request, 426, why)
        if not _is_handshake(request):
            request.setHeader(b"sec-websocket-version", b"13")
            why = CamsvcError(
                "This is no WebSocket handshake", reason="bad_handshake", suggestion="see RFC 6455, 4.1"
            )
            return answer_error(request, 400, why)
        try:
            self._connections.make_room(request.getClientAddress().host)
        except QuotaExceeded as why:
            return answer_error(request, why.status, why)
        request.channel.hand_over()
        return super().render(request)


class WebSocketConnections(WebSocketServerFactory):
    """Makes connections and knows the open ones.

    Attributes:
        limits: of connections that are opened from now on, and of one user's; may be replaced by others.
    """

    protocol: Any = WebSocketConnection

    def __init__(
        self,
        runtime: Runtime,
        registry: Registry,
        clients: ClientConnections,
        limits: Limits,
        checks: CallerChecks,
    ) -> None:
        """Set up.

        Args:
            runtime: time.
            registry: answers calls.
            clients: told of each connection.
            limits: how many connections, and how many calls on each.
            checks: who calls, and by which URL.
        """
        super().__init__(reactor=runtime.reactor, server="")
        self.clocks = runtime.clocks
        self.registry = registry
        self.clients = clients
        self.limits = limits
        self.checks = checks
        self.quota = ConnectionQuota("WebSocket connections", limits.connections, limits.address_connections)
        self._connections: dict[WebSocketConnection, None] = {}
        self.setProtocolOptions(
            webStatus=False,
            allowedOrigins=["*"],  # a token logs in from any page; a cookie only from ours: server/http/cookies.py
            allowNullOrigin=True,
            maxMessagePayloadSize=AFTER_LOGIN_BYTES,
            maxFramePayloadSize=AFTER_LOGIN_BYTES,
            failByDrop=False,
            openHandshakeTimeout=5,
            closeHandshakeTimeout=3,
            autoPingInterval=PING_EVERY_S,
            autoPingTimeout=PONG_WITHIN_S,
            autoPingSize=12,
            tcpNoDelay=True,
            utf8validateIncoming=True,
        )

    def buildProtocol(self, addr: Any) -> Any:
        return WebSocketConnection(self)

    @property
    def connections(self) -> tuple[WebSocketConnection, ...]:
        """The open ones, oldest first."""
        return tuple(self._connections)

    def as_resource(self) -> WebSocketResource:
        """What stands at ``/ws``."""
        return _HandshakeResource(self)

    def opened(self, connection: WebSocketConnection) -> None:
        """A handshake is done."""
        self._connections[connection] = None
        self.clients.join(connection)

    def make_room(self, address: str) -> None:
        """See that there is a place for one more.

        Where all are taken, the oldest on which nobody is logged in goes: strangers' sockets keep nobody out.

        Raises:
            QuotaExceeded: there is none, for this address or for anybody.
        """
        try:
            self.quota.check(address)
        except QuotaExceeded as why:
            stranger = next((each for each in self._connections if each.principal is None), None)
            if why.status != 503 or stranger is None:
                raise
            stranger.give_way()

    def require_share(self, connection: WebSocketConnection, who: Principal) -> None:
        """See that somebody may be logged in on one connection more.

        Raises:
            RateLimited: they are on as many others as one may.
        """
        most = self.limits.user_connections
        if sum(1 for each in self._connections if each is not connection and _is_by(each.principal, who)) >= most:
            raise RateLimited(
                "Too many WebSocket connections of this user or key",
                reason="user_limit",
                retry_after_ms=RETRY_S * 1000,
                suggestion=f"close some of them: {most} is the limit; see [limits] in the configuration",
            )

    def closed(self, connection: WebSocketConnection) -> None:
        """A socket is gone; also called for handshakes that were refused."""
        self._connections.pop(connection, None)
        self.clients.leave(connection)

    async def shut(self, limit_s: float) -> None:
        """Close every socket with 1001; those that do not go in ``limit_s`` are cut."""
        closed = [connection.shut() for connection in tuple(self._connections)]
        # A cancelled DeferredList gives what there is and raises nothing.
        await within(self.reactor, limit_s, DeferredList(closed, consumeErrors=True))
        for connection in tuple(self._connections):
            connection.transport.abortConnection()


def _is_handshake(request: Any) -> bool:
    """Whether a request has what RFC 6455, 4.2.1 asks of one; a proxy may have lost it."""
    connection = [each.strip().lower() for each in (request.getHeader(b"connection") or b"").split(b",")]
    version, key = request.getHeader(b"sec-websocket-version"), request.getHeader(b"sec-websocket-key") or b""
    return b"upgrade" in connection and version == b"13" and _KEY.fullmatch(key.strip()) is not None


def _is_by(principal: Principal | None, who: Principal) -> bool:
    return principal is not None and (principal.kind, principal.subject) == (who.kind, who.subject)
