"""The engine as a whole over its API."""

from __future__ import annotations

from camsvc.engine.api.api_client import EngineRefused
from camsvc.engine.api.server_api import ServerApi
from tests.support.engine.control_api_stub import ApiTestCase


class ServerApiTests(ApiTestCase):
    """``ServerApi``."""

    def setUp(self) -> None:
        super().setUp()
        self.api = ServerApi(self.client)

    async def test_answers_everybody(self) -> None:
        """It is asked without the secret."""
        self.assertIs(await self.api.answers_everybody(), True)
        self.assertIsNone(self.stub.authorization)
        self.stub.answers["paths/list"] = (401, b"")
        self.assertIs(await self.api.answers_everybody(), False)

    async def test_version(self) -> None:
        """Without its v; 1.5 stands for an API that has no info; anything else is refused."""
        self.assertEqual(await self.api.version(), "1.5")
        self.stub.answers["info"] = (200, b'{"version": "v1.20.1", "started": "x"}')
        self.assertEqual(await self.api.version(), "1.20.1")
        self.stub.answers["info"] = (401, b'{"status": "error", "error": "authentication error"}')
        with self.assertRaises(EngineRefused) as caught:
            await self.api.version()
        self.assertEqual(caught.exception.status, 401)
