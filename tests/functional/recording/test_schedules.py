"""Schedules over restarts of camsvc and of the engine: what records, who began it, and what is kept of it."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime
from typing import Any

from tests.support.daemon.daemon import Client, DaemonTestCase, RpcError
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode
from tests.support.spawned import eventually

ALL_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ScheduleTests(DaemonTestCase):
    """One camera."""

    timeout = 180

    async def begun(self, client: Client, trigger: str) -> str:
        """Wait for a recording that camsvc begins by itself; its file name."""

        async def status() -> Any:
            found = (await client.call("get_recording_schedules"))["schedules"][0]
            camera = await client.call("get_camera_status", device="camera0")
            return found.get("recording") == trigger and camera["recording"]

        await eventually(status, 30)
        found = (await client.call("list_recordings"))["files"][0]
        self.assertEqual(found["status"], "RECORDING")
        return str(found["filename"])

    async def size(self, client: Client) -> int:
        """Bytes of what is recorded."""
        return int((await client.call("get_recording_status", device="camera0"))["file_size"])

    async def test_continuous_over_restarts(self) -> None:
        """One recording goes on when camsvc and the engine are killed; stopped, it rests over a restart."""
        client = await self.daemon.connect()
        await client.call("set_recording_schedule", device="camera0", mode="continuous", keep_hours=24)
        name = await self.begun(client, "continuous")
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        await eventually(lambda: not self.daemon.process.running)
        await self.daemon.start()
        client = await self.daemon.connect()
        self.assertEqual(await self.begun(client, "continuous"), name)
        killed, size = self.daemon.engine_pid(), await self.size(client)
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda: self.daemon.engine_pid() != killed, 30)

        async def grows() -> bool:
            return await self.size(client) > size + 100_000

        await eventually(grows, 60)
        self.assertEqual(await self.begun(client, "continuous"), name)
        with self.assertRaises(RpcError) as caught:
            await client.call("start_recording", device="camera0")
        self.assertEqual(caught.exception.data["reason"], "already_recording")
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", timeout_s=40)
        errors = (await decode(self, self.daemon.state / "recordings" / name)).errors
        self.assertEqual(errors, "")
        await self.daemon.end_alone()
        await self.daemon.start()
        client = await self.daemon.connect()
        found = (await client.call("get_recording_schedules", device="camera0"))["schedules"][0]
        self.assertEqual((found["held"], "recording" in found), (True, False))
        await client.call("set_recording_schedule", device="camera0", mode="continuous")
        self.assertNotEqual(await self.begun(client, "continuous"), name)
        rows = (await client.call("get_audit_log", actor="camsvc", limit=50))["entries"]
        begun = [row["params"]["filename"] for row in rows if row["method"] == "start_recording"]
        self.assertEqual((len(begun), begun[-1]), (2, name))

    async def test_window(self) -> None:
        """It begins in its window, and ends when that is changed; the end is nobody's stop."""
        client = await self.daemon.connect()
        now = datetime.fromtimestamp(time.time())  # of the machine, as the daemon has no other
        window = {"days": ALL_DAYS, "from": f"{(now.hour - 1) % 24:02}:00", "to": f"{(now.hour + 2) % 24:02}:00"}
        found = await client.call("set_recording_schedule", device="camera0", mode="schedule", schedule=[window])
        self.assertEqual((found["schedule"], found["held"]), ([window], False))
        self.assertTrue(found["next_change"].endswith("Z"))
        await self.begun(client, "schedule")
        other = {"days": ALL_DAYS, "from": f"{(now.hour + 4) % 24:02}:00", "to": f"{(now.hour + 5) % 24:02}:00"}
        await client.call("set_recording_schedule", device="camera0", mode="schedule", schedule=[other])
        await client.sees("recording_status_update", status="STOPPED", reason="schedule", timeout_s=40)
        found = (await client.call("get_recording_schedules"))["schedules"][0]
        self.assertEqual((found["held"], "recording" in found), (False, False))


per_engine(globals(), ScheduleTests)
