"""Drivers of cameras: whether the kernel has those that what is plugged in needs."""

from __future__ import annotations

from camsvc.doctor.checks.usb_buses import usb_cameras
from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine

CHECK = "kernel"


def check_drivers(machine: Machine) -> list[Finding]:
    """Whether uvcvideo is there for USB cameras, and what else drives one."""
    plugged = usb_cameras(machine)
    nodes = machine.names("/sys/class/video4linux")
    if plugged and "uvcvideo" not in machine.names("/sys/module"):
        return [
            Finding(
                CHECK,
                Level.PROBLEM,
                f"{len(plugged)} USB cameras are plugged in, and the kernel's driver uvcvideo is not loaded",
                "modprobe uvcvideo; where there is none, install the kernel linux-image-amd64 (or -arm64): cloud "
                "kernels come without",
            )
        ]
    if not nodes:
        what = "no camera is plugged in that the kernel knows"
        return [Finding(CHECK, Level.NOTE, what, "plug one in; dmesg --follow shows whether the kernel sees it")]
    return [Finding(CHECK, Level.OK, f"the kernel has {len(nodes)} video nodes")]
