"""An engine that is up or down, and a control API on loopback, as the test says: no real engine does."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from camsvc.engine.api.api_client import ApiClient
from camsvc.errors import DependencyFailed
from camsvc.system.reactor_lag import ReactorLag
from camsvc.system.subscribers import Subscribers


class FakeEngine:
    """Up or down, as the test says."""

    def __init__(self, up: bool = True) -> None:
        self.up = up
        self.version: str | None = "1.20.1"
        self.trouble: str | None = None if up else "is starting"
        self.changes: Subscribers[[bool]] = Subscribers("telling that the engine changed", Logger())

    def require_up(self) -> None:
        if not self.up:
            raise DependencyFailed("media engine", f"the media engine {self.trouble}")

    def turn(self, up: bool) -> None:
        self.up, self.trouble = up, None if up else "is starting"
        self.changes.tell(up)


class StubApi(Resource):
    """Paths in memory.

    Attributes:
        configured: path configurations, by name.
        running: runtime states, by name; a configured path runs unless it says otherwise.
        refuse: names that are refused when they are added, with the text.
        keep: names that cannot be deleted.
        answers: ``(status, body)`` by route, instead of what the stub would say; None hangs.
        late: routes whose answer is made at once, but sent only when the Deferred fires.
        seen: ``METHOD route`` of every request.
        headers: ``Authorization`` of the last one.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.configured: dict[str, dict[str, Any]] = {}
        self.running: dict[str, dict[str, Any]] = {}
        self.refuse: dict[str, str] = {}
        self.keep: set[str] = set()
        self.answers: dict[str, tuple[int, bytes] | None] = {}
        self.late: dict[str, Deferred[None]] = {}
        self.seen: list[str] = []
        self.authorization: str | None = None

    def site(self) -> Site:
        site = Site(self)
        site.noisy = False
        return site

    def render(self, request: Any) -> Any:
        method = request.method.decode()
        route = request.path.decode().removeprefix("/v3/")
        self.seen.append(f"{method} {route}")
        self.authorization = request.getHeader("authorization")
        if route in self.answers:
            answer = self.answers[route]
            if answer is None:
                return NOT_DONE_YET
            status, body = answer
        else:
            status, found = self._answer(method, route, request)
            body = json.dumps(found).encode() if found is not None else b""
        request.setResponseCode(status)
        if route in self.late:
            self.late.pop(route).addCallback(self._send, request, body)
            return NOT_DONE_YET
        return body

    def _send(self, _: None, request: Any, body: bytes) -> None:
        request.write(body)
        request.finish()

    def _answer(self, method: str, route: str, request: Any) -> tuple[int, Any]:
        if route == "info":
            return 404, None
        for prefix, keys in (("config/paths/add/", "add"), ("config/paths/replace/", "replace")):
            if route.startswith(prefix) and method == "POST":
                name = route.removeprefix(prefix)
                if name in self.refuse:
                    return 400, {"error": self.refuse[name]}
                if keys == "add" and name in self.configured:
                    return 400, {"error": "path already exists"}
                self.configured[name] = json.load(request.content)
                return 200, None
        if route.startswith("config/paths/delete/") and method == "DELETE":
            name = route.removeprefix("config/paths/delete/")
            if name in self.keep:
                return 400, {"error": "kept"}
            return (200, None) if self.configured.pop(name, None) is not None else (404, {"error": "path not found"})
        if route == "config/paths/list":
            return 200, self._page([{"name": name, **keys} for name, keys in self.configured.items()], request)
        if route == "paths/list":
            return 200, self._page([self._state(name) for name in self.configured], request)
        if route.startswith("paths/get/"):
            name = route.removeprefix("paths/get/")
            return (200, self._state(name)) if name in self.configured else (404, {"error": "path not found"})
        return 404, {"error": "not found"}

    def _state(self, name: str) -> dict[str, Any]:
        return {"name": name, "ready": False, "source": None, "readers": [], **self.running.get(name, {})}

    def _page(self, items: list[Any], request: Any) -> dict[str, Any]:
        size, page = (
            int(request.args.get(key, [default])[0]) for key, default in ((b"itemsPerPage", 100), (b"page", 0))
        )
        pages = -(-len(items) // size)
        return {"itemCount": len(items), "pageCount": pages, "items": items[page * size : (page + 1) * size]}


class ApiTestCase(TestCase):
    """With a stub on a free port, and a client of it."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.stub = StubApi()
        self.listen(self.stub.site())
        self.client = ApiClient(reactor, ReactorLag(reactor), f"127.0.0.1:{self.port}", b"secret")

    def listen(self, factory: Any) -> None:
        port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.port: int = port.getHost().port
        self.addCleanup(port.stopListening)

    async def tearDown(self) -> None:  # type: ignore[override]
        await self.client.close()
