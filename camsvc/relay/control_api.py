"""The control API v3 over HTTP: its routes, pages and texts, as MediaMTX 1.5.1 has them."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from attrs import frozen
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from camsvc import __version__
from camsvc.relay import http_server
from camsvc.relay.auth import AllowAll, Authorizer, AuthRequest
from camsvc.relay.control_json import Json, connection_json, muxer_json, path_json, session_json, viewer_json
from camsvc.relay.hls.resource import HlsMuxers
from camsvc.relay.paths.options import to_json
from camsvc.relay.paths.path_table import PathTable
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.connection import RtspServerConnection
from camsvc.relay.rtsp.listener import RtspListener
from camsvc.relay.wall_time import rfc3339
from camsvc.relay.webrtc.viewers import Viewers
from camsvc.system.redaction import redact
from camsvc.system.tasks import launch

VERSION = f"camsvc-relay/{__version__}"
_MAX_PER_PAGE = 1000


def page(items: Sequence[Any], query: Mapping[bytes, list[bytes]]) -> Json:
    """One page of a list: ``itemsPerPage`` (100 unless given) and ``page`` (from 0).

    Raises:
        RequestError: one of them is no number in its range.
    """
    numbers = {"itemsPerPage": 100, "page": 0}
    for name in numbers:
        text = query.get(name.encode(), [b""])[0].decode("latin-1")
        if text:
            if not (text.isascii() and text.isdigit() and len(text) < 10):
                raise RequestError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
            numbers[name] = int(text)
    size = min(numbers["itemsPerPage"], _MAX_PER_PAGE)
    if size == 0:
        raise RequestError("invalid items per page")
    start = numbers["page"] * size
    return {
        "itemCount": len(items),
        "pageCount": -(-len(items) // size),
        "items": list(items[start : start + size]),
    }


def parse_body(body: bytes) -> Any:
    """A request's JSON.

    Raises:
        RequestError: it is none.
    """
    if not body.strip():
        raise RequestError("EOF")
    try:
        return json.loads(body, parse_constant=_no_constant)
    except RecursionError as why:
        raise RequestError("exceeded max depth") from why
    except ValueError as why:
        raise RequestError(f"invalid JSON: {why}") from why


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


@frozen
class EngineParts:
    """What the API shows and changes: paths, sessions of each protocol, the configuration as given, the start."""

    paths: PathTable
    listener: RtspListener
    muxers: HlsMuxers
    viewers: Viewers
    keys: Mapping[str, Any]
    started: datetime


def _session(engine: EngineParts, ident: str) -> RtspServerConnection:
    try:
        wanted = str(UUID(ident))
    except ValueError as why:
        raise RequestError(f"invalid UUID: {ident}") from why
    for connection in engine.listener.sessions():
        if connection.session.id == wanted:
            return connection
    raise RequestError("session not found", 404)


def _path_config(engine: EngineParts, name: str) -> Json:
    try:
        return to_json(name, engine.paths.find(name).options)
    except RequestError as why:
        raise RequestError("path configuration not found", 404) from why


def _connection(engine: EngineParts, ident: str) -> Json:
    if ident not in engine.listener.connections:
        raise RequestError("connection not found", 404)
    return connection_json(engine.listener.connections[ident])


def _global(engine: EngineParts) -> Json:
    shown = {key: value for key, value in engine.keys.items() if key != "paths"}
    return shown | {"externalAuthenticationURL": redact(str(shown["externalAuthenticationURL"]))}


# A reading route gives its reply; {} stands for the rest of the URL.
_READ: dict[str, Callable[[EngineParts, str], Any]] = {
    "info": lambda engine, _: {"version": VERSION, "started": rfc3339(engine.started)},
    "config/global/get": lambda engine, _: _global(engine),
    "config/paths/list": lambda engine, _: [to_json(path.name, path.options) for path in engine.paths.all()],
    "config/paths/get/{}": _path_config,
    "paths/list": lambda engine, _: [path_json(path) for path in engine.paths.all()],
    "paths/get/{}": lambda engine, name: path_json(engine.paths.find(name)),
    "rtspconns/list": lambda engine, _: [connection_json(one) for one in engine.listener.connections.values()],
    "rtspconns/get/{}": _connection,
    "rtspsessions/list": lambda engine, _: [session_json(one) for one in engine.listener.sessions()],
    "rtspsessions/get/{}": lambda engine, ident: session_json(_session(engine, ident)),
    "hlsmuxers/list": lambda engine, _: [muxer_json(one) for one in engine.muxers.all()],
    "hlsmuxers/get/{}": lambda engine, name: muxer_json(engine.muxers.find(name)),
    "webrtcsessions/list": lambda engine, _: [viewer_json(one) for one in engine.viewers.all()],
    "webrtcsessions/get/{}": lambda engine, ident: viewer_json(engine.viewers.get(ident)),
}
_WRITE: dict[tuple[str, str], Callable[[EngineParts, str, bytes], None]] = {
    ("POST", "config/paths/add/{}"): lambda engine, name, body: engine.paths.add(name, parse_body(body)),
    ("PATCH", "config/paths/patch/{}"): lambda engine, name, body: engine.paths.patch(name, parse_body(body)),
    ("POST", "config/paths/replace/{}"): lambda engine, name, body: engine.paths.replace(name, parse_body(body)),
    ("DELETE", "config/paths/delete/{}"): lambda engine, name, body: engine.paths.delete(name),
    ("POST", "rtspsessions/kick/{}"): lambda engine, ident, body: _session(engine, ident).session.close(),
    ("POST", "webrtcsessions/kick/{}"): lambda engine, ident, body: engine.viewers.get(ident).close(),
}
_NAMED = re.compile(r"((?:config/)?\w+/\w+)/(.*)")


def _uri(request: Request) -> str:
    return unquote(request.path.decode("latin-1"))


class ControlApi(Resource):
    """Answers under ``/v3/``, to this machine only, and to whom the callback lets steer the engine.

    A path's ``runOnDemand`` is a command: without the callback, every user of the machine, and every web page in a
    browser on it, could run commands as ours. MediaMTX 1.20 asks it too (action ``api``).
    """

    isLeaf = True
    _log = Logger()

    def __init__(self, engine: EngineParts, authorizer: Authorizer | None = None) -> None:
        """Show and change ``engine``; ``authorizer`` decides who may, nobody is asked when it is None."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._engine = engine
        self._authorizer = authorizer or AllowAll()

    def render(self, request: Request) -> int:
        """Answer a request; nothing is done for a client that has gone meanwhile."""
        answering = launch(self._reply(request), self._log, "answering the API")
        _ = request.notifyFinish().addErrback(lambda _: answering.cancel())
        return NOT_DONE_YET

    async def _reply(self, request: Request) -> None:
        body = await self._admitted(request)
        request.setHeader("Content-Length", str(len(body)))
        request.write(body)
        request.finish()

    async def _admitted(self, request: Request) -> bytes:
        ip = http_server.client_ip(request)
        if not ipaddress.ip_address(ip).is_loopback:
            return self._error(request, 403, "the API is for this machine only")
        if not await self._authorizer.allows(
            AuthRequest(ip, http_server.credential(request), "", None, "api", "", protocol="")
        ):
            request.setHeader("WWW-Authenticate", 'Basic realm="camsvc-relay"')
            return self._error(request, 401, "authentication error")
        return self._found(request)

    def _found(self, request: Request) -> bytes:
        try:
            found = self._answer(request)
        except RequestError as why:
            self._log.debug(
                "{method} {uri}: {why}", method=request.method.decode("latin-1"), uri=_uri(request), why=why.message
            )
            return self._error(request, why.status, why.message)
        except Exception:
            self._log.failure("while answering {uri}", uri=_uri(request))
            return self._error(request, 500, "internal error")
        if found is None:
            return http_server.not_found(request)
        return found

    def _answer(self, request: Request) -> bytes | None:
        uri = _uri(request)
        method = request.method.decode("latin-1")
        if not uri.startswith("/v3/"):
            return None
        route, name = uri[4:], ""
        named = _NAMED.fullmatch(route) if route not in _READ else None
        if named:
            route, name = f"{named[1]}/{{}}", named[2]
        read = _READ.get(route) if method in ("GET", "HEAD") else None
        if read is not None:
            found = read(self._engine, name)
            request.setHeader("Content-Type", "application/json")
            return json.dumps(page(found, request.args) if isinstance(found, list) else found).encode()
        write = _WRITE.get((method, route))
        if write is None:
            return None
        write(self._engine, name, request.content.read() if request.content else b"")
        return b""

    def _error(self, request: Request, status: int, text: str) -> bytes:
        request.setResponseCode(status)
        request.setHeader("Content-Type", "application/json")
        return json.dumps({"error": text}).encode()
