"""Recordings of several files through a real Site and a real ffmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol

from camsvc.model import MediaFile
from camsvc.server.downloads import joined_body
from tests.support import children
from tests.support.http_client import Answer
from tests.support.media.local_ffmpeg import ffmpeg, probe
from tests.support.spawned import eventually
from tests.unit.server.downloads.test_body_sender import Silent
from tests.unit.server.routes.test_files import NAME, FilesTestCase

SECONDS = 4


class JoinedBodyTests(FilesTestCase):
    """``/files/recordings/NAME`` of a recording of two files."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        self.index_is_full = False
        names = (NAME, NAME.replace(".mp4", "-2.mp4"))
        for name in names:
            self.film(self.folders["recordings"] / name)
        self.segments = tuple(MediaFile(name, "camera0", 1, 1.0, 1.0, codec="H264") for name in names)
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 2, 1.0, 1.0, segments=2)
        self.index["recordings", names[1]] = self.segments[1]

    def film(self, path: Path, size: str = "64x48", seconds: int = SECONDS, *more: str) -> None:
        source = f"testsrc2=size={size}:rate=10:duration={seconds}"
        sound = f"sine=duration={seconds}"
        coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac", "-movflags", "+faststart")
        ffmpeg("-y", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", sound, *coded, *more, str(path))

    async def answered(self, query: str = "", **keys: Any) -> Answer:
        return await self.get(f"{NAME}{query}", **keys)

    async def test_joined(self) -> None:
        """One file that plays from begin to end, video and sound; its length is not told, as nobody knows it."""
        answer = await self.answered()
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "video/mp4"))
        self.assertNotIn("content-length", answer.headers)
        self.assertIn(f'filename="{NAME}"', answer.headers["content-disposition"])
        path = self.base / "whole.mp4"
        path.write_bytes(answer.body)
        self.assertEqual(ffmpeg("-i", str(path), "-f", "null", "-"), "")
        counted = ("-count_frames", "-show_entries", "stream=codec_type,nb_read_frames")
        frames = {row["codec_type"]: int(row["nb_read_frames"]) for row in probe(str(path), *counted)}
        self.assertEqual(frames["video"], 2 * SECONDS * 10)
        self.assertGreater(frames["audio"], 2 * SECONDS * 44_100 / 1024 - 3)
        length = float(probe(str(path), "-show_entries", "packet=pts_time", "-select_streams", "v")[-1]["pts_time"])
        self.assertLess(abs(length - (2 * SECONDS - 0.1)), 0.2)
        head = await self.answered(method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    async def test_part(self) -> None:
        """One file alone, with its length and ranges: by ``part``, or by a name that is not the first."""
        for name, query in ((NAME, "?part=1"), (self.segments[1].filename, "")):
            answer = await self.get(f"{name}{query}", range="bytes=10-19")
            content = (self.folders["recordings"] / name).read_bytes()
            self.assertEqual((answer.status, answer.body), (206, content[10:20]))

    async def test_held(self) -> None:
        """Retention leaves all of them while they are sent, and no longer; ffmpeg ends with the reader."""
        from twisted.internet import reactor

        for file in self.segments:
            self.film(self.folders["recordings"] / file.filename, "1280x720", 15)
        second = ("recordings", self.segments[1].filename)
        client: Any = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", self.port), Silent())
        head = (
            f"GET /files/recordings/{NAME} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        )
        client.transport.write(head.encode())
        client.transport.pauseProducing()
        await eventually(lambda: second in self.in_use)
        client.transport.abortConnection()
        await eventually(lambda: second not in self.in_use)
        await client.lost

    async def test_they_differ(self) -> None:
        """409, as no file holds both."""
        self.segments = (self.segments[0], MediaFile("b.mp4", "camera0", 1, 1.0, 1.0, codec="H265"))
        answer = await self.answered()
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (409, "parts_differ"))

    async def test_they_differ_inside(self) -> None:
        """Another picture, or other codec parameters, that the index does not know of: 409, and how to have them.

        Another bit rate is no such difference.
        """
        second = self.folders["recordings"] / self.segments[1].filename
        self.film(second, "64x48", SECONDS, "-b:a", "32k", "-vf", "negate")
        self.assertEqual((await self.answered()).status, 200)
        for size, more in (("320x240", ()), ("64x48", ("-crf", "40")), ("64x48", ("-ar", "22050"))):
            self.film(second, size, SECONDS, *more)
            answer = await self.answered()
            self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (409, "parts_differ"))
            self.assertIn(f"/files.zip?file=recordings/{NAME}", self.error(answer)["data"]["suggestion"])

    async def test_broken(self) -> None:
        """503 where ffmpeg makes nothing of them."""
        for file in self.segments:
            (self.folders["recordings"] / file.filename).write_bytes(b"no film")
        answer = await self.answered()
        self.assertEqual((answer.status, self.error(answer)["code"]), (503, -32050))

    async def test_too_many(self) -> None:
        """429 beyond a few at a time."""
        self.patch(joined_body, "MOST_AT_ONCE", 0)
        answer = await self.answered()
        self.assertEqual((answer.status, answer.headers["retry-after"]), (429, "10"))
