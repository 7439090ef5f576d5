"""One RTSP connection: its limits in time, size and rate, and its requests, handed on one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from camsvc.relay import wall_time
from camsvc.relay.auth import plain_ip
from camsvc.relay.media.stream import OverlongUnit
from camsvc.relay.request_errors import NO_PUBLISHER, RequestError
from camsvc.relay.rtsp.admission import SessionContext
from camsvc.relay.rtsp.direct_send import tune
from camsvc.relay.rtsp.flood_limits import FRAME, LIMITS, MEDIA_IN_A_ROW, REQUEST
from camsvc.relay.rtsp.framing import MalformedRtsp, RtspParser, RtspRequest, RtspResponse, reply
from camsvc.relay.rtsp.publisher_pace import PublisherPace
from camsvc.relay.rtsp.reader_shares import ReaderShares
from camsvc.relay.rtsp.session import RtspSession
from camsvc.system.floods.flood_guard import ConnectionMeter, FloodGuard
from camsvc.system.logs import LimitedLog
from camsvc.system.tasks import launch

#: The first request, and each one begun, has to be complete in so many seconds.
REQUEST_S = 10.0
#: A connection that neither reads nor publishes is closed after so long, whatever it asks, seconds.
BEGIN_S = 60.0
#: Time for queued bytes when we hang up, seconds.
HANG_UP_S = 2.0
#: What may wait while a request is answered, bytes.
MAX_PENDING = 128 << 10


@frozen
class ConnectionContext:
    """What every connection is given.

    Attributes:
        sessions: for its session.
        read_timeout_s: a publisher silent for so long is closed, unless it sends as seldom.
        guard: how much connections may ask for.
        shares: how many of them may read.
        log: for lines that a stranger can cause.
    """

    sessions: SessionContext
    read_timeout_s: float
    guard: FloodGuard
    shares: ReaderShares
    log: LimitedLog


class RtspServerConnection(Protocol):
    """One client; parsing waits while a request is being answered, so that answers keep their order."""

    _log = Logger()
    transport: Any

    def __init__(self, context: ConnectionContext, on_lost: Callable[[RtspServerConnection], None]) -> None:
        """A connection to be; ``on_lost`` is told when it is gone."""
        sessions = context.sessions
        self.id = str(uuid4())
        self.created = wall_time.utc(sessions.clocks)
        self.ip = ""
        self.peer = ""
        self.bytes_received = 0
        self.session = RtspSession(sessions, self, context.shares)
        self._clock = sessions.clock
        self._write_timeout_s = sessions.write_timeout_s
        self._read_timeout_s = context.read_timeout_s
        self._pace = PublisherPace(context.read_timeout_s)
        self._sends_other = False
        self._turn = context.guard.turn
        self._meter = ConnectionMeter(context.guard)
        self._limited_log = context.log
        self._on_lost = on_lost
        self._parser = RtspParser()
        self._answering: Deferred[Any] | None = None
        self._paused = False
        self._held = False
        self._hold_timer: IDelayedCall | None = None
        self._closed = False
        self._asked = False
        self._heard_at = self._began_at = 0.0
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
        self._heard_at = self._began_at = self._clock.seconds()
        self._timer = self._clock.callLater(REQUEST_S, self._check_deadline)

    def dataReceived(self, data: bytes) -> None:
        """Parse, unless a request is being answered."""
        self.bytes_received += len(data)
        self._parser.feed(data)
        if self._answering is None and not self._held:
            self._process_input()
        else:
            self._read_or_pause()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Leave everything; a reader going with unread data is no news."""
        self._closed = True
        for timer in (self._timer, self._hold_timer):
            if timer is not None and timer.active():
                timer.cancel()
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
        self._closed = True
        self.transport.abortConnection()

    # -- what came

    def _process_input(self) -> None:
        take, frame = self._parser.take, self.session.frame
        publishes = self.session.state == "publish"
        limit = LIMITS.in_a_row if publishes else self._turn.allowance()
        media = units = 0
        asked, more = False, limit <= 0
        try:
            while self._answering is None and not self._closed and not more:
                item = take()
                if item is None:
                    break
                if type(item) is tuple:
                    if frame(item[0], item[1]):
                        media += 1
                    else:
                        units += FRAME + (len(item[1]) >> 10)
                elif isinstance(item, RtspRequest):
                    asked = True
                    units += REQUEST + (len(item.body) >> 10)
                    self._start_answering(item)
                more = units >= limit or media >= MEDIA_IN_A_ROW
        except MalformedRtsp as why:
            self._close_malformed(why)
        except OverlongUnit:
            self._log.warn("{peer} sends a picture without end; closed", peer=self.peer)
            self.session.close()
        self._note_activity(asked, media > 0)
        if not publishes:
            # A read that brings nothing whole costs something too.
            self._limit_rate(units if units or media or limit <= 0 else FRAME, more)
        elif more:
            self._hold(0.0)

    def _limit_rate(self, units: int, more: bool) -> None:
        """Hold the client back when it has asked for too much; ``more`` says that it has been served in part."""
        self._turn.spend(units)
        wait_s = self._meter.spend(units, None if self.session.shown else self.ip) if units else 0.0
        if self._meter.floods:
            self._limited_log.warn("{peer} floods RTSP and is cut off", peer=self.peer)
            self.abort()
        elif wait_s > 0:
            self._hold(wait_s)
        elif more and not self._closed:
            self._held = True
            self._read_or_pause()
            self._turn.wait(self._go_on)

    def _hold(self, seconds: float) -> None:
        """Read and answer nothing for a while."""
        if not self._closed:
            self._held = True
            self._read_or_pause()
            self._hold_timer = self._clock.callLater(seconds, self._go_on)

    def _go_on(self) -> None:
        self._held = False
        if self._answering is None and not self._closed:
            self._process_input()
        self._read_or_pause()

    def _read_or_pause(self) -> None:
        """Read from the socket, unless the client is held back or too much waits for an answer."""
        wanted = self._held or (self._answering is not None and len(self._parser) > MAX_PENDING)
        if wanted != self._paused and not self._closed:
            self._paused = wanted
            (self.transport.pauseProducing if wanted else self.transport.resumeProducing)()

    def _note_activity(self, asked: bool, media: bool) -> None:
        now = self._clock.seconds()
        if media or (asked and self.session.state != "publish"):
            self._heard_at = now
        self._sends_other = not media
        if media:
            self._pace.note(now)
        if not self._parser.in_request:
            self._partial_since = None
        elif asked or media or self._partial_since is None:
            self._partial_since = now

    def _close_malformed(self, why: MalformedRtsp) -> None:
        self._limited_log.info("{peer} closed: {why}", peer=self.peer, why=why)
        self.transport.write(reply(400, None))
        self.session.close()

    def _start_answering(self, request: RtspRequest) -> None:
        self._asked = True
        answering = launch(self._answer(request), self._log, "answering RTSP")
        if not answering.called:
            self._answering = answering.addBoth(self._on_answered)

    def _on_answered(self, _: object) -> None:
        self._answering = None
        if not self._held and not self._closed:
            self._process_input()
        self._read_or_pause()

    async def _answer(self, request: RtspRequest) -> None:
        try:
            answer = await self.session.respond(request)
        except MalformedRtsp:
            answer = RtspResponse(400)
        except RequestError as why:
            self._limited_log.warn("{peer}: {method}: {why}", peer=self.peer, method=request.method, why=why.message)
            idle = why.data["reason"] == NO_PUBLISHER
            answer = RtspResponse(404 if idle else 503 if why.status == 503 else 400)
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
            # Who sends something else, or a part of a packet, is no camera that sends a picture now and then.
            slow = not (self._sends_other or len(self._parser))
            return self._heard_at + (self._pace.silence_s() if slow else self._read_timeout_s)
        if self._partial_since is not None:
            return self._partial_since + REQUEST_S
        if self.session.reads:
            return now + REQUEST_S
        if self._asked and not self.session.shown:
            return self._began_at + BEGIN_S
        return min(self._heard_at + REQUEST_S, self._began_at + BEGIN_S)

    def _check_deadline(self) -> None:
        left_s = self._deadline() - self._clock.seconds()
        if left_s > 0:
            self._timer = self._clock.callLater(min(left_s, REQUEST_S), self._check_deadline)
            return
        if self.session.state == "publish":
            self._log.warn("publisher of {path} is silent; closed", path=self.session.path_name)
        self.session.close()
