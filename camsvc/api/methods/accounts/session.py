"""Connections: ``ping``, ``authenticate``, and who is connected."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.authentication import Authentication
from camsvc.access.roles import OPEN, Role
from camsvc.api.calls import Call, ClientConnection, OpenCall
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.subscriptions import Subscriptions
from camsvc.api.parameters import SECRET
from camsvc.audit.log import Record
from camsvc.errors import AuthenticationFailed, InvalidParams
from camsvc.model import iso

Credential = Annotated[
    str, Meta(max_length=8192, description="a JSON Web Token or an API key; needed", extra=SECRET, examples=["TOKEN"])
]


class AuthParams(Struct, forbid_unknown_fields=True, frozen=True):
    """``auth_token``, or its alias ``token``."""

    IGNORED: ClassVar = ("auth_type",)

    auth_token: Credential | UnsetType = UNSET
    token: (
        Annotated[Credential, Meta(description="the same, under the name that some clients use", examples=[])]
        | UnsetType
    ) = UNSET


class Identity(Struct, frozen=True):
    """What a login gives."""

    authenticated: bool
    role: str
    permissions: list[str]
    expires_at: str
    session_id: str


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


class SessionMethods:
    """The open methods."""

    def __init__(self, authentication: Authentication, record: Record = lambda *_: None) -> None:
        """Set up.

        Args:
            authentication: whom a credential names.
            record: told of each refused login; of those that came too early of none.
        """
        self._authentication = authentication
        self._record = record

    @method("ping", role=OPEN, result=str, reads=True)
    def ping(self, call: OpenCall, params: NoParams) -> str:
        """Answers "pong": the connection works."""
        return "pong"

    @method("authenticate", role=OPEN, params=AuthParams, result=Identity, reads=True)
    def authenticate(self, call: OpenCall, params: AuthParams) -> Identity:
        """Log this connection in with a JWT or an API key; calling it again switches identity and role at once.

        Raises:
            InvalidParams: nothing was shown.
            AuthenticationFailed: what was shown names nobody, or there is no connection to log in.
        """
        token = params.token if isinstance(params.auth_token, UnsetType) else params.auth_token
        if isinstance(token, UnsetType):
            raise InvalidParams("Invalid params: auth_token is required", param="auth_token", rule="required",
                                hint="a token from: camsvc token; or an API key")  # fmt: skip
        if call.connection is None:
            raise AuthenticationFailed("authenticate works on a WebSocket", reason="no_session")
        try:
            principal = self._authentication.log_in(token, call.address)
        except AuthenticationFailed as why:
            actor = call.principal.actor if call.principal is not None else ""
            self._record(actor, call.address, "authenticate", {}, f"{why.code} {why.data['reason']}")
            raise
        call.connection.log_in(principal)
        return Identity(
            True,
            principal.role.word,
            principal.role.permissions,
            iso(principal.expires_at),
            call.connection.session_id,
        )


class ClientMethods:
    """One method."""

    def __init__(self, connections: ClientConnections, subscriptions: Subscriptions) -> None:
        """Set up.

        Args:
            connections: the open WebSockets.
            subscriptions: what each has subscribed to.
        """
        self._connections = connections
        self._subscriptions = subscriptions

    @method("list_clients", role=Role.ADMIN, result=Clients, reads=True, cameras=CameraScope.ALL)
    def list_clients(self, call: Call, params: NoParams) -> Clients:
        """Who is connected by WebSocket, from where, since when, and which events they hear."""
        return Clients([self._view(client) for client in self._connections.all()])

    def _view(self, client: ClientConnection) -> ClientView:
        who = client.principal
        return ClientView(
            client_id=client.session_id,
            user=who.subject if who is not None else "",
            role=who.role.word if who is not None else "",
            address=client.address,
            since=iso(client.since),
            topics=self._subscriptions.topics_of(client),
            user_agent=client.user_agent,
        )
