"""Requests to the engine's own HTTP ports (WHEP and HLS), within time limits; bodies pass on with back-pressure."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.internet.interfaces import IConsumer, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, ResponseDone, ResponseFailed
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH, IResponse
from zope.interface import implementer

from camsvc.engine.api.api_client import EngineUnreachable
from camsvc.system.protocols import http_bodies
from camsvc.system.tasks import cancelled_plainly, within

CONNECT_LIMIT_S = 3.0
ANSWER_LIMIT_S = 20.0
"""A request waits for its camera to come up (10 s, runOnDemandStartTimeout) and for HLS's first segments."""

STALL_LIMIT_S = 30.0
"""A reader that takes nothing of a body for so long is given up: it holds a connection of ours, and of the engine."""

SMALL_BODY_BYTES = 1 << 20
"""More than any playlist or session description."""


@frozen
class EngineAnswer:
    """An answer whose body is still to come: take it by :meth:`text`, :meth:`pipe` or :meth:`drop`.

    Attributes:
        status: of HTTP.
        headers: the last of each, by lower-case name.
        cookies: those that it sets, by name.
        length: of the body in bytes; None where it is not told.
    """

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    length: int | None
    _clock: Any
    _response: IResponse

    async def text(self) -> str:
        """The body, of at most 1 MiB.

        Raises:
            EngineUnreachable: it is longer, or does not come to its end.
        """
        try:
            body = await within(self._clock, ANSWER_LIMIT_S, http_bodies.collect(self._response, SMALL_BODY_BYTES))
        except (ResponseFailed, TimeoutError):
            raise EngineUnreachable("its answer broke off") from None
        return body.decode("utf-8", "replace")

    async def pipe(self, consumer: IConsumer) -> bool:
        """Write the body to a consumer, no faster than that takes it; cancelling ends the engine's side too.

        Returns:
            whether it came to its end: False too when the consumer has taken nothing for 30 s.
        """
        try:
            await _Piped(self._clock, self._response, consumer).done
        except ResponseFailed:
            return False
        return True

    def drop(self) -> None:
        """Have nothing of the body."""
        http_bodies.drop(self._response)


class EngineHttp:
    """The engine's WHEP and HLS ports, on loopback; a request raises EngineUnreachable when no answer comes."""

    def __init__(self, reactor: Any, hls_port: int, webrtc_port: int) -> None:
        """Set up; nothing is connected yet.

        Args:
            reactor: with IReactorTCP and IReactorTime.
            hls_port: ``hlsAddress`` of the engine.
            webrtc_port: ``webrtcAddress``.
        """
        self._clock = reactor
        self._hls = f"http://127.0.0.1:{hls_port}/"
        self._webrtc = f"http://127.0.0.1:{webrtc_port}/"
        self._pool = HTTPConnectionPool(reactor)
        self._agent = Agent(reactor, connectTimeout=CONNECT_LIMIT_S, pool=self._pool)

    async def close(self) -> None:
        """Close what is kept open."""
        await self._pool.closeCachedConnections()

    async def whep(
        self, method: str, path: str, query: Mapping[str, str], content_type: str = "", body: bytes = b""
    ) -> EngineAnswer:
        """A WHEP request (draft-ietf-wish-whep, section 4).

        Args:
            method: ``POST``, ``PATCH`` or ``DELETE``.
            path: ``camera0/whep``, or with the secret of a session behind it.
            query: with the credential.
            content_type: of the body.
            body: an offer or candidates.
        """
        headers = {"content-type": content_type} if content_type else {}
        return await self._request(method, f"{self._webrtc}{path}?{urlencode(query)}", headers, body)

    async def hls(self, path: str, query: Mapping[str, str], cookies: Mapping[str, str]) -> EngineAnswer:
        """GET of ``camera0/index.m3u8`` or what it names; redirects are not followed."""
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"cookie": pairs} if pairs else {}
        return await self._request("GET", f"{self._hls}{path}?{urlencode(query)}", headers, b"")

    async def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> EngineAnswer:
        sent = FileBodyProducer(BytesIO(body)) if body else None
        named = Headers({name.encode(): [value.encode()] for name, value in headers.items()})
        request: Any = self._agent.request(method.encode(), url.encode(), named, sent)
        try:
            response = await within(self._clock, ANSWER_LIMIT_S, cancelled_plainly(request))
        except (ConnectError, ConnectingCancelledError, ResponseFailed, TimeoutError, OSError) as why:
            raise EngineUnreachable(f"no answer from its port for browsers ({type(why).__name__})") from None
        return _answer(self._clock, response)


def _answer(clock: Any, response: IResponse) -> EngineAnswer:
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    for name, values in response.headers.getAllRawHeaders():
        headers[name.decode("latin-1").lower()] = values[-1].decode("latin-1")
        if name.lower() == b"set-cookie":
            for value in values:
                cookies |= _cookie(value.decode("latin-1"))
    length = None if response.length is UNKNOWN_LENGTH else int(response.length)
    return EngineAnswer(response.code, headers, cookies, length, clock, response)


def _cookie(header: str) -> dict[str, str]:
    """Name and value; whatever else a cookie says is for browsers, as ``Secure`` is on loopback."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header.partition(";")[0]).items()}
    except CookieError:
        return {}


@implementer(IPushProducer)
class _Piped(Protocol):
    """Carries a body from its connection to a consumer, which may pause and end it, but not pause for ever."""

    def __init__(self, clock: Any, response: IResponse, consumer: IConsumer) -> None:
        self._clock = clock
        self._consumer = consumer
        self._registered = False
        self._stalled: Any = None
        self.done: Deferred[None] = Deferred(lambda _: self._give_up())
        response.deliverBody(self)

    def connectionMade(self) -> None:
        self._registered = True
        self._consumer.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        self._consumer.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._unregister()
        if self.done.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(None)
        else:
            self.done.errback(ResponseFailed([reason]))

    def pauseProducing(self) -> None:
        self._transport().pauseProducing()
        if self._stalled is None:
            self._stalled = self._clock.callLater(STALL_LIMIT_S, self._stall)

    def resumeProducing(self) -> None:
        self._forget_stall()
        self._transport().resumeProducing()

    def stopProducing(self) -> None:
        self._registered = False  # the consumer has gone
        self._forget_stall()
        self._transport().loseConnection()

    def _stall(self) -> None:
        self._stalled = None
        self._give_up()
        self.done.errback(ResponseFailed([Failure(TimeoutError(STALL_LIMIT_S, "the reader takes nothing"))]))

    def _forget_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        self._unregister()
        self._transport().loseConnection()

    def _unregister(self) -> None:
        self._forget_stall()
        if self._registered:
            self._registered = False
            self._consumer.unregisterProducer()

    def _transport(self) -> Any:
        return self.transport
