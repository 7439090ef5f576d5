"""What camsvc relies on in an engine's recording, which is MediaMTX's: ``record`` on a path or on its shadow."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import play
from tests.support.engine.running import INTERNAL, PUBLISHER
from tests.support.media.camera import FPS, CameraTestCase, Launcher
from tests.support.media.ffmpeg import Decoded, decode, probe, publish, publish_sound, read_frames, spawn
from tests.support.spawned import clock, eventually, pause

SHADOW = "rec/camera0/17"
NAME = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-\d{6}\.mp4")


class RecordingTestCase(CameraTestCase):
    """A test with recordings, as camsvc has them made."""

    def record_keys(self) -> dict[str, Any]:
        """How a path records."""
        return {
            "recordPath": f"{self.folder}/files/.%path/%Y-%m-%d_%H-%M-%S-%f",
            "recordFormat": "fmp4",
            "recordPartDuration": "1s",
            "recordSegmentDuration": "24h",
            "recordDeleteAfter": "0s",
        }

    async def add_shadow(self, credential: tuple[str, str] = INTERNAL) -> None:
        """Start a recording: a path that pulls ``camera0`` over loopback and records what comes."""
        source = {
            "source": self.server.rtsp_url("camera0", credential),
            "rtspTransport": "tcp",
            "sourceOnDemand": False,
            "record": True,
        }
        await self.server.add(SHADOW, **source, **self.record_keys())

    def files(self, path: str = SHADOW) -> list[Path]:
        """The files of a path's recordings, by name and so by time."""
        folder = self.folder / "files" / f".{path}"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def grown(self, count: int = 1, path: str = SHADOW) -> Path | None:
        """The newest file, when there are ``count`` of them and it has more than a header in it."""
        files = self.files(path)
        return files[-1] if len(files) == count and files[-1].stat().st_size > 2000 else None

    async def grows_on(self, file: Path) -> None:
        """Wait until a file is larger than it is now."""
        before = file.stat().st_size
        await eventually(lambda: file.stat().st_size > before)

    async def assert_plays(self, file: Path, frames: int) -> Decoded:
        """A file decodes to its end without an error, and has at least so many frames."""
        decoded = await decode(self, file)
        self.assertEqual((decoded.code, decoded.errors), (0, ""), file)
        self.assertGreaterEqual(decoded.frames, frames)
        return decoded

    async def assert_complete_soon(self, path: str) -> None:
        """After a DELETE the path is 404 at once, and 50 ms later nothing more is written."""
        answer = await self.server.api("GET", f"paths/get/{path}")
        self.assertEqual((answer.status, answer.error), (404, "path not found"))
        await pause(0.05)
        sizes = [file.stat().st_size for file in self.files(path)]
        await pause(0.5)
        self.assertEqual([file.stat().st_size for file in self.files(path)], sizes)

    async def is_idle(self) -> bool:
        """Whether nothing publishes."""
        return not await self.is_ready()


class RecordingTests(RecordingTestCase):
    """Recordings that begin, go on and end."""

    async def test_shadow_path_wakes_the_camera(self) -> None:
        """Adding it starts an on-demand camera without viewers; DELETE ends the recording, and the camera later."""
        launcher = Launcher(self.folder)
        keys = {"runOnDemandRestart": True, "runOnDemandCloseAfter": "1s"}
        await self.server.add("camera0", runOnDemand=launcher.command, **keys)
        await self.add_shadow()
        file = await eventually(self.grown)
        self.assertIn(INTERNAL, [call.credential for call in self.callback.of("read")])
        shadow = await self.server.path(SHADOW)
        self.assertEqual((shadow["ready"], shadow["source"]["type"]), (True, "rtspSource"))
        self.assertEqual(len((await self.server.path("camera0"))["readers"]), 1)
        await self.grows_on(file)
        await self.server.delete(SHADOW)
        await self.assert_complete_soon(SHADOW)
        await self.assert_plays(file, FPS)
        await eventually(self.is_idle)
        self.assertEqual(len(launcher.runs()), 1)

    async def test_file(self) -> None:
        """Its name is the time of the first sample in UTC (TZ), its form fragmented MP4; its mode is 0640 in 0750.

        MediaMTX makes files for all to read unless its umask says otherwise, as camsvc's does.
        """
        await self.server.add("camera0")
        await self.publish()
        await self.add_shadow()
        file = await eventually(self.grown)
        seen = datetime.now(UTC)
        await self.server.delete(SHADOW)
        self.assertRegex(file.name, NAME)
        first = datetime.strptime(file.name, "%Y-%m-%d_%H-%M-%S-%f.mp4").replace(tzinfo=UTC)
        self.assertLess(abs(seen - first), timedelta(seconds=5))
        modes = (0o640, 0o750) if self.engine.kind == "relay" else (0o644, 0o755)
        self.assertEqual((stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)), modes)
        found = await probe(self, file)
        self.assertEqual([stream["codec_name"] for stream in found["streams"]], ["h264"])
        self.assertEqual((found["streams"][0]["width"], found["streams"][0]["height"]), (320, 180))
        self.assertIn("mp4", found["format"]["format_name"])

    async def test_moment_of_the_call(self) -> None:
        """The relay's file begins with the key frame before the call, MediaMTX's with the one after it.

        The time in its name is that of its first sample, and it holds all from there on.
        """
        await self.server.add("camera0")
        await self.publish()
        await read_frames(self, self.server.rtsp_url("camera0"), 2 * FPS)
        asked = datetime.now(UTC)
        await self.add_shadow()
        file = await eventually(self.grown)
        await self.grows_on(file)
        await self.server.delete(SHADOW)
        ended = datetime.now(UTC)
        await self.assert_complete_soon(SHADOW)
        first = datetime.strptime(file.name, "%Y-%m-%d_%H-%M-%S-%f.mp4").replace(tzinfo=UTC)
        late_s = (first - asked).total_seconds()
        self.assertLess(late_s, 0.05 if self.engine.kind == "relay" else 1.5)
        self.assertGreater(late_s, -1.5)
        length_s = float((await probe(self, file))["format"]["duration"])
        self.assertLess(abs(length_s - (ended - first).total_seconds()), 0.5)

    async def test_viewers_are_not_touched(self) -> None:
        """A recording begins and ends without a viewer's session or the publisher's changing."""
        await self.server.add("camera0")
        process = await self.publish()
        client = await play(self, self.server.rtsp_url("camera0"))
        before = {one["id"] for one in await self.server.sessions()}
        await self.add_shadow()
        await self.grows_on(await eventually(self.grown))
        await self.grows(client)
        await self.server.delete(SHADOW)
        await self.grows(client)
        self.assertTrue(process.running)
        self.assertEqual(before - {one["id"] for one in await self.server.sessions()}, set())

    async def test_pace(self) -> None:
        """The file holds what was shown, no more and no less: its duration is that of the recording."""
        await self.server.add("camera0")
        await self.publish()
        await self.add_shadow()
        file = await eventually(self.grown)
        begun = clock().seconds()
        await pause(2)
        await self.server.delete(SHADOW)
        seconds = clock().seconds() - begun
        await self.assert_complete_soon(SHADOW)
        decoded = await self.assert_plays(file, int(FPS * seconds))
        self.assertLess(decoded.frames, FPS * (seconds + 3))
        times = await self.durations(file)
        self.assertLess(abs(times - decoded.frames / FPS), 0.5)

    async def durations(self, file: Path) -> float:
        """Seconds of a file, by its fragments, as the header of a growing one says nothing."""
        stream = (await probe(self, file))["streams"][0]
        return float(stream["duration"])

    async def test_record_is_hot(self) -> None:
        """PATCH of ``record`` alone starts and ends a recording of a live path: publisher and readers stay."""
        await self.server.add("camera0", **self.record_keys())
        process = await self.publish()
        client = await play(self, self.server.rtsp_url("camera0"))
        before = {one["id"] for one in await self.server.sessions()}
        self.assertEqual((await self.server.api("PATCH", "config/paths/patch/camera0", {"record": True})).status, 200)
        file = await eventually(lambda: self.grown(path="camera0"))
        await self.grows_on(file)
        self.assertEqual(
            (await self.server.api("PATCH", "config/paths/patch/camera0", {"record": False})).status, 200
        )
        await self.assert_stops_growing(file)
        await self.assert_plays(file, FPS)
        await self.grows(client)
        self.assertTrue(process.running)
        self.assertEqual({one["id"] for one in await self.server.sessions()}, before)

    async def assert_stops_growing(self, file: Path) -> None:
        """Nothing is written to a file any more, from a moment after the PATCH on."""
        await pause(0.3)
        size = file.stat().st_size
        await pause(1.2)
        self.assertEqual(file.stat().st_size, size)

    async def test_publisher_comes_back(self) -> None:
        """A publisher that is killed ends a file, which plays; when it is back a second one begins by itself."""
        await self.server.add("camera0")
        process = await self.publish()
        await self.add_shadow()
        first = await eventually(self.grown)
        await self.grows_on(first)
        await process.end()
        size = await self.settled(first)
        publish(self, self.server.rtsp_url("camera0", PUBLISHER))
        second = await eventually(lambda: self.grown(2), 20)
        self.assertEqual(first.stat().st_size, size)
        await self.server.delete(SHADOW)
        await self.assert_complete_soon(SHADOW)
        await self.assert_plays(first, FPS)
        await self.assert_plays(second, FPS // 2)

    async def settled(self, file: Path) -> int:
        """The size of a file that has not grown for 0.5 s."""

        async def same() -> int:
            size = file.stat().st_size
            await pause(0.5)
            return size if file.stat().st_size == size else 0

        return int(await eventually(same))

    async def test_sound(self) -> None:
        """AAC and Opus are recorded beside the picture; with MediaMTX one may begin up to a key frame earlier."""
        before_s = 0.3 if self.engine.kind == "relay" else 1.2
        for codec, found in (("aac", "aac"), ("libopus", "opus")):
            await self.server.add("camera0")
            process = publish_sound(self, self.server.rtsp_url("camera0", PUBLISHER), codec)
            await eventually(self.is_ready)
            await self.add_shadow()
            file = await eventually(self.grown)
            await self.grows_on(file)
            await self.server.delete(SHADOW)
            await self.assert_complete_soon(SHADOW)
            await self.assert_plays(file, FPS // 2)
            picture, sound = await self.packets(file)
            self.assertEqual((picture[0], sound[0]), ("h264", found))
            self.assertLess(abs(picture[1] - sound[1]), before_s, "where they begin")
            self.assertLess(abs(picture[2] - sound[2]), 0.6, "where they end")
            await process.end()
            await self.server.delete("camera0")
            file.unlink()

    async def packets(self, file: Path) -> list[tuple[str, float, float]]:
        """Codec, first and last time of each stream, the video first."""
        entries = "stream=codec_name,codec_type:packet=stream_index,pts_time"
        argv = ["ffprobe", "-v", "error", "-show_packets", "-show_streams", "-show_entries", entries, "-of", "json"]
        found = json.loads((await spawn(self, [*argv, str(file)]).ends_within(20.0)).out)
        streams = []
        for index, stream in enumerate(found["streams"]):
            times = [float(one["pts_time"]) for one in found["packets"] if one["stream_index"] == index]
            streams.append((stream["codec_type"], stream["codec_name"], min(times), max(times)))
        return [(name, first, last) for _, name, first, last in sorted(streams, reverse=True)]

    async def test_added_anew_reads_at_once(self) -> None:
        """Deleting and adding a shadow path whose camera is back takes less than the 5 s that MediaMTX pauses."""
        await self.server.add("camera0")
        await self.add_shadow()
        await eventually(lambda: self.callback.of("read"))
        await pause(0.5)
        await self.publish()
        await self.server.delete(SHADOW)
        await self.add_shadow()
        began = clock().seconds()
        await eventually(lambda: self.is_ready(SHADOW))
        self.assertLess(clock().seconds() - began, 4.5)

    async def test_nothing_to_record(self) -> None:
        """Without footage there is no file: camsvc tells "empty"; a camera that is not configured is waited for."""
        await self.server.add("camera0")
        await self.add_shadow()
        await pause(1)
        self.assertFalse((await self.server.path(SHADOW))["ready"])
        await self.server.delete(SHADOW)
        await self.server.delete("camera0")
        await self.add_shadow()
        await pause(0.5)
        self.assertFalse((await self.server.path(SHADOW))["ready"])
        await self.server.delete(SHADOW)
        self.assertEqual(self.files(), [])

    async def test_the_pull_is_put_to_the_callback(self) -> None:
        """The user and password of the source's URL are checked as any reader's are."""
        await self.server.add("camera0")
        await self.publish()
        await self.add_shadow(("_int", "wrong"))
        await eventually(lambda: ("_int", "wrong") in [call.credential for call in self.callback.of("read")])
        await pause(2)
        self.assertFalse((await self.server.path(SHADOW))["ready"])
        self.assertEqual(self.files(), [])

    async def test_engine_is_killed(self) -> None:
        """After SIGKILL the file so far plays: only the open part, of one second, is lost."""
        await self.server.add("camera0")
        await self.publish()
        await self.add_shadow()
        file = await eventually(self.grown)
        begun = clock().seconds()
        await self.grows_on(file)
        await self.grows_on(file)
        seconds = clock().seconds() - begun
        os.kill(self.server.process.pid, signal.SIGKILL)
        await self.server.process.ends_within(5)
        await self.assert_plays(file, int(FPS * seconds))

    async def test_engine_is_stopped(self) -> None:
        """SIGINT ends it within 5 s, viewers and all, and every recording is complete."""
        await self.server.add("camera0")
        await self.publish()
        await play(self, self.server.rtsp_url("camera0"))
        await self.add_shadow()
        file = await eventually(self.grown)
        begun = clock().seconds()
        await pause(1.7)
        seconds = clock().seconds() - begun
        self.assertTrue(await self.server.process.end(signal.SIGINT, 5.0))
        await self.assert_plays(file, int(FPS * (seconds + 0.5)))

    async def test_two_recordings_at_once(self) -> None:
        """Each shadow path records on its own; the end of one does not touch the other."""
        await self.server.add("camera0")
        await self.publish()
        await self.add_shadow()
        source = {"source": self.server.rtsp_url("camera0", INTERNAL), "rtspTransport": "tcp", "record": True}
        await self.server.add("rec/camera0/18", **source, **self.record_keys())
        first = await eventually(self.grown)
        second = await eventually(lambda: self.grown(path="rec/camera0/18"))
        await self.server.delete(SHADOW)
        await self.assert_complete_soon(SHADOW)
        await self.grows_on(second)
        await self.server.delete("rec/camera0/18")
        await self.assert_complete_soon("rec/camera0/18")
        for file in (first, second):
            await self.assert_plays(file, FPS // 2)


per_engine(globals(), RecordingTests)
