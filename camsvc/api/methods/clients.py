"""Who is connected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from camsvc.access.roles import Principal, Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.notifications.events import Events
from camsvc.api.notifications.state_updates import Listener
from camsvc.model import iso


class Client(Listener, Protocol):
    """An open WebSocket.

    Attributes:
        session_id: a UUID, as authenticate tells it.
        address: IP address of the other end.
        user_agent: as it calls itself, empty where it does not.
        since: seconds since the epoch.
    """

    session_id: str
    address: str
    user_agent: str
    since: float


class ClientView(Struct, frozen=True):
    """A connection; ``user`` and ``role`` are empty before the login."""

    client_id: str
    user: str
    role: str
    address: str
    since: str
    topics: list[str]
    user_agent: str


class Clients(Struct, frozen=True):
    """All connections."""

    clients: list[ClientView]


class ClientMethods:
    """One method."""

    def __init__(self, connected: Callable[[], Iterable[Client]], events: Events) -> None:
        """Set up.

        Args:
            connected: the open WebSockets.
            events: what each has subscribed to.
        """
        self._connected = connected
        self._events = events

    @method("list_clients", role=Role.ADMIN, result=Clients, reads=True, cameras=CameraScope.ALL)
    def list_clients(self, call: Call, params: NoParams) -> Clients:
        """Who is connected by WebSocket, from where, since when, and which events they hear."""
        return Clients([self._view(client, client.principal) for client in self._connected()])

    def _view(self, client: Client, who: Principal | None) -> ClientView:
        return ClientView(
            client_id=client.session_id,
            user=who.subject if who is not None else "",
            role=who.role.word if who is not None else "",
            address=client.address,
            since=iso(client.since),
            topics=self._events.topics_of(client),
            user_agent=client.user_agent,
        )
