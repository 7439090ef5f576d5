"""Plugging cameras into a running camsvc, in front of a made-up udev: who they are, and how quickly that is told."""

from __future__ import annotations

import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

import camsvc
from tests.support import CHECKOUT
from tests.support.daemon.daemon import Client, Daemon, parts_folder, recorded_files
from tests.support.daemon.plugging import WRAPPER, Plugs
from tests.support.engine.engines import Engine
from tests.support.media.ffmpeg import FFMPEG, decode, frames_of, read_frames, reader, spawn
from tests.support.spawned import Spawned, eventually, processes_mentioning
from tests.support.usb.udev_samples import c270, c920, laptop, vivid

ENGINE = Engine("relay", camsvc.__version__, str(Path(sys.executable).parent / "twistd"), "Relay")
MJPEG = ["MJPG", 1280, 720, [30.0, 15.0]]
YUYV = ["YUYV", 640, 480, [30.0]]
H264 = ["H264", 1920, 1080, [30.0]]

# As costly as the real one: it loads the same library.
PROBE = """\
import json, sys, time
import v4l2ctl
answer = json.load(open({answers!r})).get(sys.argv[1], {{"errno": 2}})
time.sleep(answer.pop("sleep", 0))
print(json.dumps(answer))
"""


# ffmpeg that plays the node, a file here, in place of capturing from it.
PLAYER = """\
#!/bin/sh
skip=0
for word do
    shift
    [ $skip = 1 ] && skip=0 && continue
    case $word in
    -input_format | -video_size) skip=1 ;;
    v4l2) set -- "$@" mjpeg -re -stream_loop -1 ;;
    *) set -- "$@" "$word" ;;
    esac
done
exec ffmpeg "$@"
"""

LIVE_S = 2.0
"""From the plug to the first picture on somebody's screen."""


class Stamped(list[dict[str, Any]]):
    """Notifications, each with the time at which it came (``at``, CLOCK_MONOTONIC)."""

    def append(self, note: dict[str, Any]) -> None:
        super().append(note | {"at": time.monotonic()})


class PluggedDaemon(Daemon):
    """A camsvc that sees the ports of ``plugs``; nodes answer as :meth:`nodes_answer` says."""

    usb = True
    plugs: Plugs

    def launch(self) -> Spawned:
        program, answers = self.folder / "probe.py", self.folder / "answers.json"
        program.write_text(PROBE.format(answers=str(answers)))
        script = str(CHECKOUT / "tests/support/daemon/twistd_probing.py")
        argv = [WRAPPER, sys.executable, script, str(program)]
        argv += ["-n", "--pidfile=", "camsvc", "--config", str(self.config)]
        env = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": str(Path(camsvc.__file__).resolve().parent.parent),
            **self.plugs.env(),
        }
        return Spawned.start(argv, env, self.folder / "camsvc.log")

    def nodes_answer(self, **nodes: Any) -> None:
        """What ``video0`` and so on answer: rows of modes, an errno, or seconds of silence."""
        answers: dict[str, Any] = {}
        for name, answer in nodes.items():
            if isinstance(answer, list):
                answers[f"/dev/{name}"] = {"capture": True, "modes": answer}
            else:
                answers[f"/dev/{name}"] = {"errno": answer} if isinstance(answer, int) else {"sleep": answer}
        temporary = self.folder / "answers.new"
        temporary.write_text(json.dumps(answers))
        temporary.rename(self.folder / "answers.json")


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
        folder = Path(tempfile.mkdtemp(prefix="camsvc-test-", dir="/dev/shm"))  # libudev wants /dev before a name
        self.addCleanup(shutil.rmtree, folder)
        self.node = folder / "video0"
        making = [*FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=1"]
        made = await spawn(self, [*making, "-f", "mjpeg", str(self.node)]).ends_within(30)
        self.assertEqual(made.code, 0, made.err)
        player = folder / "ffmpeg"
        player.write_text(PLAYER)
        player.chmod(0o700)
        (folder / "ffprobe").symlink_to(str(shutil.which("ffprobe")))
        self.plugs = await Plugs.open(self)
        self.daemon = PluggedDaemon(self, ENGINE, cameras="", extra=f'ffmpeg = "{player}"\n')
        self.daemon.plugs = self.plugs
        self.daemon.nodes_answer(**{str(self.node).removeprefix("/dev/"): [MJPEG]})
        await self.daemon.start()
        self.camera = [{**properties, "DEVNAME": str(self.node)} for properties in c270(0, "1")[:1]]

    async def test_plugged_in_to_first_picture(self) -> None:
        """New, and known: the picture is there soon after the plug, 1280x720 at 30 from an MJPEG camera."""
        client = await self.daemon.connect()
        five = ["-f", "mjpeg", "-i", str(self.node), "-frames:v", "5", "-f", "null", "-"]
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
