"""The RTSP listener: how many connections there may be, and which."""

from __future__ import annotations

from collections import Counter

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from camsvc.relay.rtsp.admission import SessionContext
from camsvc.relay.rtsp.connection import ConnectionContext, RtspServerConnection
from camsvc.relay.rtsp.flood_limits import LIMITS
from camsvc.relay.rtsp.reader_shares import ReaderShares
from camsvc.system.floods.flood_guard import FloodGuard
from camsvc.system.logs import LimitedLog


class RtspListener(Factory):
    """Makes connections, and knows them for the API."""

    noisy = False

    def __init__(self, context: SessionContext, read_timeout_s: float, most: int) -> None:
        """No connection yet; there will be ``most`` at a time."""
        log = LimitedLog(context.clock, Logger(namespace=__name__))
        self._context = ConnectionContext(
            context, read_timeout_s, FloodGuard(context.clock, LIMITS), ReaderShares(most), log
        )
        self._most = most
        self.connections: dict[str, RtspServerConnection] = {}
        self._empty: list[Deferred[None]] = []

    def buildProtocol(self, addr: IAddress | None) -> RtspServerConnection | None:
        """A connection; None when there are too many, and each of them has a session."""
        if len(self.connections) >= self._most and not self._evict_idle():
            return None
        connection = RtspServerConnection(self._context, self._on_lost)
        connection.factory = self
        self.connections[connection.id] = connection
        return connection

    def _evict_idle(self) -> bool:
        """Abort a connection without session, to make room; False when each has one.

        It is the oldest of the address that has the most of them.
        """
        idle = [connection for connection in self.connections.values() if not connection.session.shown]
        if not idle:
            return False
        ((address, _),) = Counter(connection.ip for connection in idle).most_common(1)
        oldest = next(connection for connection in idle if connection.ip == address)
        del self.connections[oldest.id]
        oldest.abort()
        return True

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
