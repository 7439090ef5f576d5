"""``camsvc doctor`` on a real machine: its own /sys and /proc, a real USB bus, a real holder of a camera."""

from __future__ import annotations

import json
from typing import Any

from tests.appliance.guest import WAIT_S, ApplianceTestCase, asleep
from tests.support.spawned import eventually

SMALL = "width=320,height=180,pixelformat=YUYV"
GADGET = "python3 -I -S /payload/usb_camera.py"


class DoctorTests(ApplianceTestCase):
    """What it finds, said by itself."""

    async def findings(self, check: str = "", bundle: str = "") -> tuple[int | None, list[dict[str, Any]]]:
        """Its exit status, and what it has found; of one check, or of all."""
        option = f"--bundle {bundle}" if bundle else ""
        ran = await self.guest.run(f"camsvc doctor --json {option} 2>/dev/null", 200)
        found = json.loads(ran.out)
        return ran.code, [each for each in found if check in ("", each["check"])]

    async def test_well(self) -> None:
        """It finds no problem on a machine where all is well, and its bundle holds no secret of this machine."""
        code, findings = await self.findings(bundle="/tmp/b.tar.gz")
        self.assertEqual([each for each in findings if each["level"] == "problem"], [])
        self.assertIn(code, (0, 1))
        known = {each["check"] for each in findings}
        self.assertLessEqual({"service", "health", "engine", "ffmpeg", "kernel", "devices", "ports", "disk"}, known)
        texts = [each["text"] for each in findings]
        for expected in ("camsvc.service is active", "camsvc may open vivid", "the kernel has 2 video nodes"):
            self.assertTrue(any(expected in text for text in texts), (expected, texts))
        await self.guest.out("! tar -xzOf /tmp/b.tar.gz | grep -F -f /var/lib/camsvc/jwt.key")
        self.assertIn("camsvc", await self.guest.out("tar -tzf /tmp/b.tar.gz; rm /tmp/b.tar.gz"))

    async def test_held(self) -> None:
        """Root is told who holds a camera, of any user, and how to end it."""
        client = await self.guest.connect("viewer")
        await asleep(client)
        holder = await self.guest.start(f"v4l2-ctl -d /dev/video1 --set-fmt-video={SMALL} --set-parm=5 --stream-mmap")

        async def holds() -> bool:
            return "/dev/video1" in (await self.guest.run(f"ls -l /proc/{holder}/fd")).out

        await eventually(holds, WAIT_S)
        _, findings = await self.findings("devices")
        (held,) = [each for each in findings if each["level"] == "warning"]
        self.assertIn(f"(/dev/video1) is held by v4l2-ctl (pid {holder})", held["text"])
        self.assertIn(f"kill {holder}", held["advice"])

    async def test_engine_stopped(self) -> None:
        """The engine does not run: it says so, with its unit, and its exit status says that something is broken."""
        await self.guest.out("systemctl stop camsvc-relay", 60)
        code, findings = await self.findings()
        self.assertEqual(code, 2)
        problems = [each for each in findings if each["level"] == "problem"]
        units = [each for each in problems if each["check"] == "service"]
        self.assertEqual([each["text"] for each in units], ["camsvc-relay.service is inactive"])
        self.assertIn("journalctl -u camsvc-relay.service", units[0]["advice"])
        self.assertTrue([each for each in problems if each["check"] == "engine"], problems)
        await self.guest.out("systemctl start camsvc-relay", 200)
        await self.guest.up()

    async def test_usb_camera(self) -> None:
        """A device of USB's video class on a real bus: our udev rule keeps it awake, and it is found on its bus."""
        await self.guest.out(f"modprobe uvcvideo && modprobe dummy_hcd && {GADGET} plug", 60)
        self.addCleanup(self.guest.run, f"{GADGET} unplug")
        device = await eventually(self.plugged, WAIT_S, 0.5)
        await self.guest.out("udevadm settle --timeout=60", 90)
        self.assertEqual(await self.guest.out(f"cat {device}/power/control"), "on")
        bus, speed = (await self.guest.out(f"cat {device}/busnum {device}/speed")).split()
        _, findings = await self.findings()
        found = [each["text"] for each in findings if each["check"] == "usb"]
        self.assertTrue(
            any(text.startswith(f"bus {bus}: 1 cameras at up to {speed} Mbit/s") for text in found), found
        )
        self.assertFalse(any("put to sleep" in text for text in found), found)

        await self.guest.out(f"echo auto > {device}/power/control")
        _, findings = await self.findings("usb")
        (asleep_too,) = [each for each in findings if "put to sleep" in each["text"]]
        self.assertIn("camsvc lab camera", asleep_too["text"])
        self.assertIn("60-camsvc.rules", asleep_too["advice"])

    async def plugged(self) -> str:
        """The folder of the USB device below /sys."""
        ran = await self.guest.run("dirname $(grep -lx 'camsvc lab camera' /sys/bus/usb/devices/*/product)")
        return ran.out.strip() if ran.code == 0 and ran.out.startswith("/sys") else ""
