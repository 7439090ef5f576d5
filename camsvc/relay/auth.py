"""Who may publish and read: the question put to the HTTP callback and its time limit.

The relay's only module that knows treq.
"""

from __future__ import annotations

import ipaddress
import json
from contextlib import suppress
from typing import Any, Protocol

from attrs import frozen
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.client import Agent, HTTPConnectionPool, ResponseFailed
from twisted.web.http_headers import Headers

from camsvc.relay.rtsp.framing import Credential
from camsvc.system.floods.recent_keys import RecentKeys
from camsvc.system.logs import LimitedLog
from camsvc.system.protocols import http_bodies
from camsvc.system.tasks import cancelled_plainly, sleep

#: Longest wait for the callback's answer, seconds; later means no.
ANSWER_S = 5.0
#: Wait before a wrong credential is refused, seconds: a brake for guessing.
BRAKE_S = 2.0
#: A no to who showed nothing is remembered for so long, seconds.
REFUSED_S = 1.0
_MAX_REFUSED = 1000
_MAX_ANSWER = 64 << 10
_CONNECT_S = 3
_LOGGED = 100


@frozen
class AuthRequest:
    """One admission asked for.

    Attributes:
        ip: the client's address, without port.
        credential: what it showed; may be empty.
        path: the path's name.
        id: the connection's id, which its session has too; of WebRTC the session's; None for HLS, which has none.
        action: ``publish``, ``read``, or ``api`` for the control API, which has neither path nor protocol.
        query: the URL's query; may hold a ticket, so it is never logged.
        protocol: ``rtsp``, ``hls`` or ``webrtc``.
    """

    ip: str
    credential: Credential
    path: str
    id: str | None
    action: str
    query: str
    protocol: str = "rtsp"

    def body(self) -> bytes:
        """The JSON that the callback gets."""
        return json.dumps(
            {
                "ip": self.ip,
                "user": self.credential.user,
                "password": self.credential.password,
                "path": self.path,
                "protocol": self.protocol,
                "id": self.id,
                "action": self.action,
                "query": self.query,
            }
        ).encode()


def plain_ip(host: str) -> str:
    """An address without the IPv6 form that a dual-stack socket gives to IPv4 clients."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


class Authorizer(Protocol):
    """Whoever decides on admissions."""

    async def allows(self, question: AuthRequest) -> bool:
        """Whether it may pass."""


class AllowAll:
    """Admits everyone: no callback is configured."""

    async def allows(self, question: AuthRequest) -> bool:
        """True."""
        return True


class HttpAuthorizer:
    """The authorizer that asks an HTTP callback: 2xx is yes, everything else and silence is no."""

    def __init__(self, clock: IReactorTime, client: HTTPClient, url: str) -> None:
        """Ask ``url`` through ``client``; ``clock`` holds the time limit."""
        self._clock = clock
        self._client = client
        self._url = url
        self._refused: RecentKeys[float] = RecentKeys(_MAX_REFUSED)
        self._log = LimitedLog(clock, Logger(namespace=__name__))

    async def allows(self, question: AuthRequest) -> bool:
        """Put one question.

        Raises:
            CancelledError: nobody waits for the answer any more.
        """
        if self._was_refused(question):
            return False
        try:
            status = Deferred.fromCoroutine(self._ask(question))
            allowed = 200 <= await status.addTimeout(ANSWER_S, self._clock) < 300
            if not allowed:
                self._note_refusal(question)
            return allowed
        except CancelledError:
            raise
        except Exception as why:
            self._log.error("the authentication callback did not answer: {kind}", kind=type(why).__name__)
            return False

    def _was_refused(self, question: AuthRequest) -> bool:
        """Whether the same client was refused a moment ago for showing nothing; the callback is spared then."""
        until = self._refused.get(*_subject(question)) or 0.0
        return not _has_credential(question) and self._clock.seconds() < until

    def _note_refusal(self, question: AuthRequest) -> None:
        if not _has_credential(question):
            self._refused.put(self._clock.seconds() + REFUSED_S, *_subject(question))

    async def _ask(self, question: AuthRequest) -> int:
        request: Deferred[Any] = self._client.post(
            self._url,
            data=question.body(),
            headers=Headers({b"Content-Type": [b"application/json"]}),
            allow_redirects=False,
            unbuffered=True,
        )
        response = await cancelled_plainly(request)
        with suppress(ResponseFailed):  # its status says it all
            await http_bodies.collect(response.original, _MAX_ANSWER)
        return int(response.code)


def _has_credential(question: AuthRequest) -> bool:
    """Whether there is something in it that could be a credential."""
    return bool(question.credential or question.query)


def _subject(question: AuthRequest) -> tuple[str, ...]:
    return question.ip, question.action, question.path[:_LOGGED], question.protocol


class SlowRefusals:
    """The authorizer for clients: it asks another one, and lets who showed a wrong credential wait for the no."""

    def __init__(self, clock: IReactorTime, authorizer: Authorizer) -> None:
        """Ask ``authorizer``; ``clock`` is for the wait."""
        self._clock = clock
        self._authorizer = authorizer
        self._log = LimitedLog(clock, Logger(namespace=__name__))

    async def allows(self, question: AuthRequest) -> bool:
        """Put one question; who showed nothing hears at once that a credential is wanted."""
        if await self._authorizer.allows(question):
            return True
        if question.credential:
            path = question.path[:_LOGGED]
            self._log.info(
                "{ip} may not {action} {path} by {protocol}",
                ip=question.ip,
                action=question.action,
                path=path,
                protocol=question.protocol,
            )
            await sleep(self._clock, BRAKE_S)
        return False


def make_authorizer(reactor: Any, url: str) -> Authorizer:
    """The authorizer that asks ``url``, or the open one when there is none.

    Each question has a connection of its own: one kept open could be closed by the callback in the very moment of
    the next question.
    """
    if not url:
        return AllowAll()
    pool = HTTPConnectionPool(reactor, persistent=False)
    return HttpAuthorizer(reactor, HTTPClient(Agent(reactor, connectTimeout=_CONNECT_S, pool=pool)), url)
