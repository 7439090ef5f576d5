"""Plugging cameras into a running camsvc, in front of a made-up udev: who they are, and how quickly that is told."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

import camsvc
from tests.support.daemon.daemon import Client, parts_folder, recorded_files
from tests.support.daemon.plugged import FilmedCamera, PluggedDaemon
from tests.support.daemon.plugging import Plugs
from tests.support.engine.engines import Engine
from tests.support.media.ffmpeg import FFMPEG, decode, frames_of, read_frames, reader
from tests.support.spawned import eventually, processes_mentioning
from tests.support.usb.udev_samples import c270, c920, laptop, vivid

ENGINE = Engine("relay", camsvc.__version__, str(Path(sys.executable).parent / "twistd"), "Relay")
MJPEG = ["MJPG", 1280, 720, [30.0, 15.0]]
YUYV = ["YUYV", 640, 480, [30.0]]
H264 = ["H264", 1920, 1080, [30.0]]

LIVE_S = 2.0
"""From the plug to the first picture on somebody's screen."""


class Stamped(list[dict[str, Any]]):
    """Notifications, each with the time at which it came (``at``, CLOCK_MONOTONIC)."""

    def append(self, note: dict[str, Any]) -> None:
        super().append(note | {"at": time.monotonic()})


class HotplugTests(TestCase):
    """A daemon and a client that is told."""

    timeout = 120

    async def setUp(self) -> None:
        self.plugs = await Plugs.open(self)
        self.daemon = PluggedDaemon(self, ENGINE, cameras="")
        self.daemon.plugs = self.plugs
        self.daemon.nodes_answer(video0=[YUYV, MJPEG], video2=[YUYV, MJPEG], video4=[YUYV, MJPEG])
        await self.daemon.start()
        self.client = await self.connect()

    async def connect(self) -> Client:
        client = await self.daemon.connect()
        client.notifications = Stamped()
        return client

    async def told(self, status: str, device: str = "camera0") -> dict[str, Any]:
        """The notification of a status; those seen so far are forgotten."""
        try:
            note = await self.client.sees("camera_status_update", status=status, device=device)
        except AssertionError:
            print(self.daemon.log())
            raise
        self.client.notifications.clear()
        return note

    async def cameras(self) -> dict[str, dict[str, Any]]:
        listed = await self.client.call("get_camera_list")
        return {camera["device"]: camera for camera in listed["cameras"]}

    async def test_how_quickly(self) -> None:
        """New: with the time of a probe. Known: without it. Unplugged: at once."""
        bare_start = min(_time_of([sys.executable, "-I", "-c", "import v4l2ctl"]) for _ in range(3))
        new: list[float] = []
        known: list[float] = []
        gone: list[float] = []
        for number in range(5):
            camera = c270(0, str(number + 1))
            for waits in (new, known):
                at = await self.plugs.plug(*camera)
                note = await self.told("CONNECTED", f"camera{number}")
                waits.append(note["at"] - at)
                await eventually(self.idle)
                at = await self.plugs.unplug(*camera)
                note = await self.told("DISCONNECTED", f"camera{number}")
                gone.append(note["at"] - at)
        middle = {"new": new, "known": known, "gone": gone, "probe": [bare_start]}
        figures = {name: round(1000 * statistics.median(waits), 1) for name, waits in middle.items()}
        print("event to notification, ms:", figures)
        self.assertLess(figures["new"], 200 + 5 * figures["probe"])
        self.assertLess(figures["known"], 200)
        self.assertLess(figures["gone"], 200)

    def idle(self) -> bool:
        """No probe runs, so that none is in the way of the next measurement."""
        mentioned = processes_mentioning(str(self.daemon.folder / "probe.py"))
        return set(mentioned) <= {self.daemon.process.pid}

    async def test_identity(self) -> None:
        """Cameras keep their ids over replugging, other ports, other nodes and restarts."""
        self.daemon.nodes_answer(video0=[YUYV, MJPEG], video2=[H264], video3=[MJPEG], video5=[YUYV])
        await self.plugs.plug(*c920(0, "1"))
        await self.told("CONNECTED")
        await self.plugs.plug(*laptop(3))
        await self.told("CONNECTED", "camera1")
        await self.plugs.plug(vivid(5))
        await self.told("CONNECTED", "camera2")

        async def h264() -> bool:
            listed = await self.cameras()
            return bool(listed["camera0"]["resolution"] == "1920x1080")

        await eventually(h264)
        before = {device: (camera["name"], camera["resolution"]) for device, camera in (await self.cameras()).items()}
        self.assertEqual(before["camera1"], ("Integrated Camera", "1280x720"))
        await self.plugs.unplug(*c920(0, "1"))
        await self.told("DISCONNECTED")
        await self.daemon.end()
        await self.daemon.start()
        self.client = await self.connect()
        self.assertEqual((await self.cameras())["camera0"]["status"], "DISCONNECTED", "listed as before")
        await self.daemon.end()
        self.daemon.nodes_answer(video7=[YUYV, MJPEG], video9=[H264], video3=[MJPEG], video5=[YUYV])
        await self.plugs.plug(*c920(7, "2.3"))
        await self.daemon.start()
        self.client = await self.connect()

        async def all_there() -> bool:
            listed = await self.cameras()
            return len(listed) == 3 and all(camera["status"] == "CONNECTED" for camera in listed.values())

        await eventually(all_there)
        after = {device: (camera["name"], camera["resolution"]) for device, camera in (await self.cameras()).items()}
        self.assertEqual(after, before)
        self.assertNotIn("/dev/video", json.dumps(await self.cameras()))

    async def test_silent_camera(self) -> None:
        """A camera that hangs is listed with the reason and costs the others nothing; later it is well."""
        self.daemon.nodes_answer(video0=60.0, video2=[MJPEG])
        await self.plugs.plug(*c270(0, "1"))
        at = await self.plugs.plug(*c270(2, "2"))
        note = await self.told("CONNECTED", "camera1")
        self.assertLess(note["at"] - at, 1.5)
        note = await self.told("ERROR")
        self.assertIn("does not answer", note["error"])
        self.assertEqual(note["resolution"], "0x0")
        self.daemon.nodes_answer(video0=[MJPEG])
        await self.plugs.change(c270(0, "1")[0])
        note = await self.told("CONNECTED")
        self.assertNotIn("error", note)
        await eventually(self.idle)

    async def test_forbidden_camera(self) -> None:
        """What to do about it is said; the device node stays inside."""
        self.daemon.nodes_answer(video0=13)
        await self.plugs.plug(*c270(0, "1"))
        note = await self.told("ERROR")
        self.assertIn("group", note["error"])
        self.assertNotIn("/dev/", json.dumps(note))
        self.assertIn("usermod", self.daemon.log())


class LiveTests(TestCase):
    """A camera that somebody waits for; its pictures are those of a file, at the camera's pace.

    The same with V4L2's own pictures, but emulated and so with no time to keep, is in tests/appliance.
    """

    timeout = 120

    async def setUp(self) -> None:
        self.film = await FilmedCamera.make(self)
        self.plugs = await Plugs.open(self)
        self.daemon = PluggedDaemon(self, ENGINE, cameras="", extra=self.film.media)
        self.daemon.plugs = self.plugs
        self.daemon.nodes_answer(**self.film.answers)
        await self.daemon.start()
        self.camera = self.film.nodes

    async def test_plugged_in_to_first_picture(self) -> None:
        """New, and known: the picture is there soon after the plug, 1280x720 at 30 from an MJPEG camera."""
        client = await self.daemon.connect()
        five = ["-f", "mjpeg", "-i", str(self.film.node), "-frames:v", "5", "-f", "null", "-"]
        bare_start = _time_of([*FFMPEG, "-v", "error", *five])
        took: dict[str, float] = {}
        for what in ("new", "known"):
            at = await self.plugs.plug(*self.camera)
            note = await client.sees("camera_status_update", status="CONNECTED", device="camera0")
            picture = await read_frames(self, note["streams"]["rtsp"], 1)
            took[what] = time.monotonic() - at
            self.assertEqual((picture.frames, picture.errors), (1, ""), self.daemon.log())
            await self.plugs.unplug(*self.camera)
            await client.sees("camera_status_update", status="DISCONNECTED", device="camera0")
            await eventually(lambda: not self.daemon.publishers(), 40)
            client.notifications.clear()
        print("plug to first picture, s:", {what: round(seconds, 2) for what, seconds in took.items()})
        self.assertLess(max(took.values()), LIVE_S + 5 * bare_start)

    async def test_camsvc_is_killed(self) -> None:
        """Viewer and recording of a camera that has to be found again go on over the next start, in one part."""
        client = await self.daemon.connect()
        await self.plugs.plug(*self.camera)
        await client.sees("camera_status_update", status="CONNECTED", device="camera0")
        viewer = reader(self, self.daemon.rtsp_url())
        await eventually(lambda: frames_of(viewer) > 5)
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()
        for device in self.camera:  # a slow machine finds it late
            await self.plugs.unplug(device)
        await self.daemon.start()
        again = await self.daemon.connect()
        listed = (await again.call("get_camera_list"))["cameras"]
        self.assertEqual([camera["status"] for camera in listed], ["DISCONNECTED"])
        await self.plugs.plug(*self.camera)
        await again.sees("camera_status_update", status="CONNECTED", device="camera0")
        before = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > before + 30)
        self.assertTrue(viewer.running)
        await eventually(lambda: _records(again))
        self.assertEqual(len(list(parts_folder(self.daemon, started["filename"]).iterdir())), 1)
        await again.call("stop_recording", device="camera0")
        await again.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        (file,) = recorded_files(self.daemon)
        self.assertEqual((await decode(self, file)).errors, "")
        await viewer.end()


async def _records(client: Client) -> bool:
    return bool((await client.call("get_camera_list"))["cameras"][0]["recording"])


def _time_of(argv: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began
