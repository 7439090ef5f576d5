"""Events of udev as udevd sends them: datagrams on the kernel's netlink group, framed as libudev expects them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping

_KOBJECT_UEVENT = 15  # linux/netlink.h
_UDEV_GROUP = 2
_MAGIC = 0xFEEDCAFE
_HEADER_BYTES = 40


def open_sender() -> socket.socket:
    """A socket to send events with.

    Raises:
        OSError: only root may, and only where there is netlink.
    """
    sender = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _KOBJECT_UEVENT)  # type: ignore[attr-defined, unused-ignore]
    sender.setblocking(False)
    return sender


def send(sender: socket.socket, action: str, properties: Mapping[str, str]) -> None:
    """Send one event to every listener of this network namespace."""
    sender.sendto(datagram({"ACTION": action, "SEQNUM": "1", **properties}), (0, _UDEV_GROUP))


def datagram(properties: Mapping[str, str]) -> bytes:
    """An event: header with the hash of the subsystem, by which the kernel filters, then ``KEY=value`` strings."""
    body = b"".join(f"{key}={value}".encode() + b"\0" for key, value in properties.items())
    sizes = struct.pack("=III", _HEADER_BYTES, _HEADER_BYTES, len(body))
    hashes = struct.pack(">IIII", murmur2(properties["SUBSYSTEM"].encode()), 0, 0, 0)
    return b"libudev\0" + struct.pack(">I", _MAGIC) + sizes + hashes + body


def murmur2(data: bytes) -> int:
    """MurmurHash2 with seed 0, as libudev puts it into the header (A. Appleby's 32-bit variant)."""
    mix, word = 0x5BD1E995, 0xFFFFFFFF
    value = len(data)
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        part = int.from_bytes(data[start : start + 4], "little") * mix & word
        part = (part ^ part >> 24) * mix & word
        value = (value * mix & word) ^ part
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * mix & word
    value = (value ^ value >> 13) * mix & word
    return value ^ value >> 15
