"""Cameras of the appliance: they appear, say what they offer, come and go, and tell who keeps them."""

from __future__ import annotations

import json
import re
from typing import Any

from twisted.internet.defer import Deferred

from tests.appliance.guest import WAIT_S, ApplianceTestCase, NoticingClient, asleep, played
from tests.support.daemon.daemon import RpcError
from tests.support.spawned import clock, eventually, pause

CAMERAS = ("camera0", "camera1")
REPLUGS = 20
VIVID = "/sys/bus/platform/drivers/vivid"

NOTIFIED_S = 0.2
"""From udev's event to the notification, in the median."""

PROBE_PYTHONS = 5
"""What may come on top when a camera has to be asked what it offers: so many starts of a bare Python."""

Modes = set[tuple[str, int, int, float]]


def modes_of_v4l2_ctl(text: str) -> Modes:
    """Format, width, height and rate of each discrete mode that ``v4l2-ctl --list-formats-ext`` prints."""
    modes: Modes = set()
    form, width, height = "", 0, 0
    for line in text.splitlines():
        if found := re.match(r"\s*\[\d+\]: '(.{1,4}(?:-BE)?)'", line):
            form = found[1].replace(" ", "")
        elif found := re.match(r"\s*Size: Discrete (\d+)x(\d+)", line):
            width, height = int(found[1]), int(found[2])
        elif found := re.match(r"\s*Interval: Discrete .*\(([\d.]+) fps\)", line):
            modes.add((form, width, height, float(found[1])))
    return modes


class CameraTests(ApplianceTestCase):
    """The two cameras of vivid."""

    async def test_two_cameras(self) -> None:
        """Both are there, in the mode that the configuration names, each under its own id."""
        client = await self.guest.connect("viewer")
        listed = await client.call("get_camera_list")
        seen = {camera["device"]: camera for camera in listed["cameras"]}
        self.assertEqual(sorted(seen), list(CAMERAS))
        for camera in seen.values():
            self.assertEqual((camera["status"], camera["kind"], camera["name"]), ("CONNECTED", "usb", "vivid"))
            self.assertEqual(camera["resolution"], "320x180")
            self.assertNotIn("/dev/", str(camera))

    async def test_capabilities(self) -> None:
        """What camsvc says that a camera offers is what v4l2-ctl says, no mode less and none more."""
        client = await self.guest.connect("viewer")
        theirs = modes_of_v4l2_ctl(await self.guest.out("v4l2-ctl -d /dev/video0 --list-formats-ext", 60))
        self.assertGreater(len(theirs), 100)
        for device in CAMERAS:
            capabilities = await client.call("get_camera_capabilities", device=device)
            self.assertEqual(capabilities["validation_status"], "CONFIRMED")
            ours = {
                (mode["format"], mode["width"], mode["height"], round(float(fps), 3))
                for mode in capabilities["modes"]
                for fps in mode["fps"]
            }
            self.assertEqual((sorted(ours - theirs)[:5], sorted(theirs - ours)[:5]), ([], []), device)
            self.assertEqual(set(capabilities["formats"]), {mode[0] for mode in theirs})

    async def test_mode(self) -> None:
        """set_camera_config gives a running camera another mode, seen in its pictures, and takes it back."""
        client = await self.guest.connect("admin")
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        await played(self, url, 3)
        for mode, size in (("YUYV 640x360 5", (640, 360)), (None, (320, 180))):
            camera = await client.call("set_camera_config", device="camera0", mode=mode)
            self.assertEqual(camera["resolution"], "{}x{}".format(*size))

            async def shot(size: tuple[int, int] = size) -> bool:
                try:
                    taken = await client.call("take_snapshot", 60, device="camera0")
                except RpcError:  # while the capture begins anew
                    return False
                return (taken["width"], taken["height"]) == size

            await eventually(shot, 2 * WAIT_S, 1.0)
        pipeline = json.loads(await self.guest.out("cat /run/camsvc/pipelines/camera0.json"))
        self.assertNotIn("640", str(pipeline))
        self.assertIsNone(client.seen("camera_status_update", device="camera0", status="ERROR"))

    async def test_replug(self) -> None:
        """Unplugged and plugged in twenty times: the same two cameras, each time told, and soon."""
        client = await self.guest.connect("viewer")
        before = {camera["device"]: camera for camera in (await client.call("get_camera_list"))["cameras"]}
        self.assertEqual(sorted(before), list(CAMERAS))
        nodes = await self.nodes()
        self.assertEqual(len(set(nodes.values())), len(CAMERAS))
        python_s = await self.guest.python_s()
        gone_s: list[float] = []
        back_s: list[float] = []
        for _ in range(REPLUGS):
            gone_s += await self.switch(client, "unbind", "remove", "DISCONNECTED")
            back_s += await self.switch(client, "bind", "add", "CONNECTED")
            self.assertEqual(await self.nodes(), nodes)
        for camera in (await client.call("get_camera_list"))["cameras"]:
            known = before[camera["device"]]
            self.assertEqual({**camera, "streams": ""}, {**known, "streams": ""})
        python_s = max(python_s, await self.guest.python_s())  # other work on this machine counts for both
        self.guest.measured("a bare Python in the guest", python_s)
        self.guest.measured("udev's remove event to DISCONNECTED", *gone_s)
        self.guest.measured("udev's add event to CONNECTED", *back_s)
        self.assertEqual((len(gone_s), len(back_s)), (len(CAMERAS) * REPLUGS, len(CAMERAS) * REPLUGS))
        for times, starts in ((gone_s, 1), (back_s, PROBE_PYTHONS)):
            self.assertLess(sorted(times)[len(times) // 2], NOTIFIED_S + starts * python_s)

    async def nodes(self) -> dict[str, str]:
        """What the kernel calls the node that each camera would be captured from now."""
        names = await self.guest.out("cd /sys/class/video4linux && grep . video*/name")
        called = {f"/dev/{line.partition('/')[0]}": line.partition(":")[2] for line in names.splitlines()}
        found = {}
        for device in CAMERAS:
            pipeline = json.loads(await self.guest.out(f"cat /run/camsvc/pipelines/{device}.json"))
            found[device] = called[pipeline["source"]]
        return found

    async def switch(self, client: NoticingClient, how: str, action: str, status: str) -> list[float]:
        """Unplug or plug in both cameras; seconds from udev's event to the notification, of each."""
        client.notifications.clear()
        known = len(await self.guest.events())
        await self.guest.compare_clocks()
        await self.guest.out(f"echo vivid.0 > {VIVID}/{how}")
        told = [await client.sees("camera_status_update", WAIT_S, device=device, status=status) for device in CAMERAS]
        events = [
            event["at"]
            for event in (await self.guest.events(known))
            if event["source"] == "udev" and event["ACTION"] == action
        ]
        self.assertEqual(len(events), len(CAMERAS))
        arrivals = sorted(note["arrived"] for note in told)
        return [arrived - at for at, arrived in zip(sorted(events), arrivals, strict=True)]

    async def test_busy(self) -> None:
        """A camera that another program streams from: the error names it, and the camera is back once it ends."""
        await self.busy("the error", "setpriv --reuid camsvc --regid camsvc --init-groups", r"v4l2-ctl \(pid {pid}\)")

    async def test_busy_for_another_user(self) -> None:
        """A program of another user cannot be named without more rights; the error says where to look."""
        await self.busy("the error, other user", "", "another program")
        self.assertIn("fuser -v /dev/video0", await self.guest.log())

    async def busy(self, what: str, as_user: str, named: str) -> None:
        """Have a program stream from the first camera, ask for its picture, look at the error, end the program."""
        client = await self.guest.connect("operator")
        await asleep(client)
        form = "width=320,height=180,pixelformat=YUYV"
        holder = await self.guest.start(
            f"{as_user} v4l2-ctl -d /dev/video0 --set-fmt-video={form} --set-parm=5 --stream-mmap"
        )
        await eventually(self.holds(holder), WAIT_S)
        began = clock().seconds()
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        playing = Deferred.fromCoroutine(played(self, url, 1))
        told = await client.sees("camera_status_update", WAIT_S, device="camera0", status="ERROR")
        self.guest.measured(f"busy camera: from watching to {what}", clock().seconds() - began)
        self.assertRegex(told["error"], named.format(pid=holder))
        other = (await client.call("get_camera_status", device="camera1"))["status"]
        self.assertEqual(other, "CONNECTED")
        await self.guest.out(f"kill {holder}")
        await client.sees("camera_status_update", WAIT_S, device="camera0", status="CONNECTED")
        await playing
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        await played(self, url, 5)

    def holds(self, pid: int) -> Any:
        """Whether a process has the first camera open, and has had the time to stream."""

        async def check() -> bool:
            await pause(0.5)
            return "/dev/video0" in (await self.guest.run(f"ls -l /proc/{pid}/fd")).out

        return check
