"""The relay's RTSP port under twisted messages by the ten thousand: it lives, leaks nothing, and its readers go on.

``CAMSVC_FUZZ`` is how many messages, ``CAMSVC_FUZZ_SEED`` makes a run repeatable; ``make fuzz`` sends a million.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from camsvc.system.processes import resident_bytes
from camsvc.system.tasks import within
from tests.support.engine.engines import find_engines
from tests.support.engine.fuzzing import Twister
from tests.support.engine.rtsp_client import play
from tests.support.engine.running import AuthCallback
from tests.support.media.camera import CameraTestCase
from tests.support.procfs import open_files
from tests.support.spawned import clock, eventually

MESSAGES = int(os.environ.get("CAMSVC_FUZZ", "50000"))
SEED = int(os.environ.get("CAMSVC_FUZZ_SEED", random.randrange(1 << 31)))
MIB = 1 << 20
# Of two million messages the growth ends at 20 MiB: pieces of memory that the C library does not give back.
MOST_GROWTH = (10 + MESSAGES // 50_000) * MIB
#: Connections at a time, and how long one may take, seconds.
WORKERS = 8
LIMIT_S = 20


class Sender(Protocol):
    """Sends and hangs up; ``ended`` fires when the connection is gone."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.ended.callback(None)


class FuzzTests(CameraTestCase):
    """The relay alone: what MediaMTX makes of it is its own affair."""

    engine = find_engines()[0]
    timeout = 60 + MESSAGES // 100

    async def setUp(self) -> None:  # type: ignore[override]
        # Everybody may do everything: with a callback most sessions would end before it answers.
        self.patch(AuthCallback, "url", "")
        await super().setUp()

    def descriptors(self) -> int:
        return len(open_files(self.server.process.pid))

    async def send(self, twister: Twister, messages: list[bytes]) -> None:
        """One connection's worth."""
        endpoint = TCP4ClientEndpoint(clock(), "127.0.0.1", self.server.rtsp_port, timeout=10)  # type: ignore[arg-type]
        sender = await connectProtocol(endpoint, Sender())
        assert sender.transport is not None
        for chunk in twister.chunks(messages):
            sender.transport.write(chunk)
        if twister.aborts():
            sender.transport.abortConnection()  # type: ignore[attr-defined]
        else:
            sender.transport.loseWriteConnection()  # type: ignore[attr-defined]
        await within(clock(), LIMIT_S, sender.ended)

    async def work(self, twister: Twister, sessions: Iterator[list[bytes]], sent: list[int], until: int) -> None:
        while sum(sent) < until:
            messages = next(sessions)
            sent.append(len(messages))
            try:
                await self.send(twister, messages)
            except OSError:
                self.assertTrue(self.server.process.running, f"seed {SEED}: the relay died")

    async def attack(self, twister: Twister, messages: int) -> None:
        sessions, sent = twister.sessions(), [0]
        work = [Deferred.fromCoroutine(self.work(twister, sessions, sent, messages)) for _ in range(WORKERS)]
        await gatherResults(work, consumeErrors=True)

    async def only_the_watcher(self) -> bool:
        return len((await self.server.api("GET", "rtspconns/list")).body["items"]) == 2

    async def test_twisted_messages(self) -> None:
        """As many as asked for, and then: the same process, as large as before, and the reader has got everything."""
        print(f"fuzz: CAMSVC_FUZZ={MESSAGES} CAMSVC_FUZZ_SEED={SEED}", flush=True)
        for name in ("steady", "camera1"):
            await self.server.add(name)
        await self.publish("steady")
        watcher = await play(self, self.server.rtsp_url("steady"))
        await self.grows(watcher)
        local = f"rtsp://127.0.0.1:{self.server.rtsp_port}/"
        twister = Twister(SEED, local + "camera1", local + "steady")
        # What grows in the beginning is what Python and the C library keep for themselves.
        await self.attack(twister, MESSAGES // 5)
        await eventually(self.only_the_watcher, 30)
        memory, descriptors = resident_bytes(self.server.process.pid), self.descriptors()
        media, got = (await self.server.path("steady"))["bytes"], watcher.media_bytes
        await self.attack(twister, MESSAGES * 4 // 5)
        await eventually(self.only_the_watcher, 30)
        grown = resident_bytes(self.server.process.pid) - memory
        self.assertLess(grown, MOST_GROWTH, f"seed {SEED}")
        self.assertLessEqual(self.descriptors(), descriptors + 2, f"seed {SEED}")
        came = (await self.server.path("steady"))["bytes"] - media
        self.assertFalse(watcher.closed, f"seed {SEED}")
        await eventually(lambda: watcher.media_bytes - got >= came * 0.9, 10)
        self.assertNotIn("Traceback", self.server.log(), f"seed {SEED}")
        await self.publish("camera1")
        await self.grows(await play(self, self.server.rtsp_url("camera1")))
