"""The RTSP listener: connections, their limits in time, size and number, and requests handed on one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import Factory, Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.relay import wall_time
from camsvc.relay.auth import plain_ip
from camsvc.relay.media.stream import OverlongUnit
from camsvc.relay.request_errors import NO_PUBLISHER, RequestError
from camsvc.relay.rtsp.admission import SessionContext
from camsvc.relay.rtsp.direct_send import tune
from camsvc.relay.rtsp.framing import MalformedRtsp, RtspParser, RtspRequest, RtspResponse, reply
from camsvc.relay.rtsp.session import RtspSession
from camsvc.system.tasks import launch

#: The first request, and each one begun, has to be complete in so many seconds.
REQUEST_S = 10.0
#: A connection without session is closed when it asks nothing for so long, seconds.
IDLE_S = 60.0
#: Time for queued bytes when we hang up, seconds.
HANG_UP_S = 2.0
#: What may wait while a request is answered, bytes.
MAX_PENDING = 128 << 10


class RtspServerConnection(Protocol):
    """One client; parsing waits while a request is being answered, so that answers keep their order."""

    _log = Logger()
    transport: Any

    def __init__(
        self, context: SessionContext, read_timeout_s: float, on_lost: Callable[[RtspServerConnection], None]
    ) -> None:
        """A connection to be; ``on_lost`` is told when it is gone."""
        self.id = str(uuid4())
        self.created = wall_time.utc(context.clocks)
        self.ip = ""
        self.peer = ""
        self.bytes_received = 0
        self.session = RtspSession(context, self)
        self._clock = context.clock
        self._write_timeout_s = context.write_timeout_s
        self._read_timeout_s = read_timeout_s
        self._on_lost = on_lost
        self._parser = RtspParser()
        self._answering: Deferred[Any] | None = None
        self._paused = False
        self._closed = False
        self._asked = False
        self._heard_at = 0.0
        self._partial_since: float | None = None
        self._timer: IDelayedCall | None = None

    @property
    def bytes_sent(self) -> int:
        """Media sent, bytes."""
        return self.session.bytes_sent

    # -- the socket

    def connectionMade(self) -> None:
        """Begin to count time."""
        peer = self.transport.getPeer()
        self.ip = plain_ip(peer.host)
        self.peer = f"[{self.ip}]:{peer.port}" if ":" in self.ip else f"{self.ip}:{peer.port}"
        tune(self.transport, self._write_timeout_s)
        self._heard_at = self._clock.seconds()
        self._timer = self._clock.callLater(REQUEST_S, self._check_deadline)

    def dataReceived(self, data: bytes) -> None:
        """Parse, unless a request is being answered."""
        self.bytes_received += len(data)
        self._parser.feed(data)
        if self._answering is None:
            self._process_input()
        elif len(self._parser) > MAX_PENDING and not self._paused:
            self._paused = True
            self.transport.pauseProducing()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Leave everything; a reader going with unread data is no news."""
        self._closed = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self._answering is not None:
            self._answering.cancel()
        self.session.gone()
        self._on_lost(self)

    def hang_up(self) -> None:
        """Close after what is queued, in two seconds at the latest."""
        if self._closed:
            return
        self._closed = True
        self.transport.loseConnection()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._clock.callLater(HANG_UP_S, self.transport.abortConnection)

    def abort(self) -> None:
        """Close at once."""
        self.transport.abortConnection()

    # -- what came

    def _process_input(self) -> None:
        take, frame = self._parser.take, self.session.frame
        asked = media = False
        try:
            while self._answering is None and not self._closed:
                item = take()
                if item is None:
                    break
                if type(item) is tuple:
                    media = frame(item[0], item[1]) or media
                elif isinstance(item, RtspRequest):
                    asked = True
                    self._start_answering(item)
        except MalformedRtsp as why:
            self._close_malformed(why)
        except OverlongUnit:
            self._log.warn("{peer} sends a picture without end; closed", peer=self.peer)
            self.session.close()
        self._note_activity(asked, media)

    def _note_activity(self, asked: bool, media: bool) -> None:
        now = self._clock.seconds()
        if media or (asked and self.session.state != "publish"):
            self._heard_at = now
        if not self._parser.in_request:
            self._partial_since = None
        elif asked or media or self._partial_since is None:
            self._partial_since = now

    def _close_malformed(self, why: MalformedRtsp) -> None:
        self._log.info("{peer} closed: {why}", peer=self.peer, why=why)
        self.transport.write(reply(400, None))
        self.session.close()

    def _start_answering(self, request: RtspRequest) -> None:
        self._asked = True
        answering = launch(self._answer(request), self._log, "answering RTSP")
        if not answering.called:
            self._answering = answering.addBoth(self._on_answered)

    def _on_answered(self, _: object) -> None:
        self._answering = None
        if self._paused:
            self._paused = False
            self.transport.resumeProducing()
        if not self._closed:
            self._process_input()

    async def _answer(self, request: RtspRequest) -> None:
        try:
            answer = await self.session.respond(request)
        except MalformedRtsp:
            answer = RtspResponse(400)
        except RequestError as why:
            self._log.warn("{peer}: {method}: {why}", peer=self.peer, method=request.method, why=why.message)
            answer = RtspResponse(404 if why.data["reason"] == NO_PUBLISHER else 400)
        except CancelledError:
            raise
        except Exception:
            self._log.failure("while answering {method}", method=request.method)
            answer = RtspResponse(500)
        if self._closed:
            return
        self.transport.write(reply(answer.status, request.cseq, answer.headers, answer.body))
        if answer.then is not None:
            answer.then()

    # -- time

    def _deadline(self) -> float:
        """When this connection is to be closed unless something comes before; monotonic seconds."""
        now = self._clock.seconds()
        if self._answering is not None:
            return now + REQUEST_S
        if self.session.state == "publish":
            return self._heard_at + self._read_timeout_s
        if self._partial_since is not None:
            return self._partial_since + REQUEST_S
        if self.session.reads:
            return now + REQUEST_S
        return self._heard_at + (IDLE_S if self._asked and not self.session.shown else REQUEST_S)

    def _check_deadline(self) -> None:
        left_s = self._deadline() - self._clock.seconds()
        if left_s > 0:
            self._timer = self._clock.callLater(min(left_s, REQUEST_S), self._check_deadline)
            return
        if self.session.state == "publish":
            self._log.warn("publisher of {path} is silent; closed", path=self.session.path_name)
        self.session.close()


class RtspListener(Factory):
    """Makes connections, and knows them for the API."""

    noisy = False

    def __init__(self, context: SessionContext, read_timeout_s: float, most: int) -> None:
        """No connection yet; there will be ``most`` at a time."""
        self._context = context
        self._most = most
        self._read_timeout_s = read_timeout_s
        self.connections: dict[str, RtspServerConnection] = {}
        self._empty: list[Deferred[None]] = []

    def buildProtocol(self, addr: IAddress | None) -> RtspServerConnection | None:
        """A connection; None when there are too many, and each of them has a session."""
        if len(self.connections) >= self._most and not self._evict_idle():
            return None
        connection = RtspServerConnection(self._context, self._read_timeout_s, self._on_lost)
        connection.factory = self
        self.connections[connection.id] = connection
        return connection

    def _evict_idle(self) -> bool:
        """Abort the connection that has been without session for the longest; False when each has one."""
        for connection in self.connections.values():
            if not connection.session.shown:
                del self.connections[connection.id]
                connection.abort()
                return True
        return False

    def sessions(self) -> list[RtspServerConnection]:
        """The connections whose session the API shows."""
        return [connection for connection in self.connections.values() if connection.session.shown]

    def _on_lost(self, connection: RtspServerConnection) -> None:
        self.connections.pop(connection.id, None)
        if not self.connections:
            waiting, self._empty = self._empty, []
            for done in waiting:
                done.callback(None)

    def close_all(self) -> Deferred[None]:
        """Abort every connection; fires when all are gone."""
        done: Deferred[None] = Deferred()
        for connection in tuple(self.connections.values()):
            connection.abort()
        if self.connections:
            self._empty.append(done)
        else:
            done.callback(None)
        return done
