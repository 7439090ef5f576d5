"""What the engine's HTTP servers have in common: bounded bodies, no access log, whose request it is, plain 404s."""

from __future__ import annotations

from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from camsvc.relay.auth import plain_ip
from camsvc.relay.rtsp.framing import Credential, basic_credential

#: Largest request body, bytes.
MAX_BODY = 1 << 20
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


class _QuietSite(Site):
    """Keeps no access log: the control plane asks every few seconds, a player every second, some with a ticket."""

    noisy = False

    def log(self, request: object) -> None:
        pass


def site(resource: Resource) -> Site:
    """A resource as an HTTP server factory."""
    return _QuietSite(  # type: ignore[no-untyped-call]
        resource, requestFactory=_LimitedRequest, parsePOSTFormSubmission=False, timeout=IDLE_S
    )
