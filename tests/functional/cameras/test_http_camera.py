"""Cameras that send Motion-JPEG over HTTP, uStreamer and bad ones, from the configuration to the recording."""

from __future__ import annotations

import json
import shutil
from typing import Any

from twisted.trial.unittest import SkipTest

from camsvc.library import jpeg
from tests.support import procfs
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.engine.running import free_ports
from tests.support.media.ffmpeg import decode, frames_of, read_frames, reader, spawn
from tests.support.media.mjpeg_server import MANNERS, NO_VIDEO, MjpegServer
from tests.support.media.network_source import table
from tests.support.spawned import Spawned, eventually

SECRET = "s3cr-et"


class HttpCameraTests(DaemonTestCase):
    """Cameras by HTTP."""

    timeout = 240

    async def setUp(self) -> None:
        """Each test starts camsvc itself."""

    async def camsvc(self, cameras: str) -> Client:
        self.daemon = Daemon(self, self.engine, cameras)
        self.addCleanup(self.show_log)
        await self.daemon.start()
        return await self.daemon.connect()

    async def listed(self, client: Client, status: str) -> list[dict[str, Any]]:
        """All cameras, once each has been looked at and is in this status."""

        async def all_known() -> list[dict[str, Any]] | None:
            cameras: list[dict[str, Any]] = (await client.call("get_camera_list"))["cameras"]
            known = status == "ERROR" or all(camera["resolution"] != "0x0" for camera in cameras)
            return cameras if known and all(camera["status"] == status for camera in cameras) else None

        found: list[dict[str, Any]] = await eventually(all_known, 60)
        return found

    def ustreamer(self, port: int) -> Spawned:
        """uStreamer, of another make: without a device it shows that there is none, once a second."""
        program = shutil.which("ustreamer")
        if program is None:
            raise SkipTest("no ustreamer")
        where = ("--host", "127.0.0.1", "--port", str(port), "--user", "me", "--passwd", SECRET)
        return spawn(self, [program, "--device", "/nonexistent", *where])

    async def test_ustreamer(self) -> None:
        """It is watched, pictured and recorded; it goes and comes back; its password stands in no command line."""
        (port,) = free_ports(1)
        source = self.ustreamer(port)
        client = await self.camsvc(table("Print", f"http://me:{SECRET}@127.0.0.1:{port}/stream"))
        (camera,) = await self.listed(client, "CONNECTED")
        self.assertEqual((camera["kind"], camera["resolution"]), ("network", "640x480"))
        self.assertNotIn("detail", camera)
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url(), 3, 40)).frames, 3)
        for pid in procfs.descendants(self.daemon.process.pid):
            self.assertNotIn(SECRET, procfs.command_line(pid))
        snapshot = await client.call("take_snapshot", device="camera0")
        self.assertEqual(jpeg.size((await self.daemon.get(snapshot["download_url"])).body), (640, 480))
        started = await client.call("start_recording", device="camera0", duration=3)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"], timeout_s=30)
        (file,) = recorded_files(self.daemon)
        self.assertEqual((await decode(self, file)).errors, "")
        await source.end()
        told = await client.sees("camera_status_update", status="ERROR", timeout_s=40)
        self.assertIn(f"127.0.0.1 port {port}", told["error"])
        self.ustreamer(port)
        await client.sees("camera_status_update", status="CONNECTED", timeout_s=60)
        self.assertNotIn(SECRET, self.daemon.log() + json.dumps(client.notifications))

    async def test_manners(self) -> None:
        """However badly a camera sends, it is watched."""
        names = ("another boundary than announced", "boundary without dashes", "no length", "pictures that break off")
        ports = [MjpegServer(MANNERS[name]).listen(self) for name in names]
        cameras = "".join(table(name, f"http://127.0.0.1:{port}/") for name, port in zip(names, ports, strict=True))
        client = await self.camsvc(cameras)
        for camera in await self.listed(client, "CONNECTED"):
            self.assertEqual(camera["resolution"], "320x180", camera["name"])
            self.assertEqual(
                (await read_frames(self, self.daemon.rtsp_url(camera["device"]), 15)).frames, 15, camera["name"]
            )

    async def test_stalls(self) -> None:
        """A camera that sends no more is told, and watched again when it sends."""
        server = MjpegServer()
        client = await self.camsvc(table("Door", f"http://127.0.0.1:{server.listen(self)}/"))
        (camera,) = await self.listed(client, "CONNECTED")
        viewer = reader(self, self.daemon.rtsp_url(camera["device"]))
        await eventually(lambda: frames_of(viewer) > 5)
        server.silent = True
        told = await client.sees("camera_status_update", status="ERROR", timeout_s=30)
        self.assertIn("no frames for", told["error"])
        server.silent = False
        await client.sees("camera_status_update", status="CONNECTED", timeout_s=30)

    async def test_mistakes(self) -> None:
        """A single picture, a page, a wrong password, nobody: told before anybody watches."""
        page, picture, locked = MjpegServer(), MjpegServer(), MjpegServer()
        page.manner = NO_VIDEO["a page"]
        picture.manner = NO_VIDEO["a single picture"]
        locked.challenge = lambda request: 'WWW-Authenticate: Digest realm="x", nonce="y"\r\n'
        urls = [f"http://me:{SECRET}@127.0.0.1:{one.listen(self)}/" for one in (page, picture, locked)]
        client = await self.camsvc(
            "".join(table(str(n), url) for n, url in enumerate([*urls, "http://127.0.0.1:1/x"]))
        )
        errors = [camera["error"] for camera in await self.listed(client, "ERROR")]
        told = ("sends no Motion-JPEG there", "a single picture", "refuses the user name", "nothing listens at")
        for error, words in zip(errors, told, strict=True):
            self.assertIn(words, error)
        self.assertNotIn(SECRET, self.daemon.log() + json.dumps(errors))


per_engine(globals(), HttpCameraTests)
