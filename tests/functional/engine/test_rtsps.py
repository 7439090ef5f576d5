"""RTSPS by MediaMTX with the certificate of the public port, watched by ffmpeg; the relay does none."""

from __future__ import annotations

import hashlib
import signal
import ssl
import sys

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from camsvc.cli.pinned_https import own_certificate
from tests.support.certificates import make_pair
from tests.support.daemon.daemon import CAMERA, Daemon
from tests.support.engine.engines import Engine, per_engine
from tests.support.media.ffmpeg import FFMPEG, decode, spawn
from tests.support.spawned import eventually


async def fingerprint_shown(daemon: Daemon) -> str:
    """Of the certificate on the RTSPS port."""

    def look() -> bytes:
        return ssl.get_server_certificate(("127.0.0.1", daemon.rtsps_port), timeout=5).encode()

    file = daemon.folder / "shown.crt"
    file.write_bytes(await deferToThread(look))
    return hashlib.sha256(own_certificate(file)).hexdigest()


class RtspsTests(TestCase):
    """A daemon with TLS."""

    engine: Engine
    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]
        self.daemon = Daemon(self, self.engine, CAMERA, tls=True)
        await self.daemon.start()
        self.addCleanup(self.show_log)

    def show_log(self) -> None:
        if not self._passed:
            print(self.daemon.log(), file=sys.__stdout__, flush=True)

    async def shown(self) -> str:
        return await fingerprint_shown(self.daemon)

    async def frames(self, url: str) -> int:
        """How many pictures ffmpeg decodes, of ten."""
        file = self.daemon.folder / "seen.mp4"
        argv = [*FFMPEG, "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", url]
        process = spawn(self, [*argv, "-c", "copy", "-frames:v", "10", str(file)])
        output = await process.ends_within(40)
        if output.code != 0:
            return 0
        return (await decode(self, file)).frames

    async def test_watched(self) -> None:
        """By its URL (rtspsAddress) with our certificate (serverCert, serverKey); a stranger is refused."""
        client = await self.daemon.connect("viewer")
        urls = (await client.call("get_stream_url", device="camera0"))["urls"]
        streams = (await client.call("get_camera_list"))["cameras"][0]["streams"]
        self.assertEqual("rtsps" in urls, self.engine.kind == "mediamtx")
        self.assertEqual("rtsps" in streams, self.engine.kind == "mediamtx")
        self.assertEqual(await self.frames(urls["rtsp"]), 10)
        if self.engine.kind == "relay":
            self.assertIn("RTSP is not encrypted: camsvc-relay does no RTSPS", self.daemon.log())
            return
        self.assertTrue(urls["rtsps"].startswith(f"rtsps://127.0.0.1:{self.daemon.rtsps_port}/camera0?ticket="))
        self.assertEqual(await self.frames(urls["rtsps"]), 10)
        self.assertEqual(await self.frames(urls["rtsps"].partition("?")[0]), 0)
        self.assertEqual(await self.shown(), self.own(), "ffmpeg 5.1 cannot be told to verify it over RTSP")
        self.assertNotIn("ticket=ey", (self.daemon.folder / "engine.log").read_text())

    def own(self) -> str:
        return hashlib.sha256(own_certificate(self.daemon.folder / "tls.crt")).hexdigest()

    async def test_new_certificate(self) -> None:
        """After SIGHUP (config/global/patch), and a restart of camsvc alone; recordings and plain viewers go on."""
        if self.engine.kind == "relay":
            return
        client = await self.daemon.connect()
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        engine = self.daemon.engine_pid()
        make_pair(self.daemon.folder, "new.example")
        self.daemon.process.send(signal.SIGHUP)
        await eventually(lambda: "RTSPS has the new certificate" in self.daemon.log())
        await eventually(self.shows_own)
        self.assertEqual(
            await self.frames((await client.call("get_stream_url", device="camera0"))["urls"]["rtsps"]), 10
        )

        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()
        make_pair(self.daemon.folder, "newest.example")
        await self.daemon.start()
        await eventually(self.shows_own)
        self.assertEqual(self.daemon.engine_pid(), engine)
        again = await self.daemon.connect()
        stopped = await again.call("stop_recording", device="camera0")
        self.assertGreater(stopped["file_size"], 0)
        await again.sees("recording_status_update", status="STOPPED")
        self.assertEqual((await again.call("list_recordings"))["total"], 1)
        self.assertNotIn("camera_disconnected", self.daemon.log())

    async def shows_own(self) -> bool:
        return await self.shown() == self.own()


per_engine(globals(), RtspsTests)
