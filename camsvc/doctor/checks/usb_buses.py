"""USB: which camera hangs on which controller, how fast, how much of the bus is taken, and whether it may sleep."""

from __future__ import annotations

import re

from attrs import frozen

from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine

CHECK = "usb"
DEVICES = "/sys/bus/usb/devices"
FULL_FROM = 80
"""Per cent of a bus's time for isochronous transfers; USB 2 gives them no more than that (USB 2.0, 5.6.4)."""

_VIDEO = "0e"
_BUS = re.compile(r"^T:\s+Bus=(\d+)", re.MULTILINE)
_TAKEN = re.compile(r"^B:\s+Alloc=\s*\d+/\s*\d+ us \(\s*(\d+)%\)", re.MULTILINE)


@frozen
class PluggedUsbCamera:
    """A USB device with a video interface.

    Attributes:
        name: of its folder below ``/sys/bus/usb/devices``, such as ``1-1.2``.
        product: what it calls itself.
        bus: number of the bus, which is one of a controller.
        mbit_s: how fast it is connected.
        sleeps: the kernel may put it to sleep.
    """

    name: str
    product: str
    bus: int
    mbit_s: float
    sleeps: bool


def usb_cameras(machine: Machine) -> list[PluggedUsbCamera]:
    """Those that are plugged in, whether or not a driver has them."""
    video = {
        name.partition(":")[0]
        for name in machine.names(DEVICES)
        if ":" in name and machine.text(f"{DEVICES}/{name}/bInterfaceClass") == _VIDEO
    }
    return [_read(machine, name) for name in sorted(video)]


def _read(machine: Machine, name: str) -> PluggedUsbCamera:
    at = f"{DEVICES}/{name}"
    speed = machine.text(f"{at}/speed") or "0"
    return PluggedUsbCamera(
        name,
        machine.text(f"{at}/product") or "a camera",
        int(machine.text(f"{at}/busnum") or 0),
        float(speed) if re.fullmatch(r"[\d.]+", speed) else 0.0,
        machine.text(f"{at}/power/control") == "auto",
    )


def check_usb(machine: Machine) -> list[Finding]:
    """Each controller that has cameras, each camera that may sleep or is slow."""
    cameras = usb_cameras(machine)
    taken = _taken(machine)
    found = []
    for bus in sorted({camera.bus for camera in cameras}):
        found.append(_controller(bus, [camera for camera in cameras if camera.bus == bus], taken.get(bus)))
    for camera in cameras:
        if camera.sleeps:
            advice = (
                f"echo on | sudo tee {DEVICES}/{camera.name}/power/control; the package's udev rule 60-camsvc.rules "
                "does that for every camera that is plugged in"
            )
            text = f"{camera.product} ({camera.name}) may be put to sleep by the kernel and wake late"
            found.append(Finding(CHECK, Level.WARNING, text, advice))
        if camera.mbit_s and camera.mbit_s < 480:
            text = f"{camera.product} ({camera.name}) is connected with {camera.mbit_s:g} Mbit/s, as USB 1 is"
            found.append(Finding(CHECK, Level.WARNING, text, "take another cable, port or hub"))
    return found


def _controller(bus: int, cameras: list[PluggedUsbCamera], taken: int | None) -> Finding:
    fastest = max(camera.mbit_s for camera in cameras)
    text = f"bus {bus}: {len(cameras)} cameras at up to {fastest:g} Mbit/s"
    text += "" if taken is None else f", {taken} % of its time is taken"
    advice = "take MJPG in place of YUYV, a smaller size, or a port of another controller (lsusb -t shows which)"
    if taken is not None and taken >= FULL_FROM:
        return Finding(CHECK, Level.PROBLEM, f"{text}: no further camera will start", advice)
    if sum(camera.mbit_s <= 480 for camera in cameras) > 1:
        text += "; they share what USB 2 carries, and that may be one uncompressed camera alone"
        return Finding(CHECK, Level.NOTE, text, advice)
    return Finding(CHECK, Level.OK, text)


def _taken(machine: Machine) -> dict[int, int]:
    """Per cent of each bus's time that is taken, where debugfs can be read."""
    text = machine.text("/sys/kernel/debug/usb/devices") or ""
    taken: dict[int, int] = {}
    for block in text.split("\n\n"):
        bus, share = _BUS.search(block), _TAKEN.search(block)
        if bus and share:
            taken[int(bus[1])] = int(share[1])
    return taken
