"""One WebSocket of ``/ws``: frames, limits, keepalive. This module and ``ws_connections`` alone know Autobahn."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.access.credentials import REVOKED
from camsvc.access.roles import Principal
from camsvc.api.calls import OpenCall
from camsvc.errors import AuthenticationFailed, RateLimited
from camsvc.limits.connection_quota import QuotaExceeded, neighbourhood
from camsvc.server.call_throttle import CallThrottle
from camsvc.server.http.authorization import principal_of_headers
from camsvc.server.named_timers import NamedTimers
from camsvc.server.paced_work import CALL, FRAME, HANDSHAKE, PORTION_BYTES, PacedWork
from camsvc.server.read_pauses import ReadPauses
from camsvc.server.slow_readers import STUCK_S, SlowReaderValve

if TYPE_CHECKING:
    from camsvc.server.ws_connections import WebSocketConnections

LOGIN_ENDED, BINARY_FRAME, TOO_SLOW = 4001, 4003, 4008
BEFORE_LOGIN_BYTES, AFTER_LOGIN_BYTES = 64 << 10, 1 << 20
PING_EVERY_S, PONG_WITHIN_S = 20, 10
RELOGIN_S = 60.0
LAST_WORDS_S = 0.5
MESSAGE_WITHIN_S = 30.0
CALLS_IN_FLIGHT = 64


class WebSocketConnection(WebSocketServerProtocol):
    """One client. Replies go out in order of completion; state notifications keep only the newest per key.

    Attributes:
        principal: who is logged in; None before a login, and after its revocation.
        base_url: by which URL the client called us, as ``http://host:port``.
        session_id: a UUID of this connection.
        address: IP address of the client.
        user_agent: as the client told it; shortened.
        since: when the handshake was done, in seconds since the epoch.
        timers: that end with the connection.
        valve: holds back what the client does not read.
    """

    _logger = Logger()
    factory: WebSocketConnections
    transport: Any

    def __init__(self, factory: WebSocketConnections) -> None:
        """Set up, before the handshake.

        Args:
            factory: has what all connections share.
        """
        super().__init__()
        self.factory = factory
        self.principal: Principal | None = None
        self.base_url = ""
        self.session_id = str(uuid.uuid4())
        self.address = ""
        self.user_agent = ""
        self.since = 0.0
        self._in_flight: set[Deferred[Any]] = set()
        self.timers = NamedTimers(factory.reactor)
        self._work = PacedWork(factory.checks.guard, lambda: self.transport, self._step)
        self._inbox = bytearray()
        self._interrupted = False
        self._permitted = False  # a call of the frame that is being answered
        self._read_pauses = ReadPauses(self._work.stop, self._work.go_on)
        self.valve = SlowReaderValve(self.timers, self._read_pauses, self._transmit, self._close_slow_reader)
        self._throttle: CallThrottle | None = None
        self._release_quota: Callable[[], None] = lambda: None
        self._principal_of_handshake: Principal | None = None
        self._end_grant: Callable[[], None] = lambda: None
        self._when_closed: Deferred[None] = Deferred()

    # What the transport and Autobahn call.

    def dataReceived(self, data: bytes) -> None:
        self._inbox += data
        self._work.hold(len(self._inbox))
        self._work.work()

    def processData(self) -> bool:
        if self._work.is_over:
            self._interrupted = True
            return False
        self._work.spend(FRAME)
        return bool(super().processData())

    def onPing(self, payload: bytes) -> None:
        self._work.spend(FRAME, charge=True)
        super().onPing(payload)

    def onPong(self, payload: bytes) -> None:
        self._work.spend(FRAME, charge=True)

    def onMessageBegin(self, isBinary: bool) -> None:
        self.timers.start("message", MESSAGE_WITHIN_S, self.sendClose, 1008, "the message did not come in time")
        super().onMessageBegin(isBinary)

    def onMessageFrameBegin(self, length: int) -> None:
        if not length or not self.current_frame.fin:
            self._work.spend(FRAME, charge=True)
        super().onMessageFrameBegin(length)

    def onConnect(self, request: ConnectionRequest) -> None:
        # LimitedRequest has put these two there, whatever the client sent.
        secure = request.headers.get("x-forwarded-proto") == "https"
        self.address = request.headers.get("x-forwarded-for", "")
        base_url = self.factory.checks.hosts.base_url(request.headers.get("host"), secure)
        self._work.identify(neighbourhood(self.address))
        self._work.spend(HANDSHAKE, charge=True)
        if base_url is None:
            raise ConnectionDeny(ConnectionDeny.FORBIDDEN, "unknown Host; see server.allowed_hosts")
        try:
            self._release_quota = self.factory.quota.take(self.address)
        except QuotaExceeded as why:
            raise ConnectionDeny(why.status, why.message) from None
        # A browser's cookie stands here, too: server/http/cookies.py.
        header, key = request.headers.get("authorization", ""), request.headers.get("x-api-key", "")
        authentication = self.factory.checks.authentication
        try:
            self._principal_of_handshake = who = principal_of_headers(header, key, authentication)
            if who is not None:
                self.factory.require_share(self, who)
        except AuthenticationFailed as why:  # then it has authenticate to log in with
            authentication.tell_refused("websocket", self.address, why, {})
        except RateLimited as why:
            raise ConnectionDeny(429, why.message) from None
        self.base_url = base_url
        self.user_agent = request.headers.get("user-agent", "")[:200]

    def onOpen(self) -> None:
        self.transport.unregisterProducer()  # twisted.web's HTTPChannel, which has no part in this any more
        self.transport.registerProducer(self.valve, True)
        self.maxMessagePayloadSize = BEFORE_LOGIN_BYTES
        self.since = self.factory.clocks.wall_s()
        self._throttle = CallThrottle(
            self.factory.limits, self.timers, self._read_pauses, self.factory.clocks.monotonic_s
        )
        self.factory.opened(self)
        if self._principal_of_handshake is not None:
            self.log_in(self._principal_of_handshake)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.timers.cancel("message")
        if self.state != self.STATE_OPEN:
            return
        if isBinary:
            self.sendClose(BINARY_FRAME, "JSON-RPC is text")
            return
        self._permitted = False
        try:
            answer = self._answer(payload)
        except Exception:  # raising here would cut the socket
            self._logger.failure("while answering a frame")
            return
        self._work.spend(CALL, charge=not self._permitted)
        if isinstance(answer, Deferred):
            self._in_flight.add(answer)
            _ = answer.addCallback(self._reply, answer)
        elif answer is not None:
            self._transmit(answer)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N803
        self._work.close()
        self._inbox.clear()
        self.timers.cancel_all()
        self.valve.clear()
        self._end_grant()
        for call in tuple(self._in_flight):
            call.cancel()
        self._release_quota()
        self.factory.closed(self)
        if not self._when_closed.called:
            self._when_closed.callback(None)

    # What the rest of camsvc calls.

    @property
    def calls_in_flight(self) -> int:
        """How many calls of this client are under way."""
        return len(self._in_flight)

    def log_in(self, principal: Principal) -> None:
        """Switch identity and role at once; the socket closes 60 s after the login ends, at once if it is revoked.

        RateLimited is raised, and nothing is changed, where as many sockets are theirs as one may have.
        """
        self.factory.require_share(self, principal)
        self._end_grant()
        self._end_grant = self.factory.checks.grants.open(principal, self._on_grant_ended)
        self.principal = principal
        self.maxMessagePayloadSize = AFTER_LOGIN_BYTES
        self.timers.cancel("login")
        self._check_login_expiry()

    def push(self, key: str, frame: bytes) -> None:
        """Send a notification when the reader takes it; a newer one with the same key replaces it until then."""
        self.valve.push(key, frame)

    def give_way(self) -> None:
        """Be cut, and give the place to somebody else at once."""
        self._release_quota()
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

    def _step(self) -> bool:
        """Parse a portion of what has come, or go on where the parser was interrupted."""
        if self._interrupted:
            self._interrupted = False
            self.consumeData()
            return True
        if not self._inbox:
            return False
        portion = bytes(self._inbox[:PORTION_BYTES])
        del self._inbox[:PORTION_BYTES]
        self._work.hold(len(self._inbox))
        super().dataReceived(portion)
        return True

    def _answer(self, payload: bytes) -> bytes | Deferred[bytes | None] | None:
        call = OpenCall(
            principal=self.principal,
            address=self.address,
            request_id=secrets.token_hex(6),
            base_url=self.base_url,
            connection=self,
        )
        return self.factory.registry.answer(payload, call, self._wait_s)

    def _wait_s(self) -> float:
        """How long the next call has to wait, in seconds; 0 where it may be made."""
        assert self._throttle is not None
        wait_s = self._throttle.take() or self.factory.checks.rate_limits.call(self.address)
        self._permitted = self._permitted or not wait_s
        self._throttle.count(refused=bool(wait_s))
        return wait_s or (0.1 if len(self._in_flight) >= CALLS_IN_FLIGHT else 0.0)

    def _reply(self, frame: bytes | None, call: Deferred[Any]) -> None:
        self._in_flight.discard(call)
        if frame is not None:
            self._transmit(frame)
        if not self._in_flight and "revoked" in self.timers:
            self.timers.cancel("revoked")
            self._close_revoked()

    def _transmit(self, frame: bytes) -> None:
        if self.state != self.STATE_OPEN:
            return
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0  # the limit is for what comes in
        try:
            self.sendMessage(frame)
        finally:
            self.maxMessagePayloadSize = limit

    def _close_slow_reader(self) -> None:
        self._logger.warn("{peer} has read nothing for {limit} s; closing", peer=self.address, limit=STUCK_S)
        self.sendClose(TOO_SLOW, "reader too slow")
        self.timers.start("drop", 1.0, self.dropConnection, True)

    def _on_grant_ended(self, why: str) -> None:
        if why == REVOKED:
            self.principal = None
            self.valve.clear()
            # What is being done is answered: it may be what has revoked the login, a change of the password.
            self.timers.start("revoked", LAST_WORDS_S if self._in_flight else 0.0, self._close_revoked)

    def _close_revoked(self) -> None:
        self.sendClose(LOGIN_ENDED, "login revoked")

    def _check_login_expiry(self) -> None:
        """Close when the login has ended; look again in a day at the latest, as the wall clock may be set."""
        if self.principal is None:
            return
        left = self.principal.expires_at + RELOGIN_S - self.factory.clocks.wall_s()
        if left > 0:
            self.timers.start("login", min(left, 86400.0), self._check_login_expiry)
        else:
            self.sendClose(LOGIN_ENDED, "login ended")
