"""An engine's control API on a free port, and a client of it."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from camsvc.engine.api_client import ApiClient
from tests.support.engine_stub import StubApi


class ApiTestCase(TestCase):
    """With a stub on a free port."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.stub = StubApi()
        self.listen(self.stub.site())
        self.client = ApiClient(reactor, f"127.0.0.1:{self.port}", b"secret")

    def listen(self, factory: Any) -> None:
        port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.port: int = port.getHost().port
        self.addCleanup(port.stopListening)

    async def tearDown(self) -> None:  # type: ignore[override]
        await self.client.close()
