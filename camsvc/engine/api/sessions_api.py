"""Who watches and publishes at the engine, over its control API, and cutting somebody off.

Endpoints and fields are those of MediaMTX 1.5.1 (``apidocs/openapi.yaml`` of its repository), which newer
versions and camsvc-relay answer too.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from camsvc.engine.api.api_client import ApiClient, EngineRefused

_KINDS = ("rtsp", "rtsps", "webrtc", "hls")


@frozen
class EngineSession:
    """Somebody who watches or publishes, as the engine lists it.

    Attributes:
        kind: ``rtsp``, ``rtsps``, ``webrtc`` or ``hls``.
        id: a UUID.
        path: what it watches; empty before it has said so.
        query: of its URL; holds a credential, so it is never logged.
        address: of the other end, with its port.
        publishes: it sends.
        idle: it neither sends nor is it sent anything yet, though it may have said which path it is about.
        connections: ids of its connections, where the engine tells (MediaMTX 1.20).
        reports: RTCP packets that came from it, where the engine tells (MediaMTX 1.20).
    """

    kind: str
    id: str
    path: str
    query: str = field(repr=False)
    address: str
    publishes: bool
    idle: bool = False
    connections: tuple[str, ...] = ()
    reports: int | None = None


class SessionsApi:
    """Calls about one engine's sessions; each raises EngineUnreachable or EngineRefused."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def sessions(self) -> list[EngineSession]:
        """Everybody who watches or publishes, by any protocol (``/v3/rtspsessions/list`` and its like)."""
        found = []
        for kind in _KINDS:
            for item in await self._items_if_there(f"{kind}sessions/list"):
                found.append(_session(kind, item))
        return found

    async def connections(self) -> dict[str, str]:
        """The address, with its port, of each RTSP connection by id (``/v3/rtspconns/list``)."""
        items = [item for kind in ("rtsp", "rtsps") for item in await self._items_if_there(f"{kind}conns/list")]
        return {item["id"]: item["remoteAddr"] for item in items}

    async def kick(self, session: EngineSession) -> None:
        """Cut somebody off; one who has left is fine (``/v3/rtspsessions/kick/ID`` and its like)."""
        await self._client.call_if_there("POST", f"{session.kind}sessions/kick/{quote(session.id)}")

    async def _items_if_there(self, route: str) -> list[dict[str, Any]]:
        """A list of a protocol that may be off, or unknown to this engine: 404 then.

        Raises:
            EngineRefused: with another status.
        """
        try:
            return await self._client.items(route)
        except EngineRefused as why:
            if why.status != 404:
                raise
            return []


def _session(kind: str, item: dict[str, Any]) -> EngineSession:
    return EngineSession(
        kind=kind,
        id=str(item["id"]),
        path=str(item.get("path") or ""),
        query=str(item.get("query") or ""),
        address=str(item.get("remoteAddr") or ""),
        publishes=item.get("state") == "publish",
        idle=item.get("state") == "idle",
        connections=tuple(item.get("conns") or ()),
        reports=item.get("inboundRTCPPackets"),
    )
