"""The engine's paths over its control API: as they run, and as they are configured.

Endpoints and fields are those of MediaMTX 1.5.1 (``apidocs/openapi.yaml`` of its repository), which newer
versions and camsvc-relay answer too. A 200 to a write means accepted: read back to be sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from attrs import frozen

from camsvc.engine.api.api_client import ApiClient, EngineRefused


@frozen
class PathState:
    """A path as the engine runs it (``/v3/paths/list``).

    Attributes:
        name: of the path.
        ready: a stream is there.
        source: type of what publishes (``rtspSession``), or None.
        readers: types of its readers (``rtspSession``, ``hlsMuxer``, …).
        bytes_sent: to all readers, since the path began.
        bytes_received: from the publisher.
    """

    name: str
    ready: bool
    source: str | None
    readers: tuple[str, ...]
    bytes_sent: int
    bytes_received: int


class PathsApi:
    """Calls about one engine's paths; each raises EngineUnreachable or EngineRefused."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def states(self) -> dict[str, PathState]:
        """Every path as it runs, by name."""
        return {item["name"]: _state(item) for item in await self._client.items("paths/list")}

    async def state(self, name: str) -> PathState | None:
        """One path as it runs; None when there is none."""
        found = await self._client.call_if_there("GET", f"paths/get/{quote(name)}")
        return None if found is None else _state(found)

    async def configured(self) -> dict[str, dict[str, Any]]:
        """The effective configuration of every path, by name."""
        return {item["name"]: item for item in await self._client.items("config/paths/list")}

    async def add(self, name: str, keys: Mapping[str, Any]) -> None:
        """Add a path, or replace the one that is there.

        Raises:
            EngineRefused: it does not take these keys.
        """
        try:
            await self._client.call("POST", f"config/paths/add/{quote(name)}", keys)
        except EngineRefused as why:
            if "already exists" not in why.message:
                raise
            await self._client.call("POST", f"config/paths/replace/{quote(name)}", keys)

    async def delete(self, name: str) -> None:
        """Delete a path; one that is not there is fine."""
        await self._client.call_if_there("DELETE", f"config/paths/delete/{quote(name)}")


def _state(item: dict[str, Any]) -> PathState:
    return PathState(
        name=item["name"],
        ready=bool(item.get("available", item.get("ready", False))),
        source=(item.get("source") or {}).get("type"),
        readers=tuple(str(reader.get("type")) for reader in item.get("readers") or ()),
        bytes_sent=int(item.get("outboundBytes", item.get("bytesSent", 0))),
        bytes_received=int(item.get("inboundBytes", item.get("bytesReceived", 0))),
    )
