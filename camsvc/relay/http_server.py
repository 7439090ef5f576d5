"""What the engine's HTTP servers have in common: bounded bodies and turns, no access log, whose request it is."""

from __future__ import annotations

import math
from typing import Any

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from camsvc.relay.auth import plain_ip
from camsvc.relay.rtsp.framing import Credential, basic_credential
from camsvc.system.floods.flood_guard import FloodLimits, TurnBudget

#: Largest request body, bytes.
MAX_BODY = 1 << 20
#: Requests that are answered in one turn of the reactor: some 5 ms of work. The clients are on this machine: camsvc,
#: on behalf of all its viewers, and so no number a second would be right.
LIMITS = FloodLimits(
    in_a_row=16, in_a_turn=16, rate=math.inf, burst=math.inf, address_rate=math.inf, address_burst=math.inf
)
#: A connection that asks nothing, or takes nothing of an answer, for so long is closed, seconds.
IDLE_S = 60


def client_ip(request: Request) -> str:
    """The client's address, without port."""
    return plain_ip(request.getClientAddress().host)


def credential(request: Request) -> Credential:
    """The Basic credential of a request; an unreadable one counts as none."""
    return basic_credential(request.getHeader("Authorization") or "")


def not_found(request: Request) -> bytes:
    """The answer to what is not there, in MediaMTX's words."""
    request.setHeader("Content-Type", "text/plain")
    request.setResponseCode(404)
    return b"404 page not found"


class _LimitedRequest(Request):
    """Refuses a body above MAX_BODY while it comes."""

    _taken = 0

    def handleContentChunk(self, data: bytes) -> None:
        self._taken += len(data)
        if self._taken > MAX_BODY:
            self.channel.loseConnection()
        else:
            super().handleContentChunk(data)  # type: ignore[no-untyped-call]


class _PacedChannel(HTTPChannel):
    """Answers what one client sent in a row over several turns of the reactor, as others' turns come too."""

    factory: _QuietSite
    #: Whether a request is being answered: all of it came.
    answers = False
    _is_lost = False

    def allContentReceived(self) -> None:
        self.answers = True
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def requestDone(self, request: Request) -> None:  # noqa: N802
        self.answers = False
        self.factory.turn.spend(1)
        if self.factory.turn.allowance() > 0:
            super().requestDone(request)  # type: ignore[no-untyped-call]
        else:
            self.factory.turn.wait(lambda: self._go_on(request))

    def _go_on(self, request: Request) -> None:
        if not self._is_lost:
            super().requestDone(request)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_lost = True
        self.factory.forget(self)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class _QuietSite(Site):
    """Keeps no access log: the control plane asks every few seconds, a player every second, some with a ticket."""

    noisy = False
    protocol = _PacedChannel  # type: ignore[assignment]

    def __init__(self, resource: Resource, most: int, turn: TurnBudget) -> None:
        self._most = most
        self.turn = turn
        super().__init__(  # type: ignore[no-untyped-call]
            resource, requestFactory=_LimitedRequest, parsePOSTFormSubmission=False, timeout=IDLE_S
        )
        self._channels: dict[_PacedChannel, None] = {}

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """A connection; None when there are too many, and each is being answered."""
        if len(self._channels) >= self._most and not self._evict_idle():
            return None
        channel = super().buildProtocol(addr)  # type: ignore[no-untyped-call]
        self._channels[channel] = None
        return channel

    def _evict_idle(self) -> bool:
        idle = next((channel for channel in self._channels if not channel.answers), None)
        if idle is None:
            return False
        self.forget(idle)
        transport: Any = idle.transport
        transport.abortConnection()
        return True

    def forget(self, channel: _PacedChannel) -> None:
        self._channels.pop(channel, None)

    def log(self, request: object) -> None:
        pass


def site(clock: IReactorTime, resource: Resource, most: int) -> Site:
    """A resource as an HTTP server factory.

    Args:
        clock: begins the turns in which it answers.
        resource: what is served.
        most: connections at a time; with more, the oldest makes room on which nothing is being answered.
    """
    return _QuietSite(resource, most, TurnBudget(clock, LIMITS))
