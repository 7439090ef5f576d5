"""The configuration's tables about cameras: what may stand in ``[[camera]]`` and ``[[usb]]``, what fits together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from camsvc.model import Camera, Mode

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+\Z")]

_MODE = re.compile(
    r"(?P<format>[A-Za-z0-9]{3,4}) (?P<width>[1-9][0-9]{1,4})x(?P<height>[1-9][0-9]{1,4})"
    r"(?: (?P<fps>[0-9]{1,3}(\.[0-9]{1,3})?))?\Z"
)


class _Table(Struct, forbid_unknown_fields=True, frozen=True):
    """Base of every table; keys and their effect are described in ``etc/camsvc.toml``."""


class TestCamera(_Table, frozen=True, tag_field="kind", tag="test"):
    """A camera that draws its own picture."""

    kind: ClassVar[str] = "test"

    name: Name
    width: Annotated[int, Meta(ge=64, le=3840, multiple_of=2)] = 1280
    height: Annotated[int, Meta(ge=64, le=2160, multiple_of=2)] = 720
    fps: Annotated[int, Meta(ge=1, le=60)] = 30
    always_on: bool = False


class NetworkCamera(_Table, frozen=True, tag_field="kind", tag="network"):
    """A camera that is reached by its RTSP URL, which may hold a password."""

    kind: ClassVar[str] = "network"

    name: Name
    url: Annotated[str, Meta(max_length=500)]
    transport: Literal["tcp", "udp"] = "tcp"
    always_on: bool = False


class UsbCamera(_Table, frozen=True):
    """What is wanted of one USB camera other than what discovery chooses; ``device`` is its id or its key."""

    device: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    mode: Annotated[str, Meta(max_length=40)] = ""
    always_on: bool = False
    audio: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x20\x7f]*\Z")] = ""
    ffmpeg_input: list[str] = []
    ffmpeg_video: list[str] = []

    @property
    def wanted(self) -> Mode | None:
        """``mode`` as a value, without ``fps`` for any rate; None for any mode."""
        found = _MODE.match(self.mode)
        if found is None:
            return None
        fps = (float(found["fps"]),) if found["fps"] else ()
        return Mode(found["format"], int(found["width"]), int(found["height"]), fps)


def network_key(camera: NetworkCamera) -> str:
    """What makes a network camera the same one next time: its name, as the URL holds a password and may change."""
    return f"network:{camera.name}"


def table_of(
    cameras: Sequence[TestCamera | NetworkCamera], usb: Sequence[UsbCamera], camera: Camera
) -> NetworkCamera | UsbCamera | None:
    """What the configuration says of one camera, None where it says nothing."""
    for network in cameras:
        if isinstance(network, NetworkCamera) and network_key(network) == camera.key:
            return network
    return usb_table(usb, camera.device, camera.key) if camera.kind == "usb" else None


def usb_table(usb: Sequence[UsbCamera], device: str, key: str) -> UsbCamera | None:
    """The table of a USB camera by its id or its key."""
    return next((table for table in usb if table.device in (device, key)), None)


def problems(cameras: Sequence[TestCamera | NetworkCamera], usb: Sequence[UsbCamera]) -> list[str]:
    """What is wrong beyond single values: a line for each mistake, without passwords."""
    found = []
    names: set[str] = set()
    for index, camera in enumerate(cameras):
        at = f"camera[{index}]"
        if camera.name in names:
            found.append(f'{at}.name = "{camera.name}": used twice; a name is what such a camera is known by')
        names.add(camera.name)
        if isinstance(camera, NetworkCamera) and (wrong := url_problem(camera.url)):
            found.append(f"{at}.url: {wrong}; allowed is rtsp://USER:PASSWORD@HOST:PORT/PATH, or rtsps://")
    known: set[str] = set()
    for index, table in enumerate(usb):
        at = f"usb[{index}]"
        found += [f"{at}{wrong}" for wrong in _usb_problems(table)]
        if table.device in known:
            found.append(f'{at}.device = "{table.device}": used twice; put both tables into one')
        known.add(table.device)
    return found


def _usb_problems(table: UsbCamera) -> list[str]:
    found = []
    if table.mode and table.wanted is None:
        found.append(f'.mode = "{table.mode}": allowed is FORMAT WIDTHxHEIGHT FPS, such as "MJPG 1280x720 30"')
    if table.ffmpeg_input and "-i" not in table.ffmpeg_input[:-1]:
        found.append('.ffmpeg_input: has no "-i" with an address behind it; it is all that ffmpeg reads')
    if table.ffmpeg_input and table.audio:
        found.append(f'.audio = "{table.audio}": ffmpeg_input is all that ffmpeg reads; name the sound device there')
    return found


def url_problem(url: str) -> str:
    """What is wrong with the URL of a camera, without the URL itself, which holds its password."""
    if not url.isprintable() or " " in url:
        return "holds a space or a character that cannot be printed"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "its host or port is damaged"
    if parts.scheme not in ("rtsp", "rtsps"):
        return f'begins with "{url[:8].partition(":")[0]}:"' if ":" in url[:8] else "begins with no scheme"
    return "" if parts.hostname else "names no host"
