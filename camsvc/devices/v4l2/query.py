"""A program of its own: asks one video node by V4L2 what it offers, and prints that as one line of JSON.

``python -I query.py /dev/videoN``. Opening a node can block for ever inside the kernel, which no thread can be called
back from; a process can at least be given up. It imports nothing of camsvc, to start quickly.

Reading v4l2ctl 0.1a5 has traps, so its ioctls are used one by one: the interval of a frame raises TypeError, a pixel
format that it has no name for raises ValueError, and walking a stepwise size tries every width and height.
"""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from v4l2ctl import IoctlError, V4l2BufferType, V4l2Device

_DISCRETE = 1  # enum v4l2_frmsizetypes and v4l2_frmivaltypes (videodev2.h)
_ERRNO = re.compile(r"\[Errno ([0-9]+)\]")
_END = (errno.EINVAL, errno.ENOTTY, errno.ENODATA)
"""The list is at its end, or the driver does not know the question at all."""

_COMMON_SIZES = (
    (160, 120),
    (176, 144),
    (320, 180),
    (320, 240),
    (352, 288),
    (640, 360),
    (640, 480),
    (720, 576),
    (800, 600),
    (960, 540),
    (1024, 768),
    (1280, 720),
    (1280, 960),
    (1600, 1200),
    (1920, 1080),
    (2560, 1440),
    (3840, 2160),
)
_USUAL_SIZE = (640, 480)
_USUAL_RATES = (30.0,)
_COMMON_RATES = (60.0, 50.0, 30.0, 25.0, 20.0, 15.0, 10.0, 5.0, 1.0)

_IO_MC = 0x20000000
"""V4L2_CAP_IO_MC (videodev2.h), unknown to v4l2ctl 0.1a5: what comes is set up by the Media Controller."""

Row = tuple[str, int, int, tuple[float, ...]]
"""FOURCC, width and height in pixels, frames a second from the highest on."""


def main(argv: list[str]) -> int:
    """Print what ``argv[1]`` is and offers, or ``{"errno": N, "text": …}``; exit status 0 in either case."""
    try:
        report = examine(argv[1])
    except (OSError, IoctlError) as why:
        report = {"errno": error_number(why), "text": str(why)}
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


def examine(path: str) -> dict[str, Any]:
    """What a node is and offers.

    A node that cannot be opened ends this with an OSError; one that does not speak V4L2, or went away meanwhile, with
    an IoctlError of v4l2ctl's.

    Returns:
        ``name``, ``driver``, ``bus``, ``capture``, ``stage`` (it captures only what another program leads through the
        chip to it) and ``modes``, a list of rows.
    """
    try:
        device = V4l2Device(path)
    except IndexError:  # v4l2ctl's, of a node that neither captures nor puts out
        return {"capture": False, "modes": []}
    with device:
        kinds = device.supported_buffer_types
        planes = (V4l2BufferType.VIDEO_CAPTURE, V4l2BufferType.VIDEO_CAPTURE_MPLANE)
        kind = next((kind for kind in planes if kind in kinds), None)
        stage = bool(int(device._ioc_ops.query_cap().device_caps) & _IO_MC)
        rows = [] if kind is None or stage else list(modes(device._ioc_ops, kind))
    return {
        "name": device.name,
        "driver": device.driver,
        "bus": device.bus,
        "capture": kind is not None,
        "stage": stage,
        "modes": rows,
    }


def modes(ioctls: Any, kind: int) -> Iterator[Row]:
    """Walk through every mode of a node, in its own order (VIDIOC_ENUM_FMT, _FRAMESIZES, _FRAMEINTERVALS).

    Yields:
        A row for each pixel format and size.
    """
    seen = set()
    for form in _listed(lambda index: ioctls.enum_fmt(index=index, type=kind)):
        pixel_format = form.pixelformat
        for width, height in sizes(ioctls, pixel_format):
            if (pixel_format, width, height) not in seen:
                seen.add((pixel_format, width, height))
                yield fourcc(pixel_format), width, height, rates(ioctls, pixel_format, width, height)


def sizes(ioctls: Any, pixel_format: int) -> Iterator[tuple[int, int]]:
    """Walk through the sizes of a format.

    Yields:
        Width and height: those listed, or of a range its ends and the common ones between.
    """
    none = True
    for size in _listed(lambda index: ioctls.enum_frame_sizes(index=index, pixel_format=pixel_format)):
        none = False
        if size.type == _DISCRETE:
            yield size.discrete.width, size.discrete.height
            continue
        step = size.stepwise
        yield step.min_width, step.min_height
        for width, height in _COMMON_SIZES:
            if _fits(width, step.min_width, step.max_width, step.step_width) and _fits(
                height, step.min_height, step.max_height, step.step_height
            ):
                yield width, height
        yield step.max_width, step.max_height
        break  # a range is the only entry of its list
    if none:  # the driver cannot list them; it takes the nearest that it has
        yield _USUAL_SIZE


def rates(ioctls: Any, pixel_format: int, width: int, height: int) -> tuple[float, ...]:
    """Frames a second of a format and size, from the highest on."""
    found: set[float] = set()
    ask: dict[str, int] = {"pixel_format": pixel_format, "width": width, "height": height}
    for interval in _listed(lambda index: ioctls.enum_frame_intervals(index=index, **ask)):
        if interval.type == _DISCRETE:
            found.add(_rate(interval.discrete))
            continue
        fastest, slowest = _rate(interval.stepwise.min), _rate(interval.stepwise.max)
        found |= {fastest, slowest, *(rate for rate in _COMMON_RATES if slowest < rate < fastest)}
        break
    return tuple(sorted(found - {0.0}, reverse=True)) or _USUAL_RATES


def fourcc(pixel_format: int) -> str:
    """The four letters of a pixel format, without blanks at the end; bit 31 set means big endian."""
    letters = "".join(chr(pixel_format >> shift & 0x7F) for shift in (0, 8, 16, 24))
    text = "".join(letter if letter.isprintable() else "?" for letter in letters).rstrip()
    return text + ("-BE" if pixel_format >> 31 else "")


def error_number(why: Exception) -> int:
    """The errno of an OSError, or the one that v4l2ctl has put into its text; 0 where there is none."""
    if isinstance(why, OSError):
        return why.errno or 0
    found = _ERRNO.search(str(why))
    return int(found[1]) if found else 0


def _listed(ask: Callable[[int], Any]) -> Iterator[Any]:
    """Ask for 0, 1, 2, …; some drivers never end, so 512 are enough.

    Yields:
        Each answer, until the driver says that there is no more.

    Raises:
        IoctlError: the driver refuses for another reason than that.
    """
    for index in range(512):
        try:
            yield ask(index)
        except IoctlError as why:
            if error_number(why) in _END:
                return
            raise


def _fits(value: int, least: int, most: int, step: int) -> bool:
    return least <= value <= most and (value - least) % max(step, 1) == 0


def _rate(interval: Any) -> float:
    """Frames a second of a ``v4l2_fract`` of seconds."""
    if not interval.numerator or not interval.denominator:
        return 0.0
    return round(float(interval.denominator) / float(interval.numerator), 3)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
