"""What a crash, a hang or a stop costs: the recording goes on or is finished, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import sqlite3

from twisted.internet.defer import Deferred

from camsvc.system.processes import resident_bytes
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase, RpcError, parts_folder, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, frames_of, probe, read_frames, reader
from tests.support.procfs import sizes
from tests.support.spawned import eventually, pause


class FaultTests(DaemonTestCase):
    """A recording under way, and something dies."""

    async def test_engine_killed(self) -> None:
        """The engine is killed: told, started anew, and the same recording goes on with a next part."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        before = self.daemon.engine_pid()
        os.kill(before, signal.SIGKILL)
        await eventually(self.unready, interval_s=0.01)
        with self.assertRaises(RpcError) as caught:
            await client.call("get_streams")
        self.assertEqual((caught.exception.code, caught.exception.data["dependency"]), (-32050, "media engine"))
        await eventually(self.daemon.ready)
        self.assertNotEqual(self.daemon.engine_pid(), before)
        await self.grows_again(started["filename"], parts=2)
        await self.finish_and_play(client, started["filename"])

    async def unready(self) -> bool:
        """``/health/ready`` says 503 and names the engine."""
        reply = await self.daemon.get("/health/ready")
        return reply.code == 503 and "engine" in reply.json["checks"]["engine"]

    async def test_ffmpeg_killed(self) -> None:
        """ffmpeg is killed: started again by the launcher, and the same recording goes on with a next part."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        before = await self.daemon.running_ffmpeg()
        os.kill(before, signal.SIGKILL)
        await self.daemon.running_ffmpeg(other_than=before)
        await self.grows_again(started["filename"], parts=2)
        await self.finish_and_play(client, started["filename"])

    async def grows_again(self, filename: str, parts: int) -> None:
        """Wait until the recording has so many parts, and the newest has footage."""
        folder = parts_folder(self.daemon, filename)

        def grown() -> bool:
            found = list(sizes(folder).values())
            return len(found) >= parts and found[-1] > 20_000

        await eventually(grown, 25)

    async def finish_and_play(self, client: Client, filename: str) -> None:
        """Stop; one file of this name that decodes from end to end."""
        stopped = await client.call("stop_recording", device="camera0")
        self.assertEqual(stopped["filename"], filename)
        await client.sees("recording_status_update", status="STOPPED", filename=filename)
        listed = await client.call("list_recordings")
        self.assertEqual([entry["filename"] for entry in listed["files"]], [filename])
        file = self.daemon.folder / "recordings" / filename
        self.assertLess(abs(float((await probe(self, file))["format"]["duration"]) - stopped["duration"]), 0.5)
        decoded = await decode(self, file)
        self.assertEqual(decoded.errors, "")
        self.assertGreater(decoded.frames, 30)

    async def test_engine_hangs(self) -> None:
        """An engine that gives no answer is killed and started again."""
        before = self.daemon.engine_pid()
        os.kill(before, signal.SIGSTOP)
        await eventually(lambda: self.daemon.engine_pid() != before, 30)
        await eventually(self.daemon.ready, 20)
        decoded = await read_frames(self, self.daemon.rtsp_url(), 5)
        self.assertEqual(decoded.frames, 5)

    async def test_camera_in_error_and_back(self) -> None:
        """What keeps a camera from delivering is told in words, and that it is over too."""
        client = await self.daemon.connect()
        orders = self.daemon.runtime / "pipelines" / "camera0.json"
        good = orders.read_text()
        broken = json.loads(good)
        broken["input"] = ["-f", "lavfi", "-i", "nosuchsource"]
        orders.write_text(json.dumps(broken))
        viewer = reader(self, self.daemon.rtsp_url())
        told = await client.sees("camera_status_update", status="ERROR")
        self.assertTrue(told["error"])
        self.assertEqual(told["streams"], {})
        with self.assertRaises(RpcError) as caught:
            await client.call("start_recording", device="camera0")
        self.assertEqual((caught.exception.code, caught.exception.data["state"]), (-32020, "ERROR"))
        orders.write_text(good)
        await client.sees("camera_status_update", status="CONNECTED")
        await viewer.end()

    async def test_interrupted_with_everything_running(self) -> None:
        """Ctrl-C while a viewer watches and a recording runs: finished, told, and nothing is left behind."""
        client = await self.daemon.connect()
        viewer = reader(self, self.daemon.rtsp_url())
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        await eventually(lambda: frames_of(viewer) > 5)
        self.assertTrue(await self.daemon.process.end(signal.SIGINT, 15), self.daemon.log())
        self.assertIsNotNone(client.seen("recording_status_update", status="STOPPED", reason="shutdown"))
        self.assertEqual(client.close_code, 1001)
        self.assertEqual(await eventually(lambda: self.daemon.leftovers() or ["none"], 5), ["none"])
        await viewer.ends_within(10)
        files = recorded_files(self.daemon)
        self.assertEqual([file.name for file in files], [started["filename"]])
        self.assertEqual((await decode(self, files[0])).errors, "")
        self.assertNotIn("Traceback", self.daemon.log())
        await self.daemon.start()
        again = await self.daemon.connect("viewer")
        self.assertEqual((await again.call("list_recordings"))["total"], 1)

    async def test_killed_and_started_again(self) -> None:
        """camsvc is killed: viewer and recording go on, and the next start takes them over without a gap."""
        client = await self.daemon.connect()
        viewer = reader(self, self.daemon.rtsp_url())
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        engine = self.daemon.engine_pid()
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()
        before = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > before + 20)
        await self.daemon.start()
        self.assertEqual(self.daemon.engine_pid(), engine, "the engine is the same")
        again = await self.daemon.connect()
        await eventually(lambda: self.is_recording(again))
        with self.assertRaises(RpcError) as caught:
            await again.call("start_recording", device="camera0")
        self.assertEqual(caught.exception.data["reason"], "already_recording")
        before = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > before + 10)
        self.assertEqual(
            len(list(parts_folder(self.daemon, started["filename"]).iterdir())),
            1,
            "one part: nothing was interrupted",
        )
        await self.finish_and_play(again, started["filename"])

    async def test_outdated_engine(self) -> None:
        """An engine with an older configuration is kept while a recording runs, and replaced after it."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        engine = self.daemon.engine_pid()
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()
        record = self.daemon.runtime / "engine.json"
        record.write_text(json.dumps({**json.loads(record.read_text()), "yaml_sha256": "of yesterday"}))
        await self.daemon.start()
        again = await self.daemon.connect()
        await eventually(lambda: self.is_recording(again))
        await pause(3)  # the time in which it would be replaced wrongly
        self.assertEqual(self.daemon.engine_pid(), engine)
        await self.finish_and_play(again, started["filename"])
        await eventually(lambda: self.daemon.engine_pid() != engine, 15)
        await eventually(self.daemon.ready)

    async def is_recording(self, client: Client) -> bool:
        """The camera is told to be recording."""
        return bool((await client.call("get_camera_list"))["cameras"][0]["recording"])

    async def test_timer_survives(self) -> None:
        """A timed recording ends when it should though camsvc was away, and is cut when it ended too late."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0", duration=5)
        await client.sees("recording_status_update", confirmed=True)
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()
        await pause(6)  # the test is about time: the recording should have ended by now
        await self.daemon.start()
        again = await self.daemon.connect()

        async def finished() -> bool:
            files = (await again.call("list_recordings"))["files"]
            return [(entry["filename"], entry["status"]) for entry in files] == [(started["filename"], "FINISHED")]

        await eventually(finished)
        length = float((await probe(self, recorded_files(self.daemon)[0]))["format"]["duration"])
        self.assertLess(abs(length - 5), 0.5)

    async def test_after_a_reboot(self) -> None:
        """Everything dies at once and another boot begins: the recording is repaired and goes on; footage counts."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0", duration=8)
        await client.sees("recording_status_update", confirmed=True)
        for pid in (self.daemon.process.pid, self.daemon.engine_pid(), self.daemon.launcher()["pid"]):
            os.kill(pid, signal.SIGKILL)
        await self.daemon.process.when_ended()
        await eventually(lambda: not self.daemon.publishers())
        parts = sorted(parts_folder(self.daemon, started["filename"]).iterdir())
        with parts[0].open("ab") as torn:
            torn.write(b"\0\0\x10\0moof torn")
        (self.daemon.runtime / "boot_id").write_text("another boot")
        with sqlite3.connect(self.daemon.folder / "camsvc.sqlite") as db:
            db.execute("UPDATE recording SET boot_id = 'another boot'")
        db.close()
        await self.daemon.start()
        again = await self.daemon.connect()
        await again.sees("recording_status_update", status="STOPPED", reason="duration", timeout_s=30)
        file = recorded_files(self.daemon)[0]
        self.assertEqual(file.name, started["filename"])
        self.assertLess(abs(float((await probe(self, file))["format"]["duration"]) - 8), 0.6)
        self.assertEqual((await decode(self, file)).errors, "")

    async def test_database_lost(self) -> None:
        """Without its database camsvc finds the recordings there are, and finishes the parts of one under way."""
        client = await self.daemon.connect()
        done = await client.call("start_recording", device="camera0", duration=1)
        await client.sees("recording_status_update", status="STOPPED", filename=done["filename"])
        await client.call("start_recording", device="camera0")
        await eventually(lambda: self.grown(2))
        for pid in (self.daemon.process.pid, self.daemon.engine_pid()):
            os.kill(pid, signal.SIGKILL)
        await self.daemon.process.when_ended()
        for file in self.daemon.folder.glob("camsvc.sqlite*"):
            file.unlink()
        await self.daemon.start()
        again = await self.daemon.connect()

        async def both() -> bool:
            files = (await again.call("list_recordings"))["files"]
            return [entry["status"] for entry in files] == ["FINISHED", "FINISHED"]

        await eventually(both)
        for file in recorded_files(self.daemon):
            self.assertEqual((await decode(self, file)).errors, "")

    def grown(self, ident: int) -> bool:
        """The recording with this id has footage."""
        folder = self.daemon.state / "recordings" / ".rec" / "camera0" / str(ident)
        return sum(sizes(folder).values()) > 40_000

    async def test_others_go_on_beside_slow_readers(self) -> None:
        """A WebSocket reader and an RTSP reader that stop reading disturb nobody and cost bounded memory."""
        client = await self.daemon.connect()
        slow = await self.daemon.connect()
        stuck = reader(self, self.daemon.rtsp_url())
        healthy = Deferred.fromCoroutine(read_frames(self, self.daemon.rtsp_url(), 75, 30))
        await eventually(lambda: frames_of(stuck) > 3)
        stuck.send(signal.SIGSTOP)
        slow.transport.pauseProducing()
        rss = self.resident()
        call = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "system.listMethods", "params": {}}).encode()
        for _ in range(60):
            for _ in range(200):
                slow.sendMessage(call)
            await client.call("ping")
        slowest = 0.0
        for _ in range(50):
            began = self.seconds()
            await client.call("get_camera_list")
            slowest = max(slowest, self.seconds() - began)
        decoded = await healthy
        self.assertEqual(decoded.frames, 75)
        self.assertLess(slowest, 1.0)
        self.assertLess(self.resident() - rss, 30 << 20)
        stuck.send(signal.SIGCONT)

    def resident(self) -> int:
        """Resident memory of camsvc in bytes."""
        return resident_bytes(self.daemon.process.pid)

    def seconds(self) -> float:
        """The reactor's clock."""
        from twisted.internet import reactor

        return reactor.seconds()


class SecondStartTests(DaemonTestCase):
    """What keeps camsvc from starting is one line, and costs the running one nothing."""

    async def test_same_state(self) -> None:
        """A second start on the same state names the first's pid and ends."""
        second = self.daemon.launch()
        self.assertEqual((await second.ends_within(20)).code, 1)
        last = (self.daemon.folder / "camsvc.log").read_text().splitlines()[-1]
        self.assertIn(f"(pid {self.daemon.process.pid})", last)
        self.assertTrue(await self.daemon.ready())

    async def test_port_in_use(self) -> None:
        """A port in use is named with its holder and the key to change, without a traceback."""
        other = Daemon(self, self.engine)
        for key in ("server.port", "media.rtsp_port"):
            busy = self.daemon.port if key == "server.port" else self.daemon.rtsp_port
            mine = other.port if key == "server.port" else other.rtsp_port
            name = key.partition(".")[2]
            text = other.config.read_text()
            other.config.write_text(text.replace(f"\n{name} = {mine}", f"\n{name} = {busy}"))
            process = other.launch()
            self.assertEqual((await process.ends_within(20)).code, 1)
            lines = (other.folder / "camsvc.log").read_text().splitlines()
            self.assertIn(f"port {busy} is in use by", lines[-1])
            self.assertIn(f"set {key}", lines[-1])
            self.assertNotIn("Traceback", "\n".join(lines))
            other.config.write_text(text)
        await other.start()

    async def test_strangers_find_closed_doors(self) -> None:
        """No credential, a wrong one and an expired one open no stream; nobody publishes; nobody sees rec/."""
        tokens = ("", "wrong", self.daemon.token("viewer", valid_s=-5))
        for token in tokens:
            decoded = await read_frames(self, self.daemon.rtsp_url(token=token), 1, 10)
            self.assertEqual(decoded.frames, 0)
            self.assertIn("401", decoded.errors)
        decoded = await read_frames(self, self.daemon.rtsp_url("rec/camera0/1"), 1, 10)
        self.assertEqual(decoded.frames, 0)
        for path in ("/files/recordings/x.mp4", "/files/snapshots/x.jpg"):
            self.assertEqual((await self.daemon.get(path)).code, 401)
        stranger = await self.daemon.connect(role=None)
        self.assertEqual(await stranger.call("ping"), "pong")
        for method in ("get_camera_list", "no_such_method", "take_snapshot"):
            with self.assertRaises(RpcError) as caught:
                await stranger.call(method)
            self.assertEqual(caught.exception.code, -32001)


per_engine(globals(), FaultTests, SecondStartTests)
