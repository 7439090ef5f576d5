"""A finished recording of an hour in a browser: one file, its index first, every second of it at hand over ranges."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from tests.support.browser.browser import Browser
from tests.support.daemon.daemon import DaemonTestCase, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import FFMPEG, encode, spawn
from tests.support.spawned import eventually

HOUR_S, FPS = 3600, 15
MOMENTS = (3599, 1, 1800, 2711, 66, 3001)
_SEEK = """(async () => {
  const moments = %s;
  const video = document.createElement("video");
  const shown = () => new Promise((done) => video.requestVideoFrameCallback((_, frame) => done(frame.mediaTime)));
  const first = shown();
  Object.assign(video, { muted: true, preload: "auto", src: %s });
  document.body.replaceChildren(video);
  const failed = new Promise((_, fail) => video.addEventListener("error", () => fail(video.error.message)));
  await Promise.race([first, failed]);
  const seen = [];
  for (const at of moments) {
    const began = performance.now();
    const sought = shown();
    video.currentTime = at;
    seen.push({ at, mediaTime: await Promise.race([sought, failed]), ms: performance.now() - began });
  }
  return { duration: video.duration, seen };
})()"""


class PlaybackTests(DaemonTestCase):
    """An hour that an earlier camsvc has recorded and not finished: parts that this one makes a file of."""

    timeout = 240

    async def setUp(self) -> None:
        await super().setUp()
        await self.daemon.end_alone()
        folder = self.daemon.state / "recordings" / ".rec" / "camera0" / "17"
        folder.mkdir(parents=True)
        minute, part = self.daemon.folder / "minute.mp4", folder / "2026-01-31_12-00-00-000000.mp4"
        picture = encode(fps=FPS)
        del picture[picture.index("-re")]
        await self.run_ffmpeg(*picture, "-t", "60", str(minute))
        fragments = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")
        await self.run_ffmpeg("-stream_loop", "59", "-i", str(minute), "-c", "copy", *fragments, str(part))
        await self.daemon.start()

    async def run_ffmpeg(self, *arguments: str) -> None:
        output = await spawn(self, [*FFMPEG, "-v", "error", "-y", *arguments]).ends_within(100)
        self.assertEqual((output.code, output.err), (0, b""))

    async def finished(self) -> dict[str, Any]:
        """The list's entry, once the file is there."""
        client = await self.daemon.connect()

        async def entry() -> dict[str, Any] | None:
            files = (await client.call("list_recordings"))["files"]
            return files[0] if files and files[0]["status"] == "FINISHED" else None

        found: dict[str, Any] = await eventually(entry, 60)
        return found

    async def test_hour(self) -> None:
        """Browsers show any second of it; the length told is the length played; the time to the picture is printed.

        Safari asks for the first two bytes before anything else, and plays nothing unless it gets them as a range.
        """
        entry = await self.finished()
        (file,) = recorded_files(self.daemon)
        data = file.read_bytes()
        self.assertLess(data.index(b"moov"), data.index(b"mdat"))
        self.assertLess(abs(entry["duration"] - HOUR_S), 0.5)
        safari = await self.daemon.get(entry["download_url"], range="bytes=0-1")
        self.assertEqual((safari.code, safari.body), (206, data[:2]))
        self.assertEqual(safari.headers["content-range"], f"bytes 0-1/{len(data)}")
        self.assertEqual((safari.headers["accept-ranges"], safari.headers["content-type"]), ("bytes", "video/mp4"))
        for name in ("chromium", "firefox"):
            await self.plays(name, entry["download_url"])

    async def plays(self, name: str, url: str) -> None:
        """A browser seeks in it."""
        browser = Browser(self, name=name)
        await browser.started()
        await browser.do("open", url=f"{self.daemon.base}/")
        path = re.sub(r"^https?://[^/]+", "", url)
        played = await browser.do("run", script=_SEEK % (json.dumps(MOMENTS), json.dumps(path)))
        self.assertLess(abs(played["duration"] - HOUR_S), 0.5)
        for seen in played["seen"]:
            self.assertLess(abs(seen["mediaTime"] - seen["at"]), 1.5 / FPS, seen)
        times = ", ".join(f"{seen['at']} s in {seen['ms']:.0f} ms" for seen in played["seen"])
        print(f"\n    an hour in {name}, to the picture: {times}", file=sys.__stdout__, flush=True)


per_engine(globals(), PlaybackTests)
