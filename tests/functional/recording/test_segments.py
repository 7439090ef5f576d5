"""A long recording is several files, made while it runs, and one entry of the list, whatever is killed meanwhile."""

from __future__ import annotations

import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.daemon.daemon import CAMERA, Client, DaemonTestCase, parts_folder, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, packet_times, probe
from tests.support.spawned import clock, eventually

FPS = 15


class SegmentTests(DaemonTestCase):
    """Files of three seconds."""

    cameras = f"{CAMERA}[recording]\nsegment_s = 3\n"

    async def made(self, client: Client, filename: str) -> list[dict[str, Any]]:
        """The files of a recording so far."""
        parts: list[dict[str, Any]] = (await client.call("get_recording_info", filename=filename)).get("parts", [])
        return parts

    async def are_made(self, client: Client, filename: str, count: int) -> list[dict[str, Any]]:
        async def enough() -> list[dict[str, Any]] | None:
            parts = await self.made(client, filename)
            return parts if len(parts) >= count else None

        found: list[dict[str, Any]] = await eventually(enough, 30)
        return found

    async def finished(self, client: Client, began_s: float) -> None:
        """It is one entry, as long as it ran; its files play, each from 0, and miss nothing together."""
        least_s = clock().seconds() - began_s
        stopped = await client.call("stop_recording", device="camera0")
        most_s = clock().seconds() - began_s
        name = stopped["filename"]
        await client.sees("recording_status_update", status="STOPPED", filename=name)
        listed = await client.call("list_recordings")
        self.assertEqual([(file["filename"], file["status"]) for file in listed["files"]], [(name, "FINISHED")])
        (entry,) = listed["files"]
        self.assertLess(abs(entry["duration"] - stopped["duration"]), 0.5)
        self.assertTrue(least_s - 2 < entry["duration"] < most_s + 2.5, f"{entry}, {least_s} to {most_s} s")
        parts = await self.made(client, name)
        files = [self.daemon.state / "recordings" / part["filename"] for part in parts]
        self.assertEqual(sorted(files), sorted(recorded_files(self.daemon)))
        self.assertEqual(entry["file_size"], sum(file.stat().st_size for file in files))
        self.assertFalse(parts_folder(self.daemon, name).exists())
        for file in files:
            await self.plays(file)
        one = await self.daemon.get(parts[1]["download_url"])
        self.assertEqual((one.code, one.body), (200, files[1].read_bytes()))

    async def plays(self, file: Path) -> None:
        decoded = await decode(self, file)
        self.assertEqual((decoded.code, decoded.errors), (0, ""), file)
        times = await packet_times(self, file, "v")
        self.assertLess(times[0], 0.1)
        self.assertLess(max(after - before for before, after in pairwise(times)), 0.5)
        self.assertEqual((await probe(self, file))["format"]["format_name"].split(",")[0], "mov")

    async def test_files(self) -> None:
        """The first ones are there, and are downloaded, while the recording goes on."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        began = clock().seconds()
        parts = await self.are_made(client, started["filename"], 2)
        self.assertLess(abs(parts[0]["duration"] - 3), 1.2)
        listed = await client.call("list_recordings")
        self.assertEqual([file["status"] for file in listed["files"]], ["RECORDING"])
        self.assertGreater(listed["files"][0]["duration"], 6)
        second = await self.daemon.get(parts[1]["download_url"])
        self.assertEqual((second.code, len(second.body)), (200, parts[1]["file_size"]))
        await self.finished(client, began)
        await client.call("delete_recording", filename=started["filename"])
        self.assertEqual(recorded_files(self.daemon), [])

    async def test_camsvc_killed(self) -> None:
        """Files go on where they were, under the next number; nothing is lost and nothing there twice."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        began = clock().seconds()
        await self.are_made(client, started["filename"], 1)
        await self.daemon.process.end(signal.SIGKILL)
        await self.daemon.start()
        client = await self.daemon.connect()
        await self.are_made(client, started["filename"], 3)
        await self.finished(client, began)

    async def test_timed(self) -> None:
        """One that is hardly longer than a file is one."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0", duration=3)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        self.assertEqual([file.name for file in recorded_files(self.daemon)], [started["filename"]])


per_engine(globals(), SegmentTests)
