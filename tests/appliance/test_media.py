"""Watching, snapshots and recordings of a V4L2 camera, over the network."""

from __future__ import annotations

import time

from twisted.internet.defer import Deferred

from tests.appliance.guest import WAIT_S, ApplianceTestCase, asleep, played
from tests.support.media.ffmpeg import decode, probe
from tests.support.spawned import clock

VIVID = "/sys/bus/platform/drivers/vivid"
FPS = 10
"""Of the configured mode; what the emulation carries."""

LEAST_FPS = FPS / 4
"""What arrives of it at least, by emulation on a busy machine; by itself it is all of it."""

PLUGGED_IN_S = 60.0
"""From the plug to the first picture at most, likewise; by itself it takes 7 s."""


class MediaTests(ApplianceTestCase):
    """One thing that an owner does with a camera's pictures each."""

    async def test_watch(self) -> None:
        """Ten seconds of live video decode without an error, at their rate, and come from the device."""
        client = await self.guest.connect("viewer")
        await asleep(client)
        for what in ("asleep", "running"):
            url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
            began = clock().seconds()
            await played(self, url, 1)
            self.guest.measured(f"first picture of a camera that was {what}", clock().seconds() - began)
        open_files = await self.guest.out("ls -l /proc/[0-9]*/fd 2>/dev/null | grep /dev/video || true")
        self.assertIn("/dev/video", open_files)
        began = clock().seconds()
        await played(self, url, 10 * FPS)
        took_s = clock().seconds() - began
        self.guest.measured("pictures a second, over ten seconds", 10 * FPS / took_s, unit="/s")
        self.assertGreater(10 * FPS / took_s, LEAST_FPS)

    async def test_plugged_in_to_first_picture(self) -> None:
        """From the plug to the first picture of one who waits for it: all of it, a real start of the device too.

        What it takes comes into the table, and has a limit that a machine alone is far from. The same in real time,
        on a device that is a file, is in tests/functional/cameras/test_hotplug.
        """
        client = await self.guest.connect("viewer")
        await asleep(client)
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        await self.guest.out(f"echo vivid.0 > {VIVID}/unbind")
        await client.sees("camera_status_update", WAIT_S, device="camera0", status="DISCONNECTED")
        client.notifications.clear()
        known = len(await self.guest.events())
        await self.guest.compare_clocks()
        await self.guest.out(f"echo vivid.0 > {VIVID}/bind")
        await client.sees("camera_status_update", WAIT_S, device="camera0", status="CONNECTED")
        await played(self, url, 1)
        seen_at = time.time()
        added = [event["at"] for event in await self.guest.events(known) if event["ACTION"] == "add"]
        self.guest.measured("udev's add event to the first picture", seen_at - min(added))
        self.assertLess(seen_at - min(added), PLUGGED_IN_S)

    async def test_two_at_once(self) -> None:
        """Both cameras are watched at the same time."""
        client = await self.guest.connect("viewer")
        playing = []
        for device in ("camera0", "camera1"):
            url = (await client.call("get_stream_url", device=device))["stream_url"]
            playing.append(Deferred.fromCoroutine(played(self, url, 20)))
        for each in playing:
            await each

    async def test_snapshot(self) -> None:
        """A snapshot has the camera's size, and can be downloaded."""
        client = await self.guest.connect("operator")
        began = clock().seconds()
        taken = await client.call("take_snapshot", 60, device="camera0")
        self.guest.measured("snapshot", clock().seconds() - began)
        self.assertEqual((taken["width"], taken["height"]), (320, 180))
        reply = await self.guest.get(taken["download_url"])
        self.assertEqual((reply.code, len(reply.body)), (200, taken["file_size"]))
        file = self.scratch / "snapshot.jpg"
        file.write_bytes(reply.body)
        self.assertEqual((await decode(self, file)).frames, 1)

    async def test_recording(self) -> None:
        """Ten seconds are recorded, listed, downloaded and decoded."""
        client = await self.guest.connect("operator")
        started = await client.call("start_recording", 60, device="camera0", duration=10)
        name = started["filename"]
        stopped = await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)
        self.assertEqual(stopped["reason"], "duration")
        listed = (await client.call("list_recordings"))["files"]
        entry = next(file for file in listed if file["filename"] == name)
        self.assertEqual((entry["status"], entry["device"]), ("FINISHED", "camera0"))
        file = await self.guest.download(entry["download_url"], self.scratch / name)
        self.assertEqual(file.stat().st_size, entry["file_size"])
        found = await probe(self, file)
        (stream,) = found["streams"]
        self.assertEqual((stream["codec_name"], stream["width"], stream["height"]), ("h264", 320, 180))
        self.guest.measured("length of a recording of ten seconds", float(found["format"]["duration"]))
        self.assertLess(abs(float(found["format"]["duration"]) - 10), 0.5)
        decoded = await decode(self, file)
        self.assertEqual(decoded.errors, "")
        self.assertGreater(decoded.frames, 10 * FPS * 0.8)

    async def test_unplugged_while_recording(self) -> None:
        """The camera is unplugged and plugged in again: told, and one recording that decodes from end to end."""
        client = await self.guest.connect("operator")
        name = (await client.call("start_recording", 60, device="camera0"))["filename"]
        await client.sees("recording_status_update", WAIT_S, confirmed=True, filename=name)
        await self.guest.out(f"echo vivid.0 > {VIVID}/unbind")
        gap = await client.sees("recording_status_update", WAIT_S, reason="camera_disconnected", filename=name)
        self.assertEqual(gap["status"], "RECORDING")
        await self.guest.out(f"echo vivid.0 > {VIVID}/bind")
        await client.sees("camera_status_update", WAIT_S, device="camera0", status="CONNECTED")
        back = clock().seconds()
        await client.sees("recording_status_update", WAIT_S, reason="resumed", filename=name)
        self.guest.measured("plugged in again to recording on", clock().seconds() - back)
        await client.call("stop_recording", 60, device="camera0")
        await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)
        entry = next(f for f in (await client.call("list_recordings"))["files"] if f["filename"] == name)
        file = await self.guest.download(entry["download_url"], self.scratch / name)
        decoded = await decode(self, file)
        self.assertEqual(decoded.errors, "")
        self.assertGreater(decoded.frames, 2 * FPS)

    async def test_clock_stepped(self) -> None:
        """The clock is set ten minutes on while a timed recording runs, and back in the next: lengths stay."""
        client = await self.guest.connect("operator")
        for step in (600, -600):
            name = (await client.call("start_recording", 60, device="camera0", duration=10))["filename"]
            await client.sees("recording_status_update", WAIT_S, confirmed=True, filename=name)
            await self.guest.out(f"date -s @$(( $(date +%s) + {step} ))")
            stopped = await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)
            self.assertEqual(stopped["reason"], "duration")
            self.guest.measured(f"recording of ten seconds, clock stepped by {step} s", stopped["duration"])
            self.assertLess(abs(stopped["duration"] - 10), 0.6)
