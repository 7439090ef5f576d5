"""Strips for scrubbing, by a real ffmpeg and through a real Site."""

from __future__ import annotations

import os
import re
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred

from camsvc.library import jpeg
from camsvc.model import MediaFile
from camsvc.recording import scrubbing_strips
from camsvc.recording.scrubbing_strips import StripLayout
from tests.support import children
from tests.support.http_client import ask
from tests.support.media.local_ffmpeg import ffmpeg, probe
from tests.unit.server.routes.test_files import NAME, FilesTestCase

SECONDS = 12


class ScrubbingStripsTests(FilesTestCase):
    """``/files/strips/NAME.jpg`` and ``.vtt`` of a film that gets lighter each second."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        self.index_is_full = False
        source = f"color=black:size=320x240:rate=10:duration={SECONDS},geq=lum='20+16*floor(T)':cb=128:cr=128"
        coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-keyint_min", "10", "-sc_threshold", "0")
        ffmpeg("-y", "-f", "lavfi", "-i", source, *coded, "-movflags", "+faststart", str(self.path))
        self.file = self.index["recordings", NAME] = MediaFile(
            NAME, "camera0", 1, 1.0, self.path.stat().st_mtime, duration_s=float(SECONDS)
        )

    async def fetch(self, form: str = "jpg", **keys: Any) -> Any:
        return await self.get(f"{NAME}.{form}", "strips", **keys)

    async def test_pictures(self) -> None:
        """Each tile is of its time: of a key frame at or before it; ten in a row."""
        answer = await self.fetch()
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "image/jpeg"))
        self.assertEqual(jpeg.size(answer.body), (1600, 900))
        path = self.base / "strip.jpg"
        path.write_bytes(answer.body)
        for number in range(SECONDS):
            x, y = number % 10 * 160 + 60, number // 10 * 90 + 30
            crop = f"movie={path},crop=40:30:{x}:{y},signalstats"
            found = probe(crop, "-f", "lavfi", "-show_entries", "frame_tags=lavfi.signalstats.YAVG")
            light = float(re.findall(r"\d+\.?\d*", str(found))[0])
            full = (4 + 16 * number) * 255 / 219  # a JPEG has the full range
            self.assertLess(abs(light - full), 9, f"{number}: {found}")

    async def test_times(self) -> None:
        """WebVTT says which tile is of which second, and names the picture so that a player finds it."""
        answer = await self.fetch("vtt")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "text/vtt; charset=utf-8"))
        cues = answer.body.decode().split("\n\n")
        self.assertEqual((cues[0], len(cues)), ("WEBVTT", SECONDS + 1))
        self.assertEqual(cues[12].rstrip("\n"), f"00:00:11.000 --> 00:00:12.000\n{NAME}.jpg#xywh=160,90,160,90")
        day = StripLayout.of(86400.0)
        self.assertEqual(day.count, 100)
        self.assertIn("23:45:36.000 --> 24:00:00.000", day.webvtt("a.jpg"))

    async def test_kept(self) -> None:
        """It is made once, by many who ask at once too; anew when the file is newer; the oldest go."""
        made: list[str] = []
        run = scrubbing_strips.run

        async def counted(*args: Any, **keys: Any) -> Any:
            made.append("")
            return await run(*args, **keys)

        self.patch(scrubbing_strips, "run", counted)
        self.patch(scrubbing_strips, "MOST_KEPT", 1)
        asked = [Deferred.fromCoroutine(self.fetch()) for _ in range(4)]
        for each in asked:
            self.assertEqual((await each).status, 200)
        self.assertEqual((await self.fetch()).status, 200)
        self.assertEqual(len(made), 1)
        folder = self.folders["thumbnails"] / "strips"
        (folder / "old.jpg").write_bytes(b"x")
        os.utime(folder / "old.jpg", (1, 1))
        self.index["recordings", NAME] = evolve(self.file, modified_at=self.file.modified_at + 1000)
        self.assertEqual((await self.fetch()).status, 404)  # as it is still older than this file says to be
        self.assertEqual((len(made), os.listdir(folder)), (2, [f"{NAME}.jpg"]))

    async def test_refused(self) -> None:
        """As thumbnails are: nobody without a right to the recording; a ticket for this alone."""
        path = f"/files/strips/{NAME}.jpg"
        self.assertEqual((await ask(self.port, path)).status, 401)
        self.assertEqual((await ask(self.port, f"{path}?ticket={self.ticket(f'recordings/{NAME}')}")).status, 401)
        self.assertEqual((await ask(self.port, f"{path}?ticket={self.ticket(f'strips/{NAME}.jpg')}")).status, 200)
        for name in (NAME, f"{NAME}.png", "absent.mp4.jpg", f"../recordings/{NAME}.jpg"):
            self.assertEqual((await self.get(name, "strips")).status, 404, name)
        self.index["recordings", NAME] = evolve(self.file, device="")
        who = self.restricted()
        self.assertEqual((await self.fetch(authorization=f"Bearer {who}")).status, 404)

    async def test_no_film(self) -> None:
        """404 where ffmpeg makes nothing of the file; 429 where too many wait."""
        self.path.write_bytes(b"no film")
        self.assertEqual((await self.fetch()).status, 404)
        self.patch(scrubbing_strips, "MOST_WAITING", 0)
        self.assertEqual((await self.fetch()).status, 429)
