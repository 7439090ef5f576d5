"""The main job, as a user does it: see a camera, record it, snapshot it, download the file."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from camsvc.library import jpeg
from tests.support.daemon.daemon import DaemonTestCase, RpcError, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import FFMPEG, decode, probe, read_frames, spawn
from tests.support.spawned import eventually


class MainJobTests(DaemonTestCase):
    """One camera, from the list to the downloaded file."""

    async def test_listed(self) -> None:
        """The test camera is listed as connected, with a stream that can be watched as it stands."""
        client = await self.daemon.connect("viewer")
        answer = await client.call("get_camera_list")
        self.assertEqual((answer["total"], answer["connected"]), (1, 1))
        camera = answer["cameras"][0]
        self.assertEqual(camera["device"], "camera0")
        self.assertEqual((camera["status"], camera["resolution"], camera["fps"]), ("CONNECTED", "320x180", 15))
        decoded = await read_frames(self, camera["streams"]["rtsp"], 10)
        self.assertEqual(decoded.frames, 10)
        self.assertEqual((await client.call("get_system_status"))["status"], "ready")
        streams = await client.call("get_streams")
        self.assertEqual([stream["name"] for stream in streams], ["camera0"])

    async def test_watched_with_token_and_ticket(self) -> None:
        """A token as password and a ticket in the query both open the stream; status counts the readers."""
        client = await self.daemon.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        self.assertTrue(url.startswith("rtsp://127.0.0.1:"))
        for address in (url, self.daemon.rtsp_url()):
            self.assertEqual((await read_frames(self, address, 5)).frames, 5)
        self.assertEqual((await client.call("get_stream_url", device="camera0"))["stream_status"], "READY")
        status = await client.call("get_camera_status", device="camera0")
        self.assertGreater(status["metrics"]["uptime"], 0)

    async def test_snapshots(self) -> None:
        """A snapshot of a sleeping camera and of a running one decode, are listed and can be downloaded."""
        client = await self.daemon.connect("operator")
        cold = await client.call("take_snapshot", device="camera0")
        warm = await client.call("take_snapshot", device="camera0", filename=cold["filename"])
        small = await client.call("take_snapshot", device="camera0", filename="door", quality=5)
        self.assertEqual(warm["filename"], cold["filename"].replace(".jpg", "_2.jpg"), "nothing is overwritten")
        self.assertLess(small["file_size"], warm["file_size"] / 2)
        self.assertLess(warm["age_ms"], 2500)
        for snapshot in (cold, warm, small):
            reply = await self.daemon.get(snapshot["download_url"])
            self.assertEqual((reply.code, len(reply.body)), (200, snapshot["file_size"]))
            self.assertEqual(jpeg.size(reply.body), (320, 180))
            file = self.daemon.folder / snapshot["file_path"]
            self.assertEqual((await decode(self, file)).frames, 1)
        listed = await client.call("list_snapshots")
        self.assertEqual(listed["total"], 3)

    async def test_timed_recording(self) -> None:
        """A recording of four seconds is four seconds long, plays, seeks, and is downloaded as it is on disk."""
        client = await self.daemon.connect("operator")
        watcher = await self.daemon.connect("viewer")
        started = await client.call("start_recording", device="camera0", duration=4)
        self.assertEqual(started["status"], "RECORDING")
        with self.assertRaises(RpcError) as caught:
            await client.call("start_recording", device="camera0")
        self.assertEqual((caught.exception.code, caught.exception.data["state"]), (-32020, "RECORDING"))
        name = started["filename"]
        self.assertIsNotNone(watcher.seen("recording_status_update", status="RECORDING", confirmed=False))
        told = await watcher.sees("recording_status_update", confirmed=True, filename=name)
        began, asked = (datetime.fromisoformat(each) for each in (told["first_sample"], started["start_time"]))
        self.assertLess(abs((began - asked).total_seconds()), 5)
        status = await watcher.call("get_recording_status", device="camera0")
        self.assertEqual((status["recording"], status["filename"]), (True, name))
        self.assertTrue((await watcher.sees("camera_status_update", recording=True))["device"], "camera0")
        stopped = await watcher.sees("recording_status_update", status="STOPPED", filename=name)
        self.assertEqual(stopped["reason"], "duration")

        file = self.daemon.folder / "recordings" / name
        found = await probe(self, file)
        self.assertLess(abs(float(found["format"]["duration"]) - 4.0), 0.5)
        self.assertEqual(found["streams"][0]["profile"], "Constrained Baseline")
        self.assertEqual(found["streams"][0]["has_b_frames"], 0)
        whole = await decode(self, file)
        self.assertLess(abs(whole.frames - 60), 8)
        self.assertEqual(whole.errors, "")
        seek = [*FFMPEG, "-v", "error", "-ss", "2", "-i", str(file), "-frames:v", "1", "-f", "null", "-"]
        self.assertEqual((await spawn(self, seek).ends_within(10)).code, 0)

        entry = (await client.call("list_recordings"))["files"][0]
        self.assertEqual((entry["filename"], entry["status"]), (name, "FINISHED"))
        self.assertLess(abs(entry["duration"] - 4.0), 0.5)
        data = file.read_bytes()
        self.assertEqual(entry["file_size"], len(data))
        url = entry["download_url"]
        self.assertEqual((await self.daemon.get(url)).body, data)
        part = await self.daemon.get(url, range="bytes=1000-1999")
        self.assertEqual((part.code, part.body), (206, data[1000:2000]))
        self.assertEqual((await self.daemon.get(url, "HEAD")).headers["content-length"], str(len(data)))
        self.assertFalse((self.daemon.folder / "recordings" / ".rec" / "camera0" / "1").exists(), "no parts stay")

    async def test_moment_of_the_call(self) -> None:
        """Of a camera that runs: the relay begins with the key frame before the call, MediaMTX with one after it."""
        client = await self.daemon.connect("operator")
        await client.call("start_streaming", device="camera0")

        async def runs() -> bool:
            status = await client.call("get_stream_status", device="camera0")
            return bool(status["metrics"]["frames_sent"] > 30)  # two key frames

        await eventually(runs)
        for _ in range(3):
            started = await client.call("start_recording", device="camera0", duration=1)
            stopped = await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
            first, asked = (datetime.fromisoformat(each) for each in (stopped["first_sample"], started["start_time"]))
            late_s = (first - asked).total_seconds()
            self.assertTrue(-5 < late_s <= 0 if self.engine.kind == "relay" else 0 < late_s < 5, late_s)
            entry = (await client.call("list_recordings"))["files"][0]
            self.assertLess(abs((datetime.fromisoformat(entry["created_time"]) - first).total_seconds()), 0.01)

    async def test_stopped_recording(self) -> None:
        """A recording runs until it is stopped; a viewer sees no disturbance; mkv is what was asked for."""
        client = await self.daemon.connect("operator")
        viewer = Deferred.fromCoroutine(read_frames(self, self.daemon.rtsp_url(), 60, 20))
        started = await client.call("start_recording", device="camera0", format="mkv")
        await client.sees("recording_status_update", confirmed=True)
        stopped = await client.call("stop_recording", device="camera0")
        self.assertEqual(stopped["filename"], started["filename"])
        self.assertTrue(stopped["filename"].endswith(".mkv"))
        self.assertGreater(stopped["file_size"], 0)
        reply = await self.daemon.get(
            f"/files/recordings/{stopped['filename']}", authorization=f"Bearer {self.daemon.token('viewer')}"
        )
        self.assertEqual(reply.code, 200, "the answer waits while it is being finished")
        await client.sees("recording_status_update", status="STOPPED", reason="asked")
        file = self.daemon.folder / "recordings" / stopped["filename"]
        found = await probe(self, file)
        self.assertIn("matroska", found["format"]["format_name"])
        self.assertLess(abs(float(found["format"]["duration"]) - stopped["duration"]), 0.3)
        decoded = await viewer
        self.assertEqual((decoded.frames, decoded.timed_out), (60, False))

    async def test_files_are_known_and_deleted(self) -> None:
        """What a recording and a snapshot hold is told; deleted they are gone, by hand and by the policy."""
        client = await self.daemon.connect("admin")
        started = await client.call("start_recording", device="camera0", duration=1)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        info = await client.call("get_recording_info", filename=started["filename"].removesuffix(".mp4"))
        self.assertEqual((info["codec"], info["width"], info["height"]), ("H264", 320, 180))
        self.assertLess(abs(info["duration"] - 1), 0.5)
        taken = await client.call("take_snapshot", device="camera0")
        picture = await client.call("get_snapshot_info", filename=taken["filename"])
        self.assertEqual((picture["width"], picture["file_size"]), (320, taken["file_size"]))
        room = await client.call("get_storage_info")
        self.assertEqual((room["recordings_size"], room["snapshots_size"]), (info["file_size"], taken["file_size"]))
        await client.call("delete_recording", filename=started["filename"])
        self.assertEqual(recorded_files(self.daemon), [])
        self.assertEqual((await self.daemon.get(info["download_url"])).code, 404)
        with closing(sqlite3.connect(self.daemon.state / "camsvc.sqlite")) as db, db:
            db.execute("UPDATE media_file SET size_bytes = 2000000000")
        await client.call("set_retention_policy", policy_type="size", enabled=True, max_size_gb=1)

        async def gone() -> bool:
            return bool((await client.call("list_snapshots"))["total"] == 0)

        await eventually(gone)
        self.assertEqual((await self.daemon.get(taken["download_url"])).code, 404)

    async def test_events_and_http(self) -> None:
        """Who subscribed hears of a recording and a snapshot that are asked for by HTTP; a batch is one request."""
        client = await self.daemon.connect("viewer")
        other = await self.daemon.connect("viewer")
        await client.call("subscribe_events", topics=["recording.started", "recording.stop", "snapshot.taken"])
        await other.call("subscribe_events", topics=["snapshot.taken"], filters={"device": "camera7"})
        calls = [
            {"jsonrpc": "2.0", "id": 1, "method": "start_recording", "params": {"device": "camera0", "duration": 4}},
            {"jsonrpc": "2.0", "id": 2, "method": "take_snapshot", "params": {"device": "camera0"}},
        ]
        started, taken = await self.daemon.rpc(calls, "operator")
        connected = (await (await self.daemon.connect("admin")).call("list_clients"))["clients"]
        self.assertEqual([each["role"] for each in connected], ["viewer", "viewer", "admin"])
        self.assertEqual(connected[1]["topics"], ["snapshot.taken"])
        self.assertEqual({each["address"] for each in connected}, {"127.0.0.1"})
        await client.sees("recording.start", device="camera0")
        told = await client.sees("recording.stop", filename=started["result"]["filename"])
        self.assertEqual(told["reason"], "duration")
        await client.sees("snapshot.taken", filename=taken["result"]["filename"])
        self.assertIsNone(other.seen("snapshot.taken"))

    async def test_command_line(self) -> None:
        """Cameras, a recording and a snapshot from the shell."""

        async def camsvc(*words: str) -> str:
            program = str(Path(sys.executable).with_name("camsvc"))
            argv = [program, words[0], "--config", str(self.daemon.config), *words[1:]]
            output = await spawn(self, argv).ends_within(30)
            self.assertEqual((output.code, output.err), (0, b""))
            return output.out.decode()

        self.assertRegex(await camsvc("cameras"), r"camera0 +CONNECTED +test +320x180@15 +Bench camera\n")
        self.assertIn("camera0 records to camera0_", await camsvc("record", "camera0"))
        picture = self.daemon.folder / "here.jpg"
        self.assertIn("320x180", await camsvc("snapshot", "camera0", "-o", str(picture)))
        self.assertEqual(jpeg.size(picture.read_bytes()), (320, 180))
        self.assertIn(".mp4: ", await camsvc("stop", "camera0"))
        self.assertIn("ping", json.loads(await camsvc("call", "system.listMethods")))

    async def test_kept_ready(self) -> None:
        """A camera that is started before anybody watches, and its figures."""
        client = await self.daemon.connect("operator")
        self.assertEqual((await client.call("get_stream_status", device="camera0"))["status"], "INACTIVE")
        await client.call("start_streaming", device="camera0")

        async def active() -> dict[str, Any] | None:
            status: dict[str, Any] = await client.call("get_stream_status", device="camera0")
            return status if status["status"] == "ACTIVE" and status["metrics"]["frames_sent"] > 15 else None

        status = await eventually(active)
        self.assertEqual(status["ffmpeg_process"]["pid"], self.daemon.launcher()["ffmpeg_pid"])
        self.assertGreater(status["metrics"]["bitrate"], 1000)
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url(), 3)).frames, 3)
        admin = await self.daemon.connect("admin")
        figures = await admin.call("get_metrics")
        self.assertEqual(figures["stream_metrics"]["active_streams"], 1)
        self.assertGreater(figures["camera_metrics"]["cameras"]["camera0"]["fps"], 0)
        stopped = await client.call("stop_streaming", device="camera0")
        self.assertEqual(stopped["status"], "STOPPED")
        health = await self.daemon.get("/health/detailed")
        self.assertEqual((health.code, health.json["components"]["mediamtx"]), (200, "running"))

    async def test_stopped_at_once(self) -> None:
        """A recording without footage is told as empty, and leaves no file."""
        client = await self.daemon.connect("operator")
        await client.call("start_recording", device="camera0")
        stopped = await client.call("stop_recording", device="camera0")
        if stopped["file_size"] == 0:
            self.assertEqual(stopped["reason"], "empty")
            await client.sees("recording_status_update", status="STOPPED", reason="empty")
            self.assertEqual(recorded_files(self.daemon), [])
        again = await client.call("start_recording", device="camera0", duration=1)
        await client.sees("recording_status_update", status="STOPPED", filename=again["filename"])

    async def test_camera_sleeps_without_readers(self) -> None:
        """Nothing encodes while nobody watches: no ffmpeg before the first reader."""
        self.assertEqual(self.daemon.publishers(), [])
        await read_frames(self, self.daemon.rtsp_url(), 3)
        await eventually(lambda: self.daemon.publishers())


per_engine(globals(), MainJobTests)
