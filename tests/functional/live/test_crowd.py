"""Many viewers of each kind and a recording, and what they depend on dies or freezes: all go on by themselves."""

from __future__ import annotations

import os
import signal

from twisted.internet.defer import Deferred, gatherResults

from tests.support.daemon.daemon import Client, DaemonTestCase, RpcError, parts_folder, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.crowd import Crowd
from tests.support.media.ffmpeg import decode
from tests.support.procfs import sizes
from tests.support.spawned import eventually, pause


class CrowdTests(DaemonTestCase):
    """What dies, dies under all of them."""

    timeout = 180

    async def watched(self, *, rtsp: int, hls: int, webrtc: int) -> tuple[Client, Crowd, str]:
        """All of them have a picture, and the recording grows; its name."""
        client = await self.daemon.connect()
        await client.call("subscribe_events", topics=["system.health"])
        crowd = Crowd(self, self.daemon, rtsp=rtsp, hls=hls, webrtc=webrtc)
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        await crowd.all_see()
        return client, crowd, started["filename"]

    async def has_part(self, filename: str, count: int) -> None:
        """Wait until the recording has so many parts, and footage in the newest."""
        folder = parts_folder(self.daemon, filename)

        def grown() -> bool:
            found = list(sizes(folder).values())
            return len(found) >= count and found[-1] > 20_000

        await eventually(grown, 40)

    async def is_whole(self, client: Client, filename: str) -> None:
        """The recording ends as one file that decodes."""
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", filename=filename)
        (file,) = recorded_files(self.daemon)
        decoded = await decode(self, file)
        self.assertEqual((file.name, decoded.errors), (filename, ""))
        self.assertGreater(decoded.frames, 30)

    async def unready(self) -> bool:
        """``/health/ready`` says 503 and names the engine."""
        reply = await self.daemon.get("/health/ready")
        return reply.code == 503 and "engine" in reply.json["checks"]["engine"]

    async def refused(self, client: Client) -> bool:
        """A call that needs the engine is answered with -32050."""
        try:
            await client.call("get_streams")
        except RpcError as why:
            return (why.code, why.data["dependency"]) == (-32050, "media engine")
        return False

    async def test_engine_killed(self) -> None:
        """Under twenty: told in answers, in /health and to subscribers; started anew; everybody comes back."""
        client, crowd, filename = await self.watched(rtsp=8, hls=6, webrtc=6)
        before = self.daemon.engine_pid()
        os.kill(before, signal.SIGKILL)
        told = [eventually(self.unready, 10, 0.01), eventually(lambda: self.refused(client), 10, 0.01)]
        await gatherResults([Deferred.fromCoroutine(one) for one in told], consumeErrors=True)
        event = await client.sees("system.health", status="unhealthy")
        self.assertEqual(event["components"]["mediamtx"], "ERROR")
        await eventually(self.daemon.ready)
        self.assertNotEqual(self.daemon.engine_pid(), before)
        await crowd.all_see()
        await self.has_part(filename, 2)
        await client.sees("system.health", status="healthy")
        await self.is_whole(client, filename)

    async def test_publisher_freezes(self) -> None:
        """For a moment: the same goes on. For good: another takes its place, and everybody is back."""
        client, crowd, filename = await self.watched(rtsp=2, hls=1, webrtc=1)
        first = await self.daemon.running_ffmpeg()
        launcher = self.daemon.launcher()["pid"]
        for pid in (first, launcher):
            os.kill(pid, signal.SIGSTOP)
        await pause(2)
        for pid in (launcher, first):
            os.kill(pid, signal.SIGCONT)
        await crowd.all_see()
        self.assertEqual((self.daemon.launcher()["pid"], await self.daemon.running_ffmpeg()), (launcher, first))
        for victim in ("ffmpeg", "launcher"):
            stuck = await self.daemon.running_ffmpeg()
            os.kill(stuck if victim == "ffmpeg" else self.daemon.launcher()["pid"], signal.SIGSTOP)
            await self.daemon.running_ffmpeg(other_than=stuck)
            await crowd.all_see()
        await self.has_part(filename, 3)
        await self.is_whole(client, filename)


per_engine(globals(), CrowdTests)
