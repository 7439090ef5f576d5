"""A disk that fills up, goes away, comes back or turns read-only under a recording: who is told, and what is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from camsvc.library.disk.volume import MARKER
from camsvc.system.processes import run
from tests.functional.recording.test_storage import mount
from tests.support.daemon.daemon import CAMERA, Client, Daemon, RpcError
from tests.support.engine.engines import Engine, per_engine
from tests.support.media.ffmpeg import decode
from tests.support.procfs import open_files
from tests.support.spawned import clock, eventually

MB = 1 << 20


class DiskTestCase(TestCase):
    """Recordings, and the seconds before them, are on a tmpfs of 64 MB that is mounted where they go."""

    engine: Engine
    timeout = 150

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine, f"{CAMERA}[recording]\npre_record_s = 3\n")
        self.folder = self.daemon.folder / "volume" / "recordings"
        self.store = self.daemon.folder / "store"
        for each in (self.folder, self.store):
            each.mkdir(parents=True)
        text = self.daemon.config.read_text()
        self.daemon.config.write_text(
            text.replace("[storage]\n", '[storage]\nrecordings_dir = "volume/recordings"\n')
        )
        await mount("-t", "tmpfs", "-o", f"size=64m,mode=0750,uid={os.geteuid()}", "camsvc-test", str(self.store))
        self.addCleanup(self.unmount, self.store)
        await self.bind()
        self.addCleanup(self.unmount, self.folder)
        self.addCleanup(self.daemon.end)
        self.addCleanup(self.show_log)

    def show_log(self) -> None:
        if not self._passed:
            print(self.daemon.log())

    async def bind(self, *options: str) -> None:
        """The volume comes."""
        await mount("--bind", *options, str(self.store), str(self.folder))

    async def unmount(self, folder: Path) -> None:
        """The volume goes, whatever is open on it."""
        await run(clock(), ["/bin/umount", "-l", str(folder)], timeout_s=10)

    async def begin(self) -> Client:
        """Record."""
        await self.daemon.start()
        client = await self.daemon.connect()
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", status="RECORDING", confirmed=True)
        return client

    async def refused(self, client: Client, code: int, reason: str) -> dict[str, Any]:
        """A recording that may not begin."""
        with self.assertRaises(RpcError) as caught:
            await client.call("start_recording", device="camera0")
        self.assertEqual((caught.exception.code, caught.exception.data["reason"]), (code, reason))
        return caught.exception.data

    def told(self, client: Client) -> list[str]:
        """Every state of the disk that this client was told of."""
        return [note["state"] for note in client.notifications if note["method"] == "storage_status_update"]

    async def stop_and_play(self, client: Client) -> None:
        """Stop; what was recorded decodes from end to end."""
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", timeout_s=30)
        files = sorted(self.folder.glob("camera0*.mp4"))
        self.assertTrue(files)
        for file in files:
            self.assertEqual((await decode(self, file)).errors, "")

    def leave_free(self, size: int) -> Path:
        """Take all room of the volume but so many bytes."""
        found = os.statvfs(self.store)
        path = self.store / "filler"
        path.write_bytes(b"\0" * (found.f_bavail * found.f_frsize - size))
        return path


class RoomTests(DiskTestCase):
    """Room."""

    async def test_low_and_full(self) -> None:
        """Low: none begins, what runs goes on. Full: it pauses, its part closed. Well: it goes on. Told once each."""
        client = await self.begin()
        filler = self.leave_free(6 * MB)
        await client.sees("storage_status_update", state="low")
        self.assertIsNone(client.seen("recording_status_update", reason="no_space"))
        filler.unlink()
        await client.sees("storage_status_update", state="ok")
        filler = self.leave_free(3 * MB)
        await client.sees("storage_status_update", state="full")
        await client.sees("recording_status_update", status="RECORDING", reason="no_space")
        await eventually(lambda: not self.engine_writes())
        self.assertEqual((await self.daemon.get("/health")).json["status"], "degraded")
        filler.unlink()
        await client.sees("recording_status_update", reason="resumed")
        self.assertEqual(self.told(client), ["low", "ok", "full", "ok"])
        await self.stop_and_play(client)
        self.leave_free(7 * MB)
        figures = await self.refused(client, -32020, "no_space")
        self.assertLess(figures["free_bytes"], figures["required_bytes"])

    async def test_the_oldest_go_under_load(self) -> None:
        """With a policy the disk is filled again and again, and the recording never stands still."""
        for number in range(24):
            name = f"camera7_2026-01-{number + 1:02}_12-00-00Z_{number + 1}.mp4"
            (self.store / name).write_bytes(bytes(2 * MB))
        client = await self.begin()
        await client.call("protect_recording", filename="camera7_2026-01-02_12-00-00Z_2", protected=True)
        await client.call("set_retention_policy", policy_type="age", enabled=True, max_age_days=36500)
        await client.call("subscribe_events", topics=["library.cleanup"])
        for number in range(1, 4):
            name = f"camera7_2026-01-{3 * number:02}_12-00-00Z_{3 * number}.mp4"
            (self.store / f"filler{number}").write_bytes(bytes(self.free() - 5 * MB))
            await eventually(lambda name=name: not (self.store / name).exists(), 20)  # type: ignore[misc]
        await eventually(lambda: self.deleted(client) == 24 - len(self.left()), 20)
        left, gone = self.left(), self.deleted(client)
        self.assertEqual(left[0], "camera7_2026-01-02_12-00-00Z_2.mp4")
        self.assertEqual(left[1:], [f"camera7_2026-01-{n:02}_12-00-00Z_{n}.mp4" for n in range(gone + 2, 25)])
        self.assertNotIn("full", self.told(client))
        self.assertEqual({each for note in self.cleanups(client) for each in note["policies"]}, {"free_space"})
        self.assertIsNone(client.seen("recording_status_update", reason="no_space"))
        rows = (await client.call("get_audit_log", method="retention"))["entries"]
        names = [name for row in rows for name in row["params"]["names"]]
        self.assertEqual(
            sorted(names), [f"camera7_2026-01-{n:02}_12-00-00Z_{n}.mp4" for n in (1, *range(3, gone + 2))]
        )
        await self.stop_and_play(client)

    def left(self) -> list[str]:
        """Names of what was there before."""
        return sorted(path.name for path in self.store.glob("camera7*.mp4"))

    def cleanups(self, client: Client) -> list[dict[str, Any]]:
        """What was told of deleted files."""
        return [note for note in client.notifications if note["method"] == "library.cleanup"]

    def deleted(self, client: Client) -> int:
        """Files that were told to be deleted."""
        return sum(int(note["files_deleted"]) for note in self.cleanups(client))

    def free(self) -> int:
        found = os.statvfs(self.store)
        return found.f_bavail * found.f_frsize

    def engine_writes(self) -> list[str]:
        """Files of the volume that the engine has open."""
        return [path for path in open_files(self.daemon.engine_pid()) if ".rec/" in path]


class VolumeTests(DiskTestCase):
    """The volume."""

    async def test_unmounted_under_load(self) -> None:
        """Nothing stays in the mount point, but the same recording goes on when the volume is back."""
        client = await self.begin()
        await self.unmount(self.folder)
        await client.sees("storage_status_update", state="foreign")
        await client.sees("recording_status_update", status="RECORDING", reason="foreign")
        await eventually(lambda: not any(self.folder.iterdir()))
        self.assertEqual((await client.call("get_storage_info"))["state"], "foreign")
        self.assertEqual((await client.call("list_recordings"))["total"], 1)
        await self.bind()
        await client.sees("recording_status_update", reason="resumed")
        self.assertEqual(self.told(client), ["foreign", "ok"])
        await self.stop_and_play(client)
        self.assertEqual((await client.call("list_recordings"))["total"], 1)

    async def test_what_is_asked_for_while_it_is_away(self) -> None:
        """Files, their pictures and zips of them answer 503 with the reason; all are there when the volume is."""
        client = await self.begin()
        await self.stop_and_play(client)
        file = (await client.call("list_recordings"))["files"][0]
        name = file["filename"]
        asked = [file["download_url"], file["thumbnail_url"], f"/files/strips/{name}.jpg"]
        asked += [f"/files.zip?file=recordings/{name}"]
        thumbnail = self.daemon.state / "thumbnails" / f"{name}.jpg"
        await eventually(thumbnail.exists, 60)
        await self.unmount(self.folder)
        await client.sees("storage_status_update", state="foreign")
        self.assertEqual((await self.daemon.get(file["thumbnail_url"])).code, 200)
        thumbnail.unlink()
        bearer = {"authorization": f"Bearer {self.daemon.token()}"}
        for path in asked:
            answer = await self.daemon.get(path, **bearer)
            self.assertEqual((answer.code, answer.json["error"]["data"]["reason"]), (503, "foreign"), path)
        await self.bind()
        await client.sees("storage_status_update", state="ok")
        for path in asked:

            async def is_there(path: str = path) -> bool:
                return (await self.daemon.get(path, **bearer)).code == 200  # 503 while a picture is being made

            await eventually(is_there, 60)

    async def test_stopped_while_it_is_away(self) -> None:
        """The stop is answered; the file is made when the volume is back, after a restart too."""
        client = await self.begin()
        await self.unmount(self.folder)
        await client.sees("recording_status_update", status="RECORDING", reason="foreign")
        await client.call("stop_recording", device="camera0")
        await self.refused(client, -32050, "foreign")
        await self.daemon.end_alone()
        await self.daemon.start()
        client = await self.daemon.connect()
        self.assertEqual((await client.call("list_recordings"))["files"][0]["status"], "FINISHING")
        await self.refused(client, -32050, "foreign")
        await eventually(lambda: not any(self.folder.iterdir()))
        await self.bind()
        await client.sees("recording_status_update", status="STOPPED", timeout_s=30)
        (file,) = (path for path in self.folder.iterdir() if path.suffix == ".mp4")
        self.assertEqual((await decode(self, file)).errors, "")

    async def test_read_only(self) -> None:
        """Told as what it is; goes on once it can be written to."""
        client = await self.begin()
        await self.bind("-o", "ro")
        await client.sees("storage_status_update", state="read_only")
        await client.sees("recording_status_update", status="RECORDING", reason="read_only")
        await self.unmount(self.folder)
        await client.sees("recording_status_update", reason="resumed")
        await self.stop_and_play(client)

    async def test_another_disk(self) -> None:
        """Refused, as it may be the wrong one, until an admin says that it is right."""
        client = await self.begin()
        await self.stop_and_play(client)
        await self.unmount(self.folder)
        (self.store / MARKER).write_text("another camsvc's")
        await self.bind()
        await client.sees("storage_status_update", state="foreign")
        await self.refused(client, -32050, "foreign")
        self.assertEqual((await client.call("accept_volume"))["state"], "ok")
        await client.call("start_recording", device="camera0")
        await client.sees("storage_status_update", state="ok")


per_engine(globals(), RoomTests, VolumeTests)
