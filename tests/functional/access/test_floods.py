"""Strangers that send without end at camsvc's ports: others are answered, nothing is killed, the memory is bounded.

One row for each port and kind of message (``tests.support.floods.flood``); ``make flood`` runs it at length. The
relay's RTSP port has its rows in ``tests.functional.engine.test_floods``, as its viewers are looked at there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable

from twisted.trial.unittest import TestCase

from camsvc.system.processes import resident_bytes
from tests.support.daemon.daemon import CAMERA, Daemon
from tests.support.engine.engines import find_engines
from tests.support.floods.flood import HTTP, TLS, WEBSOCKET
from tests.support.procfs import scheduled
from tests.support.spawned import Spawned, eventually

CONNECTIONS = 40
SECONDS = float(os.environ.get("CAMSVC_FLOOD_S", "3"))
LIMIT_S = 0.1
MIB = 1 << 20


def worst(delays: list[float]) -> float:
    """The 99th of a hundred."""
    return sorted(delays)[int(0.99 * len(delays))]


class FloodTestCase(TestCase):
    """One daemon with a camera that is recorded meanwhile, and one row after the other."""

    timeout = 1800
    tls = False

    async def setUp(self) -> None:  # type: ignore[override]
        self.daemon = Daemon(self, find_engines()[0], CAMERA, tls=self.tls)
        await self.daemon.start()
        self.addCleanup(self.show_log)
        self.rows = 0

    def show_log(self) -> None:
        if not self._passed:
            print(self.daemon.log()[-20_000:], file=sys.__stdout__, flush=True)

    async def delays(self, name: str) -> dict[str, float]:
        """How late others are answered while forty connections flood, each row's from an address of its own."""
        self.rows += 1
        port, seconds = str(self.daemon.port), str(SECONDS + 1)
        argv = [name, port, str(CONNECTIONS), seconds, f"127.0.1.{self.rows}"]
        way = ["tls"] if self.tls else []
        programs = [
            Spawned.start([sys.executable, "-m", "tests.support.floods.flood", *argv]),
            Spawned.start([sys.executable, "-m", "tests.support.floods.delays", port, str(SECONDS), *way]),
        ]
        for each in programs:
            self.addCleanup(each.end)
        await eventually(lambda: all(each.output is not None for each in programs), SECONDS + 60)
        flood, measured = programs
        assert flood.out and measured.out, f"{name}: {flood.err!r} {measured.err!r}"
        self.assertGreater(json.loads(flood.out)["sent"], 0, name)
        return {key: worst(found) for key, found in json.loads(measured.out).items()}

    async def attack(self, name: str) -> None:
        """See that nobody notices; on a machine that is busy with other things it is tried again."""
        pids = self.daemon.process.pid, self.daemon.engine_pid()
        memory, log = resident_bytes(pids[0]), len(self.daemon.log())
        for last in (False, False, True):
            before = scheduled(pids[0])
            found = await self.delays(name)
            run, waited = (now - then for now, then in zip(scheduled(pids[0]), before, strict=True))
            stretch = (run + waited) / run  # by what else the machine does: 1 where it does nothing else
            if max(found["live"], found["ping"]) < LIMIT_S * stretch + 3 * found["machine"]:
                break
            self.assertFalse(last, f"{name}: {found}, stretched by {stretch:.1f}")
        self.assertEqual((self.daemon.process.pid, self.daemon.engine_pid()), pids, name)
        self.assertLess(resident_bytes(pids[0]) - memory, 40 * MIB, name)
        self.assertLess(len(self.daemon.log()) - log, 20_000, name)

    async def table(self, entry_point: str, kinds: Iterable[str]) -> None:
        """Each kind at one port; the recording of all that time is whole."""
        client = await self.daemon.connect("admin")
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        for kind in kinds:
            await self.attack(f"{entry_point} {kind}")
        self.assertNotIn("without an answer", self.daemon.log())
        client = await self.daemon.connect("admin")
        stopped = await client.call("stop_recording", device="camera0")
        self.assertGreater(stopped["duration"], 0.95 * self.rows * SECONDS)


class FloodTests(FloodTestCase):
    """Without TLS."""

    async def test_websocket(self) -> None:
        """Control frames, fragments, calls and handshakes, before a login."""
        await self.table("WebSocket", WEBSOCKET)

    async def test_http(self) -> None:
        """Requests in one stream, and the pieces of one."""
        await self.table("HTTP", HTTP)


class TlsFloodTests(FloodTestCase):
    """With a certificate, where a connection costs a signature before anything is asked for."""

    tls = True

    async def test_connections(self) -> None:
        """Connections that are thrown away, before and after the handshake."""
        await self.table("TLS", TLS)
