"""How old the picture in a browser is, and how soon it is there; ``make bench-glass`` has the exact figures."""

from __future__ import annotations

import statistics
import sys

from tests.support.browser.browser import Browser
from tests.support.browser.clock_strip import BITS, ffmpeg_with_strip
from tests.support.daemon.daemon import Daemon, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.spawned import eventually, scratch

WIDTH, HEIGHT, FPS = 640, 360, 15
CAMERA = f'[[camera]]\nname = "Glass"\nkind = "test"\nwidth = {WIDTH}\nheight = {HEIGHT}\nfps = {FPS}\n'
VIDEO = '[data-device="camera0"] video'
USER, PASSWORD = "ann", "four little words here"


class GlassTests(DaemonTestCase):
    """A camera that draws the wall clock, in a real browser on the same machine."""

    timeout = 240

    async def setUp(self) -> None:
        program = ffmpeg_with_strip(scratch(self), WIDTH, HEIGHT, FPS)
        self.daemon = Daemon(self, self.engine, CAMERA, extra=f'ffmpeg = "{program}"\n')
        await self.daemon.start()
        self.addCleanup(self.show_log)
        params = {"username": USER, "password": PASSWORD, "role": "viewer"}
        await self.daemon.rpc({"jsonrpc": "2.0", "id": 1, "method": "create_user", "params": params})
        self.browser = Browser(self)
        await self.browser.started()
        await self.browser.do("open", url=f"{self.daemon.base}/")
        await self.browser.do("enter", user=USER, password=PASSWORD)

    async def first(self, way: str) -> float:
        """Seconds from a request to the first picture."""
        return float((await self.browser.do("first", device="camera0", way=way))["asked"]) / 1000

    async def age_ms(self) -> float:
        """How old the pictures of the last ``first`` are: the middle of two seconds, of which most can be read."""
        found = await self.browser.do("ages", selector=VIDEO, count=2 * FPS, bits=BITS)
        shown = [one["shown"] for one in found if one is not None]
        self.assertGreater(len(shown), FPS)
        return statistics.median(shown)

    async def test_webrtc_is_close(self) -> None:
        """Over WebRTC within a second of the world, and closer than over HLS."""
        await self.first("webrtc")
        webrtc = await self.age_ms()
        await self.first("hls")
        hls = await self.age_ms()
        print(f"drawn to shown: {webrtc:.0f} ms over WebRTC, {hls:.0f} ms over HLS", file=sys.__stdout__)
        self.assertGreater(webrtc, 0)
        self.assertLess(webrtc, 1000)
        self.assertLess(webrtc, hls)

    async def test_first_picture(self) -> None:
        """Is there sooner of a running camera: the relay has a key frame at hand, MediaMTX waits for the next."""
        cold = await self.first("webrtc")
        await eventually(lambda: self.daemon.launcher()["state"] == "running")
        warm = sorted([await self.first("webrtc") for _ in range(3)])
        times = ", ".join(f"{one:.2f}" for one in warm)
        print(f"first picture: camera asleep {cold:.2f} s; running {times} s", file=sys.__stdout__)
        self.assertLess(cold, 10)
        self.assertLess(warm[0], cold if self.engine.kind == "relay" else 10)


per_engine(globals(), GlassTests)
