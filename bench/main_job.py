"""What the main job costs, on each engine found: start, calls, recording, snapshots, memory.

Run as ``.venv/bin/python -m bench.main_job``. The calls stand beside a bare Autobahn echo server of the same run,
asked by the same client: that is the floor which Twisted, Autobahn and the client itself set.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.task import react

from bench.table import print_table
from camsvc.system.processes import resident_bytes
from tests.support.daemon.daemon import Client, Daemon
from tests.support.engine.engines import Engine, find_engines
from tests.support.engine.running import free_ports
from tests.support.spawned import Spawned, clock, eventually, pause

CAMERA = '[[camera]]\nname = "Bench"\nkind = "test"\nwidth = 1280\nheight = 720\nfps = 30\n'
LIMITS = "[limits]\n" + "".join(
    f"{key} = 10000\n" for key in ("calls_per_second", "burst", "address_calls_per_second", "address_burst")
)

ECHO = """
import sys
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet import reactor
class Echo(WebSocketServerProtocol):
    def onMessage(self, payload, isBinary):
        self.sendMessage(payload.replace(b'"method": "ping"', b'"result": "pong"'))
factory = WebSocketServerFactory()
factory.protocol = Echo
reactor.listenTCP(int(sys.argv[1]), factory, interface="127.0.0.1")
reactor.run()
"""


class Run:
    """Stands in for a test case: what is to be cleaned up, in reverse order."""

    def __init__(self) -> None:
        self._cleanups: list[tuple[Any, Any, Any]] = []

    def addCleanup(self, work: Any, *args: Any, **kwargs: Any) -> None:
        self._cleanups.append((work, args, kwargs))

    async def clean_up(self) -> None:
        """Do it."""
        for work, args, kwargs in reversed(self._cleanups):
            await maybeDeferred(work, *args, **kwargs)


async def timed(work: Callable[[], Awaitable[Any]], times: int) -> list[float]:
    """Milliseconds of each of so many calls, one after the other."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def p(taken: list[float]) -> str:
    """Median and 99th percentile."""
    ordered = sorted(taken)
    return f"{statistics.median(ordered):.2f} / {ordered[int(len(ordered) * 0.99) - 1]:.2f} ms"


async def calls(clients: list[Client], method: str, times: int) -> list[float]:
    """All clients at once, each one call after the other."""
    runs = [Deferred.fromCoroutine(timed(lambda client=client: client.call(method), times)) for client in clients]
    return [taken for _, run in await DeferredList(runs) for taken in run]


async def floor(run: Run) -> dict[str, str]:
    """The same client on a bare echo server."""
    port = free_ports(1)[0]
    server = Spawned.start([sys.executable, "-c", ECHO, str(port)])
    run.addCleanup(server.end)

    async def connect() -> Client:
        factory = WebSocketClientFactory(f"ws://127.0.0.1:{port}")
        factory.protocol = Client
        client: Client = await TCP4ClientEndpoint(clock(), "127.0.0.1", port).connect(factory)
        await client.opened
        return client

    async def up() -> Client | None:
        try:
            return await connect()
        except Exception:
            return None

    clients = [await eventually(up)] + [await connect() for _ in range(49)]
    await calls(clients[:1], "ping", 200)
    rows = {
        "ping, 1 connection": p(await calls(clients[:1], "ping", 1000)),
        "ping, 50 connections": p(await calls(clients, "ping", 40)),
    }
    for client in clients:
        client.dropConnection(abort=True)
    return rows


async def measure(run: Run, engine: Engine) -> dict[str, str]:
    """One engine's column."""
    daemon = Daemon(run, engine, CAMERA, extra=LIMITS)  # type: ignore[arg-type]
    began = time.perf_counter()
    await daemon.start()
    rows = {"start to ready": f"{time.perf_counter() - began:.2f} s"}
    await pause(1)
    rows["RSS idle, camsvc"] = _mib(daemon.process.pid)
    rows["RSS idle, engine"] = _mib(daemon.engine_pid())
    client = await daemon.connect()
    await calls([client], "ping", 200)
    clients = [client] + [await daemon.connect() for _ in range(49)]
    for method in ("ping", "get_camera_list"):
        rows[f"{method}, 1 connection"] = p(await calls(clients[:1], method, 1000))
        rows[f"{method}, 50 connections"] = p(await calls(clients, method, 40))
    rows["snapshot, camera asleep"] = p(await timed(lambda: client.call("take_snapshot", device="camera0"), 1))
    await pause(1)
    rows["snapshot, camera running"] = p(await timed(lambda: client.call("take_snapshot", device="camera0"), 20))
    began = time.perf_counter()
    started = await client.call("start_recording", device="camera0")
    rows["start_recording to answer"] = f"{(time.perf_counter() - began) * 1000:.1f} ms"
    folder = daemon.state / "recordings" / ".rec" / "camera0"

    def grows() -> bool:
        return any(file.stat().st_size > 20_000 for file in folder.rglob("*.mp4"))

    await eventually(grows, interval_s=0.01)
    rows["start_recording to file growing"] = f"{time.perf_counter() - began:.2f} s"
    await client.sees("recording_status_update", confirmed=True)
    rows["RSS of ffmpeg, 720p30"] = _mib(await daemon.running_ffmpeg())
    began = time.perf_counter()
    await client.call("stop_recording", device="camera0")
    rows["stop_recording to answer"] = f"{(time.perf_counter() - began) * 1000:.1f} ms"
    await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
    rows["stop_recording to download"] = f"{time.perf_counter() - began:.2f} s"
    rows["RSS after, camsvc"] = _mib(daemon.process.pid)
    rows["RSS after, engine"] = _mib(daemon.engine_pid())
    began = time.perf_counter()
    await daemon.end()
    rows["SIGTERM to end"] = f"{time.perf_counter() - began:.2f} s"
    return rows


def _mib(pid: int) -> str:
    return f"{resident_bytes(pid) / (1 << 20):.0f} MiB"


async def main(_reactor: Any) -> None:
    """Print the table."""
    run = Run()
    columns: dict[str, dict[str, str]] = {}
    try:
        columns["echo server"] = await floor(run)
        for engine in find_engines():
            columns[engine.name] = await measure(run, engine)
    finally:
        await run.clean_up()
    print_table("", columns, 18)


if __name__ == "__main__":
    react(main)
