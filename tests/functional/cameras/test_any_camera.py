"""Cameras that browsers do not play as they come: what is made of them, for whom, and for how long."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

from tests.functional.live.test_live import WhepViewer
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.engine.running import PUBLISHER
from tests.support.media.ffmpeg import FFMPEG, decode, frames_of, probe, read_frames, reader, spawn, to_rtsp
from tests.support.media.network_source import network_source, sends, table
from tests.support.spawned import Spawned, clock, eventually, pause

PICTURE = ("-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10")
TONE = ("-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000")
AAC = ("-c:a", "aac", "-b:a", "48k")
H265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=10:bframes=2:log-level=error",
        "-pix_fmt", "yuv420p")  # fmt: skip
B_FRAMES = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "2", "-g", "10",
            "-pix_fmt", "yuv420p")  # fmt: skip
PLAIN = ("-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p")
MPEG4 = ("-c:v", "mpeg4", "-g", "10")
MOTION_JPEG = ("-c:v", "mjpeg", "-huffman", "default", "-force_duplicated_matrix", "1", "-pix_fmt", "yuvj420p")
A_LAW = ("-c:a", "pcm_alaw", "-ar", "8000")


class AnyCameraTests(DaemonTestCase):
    """Each test has one camera, ``Door``, on an engine of its own; it sends what the test says."""

    timeout = 180

    async def setUp(self) -> None:
        self.source = await network_source(self, self.engine)
        await self.source.add("door", source="publisher")

    async def play(self, *coding: str) -> Spawned:
        """Have the camera send a picture and a tone, coded in this way."""
        url = self.source.rtsp_url("door", PUBLISHER)
        playing = spawn(self, [*FFMPEG, "-v", "error", *PICTURE, *TONE, *coding, *to_rtsp(url)])
        await sends(self.source, "door")
        return playing

    async def camsvc(self, media: str = "") -> Client:
        """Start camsvc, and wait until it knows what the camera sends."""
        self.daemon = Daemon(self, self.engine, table("Door", self.source.rtsp_url("door")), media)
        self.addCleanup(self.show_log)
        await self.daemon.start()
        client = await self.daemon.connect()

        async def known() -> bool:
            self.camera: dict[str, Any] = (await client.call("get_camera_list"))["cameras"][0]
            return self.camera["resolution"] != "0x0"

        await eventually(known, 30)
        return client

    async def kinds(self, path: str) -> list[tuple[str, str, int]]:
        """Codec, profile and B-frames of each track of a path."""
        argv = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_streams", "-of", "json"]
        output = await spawn(self, [*argv, self.daemon.rtsp_url(path)]).ends_within(30.0)
        found = json.loads(output.out or b"{}").get("streams", [])
        return [(one["codec_name"], one.get("profile", ""), one.get("has_b_frames", 0)) for one in found]

    def encoders(self) -> list[int]:
        """Processes that publish what is made for browsers."""
        return self.daemon.publishers("web/camera0")

    async def test_h265_with_aac(self) -> None:
        """Browsers get H264 and Opus, and AAC for HLS, while they watch; RTSP gets what the camera sends."""
        await self.play(*H265, *AAC)
        client = await self.camsvc()
        self.assertEqual(self.camera["status"], "CONNECTED")
        self.assertIn("its video is H265: browsers do not play that", self.camera["detail"])
        self.assertEqual([kind[0] for kind in await self.kinds("camera0")], ["hevc", "aac"])
        self.assertEqual(self.encoders(), [])
        began = clock().seconds()
        viewer = reader(self, self.daemon.rtsp_url("web/camera0"))
        await eventually(lambda: frames_of(viewer) > 0, 15)
        print(f"\nasleep to the first frame, encoded anew: {clock().seconds() - began:.2f} s")
        video, *sound = await self.kinds("web/camera0")
        self.assertEqual(video, ("h264", "Constrained Baseline", 0))
        self.assertEqual([kind[0] for kind in sound], ["aac", "opus"])
        await self.counted(client, 1)
        streams = await client.call("get_streams")
        self.assertEqual([stream["name"] for stream in streams], ["camera0"])
        self.assertEqual(len(self.encoders()), 1)
        await viewer.end()
        await eventually(lambda: not self.encoders(), 30)
        await self.counted(client, 0)

    async def test_in_browsers(self) -> None:
        """The public port gives it to WebRTC and HLS, with sound in HLS, from one encoder for all."""
        await self.play(*H265, *AAC)
        client = await self.camsvc()
        urls = (await client.call("get_stream_url", device="camera0"))["urls"]
        viewer = WhepViewer(self, urls["webrtc"], sound=True)
        await viewer.gets(20)
        self.assertEqual(await viewer.says("rate"), 48000)
        self.assertEqual((viewer.said("width")[0], viewer.said("height")[0]), (320, 180))
        argv = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", urls["hls"]]
        output = await spawn(self, argv).ends_within(40)
        kinds = {stream["codec_name"] for stream in json.loads(output.out)["streams"]}
        sound = "opus" if self.engine.is_mediamtx_before(1, 6) else "aac"  # which takes Opus where there is a choice
        self.assertLessEqual({"h264", sound}, kinds, output.err)
        self.assertEqual(len(self.encoders()), 1)

    async def test_sound_in_browsers(self) -> None:
        """AAC stays AAC in HLS, without an encoder; for WebRTC there is one, for the sound alone."""
        await self.play(*PLAIN, *AAC)
        client = await self.camsvc()
        urls = (await client.call("get_stream_url", device="camera0"))["urls"]
        output = await spawn(
            self, ["ffprobe", "-v", "error", "-show_streams", "-of", "json", urls["hls"]]
        ).ends_within(40)
        kinds = {stream["codec_name"] for stream in json.loads(output.out)["streams"]}
        self.assertEqual(kinds, {"h264", "aac"}, output.err)
        self.assertEqual(self.encoders(), [])
        viewer = WhepViewer(self, urls["webrtc"], sound=True)
        await viewer.gets(20)
        self.assertEqual(await viewer.says("rate"), 48000)
        self.assertEqual(len(self.encoders()), 1)

    async def test_encoder_fails(self) -> None:
        """Its viewers are cut off and may come back at once; who watches the camera itself notices nothing."""
        await self.play(*H265, *AAC)
        client = await self.camsvc()
        own = reader(self, self.daemon.rtsp_url())
        await eventually(lambda: frames_of(own) > 0, 15)
        for kind, whose in ((signal.SIGKILL, "ffmpeg_pid"), (signal.SIGSTOP, "ffmpeg_pid"), (signal.SIGSTOP, "pid")):
            await self.fails(kind, whose)
        self.assertTrue(own.running)
        changes = [note["status"] for note in client.notifications if note["method"] == "camera_status_update"]
        self.assertNotIn("ERROR", changes)

    async def fails(self, kind: signal.Signals, whose: str) -> None:
        """Send the encoder's launcher or its ffmpeg a signal, and watch what becomes of a viewer."""
        url = self.daemon.rtsp_url("web/camera0")
        viewer = reader(self, url)
        await eventually(lambda: frames_of(viewer) > 0, 20)
        os.kill(await eventually(lambda: self.daemon.launcher("web-camera0")[whose], 10), kind)
        began = clock().seconds()
        await viewer.ends_within(30)
        gone = clock().seconds() - began
        self.assertEqual((await read_frames(self, url, 5, 20)).frames, 5)
        back = clock().seconds() - began
        print(f"\n{kind.name} of the encoder's {whose}: cut off after {gone:.1f} s, back after {back:.1f} s")

    async def counted(self, client: Client, viewers: int) -> None:
        """Wait until a camera has so many viewers, our own not among them."""

        async def counted() -> bool:
            status = await client.call("get_camera_status", device="camera0")
            metrics = await client.call("get_metrics")
            readers: int = status["metrics"]["readers"]
            return readers == metrics["stream_metrics"]["total_viewers"] == viewers

        await eventually(counted, 20)

    async def test_b_frames(self) -> None:
        """H264 with B-frames is encoded anew."""
        await self.play(*B_FRAMES, *AAC)
        await self.camsvc()
        self.assertIn("B-frames", self.camera["detail"])
        self.assertEqual((await self.kinds("camera0"))[0][0], "h264")
        self.assertEqual((await self.kinds("web/camera0"))[0], ("h264", "Constrained Baseline", 0))
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url("web/camera0"), 20)).frames, 20)

    async def test_mpeg4(self) -> None:
        """MPEG-4 is encoded anew."""
        await self.play(*MPEG4, *AAC)
        await self.camsvc()
        self.assertEqual([kind[0] for kind in await self.kinds("camera0")], ["mpeg4", "aac"])
        self.assertEqual([kind[0] for kind in await self.kinds("web/camera0")], ["h264", "aac", "opus"])

    async def test_motion_jpeg(self) -> None:
        """Motion-JPEG with sound of a telephone is encoded anew, sound too."""
        await self.play(*MOTION_JPEG, *A_LAW)
        await self.camsvc()
        self.assertEqual([kind[0] for kind in await self.kinds("camera0")], ["mjpeg", "pcm_alaw"])
        self.assertEqual([kind[0] for kind in await self.kinds("web/camera0")], ["h264", "opus"])

    async def test_only_its_sound(self) -> None:
        """H264 is passed on as it is beside AAC made to Opus."""
        await self.play(*PLAIN, "-profile:v", "main", *AAC)
        await self.camsvc()
        self.assertNotIn("detail", self.camera)
        web = await self.kinds("web/camera0")
        self.assertEqual([web[0][:2], web[1][0]], [("h264", "Main"), "opus"])
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url("web/camera0"), 20)).errors, "")

    async def test_plain(self) -> None:
        """For what browsers play there is no second path."""
        await self.play(*PLAIN, "-an")
        await self.camsvc()
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url(), 5)).frames, 5)
        self.assertEqual(await self.kinds("web/camera0"), [])

    async def test_never(self) -> None:
        """Nothing is encoded; the camera's owner is told what to change."""
        await self.play(*H265, *AAC)
        await self.camsvc('transcode = "never"\n')
        self.assertIn("its video is H265: players of RTSP show it, browsers do not", self.camera["detail"])
        self.assertEqual(await self.kinds("web/camera0"), [])

    async def test_h265_recorded(self) -> None:
        """As the camera sends it, by the relay as H264; a restart of camsvc leaves the recording alone."""
        await self.play(*H265, *AAC)
        client = await self.camsvc()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        await self.counted(client, 0)
        self.daemon.process.send(9)
        await self.daemon.process.when_ended()
        await self.daemon.start()
        client = await self.daemon.connect()
        await pause(3)
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        (file,) = recorded_files(self.daemon)
        decoded = await decode(self, file)
        self.assertEqual(decoded.errors, "")
        self.assertGreater(decoded.frames, 20)  # of the three seconds after the restart alone
        codecs = [stream["codec_name"] for stream in (await probe(self, file))["streams"]]
        self.assertEqual(codecs, ["h264" if self.engine.kind == "relay" else "hevc", "aac"])

    async def test_refused(self) -> None:
        """Who may not read the camera may not read what is made of it, nor publish in its place."""
        await self.play(*PLAIN, *AAC)
        await self.camsvc()
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url("web/camera0", ""), 1)).frames, 0)
        self.assertEqual(self.encoders(), [])
        intruder = spawn(
            self, [*FFMPEG, "-v", "error", *PICTURE, *PLAIN, *to_rtsp(self.daemon.rtsp_url("web/camera0"))]
        )
        self.assertNotEqual((await intruder.ends_within(20)).code, 0)

    async def test_recorded(self) -> None:
        """A recording has the camera's own sound; what is made for browsers has no part in it."""
        await self.play(*PLAIN, *AAC)
        client = await self.camsvc()
        started = await client.call("start_recording", device="camera0", duration=3)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        (file,) = recorded_files(self.daemon)
        self.assertEqual((await decode(self, file)).errors, "")
        codecs = [stream["codec_name"] for stream in (await probe(self, file))["streams"]]
        self.assertEqual(codecs, ["h264", "aac"])


per_engine(globals(), AnyCameraTests)
