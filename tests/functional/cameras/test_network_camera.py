"""A camera on the network, from the configuration to the recording; a second engine with a password plays it."""

from __future__ import annotations

import json
from typing import Any

from camsvc.library import jpeg
from tests.support import procfs
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase, RpcError, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.engine.running import PUBLISHER, VIEWER
from tests.support.media.ffmpeg import FFMPEG, decode, encode, frames_of, read_frames, reader, spawn, to_rtsp
from tests.support.media.network_source import network_source, sends, table
from tests.support.spawned import Spawned, eventually

PATH = "user_viewer/key_path-s3cret"
"""Some cameras take their password in the path."""

SECRETS = (VIEWER[1], "path-s3cret")


class NetworkCameraTests(DaemonTestCase):
    """One camera, ``Door``, on an engine of its own."""

    timeout = 180

    async def setUp(self) -> None:
        self.source = await network_source(self, self.engine)
        self.encoding = encode(fps=15)
        self.publisher = await self.play()
        self.cameras = table("Door", self.source.rtsp_url(PATH))
        await super().setUp()

    async def play(self) -> Spawned:
        """Have the camera send."""
        await self.source.add(PATH, source="publisher")
        url = self.source.rtsp_url(PATH, PUBLISHER)
        playing = spawn(self, [*FFMPEG, "-v", "error", *self.encoding, *to_rtsp(url)])
        await sends(self.source, PATH)
        return playing

    async def test_watched_recorded_and_kept_secret(self) -> None:
        """It is a camera like any other, and its password is shown nowhere."""
        client = await self.daemon.connect()
        answers: list[Any] = [await client.call("get_camera_list")]
        seen = await self.looked_at(client)
        self.assertEqual(
            (seen["kind"], seen["status"], seen["name"], seen["fps"]), ("network", "CONNECTED", "Door", 15)
        )
        began = self.seconds()
        self.assertEqual((await read_frames(self, seen["streams"]["rtsp"], 20)).frames, 20)
        print(f"\nasleep to 20 frames: {self.seconds() - began:.2f} s")
        snapshot = await client.call("take_snapshot", device="camera0")
        picture = (await self.daemon.get(snapshot["download_url"])).body
        self.assertEqual(jpeg.size(picture), (320, 180))
        started = await client.call("start_recording", device="camera0", duration=3)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        (file,) = recorded_files(self.daemon)
        decoded = await decode(self, file)
        self.assertEqual(decoded.errors, "")
        self.assertLess(abs(decoded.frames - 45), 8)
        for method in ("get_camera_status", "get_camera_capabilities", "get_stream_url"):
            answers.append(await client.call(method, device="camera0"))
        answers += [await client.call("get_streams"), *client.notifications]
        self.assertIn("running", self.daemon.launcher()["state"])
        self.kept_secret(answers)

    def kept_secret(self, answers: list[Any]) -> None:
        """No password in answers, logs, status files, or any command line of camsvc and what it has started."""
        texts = {"answers": json.dumps(answers)}
        texts |= procfs.texts(*self.daemon.folder.glob("*.log"), *self.daemon.runtime.glob("*.json"))
        for pid in procfs.descendants(self.daemon.process.pid):
            texts[f"argv of {pid}"] = procfs.command_line(pid)
        for secret in SECRETS:
            for name, text in texts.items():
                if secret == "path-s3cret" and self.source.rtsp_url(PATH, PUBLISHER) in text:
                    continue  # what sends in the camera's place
                self.assertNotIn(secret, text, name)

    async def test_away_and_back(self) -> None:
        """While it is away its list says why; when it is back everything goes on by itself."""
        client = await self.daemon.connect()
        await self.looked_at(client)
        viewer = reader(self, self.daemon.rtsp_url())
        await eventually(lambda: frames_of(viewer) > 5)
        await self.source.stop()
        words = f"nothing listens at 127.0.0.1 port {self.source.rtsp_port}"
        told: dict[str, Any] = await eventually(lambda: self.told(client, words), 15)
        self.assertEqual(told["status"], "ERROR")
        self.assertEqual(told["streams"], {})
        with self.assertRaises(RpcError) as caught:
            await client.call("start_recording", device="camera0")
        self.assertEqual(caught.exception.data["state"], "ERROR")
        await viewer.end()
        # Nobody waits for it any more: what was wrong still is, and is told once.
        await eventually(lambda: not self.daemon.publishers(), 40)
        status = await client.call("get_camera_status", device="camera0")
        self.assertEqual(status["status"], "ERROR")
        changes = [note["status"] for note in client.notifications if note["method"] == "camera_status_update"]
        self.assertEqual(changes[changes.index("ERROR") :], ["ERROR"] * changes.count("ERROR"))
        client.notifications.clear()
        await self.source.start()
        await self.play()
        await client.sees("camera_status_update", timeout_s=30, status="CONNECTED")
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url(), 5)).frames, 5)
        self.kept_secret([told, status, caught.exception.data, *client.notifications])

    async def looked_at(self, client: Client) -> dict[str, Any]:
        """The camera as it is listed, once its stream has been looked at."""

        async def known() -> dict[str, Any] | None:
            camera: dict[str, Any] = (await client.call("get_camera_list"))["cameras"][0]
            return camera if camera["resolution"] != "0x0" else None

        found: dict[str, Any] = await eventually(known, 30)
        return found

    def told(self, client: Client, words: str) -> dict[str, Any] | None:
        """The first change of a camera whose error has these words."""
        return next((note for note in client.notifications if words in note.get("error", "")), None)

    async def test_added_by_a_client(self) -> None:
        """Added while camsvc runs it is a camera like any other; a restart keeps it; removed it is gone."""
        daemon = Daemon(self, self.engine, "")
        await daemon.start()
        client = await daemon.connect()
        added = await client.call("add_external_stream", stream_url=self.source.rtsp_url(PATH), stream_name="Yard")
        self.assertEqual((await self.looked_at(client))["resolution"], "320x180")
        self.assertEqual((await read_frames(self, daemon.rtsp_url(), 5)).frames, 5)
        await daemon.end()
        await daemon.start()
        again = await daemon.connect()
        self.assertEqual((await self.looked_at(again))["device"], added["device"])
        started = await again.call("start_recording", device=added["device"])
        await again.sees("recording_status_update", confirmed=True)
        removed = await again.call("remove_external_stream", stream_url=added["stream_url"])
        self.assertEqual(removed["status"], "REMOVED")
        await again.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        self.assertEqual((await again.call("get_camera_list"))["cameras"], [])
        (file,) = recorded_files(daemon)
        self.assertEqual((await decode(self, file)).errors, "")
        self.assertNotIn(VIEWER[1], daemon.log() + json.dumps([added, removed, *again.notifications]))

    async def test_silent(self) -> None:
        """A camera that answers but sends nothing more is told too, and watched again when it sends."""
        client = await self.daemon.connect()
        viewer = reader(self, self.daemon.rtsp_url())
        await eventually(lambda: frames_of(viewer) > 5)
        await self.publisher.end()
        told = await client.sees("camera_status_update", status="ERROR", timeout_s=20)
        self.assertIn(f"127.0.0.1 port {self.source.rtsp_port}", told["error"])
        await self.play_again()
        await client.sees("camera_status_update", status="CONNECTED", timeout_s=30)

    async def play_again(self) -> None:
        """Have the camera send once more."""
        url = self.source.rtsp_url(PATH, PUBLISHER)
        spawn(self, [*FFMPEG, "-v", "error", *self.encoding, *to_rtsp(url)])

    async def test_mistakes(self) -> None:
        """A wrong password, a wrong path, a wrong port and an unknown host are told before anybody watches."""
        address = f"127.0.0.1:{self.source.rtsp_port}"
        cameras = (
            table("Password", f"rtsp://viewer:wr0ng-s3cret@{address}/{PATH}")
            + table("Path", self.source.rtsp_url("nothing"))
            + table("Port", "rtsp://viewer:x@127.0.0.1:1/a")
            + table("Host", "rtsp://nosuchhost.invalid/a")
        )
        daemon = Daemon(self, self.engine, cameras)
        await daemon.start()
        client = await daemon.connect()

        async def all_told() -> dict[str, str] | None:
            listed = (await client.call("get_camera_list"))["cameras"]
            errors = {camera["name"]: camera["error"] for camera in listed if camera["status"] == "ERROR"}
            return errors if len(errors) == 4 else None

        errors: dict[str, str] = await eventually(all_told, 30)
        self.assertIn("refuses the user name or password", errors["Password"])
        self.assertIn("no such stream", errors["Path"])
        self.assertIn("nothing listens at 127.0.0.1 port 1", errors["Port"])
        self.assertIn("the name of nosuchhost.invalid is unknown", errors["Host"])
        self.assertNotIn("wr0ng-s3cret", daemon.log())

    async def test_codec_that_browsers_do_not_play(self) -> None:
        """H265 is told in words, and works for players of RTSP."""
        await self.publisher.end()
        self.encoding = [*encode(fps=15)[:5], "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                         "keyint=15:bframes=0:log-level=error", "-pix_fmt", "yuv420p"]  # fmt: skip
        await self.play_again()
        daemon = Daemon(self, self.engine, self.cameras)
        await daemon.start()
        client = await daemon.connect()
        seen = await self.looked_at(client)
        self.assertEqual(seen["status"], "CONNECTED")
        self.assertIn("H265", seen["detail"])
        self.assertIn("H265", daemon.log())
        self.assertEqual((await read_frames(self, daemon.rtsp_url(), 5)).frames, 5)

    def seconds(self) -> float:
        """The reactor's clock."""
        from twisted.internet import reactor

        return reactor.seconds()


per_engine(globals(), NetworkCameraTests)
