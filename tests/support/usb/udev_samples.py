"""What udev says of video nodes: property sets as real cameras have them, on Debian 12."""

from __future__ import annotations

from camsvc.devices.v4l2.video_nodes import KERNEL_NAME

_CONTROLLER = "/devices/pci0000:00/0000:00:14.0"
_PATH = "pci-0000:00:14.0"


def usb(
    number: int,
    ports: str,
    product: str,
    model: str,
    serial: str | None,
    interface: str = "1.0",
    index: int = 0,
    capabilities: str = ":capture:",
) -> dict[str, str]:
    """A node of a UVC camera.

    Args:
        number: of /dev/video.
        ports: from the root hub on, ``2.4`` is port 4 of a hub in port 2.
        product: vendor and product id, ``046d:0825``.
        model: as V4L2 names it.
        serial: as the device tells it; None where it has none.
        interface: configuration and interface of USB.
        index: of the node within its interface.
        capabilities: as v4l_id prints them.
    """
    vendor, product_id = product.split(":")
    usb_model = model.partition(":")[0].replace(" ", "_")
    ident = f"{vendor}_{usb_model}" + (f"_{serial}" if serial else "")
    depth = [ports.rsplit(".", n)[0] for n in range(ports.count("."), 0, -1)]
    hubs = "".join(f"/1-{hub}" for hub in depth)
    links = [
        f"/dev/v4l/by-id/usb-{ident}-video-index{index}",
        f"/dev/v4l/by-path/{_PATH}-usb-0:{ports}:{interface}-video-index{index}",
    ]
    properties = {
        "DEVPATH": f"{_CONTROLLER}/usb1{hubs}/1-{ports}/1-{ports}:{interface}/video4linux/video{number}",
        "SUBSYSTEM": "video4linux",
        "DEVNAME": f"/dev/video{number}",
        "MAJOR": "81",
        "MINOR": str(number),
        "ID_V4L_VERSION": "2",
        "ID_V4L_PRODUCT": model[:31],
        "ID_V4L_CAPABILITIES": capabilities,
        "ID_BUS": "usb",
        "ID_MODEL": usb_model,
        "ID_MODEL_ID": product_id,
        "ID_SERIAL": ident,
        "ID_VENDOR": vendor,
        "ID_VENDOR_ID": vendor,
        "ID_REVISION": "0012",
        "ID_TYPE": "video",
        "ID_USB_INTERFACES": ":0e0100:0e0200:010100:010200:",
        "ID_USB_INTERFACE_NUM": f"0{interface[-1]}",
        "ID_USB_DRIVER": "uvcvideo",
        "ID_PATH": f"{_PATH}-usb-0:{ports}:{interface}",
        "ID_PATH_TAG": f"{_PATH}-usb-0:{ports}:{interface}".replace(":", "_").replace(".", "_"),
        "ID_FOR_SEAT": f"video4linux-{_PATH}-usb-0_{ports}",
        "DEVLINKS": " ".join(links),
        "TAGS": ":seat:uaccess:",
        "CURRENT_TAGS": ":seat:uaccess:",
    }
    if serial is not None:
        properties["ID_SERIAL_SHORT"] = serial
    return properties


def c270(number: int, ports: str, serial: str = "200901010001") -> list[dict[str, str]]:
    """Logitech C270: capture and metadata."""
    args = (ports, "046d:0825", "C270 HD WEBCAM", serial)
    return [usb(number, *args), usb(number + 1, *args, index=1, capabilities=":")]


def c920(number: int, ports: str, serial: str = "B5F7A8AF") -> list[dict[str, str]]:
    """Logitech C920: MJPEG and YUYV, metadata, and H264 on a node of its own."""
    args = (ports, "046d:082d", "HD Pro Webcam C920", serial)
    return [
        usb(number, *args),
        usb(number + 1, *args, index=1, capabilities=":"),
        usb(number + 2, *args, index=2),
    ]


def laptop(number: int = 0, ports: str = "8") -> list[dict[str, str]]:
    """A camera in a laptop's lid: no serial worth the name, its own name twice, and metadata."""
    args = (ports, "04f2:b6d0", "Integrated Camera: Integrated Camera", "")
    return [usb(number, *args), usb(number + 1, *args, index=1, capabilities=":")]


def grabber(number: int, ports: str) -> list[dict[str, str]]:
    """An HDMI grabber on USB, of the kind that all bear the serial 20210621 or none."""
    args = (ports, "534d:2109", "USB Video: USB Video", None)
    return [usb(number, *args), usb(number + 1, *args, index=1, capabilities=":")]


def vivid(number: int, instance: int = 0) -> dict[str, str]:
    """The kernel's virtual camera (vivid, node_types=0x1): its instances share platform device, path and index."""
    return {
        "DEVPATH": f"/devices/platform/vivid.0/video4linux/video{number}",
        "SUBSYSTEM": "video4linux",
        "DEVNAME": f"/dev/video{number}",
        "MAJOR": "81",
        "MINOR": str(number),
        "ID_V4L_VERSION": "2",
        "ID_V4L_PRODUCT": "vivid",
        "ID_V4L_CAPABILITIES": ":capture:tuner:",
        "ID_PATH": "platform-vivid.0",
        "ID_PATH_TAG": "platform-vivid_0",
        "DEVLINKS": "/dev/v4l/by-path/platform-vivid.0-video-index0",
        "TAGS": ":seat:uaccess:",
        KERNEL_NAME: f"vivid-{instance:03d}-vid-cap",
    }


def unicam(number: int = 0) -> dict[str, str]:
    """The CSI receiver of a Raspberry Pi 4."""
    return {
        "DEVPATH": f"/devices/platform/soc/fe801000.csi/video4linux/video{number}",
        "SUBSYSTEM": "video4linux",
        "DEVNAME": f"/dev/video{number}",
        "MAJOR": "81",
        "MINOR": "11",
        "ID_V4L_VERSION": "2",
        "ID_V4L_PRODUCT": "unicam",
        "ID_V4L_CAPABILITIES": ":capture:",
        "ID_PATH": "platform-fe801000.csi",
        "ID_PATH_TAG": "platform-fe801000_csi",
        "ID_FOR_SEAT": "video4linux-platform-fe801000_csi",
        "DEVLINKS": f"/dev/v4l/by-path/platform-fe801000.csi-video-index{number}",
        "TAGS": ":seat:uaccess:",
    }


def rp1_cfe(number: int) -> dict[str, str]:
    """One of the eight nodes of the CSI receiver of a Raspberry Pi 5."""
    return {
        "DEVPATH": f"/devices/platform/axi/1000120000.pcie/1f00110000.csi/video4linux/video{number}",
        "SUBSYSTEM": "video4linux",
        "DEVNAME": f"/dev/video{number}",
        "ID_V4L_VERSION": "2",
        "ID_V4L_PRODUCT": "rp1-cfe",
        "ID_V4L_CAPABILITIES": ":capture:",
        "ID_PATH": "platform-1f00110000.csi",
        "DEVLINKS": f"/dev/v4l/by-path/platform-1f00110000.csi-video-index{number}",
    }


def loopback(number: int = 0, capabilities: str = ":video_output:") -> dict[str, str]:
    """A v4l2loopback of exclusive_caps=1 as it is loaded; with 0 it captures and puts out at any time."""
    return {
        "DEVPATH": f"/devices/virtual/video4linux/video{number}",
        "SUBSYSTEM": "video4linux",
        "DEVNAME": f"/dev/video{number}",
        "MAJOR": "81",
        "MINOR": str(number),
        "ID_V4L_VERSION": "2",
        "ID_V4L_PRODUCT": "Dummy video device (0x0000)",
        "ID_V4L_CAPABILITIES": capabilities,
        "TAGS": ":seat:uaccess:",
    }


def card(number: int, index: int) -> dict[str, str]:
    """One input of a PCI Express capture card, which has a node for each."""
    path = "pci-0000:03:00.0"
    return {
        "DEVPATH": f"/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/video4linux/video{number}",
        "SUBSYSTEM": "video4linux",
        "DEVNAME": f"/dev/video{number}",
        "ID_V4L_VERSION": "2",
        "ID_V4L_PRODUCT": "tw6869",
        "ID_V4L_CAPABILITIES": ":capture:",
        "ID_PATH": path,
        "DEVLINKS": f"/dev/v4l/by-path/{path}-video-index{index}",
    }


def bare(properties: dict[str, str]) -> dict[str, str]:
    """What is left of it where no udevd has been at work: the kernel's own properties."""
    return {
        key: properties[key]
        for key in ("DEVPATH", "SUBSYSTEM", "DEVNAME", "MAJOR", "MINOR", KERNEL_NAME)
        if key in properties
    }
