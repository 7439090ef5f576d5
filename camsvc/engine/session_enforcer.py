"""Viewers at the engine whose login or key has ended, or who have vanished: found in its lists, and cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.access.admission import viewing_of
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.credentials import Credentials
from camsvc.engine.api.api_client import EngineRefused
from camsvc.engine.api.sessions_api import EngineSession, SessionsApi
from camsvc.engine.supervisor import Engine
from camsvc.errors import DependencyFailed
from camsvc.limits.viewer_shares import ViewerShares
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater

ROUND_S = 5.0
AGAIN_S = 0.4
"""After a revocation the lists are read a second time: for who had been let in, but was not listed yet."""

SILENT_S = 20.0
"""Browsers report what they receive every 5 s or sooner (RFC 3550, 6.2); MediaMTX 1.20 waits 31 s by itself."""


class SessionEnforcer:
    """Reads who watches, every five seconds and at each revocation, and cuts off who may not any more.

    Whose session it is, is told by what was admitted under its ids for its path, after a restart of camsvc too. What
    stands in its URL does not count: the client has chosen it. Who was not admitted is cut off.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        engine: Engine,
        api: SessionsApi,
        credentials: Credentials,
        admitted: AdmittedSessions,
        shares: ViewerShares,
    ) -> None:
        """Set up.

        Args:
            runtime: time.
            engine: nothing is asked of it while it is down.
            api: calls to it.
            credentials: knows which logins, keys and tickets are good.
            admitted: knows who was let in.
            shares: told how many streams each watches.
        """
        self._reactor = runtime.reactor
        self._engine = engine
        self._api = api
        self._credentials = credentials
        self._admitted = admitted
        self._shares = shares
        self._clocks = runtime.clocks
        self._heard: dict[str, tuple[int, float]] = {}  # reports of a WebRTC session, and since when they are so many
        self._again: IDelayedCall | None = None
        self._running = False
        self._rounds = Repeater(runtime.reactor, ROUND_S, self._enforce, self._log, "looking who watches")
        shares.in_doubt.add(self.enforce_now)
        engine.changes.add(lambda up: self._rounds.nudge() if up else None)

    def start(self) -> None:
        """Begin."""
        self._running = True
        self._rounds.start()

    def stop(self) -> None:
        """End."""
        self._running = False
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._rounds.stop()
        self._admitted.close()

    def enforce_now(self) -> None:
        """Look now, and once more soon; nothing while it does not run."""
        if not self._running:
            return
        self._rounds.nudge()
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = self._reactor.callLater(AGAIN_S, self._rounds.nudge)

    async def _enforce(self) -> None:
        if not self._engine.up:
            return
        try:
            sessions = await self._api.sessions()
            connections = await self._api.connections() if sessions or not self._admitted.empty else {}
            ids = _ids_by_session(sessions, connections)
            for session in sessions:
                await self._cut_if_ended(session, ids[session.id])
        except DependencyFailed as why:
            self._log.debug("round not finished: {why}", why=why.message)
            return
        self._count_viewers(sessions, ids)
        listed = {session.id for session in sessions}
        self._heard = {ident: heard for ident, heard in self._heard.items() if ident in listed}
        self._admitted.keep(frozenset(connections).union(listed))

    def _count_viewers(self, sessions: Iterable[EngineSession], ids: Mapping[str, list[str]]) -> None:
        """Tell whose share each session is of; camsvc's own are of nobody's."""
        viewings, listed = [], set()
        for session in sessions:
            entries = self._admitted.find(ids[session.id], session.path)
            principals = [entry.principal for entry in entries if entry.principal is not None]
            if principals and not session.publishes:
                address = next((entry.address for entry in entries if entry.address), _host(session.address))
                viewings.append(viewing_of(session.kind, principals, address))
                listed.update(ids[session.id])
        self._shares.set_listed(viewings, listed)

    async def _cut_if_ended(self, session: EngineSession, ids: Iterable[str]) -> None:
        if session.publishes or not session.path:
            return
        why = self._ended(session, ids)
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

        Of several credentials that were shown for one session each must be good: which of them it stands on, the
        engine does not tell.
        """
        entries, now = self._admitted.find(ids, session.path), self._clocks.wall_s()
        if not entries:
            # An idle one may be a publisher that has announced its tracks and goes on to send.
            return None if session.idle else "unknown"
        reasons = (self._credentials.ended(entry.principal, now) for entry in entries if entry.principal is not None)
        return next((why for why in reasons if why is not None), None)

    def _vanished(self, session: EngineSession) -> bool:
        if session.kind != "webrtc" or session.reports is None:
            return False
        count, since = self._heard.get(session.id, (-1, 0.0))
        if session.reports != count:
            self._heard[session.id] = session.reports, self._reactor.seconds()
            return False
        return bool(self._reactor.seconds() - since >= SILENT_S)


def _host(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")


def _ids_by_session(sessions: Iterable[EngineSession], connections: Mapping[str, str]) -> dict[str, list[str]]:
    """What a session may be noted under: its own id, and its connections', which 1.5.1 tells by address alone."""
    at: dict[str, list[str]] = {}
    for ident, address in connections.items():
        at.setdefault(address, []).append(ident)
    return {session.id: [session.id, *session.connections, *at.get(session.address, ())] for session in sessions}
