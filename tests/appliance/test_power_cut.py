"""The appliance loses its power while it records."""

from __future__ import annotations

from tests.appliance.guest import WAIT_S, ApplianceTestCase, NoticingClient
from tests.support.media.ffmpeg import decode, probe
from tests.support.spawned import clock, eventually, pause

BEFORE_S = 45.0
"""Footage before the power cut."""

AFTER_S = 10.0
"""Footage after it."""

UNWRITTEN_S = 15.0
"""What of it may be lost: what was not yet written out (every 4 s, seen at a look each 2 s), one second for the
fragment that is open, and what the emulated disk takes for it."""


class PowerCutTests(ApplianceTestCase):
    """An end that nothing is told of before."""

    async def test_while_recording(self) -> None:
        """What was on the disk outlives it, the recording goes on after it, and is one good file in the end."""
        client = await self.guest.connect("operator")
        name = (await client.call("start_recording", 60, device="camera0"))["filename"]
        await client.sees("recording_status_update", WAIT_S, confirmed=True, filename=name)
        await pause(BEFORE_S)
        began = clock().seconds()
        await self.guest.cut_power()
        await self.guest.up()
        self.guest.measured("power cut to ready", clock().seconds() - began)

        client = await self.guest.connect("operator")
        listed = (await client.call("list_recordings"))["files"]
        self.assertEqual([file["status"] for file in listed if file["filename"] == name], ["RECORDING"])
        await eventually(lambda: self.resumed(client), WAIT_S)
        await pause(AFTER_S)
        stopped = await client.call("stop_recording", 60, device="camera0")
        self.assertEqual(stopped["filename"], name)
        await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)
        listed = (await client.call("list_recordings"))["files"]
        entry = next(file for file in listed if file["filename"] == name)
        self.assertEqual(entry["status"], "FINISHED")
        file = await self.guest.download(entry["download_url"], self.scratch / name)
        length_s = float((await probe(self, file))["format"]["duration"])
        lost_s = BEFORE_S + AFTER_S - length_s
        self.guest.measured("footage lost by the power cut, at most", max(0.0, lost_s))
        self.assertLess(lost_s, UNWRITTEN_S)
        decoded = await decode(self, file)
        self.assertEqual(decoded.errors, "")
        self.assertGreater(decoded.frames, length_s * 10 * 0.8)

    async def resumed(self, client: NoticingClient) -> bool:
        """Whether the recording's file grows again."""
        return bool((await client.call("get_camera_list"))["cameras"][0]["recording"])
