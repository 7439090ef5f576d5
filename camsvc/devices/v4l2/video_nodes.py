"""What udev's properties of a video node say: of which camera it is a part, and what that camera is known by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

_NODE = re.compile(r"/dev/video[0-9]+\Z")
_INTERFACE = re.compile(r"(?P<device>.*/[0-9]+-[0-9.]+)/[0-9]+-[0-9.]+:(?P<interface>[0-9]+\.[0-9]+)/video4linux/")
_PATH_INTERFACE = re.compile(r":[0-9]+\.[0-9]+\Z")
_LINK_INDEX = re.compile(r"-video-index([0-9]+)\b")

# Stages of a camera pipeline inside a chip that no sensor feeds: they capture what another program gives them.
_STAGES = ("bcm2835-isp", "bcm2835-codec", "pispbe", "rkisp1", "stm32_isp")

# Serials that whole product lines bear, as makers of camera chips leave them in; letters and digits alone.
_PLACEHOLDER = re.compile(
    r"(sn)?[01]*|(sn|0)?12345[0-9]*(abcdef)?|20090101[0-9]*|none|null|default|unknown|notspecified|(the)?serial(number)?"
    r"|tobefilledbyoem|sunplusit[a-z]*|sonix[a-z]*|chicony[a-z]*|generic[a-z]*|(usb|web)?cam(era)?[0-9]{0,3}"
)

_VIRTUAL = "/devices/virtual/"
_RECEIVER = re.compile(r"/devices/platform/.*(csi|camss|cif|isp|vin|vip)[^/]*/video4linux/")

INDEX = "CAMSVC_INDEX"
"""Property that our udev reader adds where udev has not been: sysfs' ``index`` attribute of the node."""

KERNEL_NAME = "CAMSVC_NAME"
"""Property that our udev reader adds to what is not on USB: sysfs' ``name`` attribute of the node."""


@frozen
class Node:
    """One video node.

    Attributes:
        devpath: sysfs path; names the node as long as it is there.
        path: device node, ``/dev/video0``.
        group: nodes with the same are one camera.
        part: which of the camera's nodes it is, the same after a replug.
        capture: it delivers pictures; None where udev does not say, or cannot know.
        serial: key by serial number, None where there is none that is worth it.
        port: key by where it is plugged in, with the product's number.
        name: for people.
    """

    devpath: str
    path: str
    group: str
    part: str
    capture: bool | None
    serial: str | None
    port: str
    name: str


def parse(properties: Mapping[str, str]) -> Node | None:
    """The node that udev describes.

    ``ID_V4L_CAPABILITIES`` and ``ID_V4L_PRODUCT`` come from udev's v4l_id, ``ID_PATH`` from path_id,
    ``ID_VENDOR_ID``, ``ID_MODEL_ID`` and ``ID_SERIAL_SHORT`` from usb_id; ``DEVLINKS`` holds ``…-video-index<N>``
    (60-persistent-v4l.rules).

    Args:
        properties: of a device of the subsystem ``video4linux``.

    Returns:
        None where it is no video node, or surely no camera's: radio, VBI, metadata, a stage inside a chip.
    """
    path, devpath = properties.get("DEVNAME", ""), properties.get("DEVPATH", "")
    capabilities = properties.get("ID_V4L_CAPABILITIES")
    if not _NODE.match(path) or not devpath:
        return None
    virtual = devpath.startswith(_VIRTUAL)
    if capabilities is not None and ":capture:" not in capabilities:
        if not (virtual and ":video_output:" in capabilities):
            return None
        capabilities = None  # v4l2loopback captures while a program sends to it (exclusive_caps), unseen by udev
    if properties.get("ID_V4L_PRODUCT", "").startswith(_STAGES):
        return None
    capture = None if capabilities is None else True
    usb = _INTERFACE.match(devpath)
    if usb is None:
        if _RECEIVER.match(devpath):
            capture = None  # of CSI: whether a picture comes of it is up to its driver
        port = _port(properties, devpath)
        return Node(devpath, path, devpath, "0", capture, None, port, _name(properties))
    product = f"{properties.get('ID_VENDOR_ID', '?')}:{properties.get('ID_MODEL_ID', '?')}".lower()
    bus_path = properties.get("ID_PATH") or _plain(usb["device"])
    serial = sane_serial(properties.get("ID_SERIAL_SHORT"))
    return Node(
        devpath,
        path,
        group=usb["device"],
        part=f"{usb['interface']}:{_index(properties)}",
        capture=capture,
        serial=None if serial is None else f"usb:{product}:{serial}",
        port=f"usb:{product}@{_PATH_INTERFACE.sub('', bus_path)}",
        name=_name(properties),
    )


def sane_serial(text: str | None) -> str | None:
    """A serial number that may tell two cameras apart; None for an empty one, zeros and makers' placeholders."""
    serial = re.sub(r"\s+", "_", "".join(c for c in text or "" if c.isprintable()).strip())
    bare = re.sub(r"[^0-9a-z]", "", serial.lower())
    if len(bare.lstrip("0")) < 4 or len(set(bare)) == 1 or _PLACEHOLDER.fullmatch(bare):
        return None
    return serial


def _port(properties: Mapping[str, str], devpath: str) -> str:
    """Each node of a device that is not on USB is a camera of its own: capture cards have one for each input.

    Inputs may share even path and index (vivid's do); what the kernel calls the node tells those apart.
    """
    folder, _, name = devpath.rpartition("/video4linux/")
    if folder == "/devices/virtual":  # v4l2loopback: all in one folder, told apart by number alone
        return f"virtual-{name}"
    index = _index(properties)
    path = (properties.get("ID_PATH") or _plain(folder)) + (f"-video-index{index}" if index else "")
    called = re.sub(r"[^\w-]+", "-", properties.get(KERNEL_NAME, "")).strip("-")
    return f"{path}-{called}" if called else path


def _plain(folder: str) -> str:
    return folder.removeprefix("/devices/").replace("/", "-")


def _index(properties: Mapping[str, str]) -> int:
    link = _LINK_INDEX.search(properties.get("DEVLINKS", ""))
    text = link[1] if link else properties.get(INDEX, "")
    return int(text) if text.isdecimal() else 0


def _name(properties: Mapping[str, str]) -> str:
    """The product's name; many UVC cameras give it twice (``Integrated Camera: Integrated C``, cut by the driver)."""
    text = properties.get("ID_V4L_PRODUCT") or properties.get("ID_MODEL", "").replace("_", " ")
    text = "".join(c if c.isprintable() else " " for c in text).strip()
    first, colon, second = text.partition(": ")
    if colon and first.startswith(second.strip()):
        text = first
    return text[:60].strip() or "Camera"
