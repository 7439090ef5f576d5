"""A stand-in for an engine's WHEP and HLS ports, and a camera door with one camera behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPullProducer
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer

from camsvc.access.roles import Principal, Role
from camsvc.access.signing import Seals
from camsvc.access.tokens import STREAM
from camsvc.config.schema import Limits
from camsvc.devices.inventory import Inventory
from camsvc.limits.viewer_shares import ViewerShares
from camsvc.server.routes.camera_access import CameraAccess
from camsvc.server.routes.camera_delivery import CameraDelivery
from camsvc.server.routes.whep_sessions import WhepSessions
from camsvc.system.clocks import Clocks
from tests.support.engine.control_api_stub import FakeEngine
from tests.support.samples import authentication, credentials, found, principal

Answer = tuple[int, dict[str, str], bytes]


class StubEngine(Resource):
    """Answers each request by ``answer(request)``: status, headers, body; with anything else it is left open."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.answer: Callable[[Any], object] = lambda _: (404, {}, b"")
        self.bodies: list[bytes] = []
        self.gone: list[str] = []

    def listen(self, test: Any) -> int:
        """Its port, for the time of a test."""
        from twisted.internet import reactor

        site = Site(self)
        site.noisy = False
        port: Any = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[attr-defined]
        test.addCleanup(lambda: port.stopListening())
        return int(port.getHost().port)

    def render(self, request: Any) -> Any:
        self.seen.append(request)
        self.bodies.append(request.content.read())
        request.notifyFinish().addErrback(lambda _: self.gone.append(request.path.decode()))
        answer = self.answer(request)
        if not isinstance(answer, tuple):
            return NOT_DONE_YET
        status, headers, body = answer
        request.setResponseCode(status)
        for name, value in headers.items():
            request.responseHeaders.addRawHeader(name.encode(), value.encode())
        return body

    def line(self, number: int = -1) -> str:
        """Method and path of a request."""
        return f"{self.seen[number].method.decode()} {self.seen[number].path.decode()}"

    def query(self, number: int = -1) -> dict[str, str]:
        """Query of a request."""
        return {key.decode(): values[0].decode() for key, values in self.seen[number].args.items()}


@implementer(IPullProducer)
class Pouring:
    """Answers a request with so many bytes, as fast as they are taken."""

    def __init__(self, request: Any, size: int) -> None:
        self._request = request
        self._left = size
        request.registerProducer(self, False)

    def resumeProducing(self) -> None:
        size = min(self._left, 64 << 10)
        self._left -= size
        self._request.write(bytes(size))
        if self._left == 0 and self._request is not None:
            self._request.unregisterProducer()
            self._request.finish()

    def stopProducing(self) -> None:
        self._left = -1


class FakePaths:
    """The engine's paths for browsers."""

    web = ""

    def path_for_browsers(self, device: str, protocol: str) -> str:
        return self.web + device


class CameraStand:
    """The access to a camera, who has something open, and what stands behind it."""

    def __init__(self) -> None:
        self.credentials = credentials()
        self.tokens = self.credentials.tokens
        self.inventory = Inventory()
        self.inventory.present("camera0", found())
        self.engine = FakeEngine()
        self.paths = FakePaths()
        self.held: dict[int, tuple[Principal, Callable[[str], None]]] = {}
        self._count = 0
        engine: Any = self.engine
        paths: Any = self.paths
        grants: Any = self
        self.shares = ViewerShares(Limits(), Clocks())
        self.whep = WhepSessions(Seals(self.tokens.secrets, Clocks()), self.shares)
        self.access = CameraAccess(authentication(self.credentials), grants, self.inventory)
        self.delivery = CameraDelivery(self.inventory, engine, paths)

    def open(self, who: Principal, end: Callable[[str], None]) -> Callable[[], None]:
        self._count += 1
        number = self._count
        self.held[number] = (who, end)
        return lambda: self.held.pop(number, None) and None

    def end_rights(self) -> None:
        """Revoke whatever is open."""
        for who, end in tuple(self.held.values()):
            self.credentials.revocations.revoke_user(who.subject, time.time())
            end("revoked")

    def bearer(self, role: Role = Role.VIEWER) -> str:
        """An Authorization header."""
        return f"Bearer {self.tokens.issue('me', role, time.time(), 600)}"

    def ticket(self, device: str = "camera0", valid_s: float = 60) -> str:
        """A stream ticket."""
        return self.tokens.ticket(STREAM, device, principal(Role.VIEWER), time.time(), valid_s)
