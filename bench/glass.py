"""How far behind the world a browser's picture is, and how soon it is there: real Chromium, on each engine found.

Run as ``.venv/bin/python -m bench.glass [TIMES]``; TIMES is how often the first picture is waited for, else 5.
A camera draws the wall clock into its pictures at 1280x720 and 30 a second; its encoder, the engine, the way and the
browser are all in what is measured. All on one machine: where it is busy, so is the browser that has to draw.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from twisted.internet.task import react

from bench.main_job import Run
from bench.table import print_table
from tests.support.browser.browser import Browser
from tests.support.browser.clock_strip import BITS, ffmpeg_with_strip
from tests.support.daemon.daemon import Daemon
from tests.support.engine.engines import Engine, find_engines
from tests.support.spawned import eventually, pause, scratch

WIDTH, HEIGHT, FPS = 1280, 720, 30
FRAMES = 300
CAMERA = f'[[camera]]\nname = "Glass"\nkind = "test"\nwidth = {WIDTH}\nheight = {HEIGHT}\nfps = {FPS}\n'
USER, PASSWORD = "bench", "four little words here"
_VIDEO = '[data-device="camera0"] video'


def spread(found: Sequence[float], unit: str = "ms") -> str:
    """Least, middle and most."""
    whole = ".2f" if unit == "s" else ".0f"
    low, middle, high = min(found), statistics.median(found), max(found)
    return f"{low:{whole}} / {middle:{whole}} / {high:{whole}} {unit}" if found else "nothing"


class Page:
    """Chromium before one camsvc."""

    def __init__(self, run: Run, daemon: Daemon) -> None:
        self.daemon = daemon
        self.browser = Browser(run)  # type: ignore[arg-type]

    async def open(self, **options: Any) -> None:
        """The page, where nobody is logged in."""
        await self.browser.do("open", url=f"{self.daemon.base}/", **options)

    async def watch(self, way: str, **options: Any) -> None:
        """The page, logged in, once the camera moves in the way that is asked for."""
        await self.open(**options)
        await self.browser.do("login", user=USER, password=PASSWORD)

        async def moves() -> bool:
            found = await self.browser.do("look", device="camera0")
            return bool(found and found["transport"] == way)

        await eventually(moves, 60, 0.2)

    async def ages(self) -> tuple[list[float], list[float]]:
        """Milliseconds from the drawing of frames to their last packet in the browser, and to their being shown.

        Raises:
            SystemExit: too few of them could be read.
        """
        found = await self.browser.do("ages", selector=_VIDEO, count=FRAMES, bits=BITS)
        read = [one for one in found if one is not None]
        if len(read) < FRAMES // 2:
            raise SystemExit(f"the clock could be read in {len(read)} of {FRAMES} frames")
        return [one["arrived"] for one in read if one["arrived"]], [one["shown"] for one in read]

    async def first(self, way: str) -> dict[str, float]:
        """Seconds to the first picture, from the page's start of it and from its first request."""
        found = await self.browser.do("first", device="camera0", way=way)
        return {name: taken / 1000 for name, taken in found.items()}


async def asleep(daemon: Daemon) -> None:
    """Wait until nobody has watched for so long that the camera is off."""

    def stopped() -> bool:
        return bool(daemon.launcher()["state"] == "stopped")

    await eventually(stopped, 60, 0.2)
    await pause(1)


async def measure(run: Run, engine: Engine, times: int) -> dict[str, str]:
    """One engine's column."""
    program = ffmpeg_with_strip(scratch(run), WIDTH, HEIGHT, FPS)  # type: ignore[arg-type]
    daemon = Daemon(run, engine, CAMERA, extra=f'ffmpeg = "{program}"\n')  # type: ignore[arg-type]
    await daemon.start()
    params = {"username": USER, "password": PASSWORD, "role": "viewer"}
    await daemon.rpc({"jsonrpc": "2.0", "id": 1, "method": "create_user", "params": params})
    page = Page(run, daemon)
    await page.browser.started()
    await page.open()
    await page.browser.do("enter", user=USER, password=PASSWORD)
    rows = {"clocks differ by at most": f"{await page.browser.do('clocks')} ms"}
    await page.first("webrtc")
    cold, warm = [], []
    for _ in range(times):
        await page.browser.do("over")
        await asleep(daemon)
        cold.append(await page.first("webrtc"))
        for _ in range(2):
            await pause(1)
            warm.append(await page.first("webrtc"))
    for name, found in (("asleep", cold), ("running", warm)):
        rows[f"first picture, camera {name}"] = spread([one["asked"] for one in found], "s")
        rows[f"  since the page's start, {name}"] = spread([one["began"] for one in found], "s")
    await page.watch("WebRTC")
    await pause(3)
    arrived, shown = await page.ages()
    rows["drawn to arrived, WebRTC"] = spread(arrived)
    rows["drawn to shown, WebRTC"] = spread(shown)
    rows["JavaScript heap, WebRTC"] = f"{await page.browser.do('heap') / 1e6:.1f} MB"
    await page.watch("HLS", without=["webrtc"])
    await pause(5)
    rows["drawn to shown, HLS"] = spread((await page.ages())[1])
    rows["JavaScript heap, HLS"] = f"{await page.browser.do('heap') / 1e6:.1f} MB"
    await daemon.end()
    return rows


async def main(_reactor: Any) -> None:
    """Print the table."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    columns: dict[str, dict[str, str]] = {}
    for engine in find_engines():
        run = Run()
        try:
            columns[engine.name] = await measure(run, engine, times)
        finally:
            await run.clean_up()
    print_table("least / middle / most", columns, 24)


if __name__ == "__main__":
    react(main)
