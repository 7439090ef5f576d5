"""The part of MediaMTX's control API v3 that camsvc uses; the only module of the daemon that knows treq.

Endpoints and fields are those of MediaMTX 1.5.1 (``apidocs/openapi.yaml`` of its repository), which newer
versions and camsvc-relay answer too. A 200 to a write means accepted: read back to be sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from attrs import field, frozen
from treq.client import HTTPClient
from twisted.internet.defer import TimeoutError
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.web.client import Agent, HTTPConnectionPool, ResponseFailed

from camsvc.errors import DependencyFailed
from camsvc.system import http_bodies
from camsvc.system.tasks import within

CALL_TIMEOUT_S = 2.0
_MAX_BODY_BYTES = 16 << 20
_PAGE = 500
_SESSION_KINDS = ("rtsp", "rtsps", "webrtc", "hls")
_JSON: dict[bytes | str, bytes | str] = {"Content-Type": "application/json"}

_Keys = Mapping[str, Any] | None
_Login = tuple[str, str] | None


class EngineUnreachable(DependencyFailed):
    """The engine gave no answer: it is down, or hangs."""

    def __init__(self, detail: str) -> None:
        super().__init__("media engine", detail, suggestion="camsvc starts it again by itself; see the log")


class EngineRefused(DependencyFailed):
    """The engine answered with an error; ``status`` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__("media engine", text)
        self.status = status


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
        connections: ids of its connections, where the engine tells (MediaMTX 1.20).
        reports: RTCP packets that came from it, where the engine tells (MediaMTX 1.20).
    """

    kind: str
    id: str
    path: str
    query: str = field(repr=False)
    address: str
    publishes: bool
    connections: tuple[str, ...] = ()
    reports: int | None = None


class EngineApi:
    """Calls to one engine; each raises EngineUnreachable or EngineRefused."""

    def __init__(self, reactor: Any, address: str, secret: bytes) -> None:
        """Set up; nothing is connected yet.

        Args:
            reactor: with IReactorTCP and IReactorTime.
            address: ``127.0.0.1:9997``.
            secret: sent as Basic ``_api:<secret>`` always: MediaMTX 1.20 puts API calls to the auth callback too.
        """
        self._clock: IReactorTime = reactor
        self._base = f"http://{address}/v3/"
        self._auth = ("_api", secret.decode())
        self._pool = HTTPConnectionPool(reactor)
        self._client = HTTPClient(Agent(reactor, connectTimeout=CALL_TIMEOUT_S, pool=self._pool))

    async def close(self) -> None:
        """Close what is kept open."""
        await self._pool.closeCachedConnections()

    async def version(self) -> str:
        """Version without its ``v``; ``1.5`` stands for the versions before ``/v3/info`` came (1.15.2)."""
        try:
            answer = await self._call("GET", "info")
        except EngineRefused as why:
            if why.status != 404:
                raise
            await self._call("GET", "paths/list")
            return "1.5"
        return str(answer.get("version", "?")).removeprefix("v")

    async def answers_everybody(self) -> bool:
        """Whether it answers who shows no password either, as MediaMTX 1.5.1 does.

        Raises:
            EngineUnreachable: it gives no answer.
        """
        status, _ = await self._answer("GET", "paths/list", None, None)
        return status < 400

    async def states(self) -> dict[str, PathState]:
        """Every path as it runs, by name."""
        return {item["name"]: _state(item) for item in await self._list("paths/list")}

    async def state(self, name: str) -> PathState | None:
        """One path as it runs; None when there is none."""
        try:
            return _state(await self._call("GET", f"paths/get/{quote(name)}"))
        except EngineRefused as why:
            if why.status == 404:
                return None
            raise

    async def sessions(self) -> list[EngineSession]:
        """Everybody who watches or publishes, by any protocol (``/v3/rtspsessions/list`` and its like)."""
        found = []
        for kind in _SESSION_KINDS:
            for item in await self._list_if_there(f"{kind}sessions/list"):
                found.append(_session(kind, item))
        return found

    async def connections(self) -> dict[str, str]:
        """The address, with its port, of each RTSP connection by id (``/v3/rtspconns/list``)."""
        items = [item for kind in ("rtsp", "rtsps") for item in await self._list_if_there(f"{kind}conns/list")]
        return {item["id"]: item["remoteAddr"] for item in items}

    async def kick(self, session: EngineSession) -> None:
        """Cut somebody off; one who has left is fine (``/v3/rtspsessions/kick/ID`` and its like)."""
        try:
            await self._call("POST", f"{session.kind}sessions/kick/{quote(session.id)}")
        except EngineRefused as why:
            if why.status != 404:
                raise

    async def configured(self) -> dict[str, dict[str, Any]]:
        """The effective configuration of every path, by name."""
        return {item["name"]: item for item in await self._list("config/paths/list")}

    async def settings(self) -> dict[str, Any]:
        """The global keys (``/v3/config/global/get``)."""
        return await self._call("GET", "config/global/get")

    async def configure(self, **keys: Any) -> None:
        """Change global keys (``/v3/config/global/patch``); some open a listener anew and cut who is on it."""
        await self._call("PATCH", "config/global/patch", keys)

    async def add(self, name: str, keys: Mapping[str, Any]) -> None:
        """Add a path, or replace the one that is there."""
        try:
            await self._call("POST", f"config/paths/add/{quote(name)}", keys)
        except EngineRefused as why:
            if "already exists" not in why.message:
                raise
            await self._call("POST", f"config/paths/replace/{quote(name)}", keys)

    async def delete(self, name: str) -> None:
        """Delete a path; one that is not there is fine."""
        try:
            await self._call("DELETE", f"config/paths/delete/{quote(name)}")
        except EngineRefused as why:
            if why.status != 404:
                raise

    async def _list(self, what: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page = pages = 0
        while page == 0 or page < pages:
            answer = await self._call("GET", f"{what}?itemsPerPage={_PAGE}&page={page}")
            if "pageCount" not in answer:  # taken for an empty list, it would have us add every path anew
                raise EngineUnreachable("its API answers with something else than a list")
            items += answer.get("items") or []
            pages = int(answer["pageCount"])
            page += 1
        return items

    async def _list_if_there(self, what: str) -> list[dict[str, Any]]:
        """A list of a protocol that may be off, or unknown to this engine: 404 then."""
        try:
            return await self._list(what)
        except EngineRefused as why:
            if why.status != 404:
                raise
            return []

    async def _call(self, method: str, what: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        status, data = await self._answer(method, what, body, self._auth)
        try:
            answer = msgspec.json.decode(data) if data else {}
        except msgspec.MsgspecError:
            answer = {"error": data[:200].decode(errors="replace")}
        if status >= 400:
            text = answer.get("error") if isinstance(answer, dict) else None
            raise EngineRefused(status, str(text or f"HTTP {status}"))
        return answer if isinstance(answer, dict) else {}

    async def _answer(self, method: str, what: str, body: _Keys, auth: _Login) -> tuple[int, bytes]:
        try:
            return await within(self._clock, CALL_TIMEOUT_S, self._exchange(method, what, body, auth))
        except (ConnectError, ConnectingCancelledError, ResponseFailed, TimeoutError, OSError) as why:
            raise EngineUnreachable(f"no answer from its API ({type(why).__name__})") from None

    async def _exchange(self, method: str, what: str, body: _Keys, auth: _Login) -> tuple[int, bytes]:
        response = await self._client.request(
            method,
            self._base + what,
            auth=auth,
            data=None if body is None else msgspec.json.encode(body),
            headers=_JSON if body is not None else None,
            unbuffered=True,
            allow_redirects=False,
        )
        return response.code, await http_bodies.collect(response.original, _MAX_BODY_BYTES)


def _state(item: dict[str, Any]) -> PathState:
    return PathState(
        name=item["name"],
        ready=bool(item.get("available", item.get("ready", False))),
        source=(item.get("source") or {}).get("type"),
        readers=tuple(str(reader.get("type")) for reader in item.get("readers") or ()),
        bytes_sent=int(item.get("outboundBytes", item.get("bytesSent", 0))),
        bytes_received=int(item.get("inboundBytes", item.get("bytesReceived", 0))),
    )


def _session(kind: str, item: dict[str, Any]) -> EngineSession:
    return EngineSession(
        kind=kind,
        id=str(item["id"]),
        path=str(item.get("path") or ""),
        query=str(item.get("query") or ""),
        address=str(item.get("remoteAddr") or ""),
        publishes=item.get("state") == "publish",
        connections=tuple(item.get("conns") or ()),
        reports=item.get("inboundRTCPPackets"),
    )
