"""The clients' open connections, and the one rule by which each of them is told of a change or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.logger import Logger

from camsvc.access.roles import Principal
from camsvc.api import jsonrpc
from camsvc.api.calls import ClientConnection
from camsvc.system.clocks import Clocks
from camsvc.system.subscribers import Subscribers

MOST_UNSENT = 100
"""Notifications of one method that wait for a reader; then newer ones take the place of older ones."""


@frozen
class Notification:
    """A change, before it is known who is told of it.

    Attributes:
        method: its name on the wire.
        params: makes what is told for one reader, who reached us under a URL.
        camera: the camera that it is of; None where it is of none.
        key: a newer notification of the same key replaces one that has not been sent; None where each counts.
    """

    method: str
    params: Callable[[Principal, str], Any]
    camera: str | None = None
    key: str | None = None


def everybody(connection: ClientConnection) -> bool:
    """For what is told to each connection that may know of it."""
    return True


class ClientConnections:
    """Knows the open connections and tells them of changes.

    Attributes:
        left: called with each connection that is gone.
    """

    _log = Logger()

    def __init__(self, clocks: Clocks) -> None:
        """Set up, without a connection.

        Args:
            clocks: by which logins run out.
        """
        self.left: Subscribers[[ClientConnection]] = Subscribers("forgetting a connection", self._log)
        self._clocks = clocks
        self._keyless: dict[ClientConnection, int] = {}
        """How many notifications without a key each connection has got; all connections are in it."""

    def join(self, connection: ClientConnection) -> None:
        """Take a new connection in."""
        self._keyless[connection] = 0

    def leave(self, connection: ClientConnection) -> None:
        """Forget a connection that is gone; called again it does nothing."""
        if self._keyless.pop(connection, None) is not None:
            self.left.tell(connection)

    def all(self) -> tuple[ClientConnection, ...]:
        """The open ones, oldest first."""
        return tuple(self._keyless)

    def __len__(self) -> int:
        return len(self._keyless)

    def notify(self, notification: Notification, wanted_by: Callable[[ClientConnection], bool] = everybody) -> None:
        """Tell those of a change who want to know of it and may; one who cannot be told keeps out no other.

        Args:
            notification: the change.
            wanted_by: whether a connection wants to know of it.
        """
        now = self._clocks.wall_s()
        for connection in self.all():
            who = connection.principal
            if who is None or not _may_know(who, notification.camera, now) or not wanted_by(connection):
                continue
            with self._log.failuresHandled("while telling of {method}", method=notification.method):
                params = notification.params(who, connection.base_url)
                connection.push(
                    self._key(connection, notification), jsonrpc.notification(notification.method, params)
                )

    def _key(self, connection: ClientConnection, notification: Notification) -> str:
        """Under which key a frame waits for its reader."""
        if notification.key is not None:
            return notification.key
        self._keyless[connection] = count = self._keyless[connection] + 1
        return f"{notification.method} {count % MOST_UNSENT}"


def _may_know(who: Principal, camera: str | None, now: float) -> bool:
    """Whether somebody's login still holds, and is for this camera too."""
    return who.expires_at > now and not who.must_change_password and (camera is None or who.sees(camera))
