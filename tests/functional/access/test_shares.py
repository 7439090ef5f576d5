"""One viewer, or one local user, who takes all there is: others, recordings and sleeping cameras go on."""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol

from camsvc.engine.session_enforcer import ROUND_S
from tests.functional.live.test_live import LiveTestCase, WhepViewer
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient
from tests.support.media.ffmpeg import frames_of, reader
from tests.support.spawned import clock, eventually, pause


class SharesTests(LiveTestCase):
    """Three streams for each, one by WebRTC."""

    extra = "[limits]\nviewer_streams = 3\nviewer_webrtc_streams = 1\n"

    async def setUp(self) -> None:
        await super().setUp()
        self.admin = await self.daemon.connect("admin")
        self.keys = {}
        for name in ("greedy", "modest"):
            self.keys[name] = (await self.admin.call("create_api_key", name=name, role="viewer"))["key"]

    async def plays(self, name: str) -> RtspClient | None:
        """A viewer by the key of that name; None where it was refused."""
        client = await RtspClient.connect(self, self.daemon.rtsp_port)
        try:
            await client.play(self.daemon.rtsp_url(token=self.keys[name]), 30)
        except (AssertionError, ConnectionError):
            return None
        return client

    async def test_rtsp(self) -> None:
        """So many of one key and no more, until one of them leaves; another key's come, and it is recorded."""
        watching = [await self.plays("greedy") for _ in range(3)]
        self.assertNotIn(None, watching)
        await pause(1)
        self.assertEqual([await self.plays("greedy") for _ in range(2)], [None, None])
        self.assertIsNotNone(await self.plays("modest"))
        started = await self.admin.call("start_recording", device="camera0", duration=1)
        await self.admin.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        self.assertGreater((await self.admin.call("list_recordings"))["files"][0]["file_size"], 0)
        assert watching[0] is not None
        await watching[0].close()
        await pause(ROUND_S + 1)
        self.assertIsNotNone(await self.plays("greedy"))

    async def test_browsers(self) -> None:
        """HLS and WebRTC by our own port say 429, with the time to come again; another key's get theirs."""
        codes = {}
        for name in self.keys:
            headers = {"authorization": f"Bearer {self.keys[name]}"}
            codes[name] = [(await self.daemon.get("/live/camera0/index.m3u8", **headers)).code for _ in range(4)]
        self.assertEqual(codes, {name: [302, 302, 302, 429] for name in self.keys})
        url = f"{self.daemon.base}/live/camera0/whep"
        viewer = WhepViewer(self, url, self.keys["greedy"])
        await viewer.gets(5)
        self.assertEqual(await WhepViewer(self, url, self.keys["greedy"]).says("status"), 429)
        self.assertEqual(await WhepViewer(self, url, self.keys["modest"]).says("status"), 201)
        self.assertEqual(await viewer.says("status"), 201)


class AddressTests(LiveTestCase):
    """Behind a proxy: whose address counts is the browser's."""

    server = 'trusted_proxies = ["127.0.0.1"]\n'
    extra = "[limits]\nviewer_webrtc_streams = 2\n"

    async def test_browsers(self) -> None:
        """Several users at one address have the share of one by WebRTC; another address gets its own."""
        url, near, far = f"{self.daemon.base}/live/camera0/whep", "192.0.2.7", "192.0.2.8"
        viewers = [
            WhepViewer(self, url, self.daemon.token("viewer", user=name), address=near) for name in ("ann", "bob")
        ]
        for viewer in viewers:
            await viewer.gets(5)
        await pause(ROUND_S + 1)
        third = WhepViewer(self, url, self.daemon.token("viewer", user="cid"), address=near)
        self.assertEqual(await third.says("status"), 429)
        elsewhere = WhepViewer(self, url, self.daemon.token("viewer", user="cid"), address=far)
        self.assertEqual(await elsewhere.says("status"), 201)


class CallbackPortTests(LiveTestCase):
    """A local user at the port where the engine asks."""

    async def test_half_requests(self) -> None:
        """However many stand there, a viewer is let in, and a recording has footage."""
        endpoint = TCP4ClientEndpoint(clock(), "127.0.0.1", self.daemon.callback_port)  # type: ignore[arg-type]
        opened: list[Any] = []
        for _ in range(300):
            protocol: Any = await connectProtocol(endpoint, Protocol())
            protocol.transport.write(b"POST /x/auth HTTP/1.1\r\nHost: 127")
            opened.append(protocol)
        self.addCleanup(lambda: [each.transport.abortConnection() for each in opened])
        process = reader(self, self.daemon.rtsp_url())
        await eventually(lambda: frames_of(process) > 5 or not process.running, 20)
        self.assertTrue(process.running, process.err.decode())
        admin = await self.daemon.connect("admin")
        started = await admin.call("start_recording", device="camera0", duration=1)
        await admin.sees("recording_status_update", status="STOPPED", filename=started["filename"])


per_engine(globals(), SharesTests, AddressTests, CallbackPortTests)
