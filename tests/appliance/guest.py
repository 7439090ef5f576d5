"""The appliance as its owner has it: a keyboard (the agent), and a network (WebSocket, HTTP, RTSP)."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen
from autobahn.twisted.websocket import WebSocketClientFactory
from treq.client import HTTPClient
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from camsvc.system.tasks import within
from tests.support.daemon.daemon import Client, Reply
from tests.support.media.ffmpeg import Decoded, read_frames
from tests.support.spawned import clock, eventually, scratch

WAIT_S = 120.0
"""Seconds in which what is waited for has come, by emulation on a busy machine."""

BOOT_S = 400.0
"""Seconds that a boot may take by emulation on a busy machine."""

INSTALL_S = 900.0
"""Seconds that apt may take, likewise."""

PYTHON = "/usr/lib/camsvc/bin/python"
DROP_INS = "/etc/camsvc/camsvc.toml.d"
APT = "env DEBIAN_FRONTEND=noninteractive apt-get -qy -o Dpkg::Use-Pty=0"
INSTALLED = "/var/log/appliance-installed.log"
"""What apt and the package have said when it was installed."""


EXPOSURE = 3.0
"""What ``systemd-analyze security`` may say of a unit of ours: from 0 to 10, and less is better."""

_tokens: dict[str, str] = {}


class NoticingClient(Client):
    """A client that also keeps when each notification came, in ``arrived``: seconds since the epoch."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        arrived, known = time.time(), len(self.notifications)
        super().onMessage(payload, isBinary)
        for note in self.notifications[known:]:
            note["arrived"] = arrived


class _Question(Protocol):
    def __init__(self, question: dict[str, Any]) -> None:
        self._question = question
        self._answer = b""
        self.answered: Deferred[dict[str, Any]] = Deferred(lambda _: self._abort())

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(json.dumps(self._question).encode() + b"\n")

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    def dataReceived(self, data: bytes) -> None:
        self._answer += data

    def connectionLost(self, reason: Failure | None = None) -> None:
        if self.answered.called:
            return
        if self._answer.endswith(b"\n"):
            self.answered.callback(json.loads(self._answer))
        else:
            self.answered.errback(ConnectionError("the appliance's agent has hung up"))


@frozen
class Ran:
    """A command that has run in the guest; ``began`` and ``ended`` by the host's clock, seconds since the epoch."""

    code: int | None
    out: str
    began: float
    ended: float


class Guest:
    """The running appliance; one for each test, all on the same machine."""

    def __init__(self, test: TestCase) -> None:
        found = os.environ.get("CAMSVC_APPLIANCE")
        if not found:
            raise AssertionError("these tests need a booted appliance: run them by `make appliance`")
        self._lab = json.loads(Path(found).read_text())
        self._test = test
        self._ahead_s = 0.0
        self.port: int = self._lab["port"]
        self.rtsp_port: int = self._lab["rtsp_port"]
        pool = HTTPConnectionPool(clock(), persistent=False)
        self._http = HTTPClient(Agent(clock(), connectTimeout=5, pool=pool))

    async def booted(self) -> None:
        """Wait until its agent answers."""

        async def answers() -> bool:
            try:
                return (await self.run("test -d /run/systemd/system", 5)).code == 0
            except (OSError, ConnectError, DeferredTimeout):
                return False

        await eventually(answers, BOOT_S, 0.5)

    async def up(self, timeout_s: float = BOOT_S) -> None:
        """Wait until it is ready to serve, and set this machine's clock against its own; install camsvc before."""
        await self.booted()
        if (await self.run(f"test -e {INSTALLED}")).code != 0:
            await self.install()
            await self.open_to_network()
        await eventually(self._ready, timeout_s, 0.25)
        await self.compare_clocks()

    async def install(self) -> None:
        """Install the package as its owner would, from a folder and without a network."""
        began = clock().seconds()
        await self.out("udevadm settle --timeout=60", 90)
        said = await self.out(f"{APT} install /payload/debs/camsvc_*.deb 2>&1", INSTALL_S)
        self.measured("apt install, to the end of it", clock().seconds() - began)
        await self.out(f"cat >{INSTALLED} <<'SAID'\n{said}\nSAID\nss -Hltnup >{INSTALLED}.ports; sync")

    async def open_to_network(self) -> None:
        """Let the network in, as the package says, and give the lab its ports and its cameras their mode."""
        await self.out(f"cp /usr/share/camsvc/network.toml {DROP_INS}/ && cp /payload/lab.toml {DROP_INS}/")
        await self.out("systemctl restart camsvc camsvc-relay", 200)

    async def _ready(self) -> bool:
        try:
            return (await self.get("/health/ready", timeout_s=5)).code == 200
        except Exception:  # nobody listens there yet
            return False

    @property
    def _qemu(self) -> int:
        return int(Path(self._lab["qemu"]).read_text())

    async def _ask(self, limit_s: float, **question: Any) -> dict[str, Any]:
        asked = _Question({"secret": self._lab["secret"], **question})
        endpoint = TCP4ClientEndpoint(clock(), "127.0.0.1", self._lab["agent_port"], timeout=5)
        await endpoint.connect(Factory.forProtocol(lambda: asked))  # type: ignore[arg-type]
        return await within(clock(), limit_s, asked.answered)

    async def run(self, command: str, timeout_s: float = 60.0) -> Ran:
        """Run a shell command as root.

        Args:
            command: for ``sh -c``.
            timeout_s: it is killed then.
        """
        reply = await self._ask(timeout_s + 5, run=command, timeout_s=timeout_s)
        began, ended = (reply[key] - self._ahead_s for key in ("began", "ended"))
        return Ran(reply["code"], reply["out"], began, ended)

    async def out(self, command: str, timeout_s: float = 60.0) -> str:
        """What a shell command prints; it is an error when it fails."""
        ran = await self.run(command, timeout_s)
        if ran.code != 0:
            raise AssertionError(f"{command}: exit status {ran.code}: {ran.out}")
        return ran.out.strip()

    async def start(self, command: str) -> int:
        """Start a program in the background; its pid. It is ended with the test."""
        pid = int(await self.out(f"setsid {command} >/dev/null 2>&1 & echo $!"))
        self._test.addCleanup(self.run, f"kill -9 {pid}")
        return pid

    async def events(self, begin: int = 0) -> list[dict[str, Any]]:
        """Events of video devices since the boot: ``at`` (host's clock), ``source`` (kernel, udev), ``ACTION``, …"""
        events = (await self._ask(10, events=begin))["events"]
        return [{**event, "at": event["at"] - self._ahead_s} for event in events]

    async def compare_clocks(self) -> None:
        """Find how far the guest's clock is ahead, from the quickest of ten exchanges."""
        best_s = 1e9
        for _ in range(10):
            asked = time.time()
            theirs = (await self._ask(5, now=True))["now"]
            took_s = time.time() - asked
            if took_s < best_s:
                best_s, self._ahead_s = took_s, theirs - asked - took_s / 2

    async def token(self, role: str = "admin") -> str:
        """A token, made once for each role by the command line on the appliance itself."""
        if role not in _tokens:
            _tokens[role] = await self.out(f"camsvc token --role {role}", 200)
        return _tokens[role]

    async def connect(self, role: str = "admin") -> NoticingClient:
        """A logged-in WebSocket client; closed with the test."""
        return await self.connect_with(await self.token(role))

    async def connect_with(self, token: str) -> NoticingClient:
        """The same, by a token."""
        factory = WebSocketClientFactory(f"ws://127.0.0.1:{self.port}/ws")
        factory.protocol = NoticingClient
        factory.setProtocolOptions(openHandshakeTimeout=10, closeHandshakeTimeout=3, maxMessagePayloadSize=0)
        client: NoticingClient = await TCP4ClientEndpoint(clock(), "127.0.0.1", self.port).connect(factory)
        await within(clock(), 10, client.opened)

        async def close() -> None:
            client.dropConnection(abort=True)
            await eventually(lambda: client.close_code is not None, 5)

        self._test.addCleanup(close)
        await client.call("authenticate", auth_token=token)
        return client

    async def log_in(self, user: str, password: str) -> dict[str, Any]:
        """What a login by password gives."""
        body = json.dumps({"username": user, "password": password}).encode()
        url = f"http://127.0.0.1:{self.port}/api/login"

        async def exchange() -> dict[str, Any]:
            response = await self._http.request("POST", url, data=body, headers={"Content-Type": "application/json"})
            data = await response.content()
            if response.code != 200:
                raise AssertionError(f"{response.code}: {data!r}")
            return dict(json.loads(data))

        return await within(clock(), 60, exchange())

    async def get(self, path: str, timeout_s: float = 30.0) -> Reply:
        """An HTTP GET; ``path`` may be a whole URL."""
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"

        async def exchange() -> Reply:
            response = await self._http.request("GET", url, allow_redirects=False)
            body = await response.content()
            pairs = response.headers.getAllRawHeaders()
            return Reply(response.code, {k.decode().lower(): v[0].decode() for k, v in pairs}, body)

        return await within(clock(), timeout_s, exchange())

    async def download(self, url: str, file: Path) -> Path:
        """Fetch a URL into a file; the file."""
        reply = await self.get(url, timeout_s=60)
        if reply.code != 200:
            raise AssertionError(f"{url}: {reply.code} {reply.body[:200]!r}")
        file.write_bytes(reply.body)
        return file

    async def boot_id(self) -> str:
        """The kernel's id of this boot."""
        return await self.out("cat /proc/sys/kernel/random/boot_id")

    async def cut_power(self) -> None:
        """Kill qemu, and wait until the next one has come up from the same disk.

        Nothing is written before, and no program is told; open connections hear no more.
        """
        await self._another_boot(lambda: os.kill(self._qemu, signal.SIGKILL))

    async def reboot(self) -> None:
        """Restart it in good order, as its owner would."""
        command = "systemd-run --no-block --quiet systemctl reboot"
        await self._another_boot(lambda: Deferred.fromCoroutine(self.out(command)))

    async def _another_boot(self, end: Callable[[], Any]) -> None:
        boot = await self.boot_id()
        await maybeDeferred(end)

        async def another() -> bool:
            try:
                return await self.boot_id() != boot
            except (OSError, ConnectError, DeferredTimeout, AssertionError):  # it is not up yet
                return False

        await eventually(another, BOOT_S, 1)

    async def python_s(self) -> float:
        """How long a bare Python takes here, in seconds: the median of five."""
        command = f"{PYTHON} -c pass"
        took = sorted([(ran := await self.run(command)).ended - ran.began for _ in range(5)])
        return took[2]

    async def log(self) -> str:
        """The last lines that camsvc has logged."""
        return (await self.run("journalctl --no-pager -n 60 -u camsvc -u camsvc-relay; systemctl status camsvc")).out

    def measured(self, what: str, *values: float, unit: str = "s") -> None:
        """Add a line to the table that is printed at the end: the median of values and their range."""
        ordered = sorted(values)
        text = f"{ordered[len(ordered) // 2]:8.3f} {unit}"
        if len(ordered) > 1:
            text += f"   ({ordered[0]:.3f} to {ordered[-1]:.3f}, {len(ordered)} times)"
        with Path(self._lab["measured"]).open("a") as table:
            table.write(f"  {what:<58}{text}\n")


async def exposure(guest: Guest, unit: str) -> float:
    """What systemd calls a unit's exposure; it comes into the table."""
    told = await guest.out(f"systemd-analyze security --no-pager {unit} | tail -n 1")
    found = re.search(r"exposure level for .*: ([\d.]+) ", told)
    assert found, told
    guest.measured(f"exposure of {unit}, of 10", float(found[1]), unit="")
    return float(found[1])


async def asleep(client: Client, device: str = "camera0") -> None:
    """Wait until nothing runs for a camera."""

    async def check() -> bool:
        status: str = (await client.call("get_stream_url", device=device))["stream_status"]
        return status == "NOT_READY"

    await eventually(check, WAIT_S, 0.5)


async def played(test: TestCase, url: str, frames: int) -> None:
    """Decode the first pictures of a stream without an error.

    A camera that takes longer than the engine lets viewers wait is asked for again, as players do.
    """

    async def check() -> Decoded:
        decoded = await read_frames(test, url, frames, WAIT_S)
        assert (decoded.frames, decoded.errors) == (frames, ""), decoded
        return decoded

    await eventually(check, 2 * WAIT_S, 0.5)


class ApplianceTestCase(TestCase):
    """A test against the booted appliance, ``guest``; what camsvc has logged is shown when it fails."""

    timeout = 900

    async def setUp(self) -> None:
        self.scratch = scratch(self)
        self.guest = Guest(self)
        await self.guest.up()
        self.addCleanup(self._show_log)

    async def _show_log(self) -> None:
        if not self._passed:
            print(await self.guest.log(), file=sys.__stdout__, flush=True)
