"""Plugs a USB device into the appliance whose interface is of the video class, by Linux' own gadget framework.

``plug`` starts a process that keeps it, until ``unplug`` ends that. The bus is dummy_hcd's, and the function is
written here (FunctionFS), as the kernel's own camera function needs isochronous endpoints that dummy_hcd has not. So
the device says what it is and streams nothing. Standard library alone. The layout of what is written is that of
linux/usb/functionfs.h and of USB 2.0, chapter 9.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
from pathlib import Path

GADGET = Path("/sys/kernel/config/usb_gadget/camera")
ENDPOINTS = Path("/run/usb_camera")
PID = Path("/run/usb_camera.pid")

VIDEO, VIDEO_CONTROL = 0x0E, 1
_INTERFACE = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 1, VIDEO, VIDEO_CONTROL, 0, 1)
_ENDPOINT = struct.pack("<BBBBHB", 7, 5, 0x81, 3, 16, 8)  # an interrupt endpoint, by which a camera tells of its keys
_DESCRIPTORS_V2, _STRINGS = 3, 2
_FULL_SPEED, _HIGH_SPEED = 1, 2


def _descriptors() -> bytes:
    both = (_INTERFACE + _ENDPOINT) * 2
    counts = struct.pack("<II", 2, 2)
    return struct.pack("<III", _DESCRIPTORS_V2, 20 + len(both), _FULL_SPEED | _HIGH_SPEED) + counts + both


def _strings() -> bytes:
    text = struct.pack("<H", 0x409) + b"Camera\0"
    return struct.pack("<IIII", _STRINGS, 16 + len(text), 1, 1) + text


def _set(name: str, value: str) -> None:
    (GADGET / name).write_text(value)


def plug() -> None:
    """Make the device, and keep it until this process is ended."""
    subprocess.run(["modprobe", "-a", "libcomposite", "usb_f_fs"], check=True)
    if not GADGET.parent.is_dir():
        subprocess.run(["mount", "-t", "configfs", "none", "/sys/kernel/config"], check=True)
    (GADGET / "strings/0x409").mkdir(parents=True)
    (GADGET / "configs/c.1").mkdir()
    (GADGET / "functions/ffs.camera").mkdir()
    _set("idVendor", "0x1d6b")
    _set("idProduct", "0x0104")
    _set("strings/0x409/product", "camsvc lab camera")
    (GADGET / "configs/c.1/ffs.camera").symlink_to(GADGET / "functions/ffs.camera")
    ENDPOINTS.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "functionfs", "camera", ENDPOINTS], check=True)
    control = os.open(ENDPOINTS / "ep0", os.O_RDWR)
    os.write(control, _descriptors())
    os.write(control, _strings())
    _set("UDC", os.listdir("/sys/class/udc")[0])
    if os.fork():
        os._exit(0)
    os.setsid()
    PID.write_text(str(os.getpid()))
    null = os.open("/dev/null", os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    while True:
        os.read(control, 64)  # events; the host asks for nothing that would have to be answered


def unplug() -> None:
    """End that process, and take all of it away."""
    _set("UDC", "\n")
    keeper = os.pidfd_open(int(PID.read_text()))
    signal.pidfd_send_signal(keeper, signal.SIGKILL)
    select.select([keeper], [], [])
    PID.unlink()
    subprocess.run(["umount", ENDPOINTS], check=True)
    (GADGET / "configs/c.1/ffs.camera").unlink()
    for name in ("functions/ffs.camera", "configs/c.1", "strings/0x409", ""):
        (GADGET / name).rmdir()


if __name__ == "__main__":
    {"plug": plug, "unplug": unplug}[sys.argv[1]]()
