"""Recordings that move to a second folder, which goes away and comes back meanwhile: one library all the time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from camsvc.system.processes import run
from tests.functional.recording.test_storage import mount
from tests.support.daemon.daemon import Client, Daemon
from tests.support.engine.engines import Engine, per_engine
from tests.support.spawned import clock, eventually


class SecondFolderTests(TestCase):
    """The second folder is a mount of its own."""

    engine: Engine
    timeout = 150

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine)
        self.second, self.store = self.daemon.folder / "second", self.daemon.folder / "store"
        for each in (self.second, self.store):
            each.mkdir()
        text = self.daemon.config.read_text()
        self.daemon.config.write_text(text.replace("[storage]\n", '[storage]\narchive_dir = "second"\n'))
        await mount("-t", "tmpfs", "-o", f"size=64m,mode=0750,uid={os.geteuid()}", "camsvc-test", str(self.store))
        self.addCleanup(self.unmount, self.store)
        await mount("--bind", str(self.store), str(self.second))
        self.addCleanup(self.unmount, self.second)
        self.addCleanup(self.daemon.end)
        await self.daemon.start()

    async def unmount(self, folder: Path) -> None:
        await run(clock(), ["/bin/umount", "-l", str(folder)], timeout_s=10)

    async def recorded(self, client: Client) -> dict[str, Any]:
        """A recording of two seconds."""
        await client.call("start_recording", device="camera0", duration=2)
        await client.sees("recording_status_update", status="STOPPED", timeout_s=40)
        found: dict[str, Any] = (await client.call("list_recordings"))["files"][0]
        return found

    async def test_moved(self) -> None:
        """It waits while the folder is away; then the same bytes come by the same URL, and its disk is another."""
        client = await self.daemon.connect()
        file = await self.recorded(client)
        name, body = file["filename"], (await self.daemon.get(file["download_url"])).body
        first = self.daemon.state / "recordings" / name
        await self.unmount(self.second)
        await client.call("subscribe_events", topics=["move.progress"])
        await client.call("move_recording", filename=name)

        async def waits() -> bool:
            asked = await client.call("get_moves")
            why = {move["filename"]: move.get("error", "") for move in asked["moves"]}
            return bool(asked["second_folder"]) and list(why) == [name] and "another volume" in why[name]

        await eventually(waits)
        self.assertEqual((first.exists(), list(self.second.iterdir())), (True, []))
        await mount("--bind", str(self.store), str(self.second))
        await eventually(lambda: not first.exists(), 40)
        self.assertEqual((self.second / name).read_bytes(), body)
        await client.sees("move.progress", status="DONE", filename=name)
        listed = (await client.call("list_recordings"))["files"]
        self.assertEqual([(each["filename"], each["archived"]) for each in listed], [(name, True)])
        self.assertEqual((await self.daemon.get(listed[0]["download_url"])).body, body)
        await self.unmount(self.second)

        async def is_away() -> bool:
            return (await self.daemon.get(listed[0]["download_url"])).code == 503

        await eventually(is_away)
        self.assertEqual((await client.call("list_recordings"))["total"], 1)
        await mount("--bind", str(self.store), str(self.second))
        await self.daemon.end_alone()
        await self.daemon.start()
        client = await self.daemon.connect()
        self.assertEqual((await client.call("list_recordings"))["total"], 1)
        await client.call("delete_recording", filename=name)
        self.assertFalse((self.second / name).exists())


per_engine(globals(), SecondFolderTests)
