"""No credential in what any user of the machine can read of processes: all of them, while camsvc does all it does."""

from __future__ import annotations

import re
import threading
from functools import partial
from urllib.parse import parse_qs, urlsplit

from camsvc.access.publish_password import PUBLISH_USER
from tests.support import procfs
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.engine.running import PUBLISHER, VIEWER
from tests.support.media.ffmpeg import FFMPEG, read_frames, spawn, to_rtsp
from tests.support.media.network_source import network_source, sends, table
from tests.support.spawned import eventually

PATH = "user_viewer/key_path-s3cret"
"""Some cameras take their password in the path."""

H265_WITH_AAC = (
    *("-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", "-re", "-f", "lavfi", "-i", "sine"),
    *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=10:log-level=error", "-pix_fmt", "yuv420p"),
    *("-c:a", "aac", "-b:a", "48k"),
)
PASSWORD = re.compile(rf"{PUBLISH_USER}:|camera\d+\.\d+\.[0-9a-f]{{64}}")
"""A launcher's login, whatever it is."""


class Watch:
    """Reads the command lines and environments of a process and of all that it starts, again and again."""

    def __init__(self, pid: int) -> None:
        self.texts: set[str] = set()
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._ended.wait(0.005):
            for pid in procfs.descendants(self._pid):
                command = procfs.command_line(pid)
                self.texts.add(command)
                # For as long as env(1) takes to start the launcher without it, what MediaMTX has put there is there.
                if not command.startswith("/usr/bin/env -u MTX_QUERY"):
                    self.texts |= set(procfs.environment(pid))


class ProcessTests(DaemonTestCase):
    """A camera with a password whose picture and sound are encoded for browsers, watched, pictured and recorded."""

    timeout = 180

    async def setUp(self) -> None:
        self.source = await network_source(self, self.engine)
        await self.source.add(PATH, source="publisher")
        spawn(self, [*FFMPEG, "-v", "error", *H265_WITH_AAC, *to_rtsp(self.source.rtsp_url(PATH, PUBLISHER))])
        await sends(self.source, PATH)
        self.daemon = Daemon(self, self.engine, table("Door", self.source.rtsp_url(PATH)))
        self.addCleanup(self.show_log)
        await self.daemon.start()
        self.watch = Watch(self.daemon.process.pid)
        self.watch.start()
        self.addCleanup(self.watch.end)

    async def known(self, client: Client) -> bool:
        """The camera has been looked at."""
        (camera,) = (await client.call("get_camera_list"))["cameras"]
        return bool(camera["status"] == "CONNECTED" and camera["resolution"] != "0x0")

    async def test_none(self) -> None:
        """Keys of this boot, launchers' passwords, the camera's, tokens and tickets of viewers."""
        client = await self.daemon.connect()
        await eventually(partial(self.known, client), 30)
        urls = await eventually(lambda: client.call("get_stream_url", device="camera0"))
        ticketed = urls["urls"]["rtsp"]
        self.assertEqual((await read_frames(self, ticketed, 5)).frames, 5)
        token = self.daemon.token("viewer")
        moved = await self.daemon.get(urls["urls"]["hls"])
        await self.daemon.get(moved.headers["location"])
        self.assertTrue(await eventually(lambda: self.daemon.publishers("web/camera0"), 20))
        await client.call("take_snapshot", device="camera0")
        started = await client.call("start_recording", device="camera0", duration=3)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        listed = (await client.call("list_recordings"))["files"][0]
        await eventually(lambda: self.daemon.get(listed["thumbnail_url"]))
        self.watch.end()

        secrets = {"camera's": VIEWER[1], "camera's path": "path-s3cret", "token": token.rpartition(".")[2]}
        secrets["ticket"] = parse_qs(urlsplit(ticketed).query)["ticket"][0].rpartition(".")[2]
        for path in (*self.daemon.runtime.glob("*.key"), self.daemon.state / "jwt.key"):
            secrets[path.name] = path.read_text().strip()
        self.assertIn("publish.key", secrets)
        text = "\n".join(self.watch.texts)
        for program in ("camsvc-publish", "web/camera0", "ffprobe", "ffmpeg"):
            self.assertIn(program, text, "it was not seen")
        self.assertEqual([name for name, secret in secrets.items() if secret in text], [])
        self.assertEqual(PASSWORD.findall(text), [])


per_engine(globals(), ProcessTests)
