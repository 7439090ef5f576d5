"""Viewers at the engine whose right has ended, or who have vanished: found in its session lists, and cut off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.access.admission import in_query
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.credentials import Credentials
from camsvc.access.roles import Principal
from camsvc.access.tokens import STREAM
from camsvc.engine.api_client import EngineRefused
from camsvc.engine.sessions_api import EngineSession, SessionsApi
from camsvc.engine.supervisor import Engine
from camsvc.errors import AuthenticationFailed, DependencyFailed
from camsvc.system.tasks import Repeater

ROUND_S = 5.0
AGAIN_S = 0.4
"""After a revocation the lists are read a second time: for who had been let in, but was not listed yet."""

SILENT_S = 20.0
"""Browsers report what they receive every 5 s or sooner (RFC 3550, 6.2); MediaMTX 1.20 waits 31 s by itself."""


class SessionEnforcer:
    """Reads who watches, every five seconds and at each revocation, and cuts off who may not any more.

    Whose session it is, is told by the ticket in its URL, else by what was admitted, else by the token in its
    URL: in the order in which admission looks. So it is known after a restart of camsvc too.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        engine: Engine,
        api: SessionsApi,
        credentials: Credentials,
        admitted: AdmittedSessions,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Set up.

        Args:
            reactor: time.
            engine: nothing is asked of it while it is down.
            api: calls to it.
            credentials: knows which logins, keys and tickets are good.
            admitted: knows who was let in without a ticket.
            wall: seconds since the epoch.
        """
        self._reactor = reactor
        self._engine = engine
        self._api = api
        self._credentials = credentials
        self._admitted = admitted
        self._wall = wall
        self._first = True
        self._heard: dict[str, tuple[int, float]] = {}  # reports of a WebRTC session, and since when they are so many
        self._again: IDelayedCall | None = None
        self._rounds = Repeater(reactor, ROUND_S, self._round, self._log, "looking who watches")
        engine.subscribe(lambda up: self._rounds.nudge() if up else None)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    def stop(self) -> None:
        """End."""
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._rounds.stop()
        self._admitted.close()

    def enforce_now(self) -> None:
        """Look now, and once more soon."""
        self._rounds.nudge()
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = self._reactor.callLater(AGAIN_S, self._rounds.nudge)

    async def _round(self) -> None:
        if not self._engine.up:
            return
        try:
            sessions = await self._api.sessions()
            connections = {} if self._admitted.empty else await self._api.connections()
            for session in sessions:
                await self._look_at(session, _ids(session, connections.items()))
        except DependencyFailed as why:
            self._log.debug("round not finished: {why}", why=why.message)
            return
        self._first = False
        listed = {session.id for session in sessions}
        self._heard = {ident: heard for ident, heard in self._heard.items() if ident in listed}
        self._admitted.keep(frozenset(connections).union(session.id for session in sessions))

    async def _look_at(self, session: EngineSession, ids: Iterable[str]) -> None:
        if session.publishes or not session.path:
            return
        try:
            why = self._ended(session, ids)
        except AuthenticationFailed as refused:
            why = refused.data["reason"]
        if why is None and self._vanished(session):
            why = "silent"
        if why is None:
            return
        try:
            await self._api.kick(session)
        except EngineRefused as refused:
            self._log.error("the engine does not cut off {address}, who watches {path}: {why}",
                            address=session.address, path=session.path, why=refused.message)  # fmt: skip
            return
        self._log.info("{address} watched {path} and was cut off: {why}",
                       address=session.address, path=session.path, why=why)  # fmt: skip

    def _ended(self, session: EngineSession, ids: Iterable[str]) -> str | None:
        """Why a viewer has to go; None while it may stay.

        Raises:
            AuthenticationFailed: what it shows is worth nothing any more.
        """
        shown, now = in_query(session.query), self._wall()
        if shown.ticket:
            return self._why(self._credentials.tokens.opened_by(STREAM, shown.ticket, now), now)
        entry = self._admitted.find(ids)
        if entry is not None:
            return None if entry.principal is None else self._why(entry.principal, now)
        if shown.token:
            return self._why(self._credentials.principal(shown.token, now), now)
        # Everybody who comes while we run is noted. The recorders' own sessions come from this machine.
        return "unknown" if self._first and not _from_here(session.address) else None

    def _vanished(self, session: EngineSession) -> bool:
        if session.kind != "webrtc" or session.reports is None:
            return False
        count, since = self._heard.get(session.id, (-1, 0.0))
        if session.reports != count:
            self._heard[session.id] = session.reports, self._reactor.seconds()
            return False
        return bool(self._reactor.seconds() - since >= SILENT_S)

    def _why(self, who: Principal, now: float) -> str | None:
        return self._credentials.ended(who, now)


def _ids(session: EngineSession, connections: Iterable[tuple[str, str]]) -> list[str]:
    """What a session may be noted under: its own id, and its connections', which 1.5.1 tells by address alone."""
    same = [ident for ident, address in connections if address == session.address]
    return [session.id, *session.connections, *same]


def _from_here(address: str) -> bool:
    try:
        return ip_address(address.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False
