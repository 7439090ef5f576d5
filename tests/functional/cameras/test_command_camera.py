"""A program of the owner's as a camera, from the configuration to the recording."""

from __future__ import annotations

import json
import sys
from typing import Any

from camsvc.library import jpeg
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase, RpcError, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, read_frames
from tests.support.spawned import eventually, processes_mentioning, scratch

PROGRAM = """\
import os, sys, time
mark, encoding = sys.argv[1:3]
if os.path.exists(mark):
    sys.exit("the lens is stuck")
# Not by -re, with which ffmpeg 7 gives the first half second at once.
source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10,realtime"]
if encoding.endswith("mpegts"):
    source += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000,arealtime"]
os.execvp("ffmpeg", ["ffmpeg", "-v", "error", *source, "-metadata", f"title={mark}", *encoding.split(), "-"])
"""
H264 = "-c:v libx264 -preset ultrafast -tune zerolatency -g 10 -bf 0 -pix_fmt yuv420p"
FORMATS = {
    "h264": f"{H264} -f h264",
    "mjpeg": "-c:v mjpeg -f mjpeg",
    "mpegts": f"{H264} -c:a aac -f mpegts",
}


class CommandCameraTests(DaemonTestCase):
    """Cameras that a program reads."""

    timeout = 240

    async def setUp(self) -> None:
        """Each test starts camsvc itself."""
        self.folder = scratch(self)
        self.mark = self.folder / "stuck"
        (self.folder / "program.py").write_text(PROGRAM)

    def table(self, form: str) -> str:
        """A camera of the configuration."""
        command = [sys.executable, str(self.folder / "program.py"), str(self.mark), FORMATS[form]]
        lines = ("[[camera]]", 'kind = "command"', f'name = "{form}"', f"command = {json.dumps(command)}")
        return "\n".join([*lines, f'format = "{form}"', ""])

    async def camsvc(self, *formats: str) -> Client:
        self.daemon = Daemon(self, self.engine, "".join(map(self.table, formats)))
        self.addCleanup(self.show_log)
        await self.daemon.start()
        return await self.daemon.connect()

    async def known(self, client: Client) -> list[dict[str, Any]]:
        """All cameras, once each has been looked at."""

        async def all_known() -> list[dict[str, Any]] | None:
            cameras: list[dict[str, Any]] = (await client.call("get_camera_list"))["cameras"]
            return cameras if all(camera["resolution"] != "0x0" for camera in cameras) else None

        found: list[dict[str, Any]] = await eventually(all_known, 60)
        return found

    async def test_formats(self) -> None:
        """Each is watched; none runs while nobody does, and none is left."""
        client = await self.camsvc(*FORMATS)
        cameras = await self.known(client)
        await eventually(lambda: not processes_mentioning(f"title={self.mark}"), 20)
        for camera in cameras:
            self.assertEqual((camera["kind"], camera["status"]), ("command", "CONNECTED"))
            self.assertEqual(camera["resolution"], "320x180", camera["name"])
            self.assertLess(abs(camera["fps"] - 10), 2, camera["name"])  # as they arrive on a busy machine
            self.assertEqual(
                (await read_frames(self, self.daemon.rtsp_url(camera["device"]), 15)).frames, 15, camera["name"]
            )
        await self.daemon.end()
        await eventually(lambda: not processes_mentioning(f"title={self.mark}"), 20)

    async def test_recorded(self) -> None:
        """A snapshot and a recording, as of any camera."""
        client = await self.camsvc("h264")
        await self.known(client)
        snapshot = await client.call("take_snapshot", device="camera0")
        self.assertEqual(jpeg.size((await self.daemon.get(snapshot["download_url"])).body), (320, 180))
        started = await client.call("start_recording", device="camera0", duration=3)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"], timeout_s=30)
        (file,) = recorded_files(self.daemon)
        decoded = await decode(self, file)
        errors = [line for line in decoded.errors.splitlines() if "non monotonically increasing" not in line]
        self.assertEqual(errors, [])  # but that they come when they come, not on a raster
        self.assertLess(abs(decoded.frames - 30), 6)

    async def test_stuck(self) -> None:
        """Its last words are the camera's error, until it works again; no client can add such a camera."""
        self.mark.touch()
        client = await self.camsvc("h264")

        async def error() -> str | None:
            (camera,) = (await client.call("get_camera_list"))["cameras"]
            return camera.get("error")

        told = await eventually(error, 30)
        program = sys.executable.rpartition("/")[2]
        self.assertEqual(told, f"{program} ended with exit status 1: the lens is stuck")
        self.mark.unlink()
        reading = read_frames(self, self.daemon.rtsp_url(), 5)
        self.assertEqual((await reading).frames, 5)
        await client.sees("camera_status_update", status="CONNECTED", timeout_s=30)
        for url in ("/bin/true", "command:/bin/true", "pipe:0", "file:///etc/passwd"):
            with self.assertRaises(RpcError):
                await client.call("add_external_stream", stream_url=url, stream_name="x")


per_engine(globals(), CommandCameraTests)
