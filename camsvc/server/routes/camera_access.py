"""Who asks for a camera's pictures over HTTP, whether they may, and by what they go on doing so."""

from __future__ import annotations

from collections.abc import Callable

from twisted.web.iweb import IRequest

from camsvc.access.admission import VIEWER
from camsvc.access.authentication import Authentication
from camsvc.access.roles import Principal, Role
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import HLS, STREAM, WHEP
from camsvc.devices.inventory import Inventory
from camsvc.errors import AuthenticationFailed
from camsvc.server.http.authorization import address_of, principal_of

ENGINE_TICKET_S = 60.0
"""For one request: it is shown at once."""

BROWSER_SESSION_S = 30 * 86400.0
"""Of a session's name, by which it goes on after a restart of camsvc, and however short its viewer's ticket was."""


class CameraAccess:
    """Asked by every route that gives a camera's pictures."""

    def __init__(self, authentication: Authentication, grants: SessionGrants, inventory: Inventory) -> None:
        """Set up.

        Args:
            authentication: who asks; signs tickets.
            grants: end what is open when the login, key or ticket ends.
            inventory: the cameras.
        """
        self._authentication = authentication
        self._grants = grants
        self._inventory = inventory

    def open_grant(self, principal: Principal, end: Callable[[str], None]) -> Callable[[], None]:
        """As ``SessionGrants.open``: have ``end`` called when somebody's login, key or ticket ends."""
        return self._grants.open(principal, end)

    def enter(self, request: IRequest, device: str) -> Principal:
        """Let a request for a camera pass.

        AuthenticationFailed is raised where there is no credential or a bad one, also where there is no such camera;
        PermissionDenied where the role is too low; NotFound where there is no such camera, or none that this one may
        know of.
        """
        return self._enter(request, device, STREAM, device)

    def enter_whep(self, request: IRequest, device: str, name: str) -> Principal:
        """As :meth:`enter`, for an open WHEP session, whose viewer may have the ticket of its Location."""
        return self._enter(request, device, WHEP, f"{device}/{name}")

    def _enter(self, request: IRequest, device: str, kind: str, resource: str) -> Principal:
        who = self._principal_of(request, kind, resource)
        self.require_still(who, device)
        self._inventory.get(device)
        return who

    def require_still(self, who: Principal, device: str) -> None:
        """Ask again for somebody who has passed before; raises as :meth:`enter`."""
        self._authentication.require(who, Role.VIEWER, device)

    def engine_query(self, who: Principal, device: str, request: IRequest | None = None) -> dict[str, str]:
        """What the engine is shown in the query of one request, by which it is known whose that is.

        Args:
            who: is named by a ticket.
            device: a camera's id.
            request: whose client's address is named; None where that is of no account.
        """
        ticket = self._authentication.ticket(STREAM, device, who, ENGINE_TICKET_S)
        return {"ticket": ticket} if request is None else {"ticket": ticket, VIEWER: address_of(request)}

    def whep_query(self, request: IRequest, who: Principal, device: str, name: str) -> str:
        """The query of a WHEP session's Location: empty, or a ticket for it alone where its viewer came by one."""
        if not ticket_of(request):
            return ""
        return f"?ticket={self._authentication.ticket(WHEP, f'{device}/{name}', who, BROWSER_SESSION_S)}"

    def hls_name(self, who: Principal, device: str) -> str:
        """A name for an HLS session, by which another camsvc knows whose it is."""
        return self._authentication.ticket(HLS, device, who, BROWSER_SESSION_S)

    def of_hls_name(self, name: str, device: str) -> Principal:
        """Whose HLS session has this name; AuthenticationFailed where it is none, or their login has ended."""
        return self._authentication.ticket_holder(HLS, name, device)

    def _principal_of(self, request: IRequest, kind: str, resource: str) -> Principal:
        """Who asks, by the headers or by a ticket in the query.

        Raises:
            AuthenticationFailed: nobody who may see the camera.
        """
        principal = principal_of(request, self._authentication)
        if principal is not None:
            return principal
        ticket = ticket_of(request)
        if not ticket:
            raise AuthenticationFailed(
                "auth_required: send Authorization: Bearer TOKEN, or use the URLs of get_stream_url",
                suggestion="get_stream_url gives URLs with a ticket",
            )
        return self._authentication.ticket_holder(kind, ticket, resource)


def ticket_of(request: IRequest) -> str:
    """The ticket in a request's query; empty where there is none."""
    found: bytes = (request.args or {}).get(b"ticket", [b""])[0]
    return found.decode("latin-1")
