"""The engine as a whole over its control API: its version, whom it answers, its global settings.

Endpoints and fields are those of MediaMTX 1.5.1 (``apidocs/openapi.yaml`` of its repository), which newer
versions and camsvc-relay answer too.
"""

from __future__ import annotations

from typing import Any

from camsvc.engine.api.api_client import ApiClient


class ServerApi:
    """Calls about one engine; each raises EngineUnreachable or EngineRefused."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def version(self) -> str:
        """Version without its ``v``; ``1.5`` stands for the versions before ``/v3/info`` came (1.15.2)."""
        answer = await self._client.call_if_there("GET", "info")
        if answer is None:
            await self._client.call("GET", "paths/list")
            return "1.5"
        return str(answer.get("version", "?")).removeprefix("v")

    async def answers_everybody(self) -> bool:
        """Whether it answers who shows no password either, as MediaMTX 1.5.1 does."""
        return await self._client.status_without_login("paths/list") < 400

    async def settings(self) -> dict[str, Any]:
        """The global keys (``/v3/config/global/get``)."""
        return await self._client.call("GET", "config/global/get")

    async def configure(self, **keys: Any) -> None:
        """Change global keys (``/v3/config/global/patch``); some open a listener anew and cut who is on it."""
        await self._client.call("PATCH", "config/global/patch", keys)
