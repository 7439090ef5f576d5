"""The library of a running camsvc: restored without its database, changed by hand, and verified."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.daemon.daemon import Client, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.spawned import Spawned, eventually

SMALL = '[[camera]]\nname = "Small camera"\nkind = "test"\nwidth = 320\nheight = 180\nfps = 10\n'


class LibraryTests(DaemonTestCase):
    """One daemon."""

    cameras = SMALL

    async def recorded(self, client: Client, form: str) -> str:
        """The name of a recording of two seconds."""
        started = await client.call("start_recording", device="camera0", duration=2, format=form)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        return str(started["filename"])

    async def listed(self, client: Client) -> dict[str, Any]:
        """What is listed of each recording, as far as it is the library's own."""
        keys = ("device", "file_size", "duration", "width", "height", "status")
        found = (await client.call("list_recordings"))["files"]
        return {file["filename"]: {key: file.get(key) for key in keys} for file in found}

    async def times(self, client: Client) -> dict[str, float]:
        """When each recording began."""
        found = (await client.call("list_recordings"))["files"]
        return {file["filename"]: datetime.fromisoformat(file["created_time"]).timestamp() for file in found}

    async def exported(self, client: Client, name: str) -> str:
        """The name of an export of the first second of a recording."""
        (file,) = (await client.call("list_recordings", search=name))["files"]
        began = datetime.fromisoformat(file["created_time"])
        until = (began + timedelta(seconds=1)).isoformat()
        asked = {"device": "camera0", "from": file["created_time"], "to": until}
        await client.call("subscribe_events", topics=["export.progress"])
        export = (await client.call("export_recording", **asked))["export"]
        return str((await client.sees("export.progress", export=export, status="DONE"))["filename"])

    async def test_restored_without_its_database(self) -> None:
        """Copied to a new disk, by a program that keeps no times, the folder is the library that it was.

        With its exports, and what is protected.
        """
        client = await self.daemon.connect()
        names = {await self.recorded(client, form) for form in ("mp4", "mkv")}
        before = await self.listed(client)
        self.assertEqual(set(before), names)
        kept = max(names)
        await client.call("protect_recording", filename=kept, protected=True)
        export = await self.exported(client, min(names))
        began = await self.times(client)
        await self.daemon.end()
        for path in self.daemon.state.glob("camsvc.sqlite*"):
            path.unlink()
        for path in (self.daemon.state / "recordings").glob("*.m*"):
            os.utime(path, (1, 1))
        await self.daemon.start()
        client = await self.daemon.connect()

        async def same() -> bool:
            return await self.listed(client) == before

        try:
            await eventually(same)
        except AssertionError:
            self.assertEqual(await self.listed(client), before)
            raise
        found = (await client.call("list_recordings"))["files"]
        self.assertEqual([file["filename"] for file in found if file.get("protected")], [kept])
        self.assertEqual([file["filename"] for file in (await client.call("list_exports"))["files"]], [export])
        for name, second in (await self.times(client)).items():  # MP4 says it to a second
            self.assertLess(abs(second - began[name]), 1.1, f"{name}: {second}, {began[name]}")

    async def test_by_hand(self) -> None:
        """What is copied in, renamed and deleted while camsvc runs is listed so, and can be downloaded."""
        client = await self.daemon.connect()
        folder = self.daemon.state / "recordings"
        source = folder / await self.recorded(client, "mp4")
        (folder / "copy.mp4").write_bytes(source.read_bytes())

        async def known(name: str) -> Any:
            found = (await client.call("list_recordings", search=name))["files"]
            return found and found[0].get("duration") and found[0]

        found = await eventually(lambda: known("copy.mp4"))
        self.assertLess(abs(found["duration"] - (await known(source.name))["duration"]), 0.1)
        self.assertEqual((await self.daemon.get(found["download_url"])).body, source.read_bytes())
        (folder / "copy.mp4").rename(folder / "moved.mp4")
        await eventually(lambda: known("moved.mp4"))
        source.unlink()

        async def names() -> list[str]:
            return [file["filename"] for file in (await client.call("list_recordings"))["files"]]

        async def settled() -> bool:
            return await names() == ["moved.mp4"]

        await eventually(settled)

    async def test_verified(self) -> None:
        """From the command line: what was cut is named, mended when that is asked for, and all is well then."""
        client = await self.daemon.connect()
        folder = self.daemon.state / "recordings"
        path = folder / await self.recorded(client, "mp4")
        self.assertEqual((await self.verify())[0], 0)
        whole = path.read_bytes()
        os.truncate(path, len(whole) * 3 // 4)
        status, out = await self.verify()
        self.assertEqual(status, 1)
        self.assertIn("truncated", out)
        status, out = await self.verify("--repair")
        self.assertIn(f"{path.name}.damaged", out)
        self.assertEqual((folder / f"{path.name}.damaged").stat().st_size, len(whole) * 3 // 4)
        subprocess.run(("/usr/bin/ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"), check=True)
        self.assertEqual((await self.verify())[0], 0)

    async def verify(self, *options: str) -> tuple[int | None, str]:
        """Exit status and output of ``camsvc library verify``."""
        program = str(Path(sys.executable).parent / "camsvc")
        process = Spawned.start([program, "library", "verify", "--config", str(self.daemon.config), *options])
        self.addCleanup(process.end)
        output = await process.ends_within(60)
        return output.code, output.out.decode()


per_engine(globals(), LibraryTests)
