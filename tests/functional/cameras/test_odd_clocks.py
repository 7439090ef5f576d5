"""Cameras whose clocks are wrong, in a browser: by HLS and WHEP their pictures go on, at the pace at which they come.

``make odd-cameras`` has them on every engine that is found, ``make functional`` two of them on the relay.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from itertools import pairwise

from twisted.internet.defer import Deferred, gatherResults

from tests.functional.cameras.test_odd_cameras import WHICH
from tests.functional.live.test_live import WhepViewer
from tests.support import CHECKOUT
from tests.support.daemon.daemon import DaemonTestCase
from tests.support.engine.engines import find_engines
from tests.support.engine.running import free_ports
from tests.support.media.ffmpeg import FFMPEG, spawn
from tests.support.media.network_source import table
from tests.support.odd.cameras import CAMERAS
from tests.support.odd.media import make_media
from tests.support.spawned import eventually, scratch

WATCHED_S = 18
"""Longer than it takes until what happens 10 s after a camera's start is in a list of HLS."""
GAP_S = 1.0
SETTLED_S = 4.0
"""Who counts wrong is led to the pace of arrival meanwhile."""

FEW = ("jumpback30", "oneahead")
MANY = (*FEW, "jumpback", "outahead", "back15aac", "reportsback", "slow15", "zero")


class OddClocks:
    """Each is watched by HLS and by WHEP at a time."""

    timeout = 280
    names: tuple[str, ...]

    async def setUp(self) -> None:
        media, (port,) = scratch(self), free_ports(1)
        await make_media(self, media)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
        player = spawn(self, [sys.executable, "-m", "tests.support.odd.player", str(port), str(media)], env=env)
        await eventually(lambda: player.out.startswith(b"ready"))
        self.cameras = "\n".join(table(name, f"rtsp://127.0.0.1:{port}/{name}") for name in self.names)
        await super().setUp()
        self.client = await self.daemon.connect()

    async def test_each(self) -> None:
        """So many pictures as are sent in the time, whose times rise without a gap of a second."""
        listed = (await self.client.call("get_camera_list"))["cameras"]
        devices = {each["name"]: each["device"] for each in listed}
        wrong: list[str] = []

        async def judge(name: str) -> None:
            await eventually(lambda: self.known(devices[name]), 60, 0.6)
            ways = (self.by_hls, self.by_whep)
            await gatherResults([Deferred.fromCoroutine(watch(name, way)) for way in ways])

        async def watch(name: str, way: Callable[[str, int], Awaitable[list[float]]]) -> None:
            pace = CAMERAS[name].pace or CAMERAS[name].fps
            try:
                self.go_on(pace, await way(devices[name], round(pace * WATCHED_S)))
            except Exception as why:
                wrong.append(f"{name} ({CAMERAS[name].what}), {way.__name__}: {why}")

        await gatherResults([Deferred.fromCoroutine(judge(name)) for name in self.names])
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    async def known(self, device: str) -> bool:
        camera = await self.client.call("get_camera_status", device=device)
        return bool(camera["status"] == "CONNECTED" and camera["resolution"] != "0x0")

    def go_on(self, pace: float, times: list[float]) -> None:
        """What holds of the times at which pictures are shown."""
        steps = [later - earlier for earlier, later in pairwise(times)]
        self.assertGreater(min(steps), 0.0, "a picture is shown before the one that came before it")
        self.assertLess(max(steps), GAP_S + 1 / pace, "seconds between two pictures")
        settled = [at for at in times if at - times[0] >= SETTLED_S]
        seen = (len(settled) - 1) / (settled[-1] - settled[0])
        self.assertLess(abs(seen / pace - 1), 0.15, f"{seen:.1f} pictures a second, {pace:g} were sent")

    async def by_hls(self, device: str, pictures: int) -> list[float]:
        """Seconds at which so many are shown that come by HLS."""
        url = (await self.client.call("get_stream_url", device=device))["urls"]["hls"]
        copied = ["-map", "0:v:0", "-c", "copy", "-frames:v", str(pictures), "-f", "framecrc", "-"]
        argv = [*FFMPEG, "-v", "warning", "-copyts", "-i", url, *copied]
        output = await spawn(self, argv).ends_within(WATCHED_S + 60)
        lines = output.out.decode().splitlines()
        base = next(line.rpartition(" ")[2] for line in lines if line.startswith("#tb 0:"))
        number, _, ticks = base.partition("/")
        shown = [int(line.split(",")[2]) * int(number) / int(ticks) for line in lines if line.startswith("0,")]
        self.assertEqual(len(shown), pictures, output.err)
        # On a busy machine ffmpeg comes too late for a segment: that is its gap, not the camera's.
        self.assertNotIn(b"expired from playlists", output.err)
        return shown

    async def by_whep(self, device: str, pictures: int) -> list[float]:
        """The same by WHEP."""
        url = f"http://127.0.0.1:{self.daemon.port}/live/{device}/whep"
        viewer = WhepViewer(self, url, self.daemon.token("viewer"), times=True)
        await viewer.gets(pictures // 10 * 10, WATCHED_S + 60)
        viewer.tell("delete")
        return [float(at) for at in viewer.said("shown")]


def _classes() -> dict[str, type]:
    found = {}
    for engine in find_engines():
        if WHICH == "none" or (WHICH == "relay" and engine.kind != "relay"):
            continue
        names = FEW if WHICH == "relay" else MANY
        for number in range(0, len(names), 4):
            name = f"{engine.label}OddClocks{number // 4 + 1}Tests"
            body = {"engine": engine, "names": names[number : number + 4], "__module__": __name__,
                    "__doc__": f"{OddClocks.__doc__} With {engine.name}."}  # fmt: skip
            found[name] = type(name, (OddClocks, DaemonTestCase), body)
    return found


globals().update(_classes())
