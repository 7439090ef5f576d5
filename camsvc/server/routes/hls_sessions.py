"""HLS viewers: a session for each, its way through the engine's own redirects and cookies, and its end.

A playlist's relative URIs drop a query (RFC 3986, section 5.2.2), so a session stands in the path. MediaMTX 1.20
answers the first request of a viewer with a redirect, looks whether a cookie comes back, and from then on wants that
of its own session, which it ends after 30 s; 1.5.1 and camsvc-relay ask for the credential at each request.

A session's name is signed, so that viewers go on after a restart of camsvc: nothing else is left of them then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.access.admission import viewing_of
from camsvc.access.roles import Principal
from camsvc.engine.http_client import EngineAnswer, EngineHttp
from camsvc.errors import AuthenticationFailed, NotFound, RateLimited
from camsvc.limits.viewer_shares import HLS, ShareUsedUp
from camsvc.server.routes.camera_access import CameraAccess
from camsvc.server.routes.camera_delivery import CameraDelivery

UNUSED_S = 60.0
INDEX = "index.m3u8"
MOST_SESSIONS = 1000

_REDIRECTS = 3
_GONE = (401, 404)
_URI = re.compile(r'(URI="[^"?]*)\?[^"]*"')


class HlsSession:
    """One viewer of one camera.

    Attributes:
        ident: stands in its URLs; whoever knows it is taken for this viewer.
        device: the camera.
        path: the engine's, that serves it; empty before it was asked.
        principal: who opened it.
        holders: whose share it counts to.
    """

    def __init__(self, ident: str, device: str, principal: Principal, holders: frozenset[str]) -> None:
        self.ident = ident
        self.device = device
        self.path = ""
        self.principal = principal
        self.holders = holders
        self.transfers: set[Deferred[Any]] = set()
        self.cookies: dict[str, str] = {}
        self.release: Callable[[], None] = lambda: None
        self.timer: IDelayedCall | None = None


class HlsSessions:
    """The open ones. One ends when unused for 60 s, or when the login or key of its viewer ends."""

    _log = Logger()

    def __init__(
        self, reactor: Any, access: CameraAccess, delivery: CameraDelivery, engine: EngineHttp, most_each: int = 250
    ) -> None:
        """Set up, with none.

        Args:
            reactor: time.
            access: who may watch.
            delivery: by which path of the engine a camera is served.
            engine: its port for HLS.
            most_each: so many for one user or key, and for one address.
        """
        self._reactor = reactor
        self._access = access
        self._delivery = delivery
        self._engine = engine
        self._most_each = most_each
        self._began_s = reactor.seconds()
        self._sessions: dict[str, HlsSession] = {}

    @property
    def open_count(self) -> int:
        """How many there are."""
        return len(self._sessions)

    def open(self, principal: Principal, device: str, address: str) -> HlsSession:
        """A new one, for somebody who may watch; RateLimited is raised where they, or all, have too many already."""
        return self._open(self._access.hls_name(principal, device), principal, device, address)

    def _open(self, ident: str, principal: Principal, device: str, address: str) -> HlsSession:
        """One of that name.

        Raises:
            RateLimited: there are 1000 already.
            ShareUsedUp: too many of them are this viewer's, or of that address.
        """
        if len(self._sessions) >= MOST_SESSIONS:
            raise RateLimited("Too many HLS viewers", retry_after_ms=int(UNUSED_S * 1000))
        holders = viewing_of(HLS, [principal], address).holders
        for holder in holders:
            if sum(holder in session.holders for session in self._sessions.values()) >= self._most_each:
                raise ShareUsedUp(HLS, self._most_each)
        session = HlsSession(ident, device, principal, holders)
        self._sessions[session.ident] = session
        session.timer = self._reactor.callLater(UNUSED_S, self._end_if_unused, session)
        session.release = self._access.open_grant(principal, lambda reason: self._end(session, reason))
        return session

    def get(self, ident: str, device: str) -> HlsSession:
        """One that is used now.

        AuthenticationFailed is raised where the login of its viewer has ended, RateLimited where it is of before a
        restart, and there are 1000 already.

        Raises:
            NotFound: there is none, or it is for another camera.
        """
        session = self._sessions.get(ident) or self._of_last_run(ident, device)
        if session is None or session.device != device:
            raise NotFound("Session", "hls", suggestion="open index.m3u8 again")
        self._access.require_still(session.principal, device)
        if session.timer is not None:
            session.timer.reset(UNUSED_S)
        return session

    def _of_last_run(self, ident: str, device: str) -> HlsSession | None:
        """One that may have been open when camsvc ended: it is used again within the time that it may be unused."""
        if self._reactor.seconds() - self._began_s > UNUSED_S:
            return None
        try:
            principal = self._access.of_hls_name(ident, device)
        except AuthenticationFailed:
            return None
        return self._open(ident, principal, device, "")

    def stop(self) -> None:
        """End all."""
        for session in tuple(self._sessions.values()):
            self._end(session, "shutdown")

    async def ask(self, session: HlsSession, file: str, query: dict[str, str]) -> EngineAnswer:
        """The engine's answer for a file of a session; EngineUnreachable is raised where it gave none.

        Args:
            session: whose.
            file: a name without folders.
            query: of low-latency HLS (RFC 8216bis, section 6.2.5.2), for the engine.
        """
        if file == INDEX:
            return await self._enter_engine(session)
        if not session.path:  # it was opened before a restart of camsvc
            (await self._enter_engine(session)).drop()
        answer = await self._file(session, file, query)
        if answer.status in _GONE and self._must_enter_again(session):
            answer.drop()
            entered = await self._enter_engine(session)
            if entered.status != 200:
                return entered
            entered.drop()
            answer = await self._file(session, file, query)
        return answer

    async def _file(self, session: HlsSession, file: str, query: dict[str, str]) -> EngineAnswer:
        """Each request shows a ticket of its own: the session lasts for days, and one in a log is worth little."""
        shown = self._access.engine_query(session.principal, session.device)
        return await self._engine.hls(f"{session.path}/{file}", shown | query, session.cookies)

    def _must_enter_again(self, session: HlsSession) -> bool:
        """The engine's own session is shorter than ours; or the camera is served by another path by now."""
        return bool(session.cookies) or session.path != self._delivery.web_path(session.device, "hls")

    async def _enter_engine(self, session: HlsSession) -> EngineAnswer:
        session.path = self._delivery.web_path(session.device, "hls")
        path = f"{session.path}/{INDEX}"
        session.cookies = {}
        query = self._access.engine_query(session.principal, session.device)
        answer = await self._engine.hls(path, query, session.cookies)
        for _ in range(_REDIRECTS):
            session.cookies |= answer.cookies
            if answer.status not in (301, 302, 307, 308):
                break
            to = urlsplit(urljoin(f"/{path}", answer.headers.get("location", "")))
            if to.path != f"/{path}":
                break
            answer.drop()
            answer = await self._engine.hls(path, dict(parse_qsl(to.query)), session.cookies)
        session.cookies |= answer.cookies
        return answer

    def _end_if_unused(self, session: HlsSession) -> None:
        if session.transfers:  # a slow reader of a long segment
            session.timer = self._reactor.callLater(UNUSED_S, self._end_if_unused, session)
        else:
            session.timer = None
            self._end(session, "unused")

    def _end(self, session: HlsSession, reason: str) -> None:
        if self._sessions.pop(session.ident, None) is None:
            return
        self._log.debug("{device}: an HLS session has ended: {reason}", device=session.device, reason=reason)
        if session.timer is not None:
            session.timer.cancel()
            session.timer = None
        session.release()
        for transfer in tuple(session.transfers):
            transfer.cancel()


def plain_playlist(text: str) -> str:
    """A playlist without the queries of its URIs: the engine's credentials, which the path stands for here."""
    lines = (line if line.startswith("#") else line.partition("?")[0] for line in text.split("\n"))
    return _URI.sub(r'\1"', "\n".join(lines))
