"""A receiver of webhooks: a real HTTP server that takes, refuses, redirects, lets wait, or cuts off, as told."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

TAKE, SILENT, CUT = 204, 0, -1
"""Beside statuses of HTTP: never answer, and close without one."""


class WebhookReceiver(Resource):
    """Listens on 127.0.0.1 from :meth:`open` to :meth:`close`.

    Attributes:
        behaves: what it does with each next request; the last goes on.
        got: headers by lower-case name, and body, of each request.
    """

    isLeaf = True

    def __init__(self, reactor: Any, *behaves: int, port: int = 0) -> None:
        super().__init__()
        self._reactor = reactor
        self._listener: Any = None
        self._hanging: list[Any] = []
        self.port = port
        self.behaves = list(behaves) or [TAKE]
        self.location = "/elsewhere"
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where to."""
        return f"http://127.0.0.1:{self.port}/hook"

    def open(self) -> None:
        """Begin to listen; again on the same port."""
        self._listener = self._reactor.listenTCP(self.port, Site(self), interface="127.0.0.1")
        self.port = self._listener.getHost().port

    def close(self) -> Deferred[None] | None:
        """Listen no more, and end what hangs."""
        hanging, self._hanging = self._hanging, []
        for request in hanging:
            if request.transport is not None:
                request.transport.abortConnection()
        listener, self._listener = self._listener, None
        return None if listener is None else listener.stopListening()

    def render_POST(self, request: Any) -> Any:
        pairs = request.requestHeaders.getAllRawHeaders()
        self.got.append(
            ({name.decode().lower(): values[0].decode() for name, values in pairs}, request.content.read())
        )
        does = self.behaves[0] if len(self.behaves) == 1 else self.behaves.pop(0)
        if does == SILENT:
            self._hanging.append(request)
            return NOT_DONE_YET
        if does == CUT:
            request.transport.abortConnection()
            return NOT_DONE_YET
        request.setResponseCode(does)
        if 300 <= does < 400:
            request.setHeader(b"location", self.location.encode())
        return b""
