"""A running camsvc for a test: its own state, ports and engine; and clients of its WebSocket and HTTP."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, wrapClientTLS
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool

import camsvc
from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.system.processes import start_time
from camsvc.system.secret_files import read_secret
from camsvc.system.tasks import within
from tests.support.certificates import make_pair
from tests.support.engine.engines import Engine
from tests.support.engine.running import free_ports
from tests.support.procfs import parent, pids
from tests.support.spawned import Spawned, clock, eventually, processes_mentioning, scratch

CAMERA = '[[camera]]\nname = "Bench camera"\nkind = "test"\nwidth = 320\nheight = 180\nfps = 15\n'

READY_S = 60.0
"""Ten programs that share a core with it let it take half of that."""


class RpcError(Exception):
    """An answer with an error; ``code``, ``message`` and ``data`` as on the wire."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error))
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: dict[str, Any] = error["data"]


class Client(WebSocketClientProtocol):
    """A JSON-RPC client that keeps every notification, and the close code with its time (seconds of the epoch)."""

    def __init__(self) -> None:
        super().__init__()
        self.notifications: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self.closed_at: float | None = None
        self.opened: Deferred[None] = Deferred()
        self._answers: dict[int, Deferred[Any]] = {}
        self._number = 0

    def onOpen(self) -> None:
        self.opened.callback(None)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        message = json.loads(payload)
        if "method" in message:
            self.notifications.append({"method": message["method"], **message["params"]})
        elif message["id"] in self._answers:
            self._answers.pop(message["id"]).callback(message)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        self.close_code = code
        self.closed_at = time.time()
        if not self.opened.called:
            self.opened.errback(ConnectionError(reason))
        for answer in self._answers.values():
            answer.errback(ConnectionError(reason))

    async def call(self, method: str, /, timeout_s: float = 20.0, **params: Any) -> Any:
        """The result of a call.

        Raises:
            RpcError: it was answered with an error.
        """
        self._number += 1
        answer = self._answers[self._number] = Deferred()
        call = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.sendMessage(json.dumps(call).encode())
        message = await within(clock(), timeout_s, answer)
        if "error" in message:
            raise RpcError(message["error"])
        return message["result"]

    def seen(self, method: str, **fields: Any) -> dict[str, Any] | None:
        """The first notification with these fields, or None."""
        return next(
            (
                note
                for note in self.notifications
                if note["method"] == method and all(note.get(key) == value for key, value in fields.items())
            ),
            None,
        )

    async def sees(self, method: str, timeout_s: float = 30.0, **fields: Any) -> dict[str, Any]:
        """Wait for a notification with these fields."""
        found: dict[str, Any] = await eventually(lambda: self.seen(method, **fields), timeout_s)
        return found


@frozen
class Reply:
    """An HTTP answer."""

    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Daemon:
    """One camsvc, started as an operator starts it; ``usb`` says whether it looks for the machine's own cameras."""

    usb = False

    def __init__(
        self,
        test: TestCase,
        engine: Engine,
        cameras: str = CAMERA,
        extra: str = "",
        state: str = ".",
        server: str = "",
        tls: bool = False,
    ) -> None:
        """Write its configuration.

        Args:
            test: ends it.
            engine: which it runs.
            cameras: tables of the configuration.
            extra: further keys of ``[media]``.
            state: ``state_dir``, below its folder.
            server: further keys of ``[server]``.
            tls: with a certificate of its own, ``tls.crt`` in its folder.
        """
        self.test = test
        self.engine = engine
        self.folder = scratch(test)
        self.state = self.folder / state
        self.port, self.callback_port, self.rtsp_port, self.api_port = free_ports(4)
        self.hls_port, webrtc_port, webrtc_udp_port, self.rtsps_port = free_ports(4)
        self.scheme = "http"
        if tls:
            certificate, key = make_pair(self.folder)
            self.scheme, server = "https", f'tls_cert = "{certificate.name}"\ntls_key = "{key.name}"\n{server}'
        named = f'mediamtx = "{engine.binary}"\n' if engine.kind == "mediamtx" else ""
        self.config = self.folder / "camsvc.toml"
        self.config.write_text(
            f"[server]\nport = {self.port}\ncallback_port = {self.callback_port}\n{server}"
            f'[storage]\nstate_dir = "{state}"\nruntime_dir = "run"\nreserve_bytes = 1000000\n'
            f'[media]\nengine = "{engine.kind}"\n{named}rtsp_listen = "127.0.0.1"\n'
            f"rtsp_port = {self.rtsp_port}\nrtsps_port = {self.rtsps_port}\napi_port = {self.api_port}\n"
            f"hls_port = {self.hls_port}\nwebrtc_port = {webrtc_port}\nwebrtc_udp_port = {webrtc_udp_port}\n{extra}"
            f"[discovery]\nusb = {str(self.usb).lower()}\n{cameras}"
        )
        self._process: Spawned | None = None
        pool = HTTPConnectionPool(clock(), persistent=False)
        self._pool = pool
        test.addCleanup(self.end)

    @property
    def _http(self) -> HTTPClient:
        """A client that trusts the certificate of this moment."""
        policy = BrowserLikePolicyForHTTPS(self.trust() if self.scheme == "https" else None)
        return HTTPClient(Agent(clock(), policy, connectTimeout=3, pool=self._pool))

    def trust(self) -> Any:
        """What verifies its certificate."""
        return trustRootFromCertificates([Certificate.loadPEM((self.folder / "tls.crt").read_bytes())])

    @property
    def base(self) -> str:
        """Its URL."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def process(self) -> Spawned:
        """The running daemon."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def runtime(self) -> Path:
        """Its runtime_dir."""
        return self.folder / "run"

    def argv(self) -> list[str]:
        """The program and its arguments."""
        twistd = str(Path(sys.executable).parent / "twistd")
        return [twistd, "-n", "--pidfile=", "camsvc", "--config", str(self.config)]

    def launch(self) -> Spawned:
        """Start the program, waiting for nothing."""
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder),
            "PYTHONPATH": str(Path(camsvc.__file__).resolve().parent.parent),
        }
        return Spawned.start(self.argv(), env, self.folder / "camsvc.log")

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self._process = self.launch()
        try:
            await eventually(self.ready, READY_S)
        except AssertionError as why:
            raise AssertionError(f"camsvc did not get ready: {why}\n{self.log()}") from None

    async def launch_only(self) -> None:
        """Start it and wait until it listens, ready or not."""
        self._process = self.launch()

        async def listens() -> bool:
            assert self.process.running, f"camsvc has ended:\n{self.log()}"
            try:
                return (await self.get("/health/live")).code == 200
            except Exception:  # nobody listens there yet
                return False

        await eventually(listens, READY_S)

    async def ready(self) -> bool:
        """``/health/ready`` answers 200."""
        assert self.process.running, f"camsvc has ended:\n{self.log()}"
        try:
            return (await self.get("/health/ready")).code == 200
        except Exception:  # nobody listens there yet
            return False

    async def end(self, signum: int = signal.SIGTERM) -> None:
        """End it in good order, then whatever is left of it."""
        if self._process is not None and self._process.running:
            await self._process.end(signum, 25.0)
        for pid in processes_mentioning(str(self.folder)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    async def end_alone(self) -> None:
        """End it in good order, and nothing else of it."""
        await self.process.end(signal.SIGTERM, 25.0)

    def publishers(self, path: str = "camera0") -> list[int]:
        """Pids of what publishes a path: those that its launchers have started, or that write its picture."""
        launchers = processes_mentioning(f"--runtime-dir {self.runtime} {path}")
        children = [pid for pid in pids() if parent(pid) in launchers] if launchers else []
        return sorted({*children, *processes_mentioning(f"{self.runtime}/{path}.jpg")})

    def leftovers(self) -> list[str]:
        """What should not be there once it has ended: processes, listeners."""
        found = [f"process {pid}" for pid in processes_mentioning(str(self.folder))]
        found += [f"process {pid}" for path in ("camera0", "web/camera0") for pid in self.publishers(path)]
        listening = {line.split()[1].rpartition(":")[2] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
                     if line.split()[3] == "0A"}  # fmt: skip
        ports = (self.port, self.callback_port, self.rtsp_port, self.api_port)
        return found + [f"port {port}" for port in ports if f"{port:04X}" in listening]

    def log(self) -> str:
        """What it has logged, and its engine."""
        texts = []
        for name in ("camsvc.log", "engine.log"):
            path = self.folder / name
            texts.append(
                f"--- {name}\n" + (path.read_text(errors="replace")[-12_000:] if path.exists() else "(none)")
            )
        return "\n".join(texts)

    def token(self, role: str = "admin", valid_s: float = 3600, user: str = "test") -> str:
        """A session token, signed with the daemon's key."""
        chosen = Role.of(role)
        assert chosen is not None
        return Tokens(read_secret(self.state / "jwt.key")).issue(user, chosen, time.time(), valid_s)

    async def connect(self, role: str | None = "admin") -> Client:
        """A WebSocket client, logged in unless ``role`` is None; closed with the test."""
        factory = WebSocketClientFactory(f"{self.base.replace('http', 'ws', 1)}/ws")
        factory.protocol = Client
        factory.setProtocolOptions(openHandshakeTimeout=5, closeHandshakeTimeout=3, maxMessagePayloadSize=0)
        endpoint: Any = TCP4ClientEndpoint(clock(), "127.0.0.1", self.port)
        if self.scheme == "https":
            endpoint = wrapClientTLS(optionsForClientTLS("127.0.0.1", self.trust()), endpoint)
        client: Client = await endpoint.connect(factory)
        await within(clock(), 5, client.opened)

        async def close() -> None:
            client.dropConnection(abort=True)
            await eventually(lambda: client.close_code is not None, 5)

        self.test.addCleanup(close)
        if role is not None:
            await client.call("authenticate", auth_token=self.token(role))
        return client

    async def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """An HTTP request; ``path`` may be a whole URL, header names take ``_`` for ``-``."""
        url = path if path.startswith("http") else f"{self.base}{path}"
        named: Any = {name.replace("_", "-"): value for name, value in headers.items()}

        async def exchange() -> Reply:
            response = await self._http.request(method, url, headers=named, allow_redirects=False)
            body = await response.content()
            pairs = response.headers.getAllRawHeaders()
            return Reply(response.code, {k.decode().lower(): v[0].decode() for k, v in pairs}, body)

        return await within(clock(), 20, exchange())

    async def rpc(self, calls: Any, role: str = "admin") -> Any:
        """The answer to a call or batch over ``POST /rpc``."""
        url, headers = f"{self.base}/rpc", {"Authorization": f"Bearer {self.token(role)}"}

        async def exchange() -> Any:
            response = await self._http.post(url, json=calls, headers=headers)
            return json.loads(await response.content())

        return await within(clock(), 20, exchange())

    def rtsp_url(self, device: str = "camera0", token: str | None = None) -> str:
        """The camera's stream, with a token in the query unless that is empty.

        As a password a token would do as well, but ffmpeg 5.1 cuts credentials after 127 characters.
        """
        token = self.token("viewer") if token is None else token
        return f"rtsp://127.0.0.1:{self.rtsp_port}/{device}" + (f"?token={token}" if token else "")

    def engine_pid(self) -> int:
        """Pid of the engine, by ``engine.json``; raises OSError while there is none."""
        left = msgspec.json.decode((self.runtime / "engine.json").read_bytes())
        if start_time(left["pid"]) != left["start_time"]:
            raise ProcessLookupError(left["pid"])
        return int(left["pid"])

    def launcher(self, device: str = "camera0") -> dict[str, Any]:
        """The launcher's status; raises OSError while there is none."""
        status: dict[str, Any] = msgspec.json.decode((self.runtime / f"{device}.json").read_bytes())
        return status

    async def running_ffmpeg(self, device: str = "camera0", other_than: int | None = None) -> int:
        """Wait for a running ffmpeg; its pid."""

        def pid() -> int | None:
            status = self.launcher(device)
            found = status["ffmpeg_pid"] if status["state"] == "running" else None
            return found if found != other_than else None

        found: int = await eventually(pid, 20)
        return found


class DaemonTestCase(TestCase):
    """A test with a running ``daemon`` on the kind ``engine``; its log is shown when the test fails."""

    engine: Engine
    cameras = CAMERA
    extra = ""
    server = ""
    timeout = 120

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine, self.cameras, self.extra, server=self.server)
        await self.daemon.start()
        self.addCleanup(self.show_log)

    def show_log(self) -> None:
        """Print the daemon's log when the test has failed."""
        if not self._passed:
            print(self.daemon.log(), file=sys.__stdout__, flush=True)


def recorded_files(daemon: Daemon) -> list[Path]:
    """Finished recordings on disk."""
    return sorted(path for path in (daemon.state / "recordings").iterdir() if not path.name.startswith("."))


def parts_folder(daemon: Daemon, filename: str) -> Path:
    """The folder of a recording's parts, of camera0."""
    ident = filename.removesuffix(".mp4").rpartition("_")[2]
    return daemon.state / "recordings" / ".rec" / "camera0" / ident
