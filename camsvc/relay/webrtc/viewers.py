"""All WebRTC viewers: who is let in, what the answer waits for, and where each is found again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from camsvc.relay.auth import Authorizer, AuthRequest, plain_ip
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.framing import Credential
from camsvc.relay.webrtc import offer as offers
from camsvc.relay.webrtc.udp_mux import UdpMux
from camsvc.relay.webrtc.viewer import Viewer, ViewerContext, ViewerRequest

#: Viewers at a time, those included that are not connected yet.
MAX_VIEWERS = 200


class NotAuthorized(RequestError):
    """The callback says no; ``asked`` when no credential came, so that the client is asked for one."""

    def __init__(self, *, asked: bool) -> None:
        super().__init__("authentication error", 401)
        self.asked = asked


class Viewers:
    """Lets viewers in, and knows them."""

    def __init__(
        self, authorizer: Authorizer, find: Callable[[str], RelayPath], udp_mux: UdpMux, context: ViewerContext
    ) -> None:
        """Nobody watches.

        Args:
            authorizer: decides on admissions.
            find: looks a path up, or raises RequestError.
            udp_mux: brings the viewers' datagrams.
            context: what every viewer is given.
        """
        self._authorizer = authorizer
        self._find_path = find
        self._udp_mux = udp_mux
        self._context = context
        self._by_secret: dict[str, tuple[Viewer, RelayPath]] = {}
        self._coming = 0

    def all(self) -> list[Viewer]:
        """Every viewer, oldest first."""
        return [viewer for viewer, _ in self._by_secret.values()]

    def get(self, ident: str) -> Viewer:
        """A viewer by its id.

        Raises:
            RequestError: no such viewer, or no UUID.
        """
        try:
            wanted = str(UUID(ident))
        except ValueError as why:
            raise RequestError(f"invalid UUID: {ident}") from why
        for viewer in self.all():
            if viewer.id == wanted:
                return viewer
        raise RequestError("session not found", 404)

    def by_secret(self, secret: str) -> Viewer:
        """A viewer by the secret in its URL.

        Raises:
            RequestError: nobody has it, or it is no UUID.
        """
        try:
            wanted = str(UUID(secret))
        except ValueError as why:
            raise RequestError("invalid secret") from why
        if wanted not in self._by_secret:
            raise RequestError("session not found", 404)
        return self._by_secret[wanted][0]

    async def admit(self, request: ViewerRequest, credential: Credential, body: bytes) -> tuple[Viewer, bytes]:
        """Let a viewer in; an on-demand path is started, and waited for.

        NotAuthorized says that it may not, RequestError what is wrong with the path, its stream or the offer.

        Args:
            request: who wants what.
            credential: may be empty.
            body: the offer.

        Returns:
            The viewer, and the SDP for it.

        Raises:
            RequestError: the path, its stream, or the offer will not do.
        """
        if len(self._by_secret) + self._coming >= MAX_VIEWERS:
            raise RequestError("too many viewers", 503)
        self._coming += 1
        try:
            await self._check(request, credential)
            path = self._find(request.path)
            offer = offers.parse(body)
            stream = await path.when_ready()
            viewer = Viewer(self._context, request, stream, offer, self._gone)
            self._by_secret[viewer.secret] = viewer, path
        finally:
            self._coming -= 1
        try:
            path.add_reader(viewer)
        except RequestError:
            viewer.close()
            raise
        self._udp_mux.add(viewer)
        return viewer, viewer.answer(self._udp_mux.candidates())

    async def _check(self, request: ViewerRequest, credential: Credential) -> None:
        ip = plain_ip(request.peer.rpartition(":")[0].strip("[]"))
        question = AuthRequest(ip, credential, request.path, request.id, "read", request.query, "webrtc")
        if await self._authorizer.allows(question):
            return
        raise NotAuthorized(asked=not credential)

    def _find(self, name: str) -> RelayPath:
        try:
            return self._find_path(name)
        except RequestError as why:
            raise RequestError(f"path '{name}' is not configured") from why

    def _gone(self, viewer: Viewer) -> None:
        self._udp_mux.discard(viewer)
        _, path = self._by_secret.pop(viewer.secret)
        path.remove_reader(viewer)

    def close_all(self) -> None:
        """End every viewer."""
        for viewer in self.all():
            viewer.close()
