"""Who asks for a camera's pictures over HTTP, whether they may, and whether the camera can give any."""

from __future__ import annotations

import time
from collections.abc import Callable

from twisted.web.iweb import IRequest

from camsvc.access.credentials import Credentials
from camsvc.access.roles import Principal, Role, may
from camsvc.access.tokens import HLS, STREAM
from camsvc.devices.inventory import Inventory
from camsvc.errors import AuthenticationFailed, DependencyFailed
from camsvc.recording.recorder import require_connected
from camsvc.server.http.request import bearer
from camsvc.streams.browser_rendition import WebProtocol
from camsvc.streams.streams import Streams

_ENGINE_TICKET_S = 3600.0
_HLS_SESSION_S = 86400.0

End = Callable[[str], None]
"""Called with the reason when a login, key or ticket has ended."""

OpenGrant = Callable[[Principal, End], Callable[[], None]]
"""As ``SessionGrants.open``: has a callable called when the login, key or ticket of somebody ends."""


class CameraDoor:
    """Asked by every route that gives a camera's pictures."""

    def __init__(
        self, credentials: Credentials, inventory: Inventory, streams: Streams, open_grant: OpenGrant
    ) -> None:
        """Set up.

        Args:
            credentials: who asks; sign tickets.
            inventory: the cameras.
            streams: whether the engine is there.
            open_grant: as ``SessionGrants.open``.
        """
        self._credentials = credentials
        self._inventory = inventory
        self._streams = streams
        self.open_grant = open_grant

    def enter(self, request: IRequest, device: str) -> Principal:
        """Let a request for a camera pass.

        Raises:
            AuthenticationFailed: no credential, or a bad one; also where there is no such camera.
            PermissionDenied: the role is too low.
            NotFound: no such camera, or none that this one may know of.
        """
        who = self._who(request, device)
        self.still(who, device)
        self._inventory.get(device)
        return who

    def still(self, who: Principal, device: str) -> None:
        """Ask again for somebody who has passed before; raises as :meth:`enter`."""
        may(who, Role.VIEWER, time.time(), device)

    def require_delivery(self, device: str) -> None:
        """Raise, with the reason in words, what keeps a camera from giving pictures.

        Raises:
            NotFound: no such camera.
            InvalidState: it is DISCONNECTED or in ERROR.
            DependencyFailed: the engine is down.
        """
        require_connected(self._inventory.get(device))
        self._streams.require_engine()

    def no_picture(self, device: str) -> DependencyFailed:
        """What to raise for a camera that the engine could not get a picture of.

        Raises:
            InvalidState: the camera has said by now what is wrong.
        """
        self.require_delivery(device)
        return DependencyFailed("camera", f"{device} gave no picture", suggestion="see get_camera_status; try again")

    def web_path(self, device: str, protocol: WebProtocol) -> str:
        """The engine's path that serves a camera to a new viewer."""
        return self._streams.web_path(device, protocol)

    def engine_query(self, who: Principal, device: str) -> dict[str, str]:
        """What the engine is shown in the query: a ticket of its own, by which its sessions tell whose they are."""
        return {"ticket": self._credentials.tokens.ticket(STREAM, device, who, time.time(), _ENGINE_TICKET_S)}

    def hls_name(self, who: Principal, device: str) -> str:
        """A name for an HLS session, by which another camsvc knows whose it is; for a day."""
        return self._credentials.tokens.ticket(HLS, device, who, time.time(), _HLS_SESSION_S)

    def of_hls_name(self, name: str, device: str) -> Principal:
        """Whose HLS session has this name.

        Raises:
            AuthenticationFailed: it is no such name, or their login has ended.
        """
        return self._credentials.holder(HLS, name, device, time.time())

    def _who(self, request: IRequest, device: str) -> Principal:
        principal = bearer(request, self._credentials)
        if principal is not None:
            return principal
        ticket = ticket_of(request)
        if not ticket:
            raise AuthenticationFailed(
                "auth_required: send Authorization: Bearer TOKEN, or use the URLs of get_stream_url",
                suggestion="get_stream_url gives URLs with a ticket",
            )
        return self._credentials.holder(STREAM, ticket, device, time.time())


def ticket_of(request: IRequest) -> str:
    """The ticket in a request's query; empty where there is none."""
    found: bytes = (request.args or {}).get(b"ticket", [b""])[0]
    return found.decode("latin-1")
