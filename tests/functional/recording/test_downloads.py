"""A recording of several files is had as one, in an archive, in part and in small pictures, on each engine."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from camsvc.library import jpeg
from tests.support.daemon.daemon import CAMERA, Client, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, packet_times
from tests.support.spawned import eventually


class DownloadTests(DaemonTestCase):
    """Files of three seconds."""

    cameras = f"{CAMERA}[recording]\nsegment_s = 3\n"

    async def recorded(self, client: Client) -> dict[str, Any]:
        """A recording of several files, as get_recording_info tells it."""
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)

        async def several() -> bool:
            found = await client.call("get_recording_info", filename=started["filename"])
            return len(found.get("parts", [])) >= 2

        await eventually(several, 40)
        stopped = await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", filename=stopped["filename"])
        info: dict[str, Any] = await client.call("get_recording_info", filename=stopped["filename"])
        return info

    async def frames(self, name: str, content: bytes) -> int:
        """How many pictures a file has, which plays to its end without a complaint."""
        path: Path = self.daemon.folder / name
        path.write_bytes(content)
        decoded = await decode(self, path)
        self.assertEqual((decoded.code, decoded.errors), (0, ""), name)
        return len(await packet_times(self, path, "v"))

    async def test_every_way(self) -> None:
        """Each gives all that was recorded of what it is asked for."""
        client = await self.daemon.connect()
        info = await self.recorded(client)
        parts = {part["filename"]: await self.daemon.get(part["download_url"]) for part in info["parts"]}
        counts = [await self.frames(name, part.body) for name, part in parts.items()]

        whole = await self.daemon.get(info["download_url"])
        self.assertEqual(whole.code, 200)
        self.assertEqual(await self.frames("whole.mp4", whole.body), sum(counts))

        bearer = f"Bearer {self.daemon.token('viewer')}"
        archive = await self.daemon.get(f"/files.zip?file=recordings/{info['filename']}", authorization=bearer)
        self.assertEqual(archive.code, 200)
        with zipfile.ZipFile(io.BytesIO(archive.body)) as opened:
            found = {name.removeprefix("recordings/"): opened.read(name) for name in opened.namelist()}
        self.assertEqual(found, {name: part.body for name, part in parts.items()})

        strip = await self.daemon.get(f"/files/strips/{info['filename']}.jpg", authorization=bearer)
        self.assertEqual(jpeg.size(strip.body), (1600, 900))

    async def test_export(self) -> None:
        """A time over the seam of two files is one file, which is told of, listed and downloaded."""
        client = await self.daemon.connect()
        info = await self.recorded(client)
        await client.call("subscribe_events", topics=["export.progress"])
        seam = datetime.fromisoformat(info["parts"][1]["created_time"]).astimezone(UTC)
        since, until = (seam + timedelta(seconds=off) for off in (-1.5, 1.0))
        begun = await client.call(
            "export_recording", device="camera0", **{"from": since.isoformat(), "to": until.isoformat()}
        )
        done = await client.sees("export.progress", export=begun["export"], status="DONE")
        self.assertGreater(done["duration"], 2.0)
        content = await self.daemon.get(done["download_url"])
        count = await self.frames("export.mp4", content.body)
        self.assertLess(abs(count / 15 - done["duration"]), 0.6)
        listed = await client.call("list_exports")
        self.assertEqual([file["filename"] for file in listed["files"]], [done["filename"]])


per_engine(globals(), DownloadTests)
