"""The WebSocket at ``/ws``: frames, limits, keepalive, slow readers; the only module that knows Autobahn."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.logger import Logger
from zope.interface import implementer

from camsvc.access.credentials import REVOKED
from camsvc.access.roles import Call, Principal
from camsvc.access.session_grants import SessionGrants
from camsvc.api.notifications.state_updates import Notifications
from camsvc.api.registry import Registry
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.config.schema import Limits
from camsvc.errors import AuthenticationFailed, CamsvcError
from camsvc.limits.connection_quota import ConnectionQuota, QuotaExceeded
from camsvc.limits.rate_limits import RateLimits
from camsvc.limits.token_bucket import TokenBucket
from camsvc.server.http.hosts import Hosts
from camsvc.server.http.request import answer_error, named_by
from camsvc.system.tasks import within

LOGIN_ENDED, BINARY_FRAME, TOO_SLOW = 4001, 4003, 4008
BEFORE_LOGIN_BYTES, AFTER_LOGIN_BYTES = 64 << 10, 1 << 20
PING_EVERY_S, PONG_WITHIN_S = 20, 10
STUCK_S = 15.0
RELOGIN_S = 60.0
LAST_WORDS_S = 0.5
CALLS_IN_FLIGHT = 64
HEEDLESS, REST_S = 50, 5.0
"""Who goes on after so many refusals in a row is not read for a while: refusing costs nearly what answering does."""


@implementer(IPushProducer)
class Connection(WebSocketServerProtocol):
    """One client. Replies go out in order of completion; state notifications keep only the newest per key."""

    _logger = Logger()
    factory: Factory
    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self.principal: Principal | None = None
        self.base_url = ""
        self.session_id = str(uuid.uuid4())
        self.address = ""
        self.user_agent = ""
        self.since = 0.0
        self._valve_open = True  # the valve: the transport takes more
        self._unsent: dict[str, bytes] = {}
        self._in_flight: set[Deferred[Any]] = set()
        self._timers: dict[str, IDelayedCall] = {}
        self._bucket: TokenBucket | None = None
        self._refused = 0  # calls in a row
        self._leave: Callable[[], None] = lambda: None
        self._came_as: Principal | None = None
        self._release: Callable[[], None] = lambda: None
        self._when_closed: Deferred[None] = Deferred()

    # What Autobahn calls.

    def onConnect(self, request: ConnectionRequest) -> None:
        # LimitedRequest has put these two there, whatever the client sent.
        secure = request.headers.get("x-forwarded-proto") == "https"
        self.address = request.headers.get("x-forwarded-for", "")
        base_url = self.factory.hosts.base_url(request.headers.get("host"), secure)
        if base_url is None:
            raise ConnectionDeny(ConnectionDeny.FORBIDDEN, "unknown Host; see server.allowed_hosts")
        try:
            self._leave = self.factory.quota.take(self.address)
        except QuotaExceeded as why:
            raise ConnectionDeny(why.status, why.message) from None
        header = request.headers.get(
            "authorization", ""
        )  # a browser's cookie stands here, too: server/http/cookies.py
        key = request.headers.get("x-api-key", "")
        try:
            self._came_as = named_by(header, key, self.factory.grants.credentials)
        except AuthenticationFailed as why:  # then it has authenticate to log in with
            if self.factory.refused_credentials is not None:
                self.factory.refused_credentials.tell("websocket", self.address, why, {})
        self.base_url = base_url
        self.user_agent = request.headers.get("user-agent", "")[:200]

    def onOpen(self) -> None:
        self.transport.unregisterProducer()  # twisted.web's HTTPChannel, which has no part in this any more
        self.transport.registerProducer(self, True)
        self.maxMessagePayloadSize = BEFORE_LOGIN_BYTES
        self.since = time.time()
        limits = self.factory.limits
        self._bucket = TokenBucket.full(limits.calls_per_second, limits.burst, time.monotonic())
        self.factory.opened(self)
        if self._came_as is not None:
            self.log_in(self._came_as)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return
        if isBinary:
            self.sendClose(BINARY_FRAME, "JSON-RPC is text")
            return
        try:
            answer = self._answer(payload)
        except Exception:  # raising here would cut the socket
            self._logger.failure("while answering a frame")
            return
        if isinstance(answer, Deferred):
            self._in_flight.add(answer)
            _ = answer.addCallback(self._reply, answer)
        elif answer is not None:
            self._transmit(answer)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N803
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._unsent.clear()
        self._release()
        for call in tuple(self._in_flight):
            call.cancel()
        self._leave()
        self.factory.closed(self)
        if not self._when_closed.called:
            self._when_closed.callback(None)

    # What the transport calls (IPushProducer).

    def pauseProducing(self) -> None:
        if self._valve_open:
            self._valve_open = False
            self.transport.pauseProducing()  # who does not read is not read either
            self._later("stuck", STUCK_S, self._too_slow)

    def resumeProducing(self) -> None:
        if not self._valve_open:
            self._valve_open = True
            self._cancel("stuck")
            self._listen()
            self._drain()

    def stopProducing(self) -> None:
        self._valve_open = False

    # What the rest of camsvc calls.

    def log_in(self, principal: Principal) -> None:
        """Switch identity and role at once; the socket closes 60 s after the login ends, at once if it is revoked."""
        self._release()
        self._release = self.factory.grants.open(principal, self._on_grant_ended)
        self.principal = principal
        self.maxMessagePayloadSize = AFTER_LOGIN_BYTES
        self._cancel("login")
        self._look_at_login()

    def push(self, key: str, frame: bytes) -> None:
        """Send a notification when the reader takes it; a newer one with the same key replaces it until then."""
        self._unsent.pop(key, None)
        self._unsent[key] = frame
        self._drain()

    def give_way(self) -> None:
        """Be cut, and give the place to somebody else at once."""
        self._leave()
        self.factory.closed(self)
        self.dropConnection(abort=True)

    def shut(self) -> Deferred[None]:
        """Close with 1001 (going away); fires when the socket is gone."""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=1001, reasonUtf8=b"camsvc is shutting down", isReply=False)
        else:
            self.dropConnection(abort=True)
        return self._when_closed

    # Inside.

    def _answer(self, payload: bytes) -> bytes | Deferred[bytes | None] | None:
        call = Call(self.principal, self.address, secrets.token_hex(6), self.base_url, self)
        return self.factory.registry.answer(payload, call, self._rate_limit)

    def _rate_limit(self) -> float:
        assert self._bucket is not None
        wait_s = self._bucket.take(time.monotonic()) or self.factory.rate_limits.call(self.address)
        self._refused = self._refused + 1 if wait_s else 0
        if self._refused > HEEDLESS and "rest" not in self._timers:
            self._refused = 0
            self.transport.pauseProducing()
            self._later("rest", REST_S, self._listen)
        return wait_s or (0.1 if len(self._in_flight) >= CALLS_IN_FLIGHT else 0.0)

    def _listen(self) -> None:
        if self._valve_open and "rest" not in self._timers:
            self.transport.resumeProducing()

    def _reply(self, frame: bytes | None, call: Deferred[Any]) -> None:
        self._in_flight.discard(call)
        if frame is not None:
            self._transmit(frame)
        if not self._in_flight and "revoked" in self._timers:
            self._cancel("revoked")
            self._close_revoked()

    def _drain(self) -> None:
        while self._valve_open and self._unsent and self.state == self.STATE_OPEN:
            self._transmit(self._unsent.pop(next(iter(self._unsent))))

    def _transmit(self, frame: bytes) -> None:
        if self.state != self.STATE_OPEN:
            return
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0  # the limit is for what comes in
        try:
            self.sendMessage(frame)
        finally:
            self.maxMessagePayloadSize = limit

    def _too_slow(self) -> None:
        self._logger.warn("{peer} has read nothing for {limit} s; closing", peer=self.address, limit=STUCK_S)
        self.sendClose(TOO_SLOW, "reader too slow")
        self._later("drop", 1.0, self.dropConnection, True)

    def _on_grant_ended(self, why: str) -> None:
        if why == REVOKED:
            self.principal = None
            self._unsent.clear()
            # What is being done is answered: it may be what has revoked the login, a change of the password.
            self._cancel("revoked")
            self._later("revoked", LAST_WORDS_S if self._in_flight else 0.0, self._close_revoked)

    def _close_revoked(self) -> None:
        self.sendClose(LOGIN_ENDED, "login revoked")

    def _look_at_login(self) -> None:
        """Close when the login has ended; look again in a day at the latest, as the wall clock may be set."""
        if self.principal is None:
            return
        left = self.principal.expires_at + RELOGIN_S - time.time()
        if left > 0:
            self._later("login", min(left, 86400.0), self._look_at_login)
        else:
            self.sendClose(LOGIN_ENDED, "login ended")

    def _later(self, name: str, delay_s: float, work: Callable[..., Any], *args: Any) -> None:
        def run() -> None:
            del self._timers[name]
            work(*args)

        self._timers[name] = self.factory.reactor.callLater(delay_s, run)

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()


class _Entrance(WebSocketResource):
    """Where an HTTP request becomes a WebSocket; one too many is told so as HTTP can, with the time to wait.

    So is one that asks for no WebSocket: Autobahn would answer by hand, without our headers, and close.
    """

    def render(self, request: Any) -> Any:
        wanted = [each.strip().lower() for each in (request.getHeader(b"upgrade") or b"").split(b",")]
        if request.method != b"GET" or b"websocket" not in wanted:
            request.setHeader(b"upgrade", b"websocket")
            why = CamsvcError("This is a WebSocket", reason="no_upgrade",
                              suggestion="connect by ws:// or wss://, or send calls to POST /rpc")  # fmt: skip
            return answer_error(request, 426, why)
        try:
            self._factory.make_room(request.getClientAddress().host)
        except QuotaExceeded as why:
            return answer_error(request, why.status, why)
        request.channel.hand_over()
        return super().render(request)


class Factory(WebSocketServerFactory):
    """Makes connections and knows the open ones."""

    protocol: Any = Connection

    def __init__(
        self,
        reactor: Any,
        registry: Registry,
        notifications: Notifications,
        limits: Limits,
        hosts: Hosts,
        grants: SessionGrants,
        rate_limits: RateLimits,
        refused_credentials: RefusedCredentials | None = None,
    ) -> None:
        super().__init__(reactor=reactor, server="")
        self.registry = registry
        self.notifications = notifications
        self.limits = limits
        self.hosts = hosts
        self.grants = grants
        self.rate_limits = rate_limits
        self.refused_credentials = refused_credentials
        self.quota = ConnectionQuota("WebSocket connections", limits.connections, limits.address_connections)
        self._connections: dict[Connection, None] = {}
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

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The open ones, oldest first."""
        return tuple(self._connections)

    def as_resource(self) -> WebSocketResource:
        """What stands at ``/ws``."""
        return _Entrance(self)

    def opened(self, connection: Connection) -> None:
        """A handshake is done."""
        self._connections[connection] = None
        self.notifications.join(connection)

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

    def closed(self, connection: Connection) -> None:
        """A socket is gone; also called for handshakes that were refused."""
        self._connections.pop(connection, None)
        self.notifications.leave(connection)

    async def shut(self, limit_s: float) -> None:
        """Close every socket with 1001; those that do not go in ``limit_s`` are cut."""
        closed = [connection.shut() for connection in tuple(self._connections)]
        # A cancelled DeferredList gives what there is and raises nothing.
        await within(self.reactor, limit_s, DeferredList(closed, consumeErrors=True))
        for connection in tuple(self._connections):
            connection.transport.abortConnection()
