"""The structures and numbers of V4L2's controls, and an open node that takes them.

``linux/videodev2.h`` and ``linux/v4l2-controls.h``, in their 64-bit layout, which 32-bit ARM shares from Linux 5.6 on
(``v4l2_event`` with 64-bit times). No library is used: v4l2ctl knows no controls, linuxpy is under the GPL. The
standard library alone: the program that holds a node imports this.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
from collections.abc import Mapping
from typing import Any

NEXT = 0x80000000 | 0x40000000  # V4L2_CTRL_FLAG_NEXT_CTRL, …_NEXT_COMPOUND
DISABLED, WRITE_ONLY, INACTIVE = 0x01, 0x40, 0x10
BUTTON, CLASS, STRING, INTEGER64, FIRST_COMPOUND = 4, 6, 7, 5, 0x100
MENUS = (3, 9)
ELEMENTS: Mapping[int, type[Any]] = {
    1: ctypes.c_int32,
    0x100: ctypes.c_uint8,
    0x101: ctypes.c_uint16,
    0x102: ctypes.c_uint32,
}
"""Of arrays of numbers, by their type; those of 64 bits are left out, as JavaScript's numbers end at 2^53."""
CTRL_EVENT = 3  # V4L2_EVENT_CTRL
_u32, _s64, _u64 = ctypes.c_uint32, ctypes.c_int64, ctypes.c_uint64


class ControlQuery(ctypes.Structure):
    """``v4l2_query_ext_ctrl``."""

    _fields_ = (
        *(("id", _u32), ("type", _u32), ("name", ctypes.c_char * 32), ("minimum", _s64), ("maximum", _s64)),
        *(("step", _u64), ("default", _s64), ("flags", _u32), ("elem_size", _u32), ("elems", _u32)),
        *(("nr_of_dims", _u32), ("dims", _u32 * 4), ("reserved", _u32 * 32)),
    )


class Label(ctypes.Union):
    """Of a menu's item: its name, or of an integer menu's its number."""

    _pack_ = 1
    _fields_ = (("name", ctypes.c_char * 32), ("value", _s64))


class Item(ctypes.Structure):
    """``v4l2_querymenu``."""

    _pack_ = 1
    _fields_ = (("id", _u32), ("index", _u32), ("label", Label), ("reserved", _u32))


class Content(ctypes.Union):
    """The value of a control."""

    _pack_ = 1
    _fields_ = (("value", ctypes.c_int32), ("value64", _s64), ("string", ctypes.c_void_p))


class Value(ctypes.Structure):
    """``v4l2_ext_control``."""

    _pack_ = 1
    _fields_ = (("id", _u32), ("size", _u32), ("reserved", _u32), ("content", Content))


class Values(ctypes.Structure):
    """``v4l2_ext_controls``."""

    _fields_ = (
        *(("which", _u32), ("count", _u32), ("error_idx", _u32), ("request_fd", ctypes.c_int32)),
        *(("reserved", _u32), ("controls", ctypes.POINTER(Value))),
    )


class Subscription(ctypes.Structure):
    """``v4l2_event_subscription``."""

    _fields_ = (("type", _u32), ("id", _u32), ("flags", _u32), ("reserved", _u32 * 5))


class Event(ctypes.Structure):
    """``v4l2_event``; only its type and id are looked at."""

    _fields_ = (
        *(("type", _u32), ("payload", _u64 * 8), ("pending", _u32), ("sequence", _u32)),
        *(("seconds", _s64), ("nanoseconds", _s64), ("id", _u32), ("reserved", _u32 * 8)),
    )


def _code(direction: int, number: int, kind: type[ctypes.Structure]) -> int:
    """The number of an ioctl of V4L2 (``_IOC`` of asm-generic/ioctl.h)."""
    return direction << 30 | ctypes.sizeof(kind) << 16 | ord("V") << 8 | number


QUERY_ITEM = _code(3, 37, Item)
GET, SET = _code(3, 71, Values), _code(3, 72, Values)
NEXT_EVENT, SUBSCRIBE = _code(2, 89, Event), _code(1, 90, Subscription)
QUERY = _code(3, 103, ControlQuery)


class OpenNode:
    """An open video node."""

    wakes_by = select.POLLPRI

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """For poll(2)."""
        return self._fd

    def ioctl(self, code: int, argument: ctypes.Structure) -> None:
        """Ask the driver; the answer is in the argument. An OSError when it refuses."""
        fcntl.ioctl(self._fd, code, argument)
