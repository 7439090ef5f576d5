"""What the relay makes of streams that cameras send and encoders of a laboratory do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from camsvc.system.processes import run
from tests.support.engine.engines import find_engines
from tests.support.engine.rtsp_client import RtspClient
from tests.support.engine.running import PUBLISHER
from tests.support.media.camera import FPS, CameraTestCase
from tests.support.media.ffmpeg import FFMPEG, decode, encode, probe, read_frames, spawn, to_rtsp
from tests.support.media.raw_publisher import RawPublisher, read_groups
from tests.support.spawned import clock, eventually, pause


class OddStreamTests(CameraTestCase):
    """A recording of each, decoded by ffmpeg."""

    engine = find_engines()[0]
    timeout = 90

    async def add(self, **keys: Any) -> None:
        pattern = f"{self.folder}/files/%path/%Y-%m-%d_%H-%M-%S-%f"
        await self.server.add("camera0", recordPath=pattern, recordPartDuration="200ms", **keys)

    def files(self) -> list[Path]:
        return sorted((self.folder / "files").rglob("*.mp4"))

    async def finished(self, at_least: float = 3.0) -> list[Path]:
        """The files, after so many seconds, when nothing is written any more."""
        await eventually(self.files)
        await pause(at_least)
        await self.server.delete("camera0")
        return self.files()

    async def encoded(self, name: str, level: str, size: str = "320x180") -> Path:
        """Three key frames a second apart, and what follows them."""
        file = self.folder / f"{name}.h264"
        argv = [*FFMPEG, "-v", "error", *encode(size)[1:], "-t", "3", "-level", level, "-slices", "1", str(file)]
        output = await run(clock(), argv, timeout_s=30)  # type: ignore[arg-type]
        self.assertEqual((output.code, output.err), (0, b""))
        return file

    async def send(self, *files: Path, fps: float = FPS) -> RtspClient:
        await self.add(record=True)
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(PUBLISHER)
        await client.record(self.server.rtsp_url("camera0", None))
        shown = [picture for group in read_groups(*files) for picture in group]
        self.addCleanup(RawPublisher(client, shown, fps).start().stop)
        return client

    async def test_parameter_sets_that_alternate(self) -> None:
        """At each key frame others, of the same size: one file, which decodes from any of its key frames on."""
        await self.send(await self.encoded("a", "3.0"), await self.encoded("b", "4.0"))
        (file,) = await self.finished(5)
        decoded = await decode(self, file)
        self.assertEqual((decoded.errors, decoded.code), ("", 0))
        self.assertGreater(decoded.frames, 4 * FPS)
        later = spawn(self, [*FFMPEG, "-v", "error", "-ss", "2.5", "-i", str(file), "-f", "null", "-"])
        output = await later.ends_within(20)
        self.assertEqual((output.code, output.err), (0, b""))

    async def test_sizes_that_alternate(self) -> None:
        """Each of them is a file of its own, as it must be."""
        await self.send(await self.encoded("a", "3.0"), await self.encoded("b", "3.0", "640x360"))
        files = await self.finished(4)
        self.assertGreaterEqual(len(files), 3)
        for file, width in zip(files, (320, 640, 320), strict=False):
            self.assertEqual((await probe(self, file))["streams"][0]["width"], width)
            self.assertEqual((await decode(self, file)).errors, "")

    async def test_one_picture_in_twelve_seconds(self) -> None:
        """Longer apart than the silence of most publishers may last: the camera stays, and so does its recording."""
        client = await self.send(await self.encoded("a", "3.0"), fps=1 / 12)
        await pause(38)
        self.assertFalse(client.closed)
        (file,) = await self.finished(0)
        self.assertGreaterEqual((await decode(self, file)).frames, 3)

    async def publish_with(self, *codec: str, sound: tuple[str, ...] = ()) -> None:
        picture = encode()
        at = picture.index("-c:v")
        argv = [*picture[:at], *sound, *picture[at:], *codec]
        spawn(self, [*FFMPEG, "-v", "error", *argv, *to_rtsp(self.server.rtsp_url("camera0", PUBLISHER))])
        await eventually(self.is_ready)

    async def test_g711(self) -> None:
        """Both laws are recorded, as they come, beside the video."""
        tone = ("-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000")
        for codec in ("pcm_alaw", "pcm_mulaw"):
            await self.add(record=True)
            await self.publish_with("-c:a", codec, "-ac", "1", "-map", "0:v", "-map", "1:a", sound=tone)
            file = (await self.finished())[-1]
            found = await probe(self, file)
            video, audio = found["streams"]
            self.assertEqual((video["codec_name"], audio["codec_name"]), ("h264", codec))
            self.assertLess(abs(float(audio["duration"]) - float(video["duration"])), 0.5)
            decoded = await decode(self, file)
            self.assertEqual((decoded.errors, decoded.code), ("", 0))

    async def test_intra_refresh(self) -> None:
        """Without key frames after the first: readers and recordings begin at a recovery point."""
        await self.add()
        await self.publish_with("-x264-params", f"intra-refresh=1:keyint={FPS}:scenecut=0")
        await pause(2.5)
        read = await read_frames(self, self.server.rtsp_url("camera0"), 2 * FPS)
        self.assertEqual((read.frames, read.code), (2 * FPS, 0))
        answer = await self.server.api("PATCH", "config/paths/patch/camera0", {"record": True})
        self.assertEqual(answer.status, 200)
        (file,) = await self.finished()
        self.assertGreater((await decode(self, file)).frames, 2 * FPS)
