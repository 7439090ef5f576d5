"""One running engine for a test: its configuration, its control API, and the callback that it asks."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from attrs import frozen
from treq.client import HTTPClient
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort, IReactorTCP
from twisted.logger import Logger
from twisted.protocols.policies import WrappingFactory
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.system.tasks import within
from tests.support.engine.engines import Engine
from tests.support.spawned import Spawned, clock, eventually, processes_mentioning, scratch

PUBLISHER = ("_pub", "publish-secret")
VIEWER = ("viewer", "view-secret")
INTERNAL = ("_int", "internal-secret")
API = ("_api", "api-secret")

_ALLOWED = {"publish": [PUBLISHER], "read": [VIEWER, INTERNAL], "api": [API]}


def tcp() -> IReactorTCP:
    """The reactor that trial runs, for its sockets."""
    return cast(IReactorTCP, clock())


@frozen
class Asked:
    """One call of the auth callback; ``fields`` is all of its JSON body."""

    fields: dict[str, Any]

    @property
    def action(self) -> str:
        """``read``, ``publish`` or, from MediaMTX 1.20 on, ``api``."""
        return str(self.fields["action"])

    @property
    def credential(self) -> tuple[str, str]:
        """User and password, empty where none came."""
        return (self.fields["user"], self.fields["password"])


def default_verdict(asked: Asked) -> bool:
    """Each of this module's credentials may do its own thing."""
    return asked.credential in _ALLOWED.get(asked.action, [])


class AuthCallback(Resource):
    """What camsvc's auth callback is to an engine; each call is kept in ``asked``, ``yes`` is the status of a yes."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.verdict: Callable[[Asked], bool] = default_verdict
        self.yes = 200
        self._port: IListeningPort | None = None
        self._number = free_ports(1)[0]

    def open(self) -> None:
        """Listen, always on the same port."""
        self._factory = WrappingFactory(Site(self))
        self._port = tcp().listenTCP(self._number, self._factory, interface="127.0.0.1")  # type: ignore[arg-type]

    async def close(self) -> None:
        """Stop listening, and close what is open: MediaMTX 1.5.1 and the relay keep connections for later calls."""
        if self._port is not None:
            port, self._port = self._port, None
            await maybeDeferred(port.stopListening)
            for connection in list(self._factory.protocols):
                connection.transport.abortConnection()
            await eventually(lambda: not self._factory.protocols)

    @property
    def url(self) -> str:
        """For the engine's configuration."""
        return f"http://127.0.0.1:{self._number}/auth"

    def of(self, action: str) -> list[Asked]:
        """The calls about one action."""
        return [asked for asked in self.asked if asked.action == action]

    def render_POST(self, request: Request) -> bytes:
        asked = Asked(json.loads(request.content.read()))  # type: ignore[union-attr]
        self.asked.append(asked)
        request.setResponseCode(self.yes if self.verdict(asked) else 401)
        return b""


@frozen
class Answer:
    """An answer of the control API; ``body`` is the parsed JSON, None where there was none."""

    status: int
    text: str
    body: Any

    @property
    def error(self) -> str:
        """The error's text; empty without one."""
        return str(self.body.get("error", "")) if isinstance(self.body, dict) else ""


_FIRST_PORT, _BLOCK, _BLOCKS = 12_000, 100, 200
_claims: list[socket.socket] = []


def _block_of_this_process() -> Iterator[int]:
    """Ports that no other process of the tests takes, round and round.

    They are below those that Linux gives to outgoing connections (ip_local_port_range begins at 32768), as tests that
    run side by side open many: a port that is closed and opened again would be taken in between. The claim is a
    socket in the abstract namespace (unix(7)), which goes with the process.
    """
    blocks = list(range(_BLOCKS))
    random.shuffle(blocks)
    for block in blocks:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0camsvc-test-ports-{block}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        first = _FIRST_PORT + block * _BLOCK
        return itertools.cycle(range(first, first + _BLOCK))
    raise AssertionError("too many tests run side by side")


_ports: list[Iterator[int]] = []


def free_ports(count: int) -> list[int]:
    """TCP ports of 127.0.0.1 that nobody listens on, nor another test means to."""
    if not _ports:
        _ports.append(_block_of_this_process())
    found: list[int] = []
    for port in _ports[0]:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found


class EngineEnded(Exception):
    """An engine ended by itself."""


class RunningEngine:
    """An engine with a folder, ports and a callback of its own.

    Attributes:
        webrtc_host: where WebRTC's media leaves; empty for every address.
        webrtc_hosts: offered to viewers besides.
    """

    _log = Logger()

    def __init__(self, engine: Engine, folder: Path, callback: AuthCallback) -> None:
        self.engine = engine
        self.folder = folder
        self.callback = callback
        self.rtsp_port, self.api_port, self.hls_port, self.webrtc_port, self.webrtc_udp_port = free_ports(5)
        self.webrtc_host = "127.0.0.1"
        self.webrtc_hosts: tuple[str, ...] = ()
        pool = HTTPConnectionPool(clock(), persistent=False)
        self._http = HTTPClient(Agent(clock(), connectTimeout=3, pool=pool))
        self._process: Spawned | None = None

    @property
    def process(self) -> Spawned:
        """The running program."""
        assert self._process is not None, "not started"
        return self._process

    async def start(self) -> None:
        """Start it and wait until the API answers.

        Raises:
            AssertionError: it did not; with its log.
        """
        addresses = EngineAddresses(
            f"127.0.0.1:{self.rtsp_port}",
            f"127.0.0.1:{self.api_port}",
            self.callback.url,
            f"127.0.0.1:{self.hls_port}",
            f"127.0.0.1:{self.webrtc_port}",
            f"{self.webrtc_host}:{self.webrtc_udp_port}",
            self.webrtc_hosts,
        )
        config = self.folder / "engine.yml"
        config.write_text(engine_yaml(addresses))
        self._process = Spawned.start(self.engine.argv(config), self.engine.env(), self.folder / "engine.log")
        try:
            await eventually(self._answers, 20)
        except (AssertionError, EngineEnded) as why:
            raise AssertionError(f"{self.engine.name} did not start: {why}; its log:\n{self.log()}") from None

    async def _answers(self) -> bool:
        try:
            return (await self.api("GET", "config/global/get")).status == 200
        except Exception as why:  # nobody listens there yet
            if self.process.output is not None:
                raise EngineEnded(f"exit code {self.process.output.code}") from why
            return False

    async def stop(self) -> bool:
        """End it by SIGINT, by SIGKILL after 10 s, and then whatever it started.

        Returns:
            True when it went by itself.
        """
        clean = True
        if self._process is not None:
            clean = await self._process.end(signal.SIGINT, 10.0)
        self._log.info("{engine}'s log:\n{text}", engine=self.engine.name, text=self.log())
        for mark in (str(self.folder), f"127.0.0.1:{self.rtsp_port}/"):
            for pid in processes_mentioning(mark):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        return clean

    def log(self) -> str:
        """The last 20 000 characters that the engine printed."""
        try:
            return (self.folder / "engine.log").read_text(errors="replace")[-20_000:]
        except OSError:
            return "(none)"

    def rtsp_url(self, path: str, credential: tuple[str, str] | None = VIEWER, query: str = "") -> str:
        """An RTSP URL of the engine, with a credential unless that is None."""
        login = "" if credential is None else ":".join(quote(part, safe="") for part in credential) + "@"
        return f"rtsp://{login}127.0.0.1:{self.rtsp_port}/{path}" + (f"?{query}" if query else "")

    async def api(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the control API as camsvc does, with Basic ``_api:<secret>``.

        Args:
            method: such as ``POST``.
            path: what follows ``/v3/``, with its query.
            body: sent as JSON; none when None.
        """

        async def call() -> Answer:
            headers: dict[bytes | str, bytes | str] = {
                "Authorization": "Basic " + base64.b64encode(":".join(API).encode()).decode()
            }
            data = None if body is None else json.dumps(body).encode()
            url = f"http://127.0.0.1:{self.api_port}/v3/{path}"
            response = await self._http.request(method, url, data=data, headers=headers)
            text = (await response.content()).decode()
            parsed = json.loads(text) if text.startswith(("{", "[")) else None
            return Answer(response.code, text, parsed)

        return await within(clock(), 15, call())

    async def add(self, path: str, **keys: Any) -> None:
        """Configure a path; it is an error when the engine refuses."""
        answer = await self.api("POST", f"config/paths/add/{path}", keys)
        if answer.status != 200:
            raise AssertionError(f"add {path}: {answer.status} {answer.text}")

    async def delete(self, path: str) -> None:
        """Delete a path; it is an error when the engine refuses."""
        answer = await self.api("DELETE", f"config/paths/delete/{path}")
        if answer.status != 200:
            raise AssertionError(f"delete {path}: {answer.status} {answer.text}")

    async def path(self, path: str) -> dict[str, Any]:
        """The runtime state of a path, with ``ready`` and ``bytes`` as the engine's version calls them."""
        answer = await self.api("GET", f"paths/get/{path}")
        if answer.status != 200:
            raise AssertionError(f"get {path}: {answer.status} {answer.text}")
        state = dict(answer.body)
        state["ready"] = state.get("available", state["ready"])
        state["bytes"] = state.get("inboundBytes", state["bytesReceived"])
        return state

    async def sessions(self) -> list[dict[str, Any]]:
        """The RTSP sessions."""
        return list((await self.api("GET", "rtspsessions/list")).body["items"])


class EngineTestCase(TestCase):
    """A test with a running ``server`` of the kind ``engine``, a ``callback`` and a ``folder``."""

    engine: Engine
    timeout = 60

    async def setUp(self) -> None:  # type: ignore[override]
        self.folder = scratch(self)
        self.callback = AuthCallback()
        self.callback.open()
        self.addCleanup(self.callback.close)
        self.server = RunningEngine(self.engine, self.folder, self.callback)
        self.addCleanup(self.server.stop)
        await self.server.start()
