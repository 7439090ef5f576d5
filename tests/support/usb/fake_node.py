"""A video node in place of the kernel's: answers ioctls of V4L2's controls as a driver does, by the same structures.

As a program (``python -I -c … fake_node.main(DEVICE, NODE)``) it is what the daemon runs in place of the real one:
DEVICE is a JSON file that says what the camera is, and DEVICE.calls what was set of it; see ``FakeDevice``.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import sys
import threading
from pathlib import Path
from typing import Any

from attrs import define, field

from camsvc.devices.controls import videodev2 as v4l2
from camsvc.devices.controls.program import serve

INTEGER, BOOLEAN, MENU, BUTTON, INTEGER64, CLASS, STRING, BITMASK, INTEGER_MENU = range(1, 10)
READ_ONLY, UPDATE, VOLATILE, GRABBED = 0x04, 0x08, 0x80, 0x02

BRIGHTNESS, GAIN, AUTOGAIN, AUTO_WHITE_BALANCE, WHITE_BALANCE = 0x980900, 0x980913, 0x980912, 0x98090C, 0x98091A
AUTO_EXPOSURE, EXPOSURE, ZOOM = 0x9A0901, 0x9A0902, 0x9A090D


@define
class FakeControl:
    """A control of a driver.

    Attributes:
        master: id of the control that makes this one inactive, and the values with which it does not.
        refuses: an errno, with which it answers to what it should be.
        volatile: an automatic control changes it, while it has it.
        dims: of an array, with its numbers as the value.
        limit: it makes this of whatever is beyond it; None for no such limit.
    """

    id: int
    name: str
    type: int = INTEGER
    minimum: int = 0
    maximum: int = 255
    step: int = 1
    default: int = 0
    flags: int = 0
    items: dict[int, Any] = field(factory=dict)
    value: Any = 0
    master: int | None = None
    freeing: tuple[int, ...] = ()
    refuses: int = 0
    volatile: bool = False
    limit: int | None = None
    dims: list[int] = field(factory=list)


class FakeNode:
    """A node with these controls; what other programs do to it comes by a pipe, a line ``ID VALUE`` each.

    Attributes:
        calls: what was set, in order.
        gone: the camera was unplugged.
    """

    wakes_by = select.POLLIN

    def __init__(self, controls: list[FakeControl], told_of: int | None = None, tells: bool = True) -> None:
        """Set up.

        Args:
            controls: in any order.
            told_of: the pipe's end to read from; None for none.
            tells: it knows events.
        """
        self.controls = {each.id: each for each in controls}
        self.calls: list[tuple[int, Any]] = []
        self.gone = False
        self._told_of = told_of
        self._tells = tells
        self._subscribed: set[int] = set()
        self._events: list[int] = []

    def fileno(self) -> int:
        return -1 if self._told_of is None else self._told_of

    def ioctl(self, code: int, argument: Any) -> None:
        if self.gone:
            raise OSError(errno.ENODEV, "gone")
        {
            v4l2.QUERY: self._query,
            v4l2.QUERY_ITEM: self._query_item,
            v4l2.GET: self._get,
            v4l2.SET: self._set,
            v4l2.SUBSCRIBE: self._subscribe,
            v4l2.NEXT_EVENT: self._next_event,
        }[code](argument)

    def inactive(self, control: FakeControl) -> bool:
        return control.master is not None and self.controls[control.master].value not in control.freeing

    def _find(self, ident: int) -> FakeControl:
        try:
            return self.controls[ident]
        except KeyError:
            raise OSError(errno.EINVAL, "no such control") from None

    def _query(self, query: Any) -> None:
        ident = query.id
        if ident & v4l2.NEXT:
            later = [each for each in sorted(self.controls) if each > ident & ~v4l2.NEXT]
            ident = later[0] if later else 0
        control = self._find(ident)
        query.id, query.type, query.name = control.id, control.type, control.name.encode()
        query.minimum, query.maximum = control.minimum, control.maximum
        query.step, query.default, query.nr_of_dims = control.step, control.default, len(control.dims)
        for at, size in enumerate(control.dims):
            query.dims[at] = size
        query.elems = len(control.value) if control.dims else 1
        taken_over = v4l2.INACTIVE | (VOLATILE if control.volatile else 0)
        query.flags = control.flags | (taken_over if self.inactive(control) else 0)

    def _query_item(self, item: Any) -> None:
        control = self._find(item.id)
        if item.index not in control.items:
            raise OSError(errno.EINVAL, "no such item")
        label = control.items[item.index]
        if control.type == MENU:
            item.label.name = label.encode()
        else:
            item.label.value = label

    def _get(self, values: Any) -> None:
        value = values.controls[0]
        control = self._find(value.id)
        if control.dims:
            array = self._array(control, value, len(control.value))
            array[:] = control.value
        elif control.type == STRING:
            text = control.value.encode() + b"\0"
            if value.size < len(text):
                raise OSError(errno.ENOSPC, "no room")
            ctypes.memmove(value.content.string, text, len(text))
        elif control.type == INTEGER64:
            value.content.value64 = control.value
        else:
            value.content.value = ctypes.c_int32(control.value).value

    def _set(self, values: Any) -> None:
        value = values.controls[0]
        control = self._find(value.id)
        if control.refuses:
            raise OSError(control.refuses, "refused")
        if control.dims:
            asked: Any = list(self._array(control, value, value.size // ctypes.sizeof(v4l2.ELEMENTS[control.type])))
        elif control.type == STRING:
            asked = ctypes.string_at(value.content.string, value.size).partition(b"\0")[0].decode()
        elif control.type == INTEGER64:
            asked = value.content.value64
        else:
            asked = value.content.value & (0xFFFFFFFF if control.minimum >= 0 else -1)
        self.calls.append((control.id, asked))
        control.value = asked if control.limit is None else min(asked, control.limit)

    def _array(self, control: FakeControl, value: Any, count: int) -> Any:
        """The caller's numbers."""
        kind = v4l2.ELEMENTS[control.type] * count
        if value.size < ctypes.sizeof(kind):
            raise OSError(errno.ENOSPC, "no room")
        return kind.from_address(value.content.string)

    def _subscribe(self, subscription: Any) -> None:
        if not self._tells:
            raise OSError(errno.ENOTTY, "no events")
        self._subscribed.add(subscription.id)

    def _next_event(self, event: Any) -> None:
        if self._told_of is not None and select.select([self._told_of], [], [], 0)[0]:
            for line in os.read(self._told_of, 1 << 16).decode().splitlines():
                ident, _, value = line.partition(" ")
                control = self.controls[int(ident)]
                control.value = type(control.value)(json.loads(value))
                self._events += [control.id] if control.id in self._subscribed else []
        if not self._events:
            raise OSError(errno.ENOENT, "no event")
        event.type, event.id = v4l2.CTRL_EVENT, self._events.pop(0)


class FakeDevice:
    """A camera for the daemon, in files: what its controls are, what was set of it, and what others set."""

    def __init__(self, folder: Path, controls: list[FakeControl], tells: bool = True) -> None:
        """Set up: it can be plugged in at once."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "device.json"
        self._pipe = folder / "device.json.pipe"
        os.mkfifo(self._pipe)
        self._others = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)
        self.is_now(controls, tells)
        (folder / "device.json.calls").touch()

    def is_now(self, controls: list[FakeControl], tells: bool = True) -> None:
        """From the next time it is plugged in, it has these controls."""
        rows = [{each: getattr(control, each) for each in FakeControl.__slots__ if each != "__weakref__"}
                for control in controls]  # fmt: skip
        self._path.write_text(json.dumps({"controls": rows, "tells": tells}))

    @property
    def argv(self) -> tuple[str, ...]:
        """What runs in place of the program that holds a node."""
        return program_of(str(self._path))

    def set_elsewhere(self, ident: int, value: Any) -> None:
        """Another program sets a control."""
        os.write(self._others, f"{ident} {json.dumps(value)}\n".encode())

    @property
    def calls(self) -> list[tuple[int, Any]]:
        """What was set of it since it exists, in order."""
        lines = Path(f"{self._path}.calls").read_text().splitlines()
        return [(ident, value) for ident, value in map(json.loads, lines)]

    def hangs(self, hangs: bool) -> None:
        """From now on it answers nothing, or does again."""
        if hangs:
            Path(f"{self._path}.hangs").touch()
        else:
            Path(f"{self._path}.hangs").unlink()

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._others)


def program_of(path: str) -> tuple[str, ...]:
    """The program that serves the device of a file, to which the node is added."""
    root = str(Path(__file__).parents[3])
    code = f"import sys; sys.path.insert(0, {root!r}); from tests.support.usb import fake_node; fake_node.main()"
    return (sys.executable, "-c", code, path)


class _KeepingNode(FakeNode):
    """Writes down what is set, and is gone where its file says so."""

    def __init__(self, path: Path) -> None:
        told = json.loads(path.read_text())
        controls = [FakeControl(**{**row, "items": {int(key): label for key, label in row["items"].items()}})
                    for row in told["controls"]]  # fmt: skip
        super().__init__(controls, os.open(f"{path}.pipe", os.O_RDWR | os.O_NONBLOCK), told["tells"])
        self._log = Path(f"{path}.calls")
        self._hangs = Path(f"{path}.hangs")

    def ioctl(self, code: int, argument: Any) -> None:
        if self._hangs.exists():
            threading.Event().wait()
        super().ioctl(code, argument)

    def _set(self, values: Any) -> None:
        super()._set(values)
        with self._log.open("a") as log:
            log.write(json.dumps(self.calls[-1]) + "\n")


def main() -> None:
    """Serve the device of the first argument."""
    serve(_KeepingNode(Path(sys.argv[1])), sys.stdin.fileno())


def webcam() -> list[FakeControl]:
    """What a common webcam has."""
    menu = {1: "Manual Mode", 3: "Aperture Priority Mode"}
    return [
        FakeControl(0x980001, "User Controls", CLASS),
        FakeControl(BRIGHTNESS, "Brightness", minimum=-64, maximum=64, default=0),
        FakeControl(AUTO_WHITE_BALANCE, "White Balance, Automatic", BOOLEAN, maximum=1, default=1, value=1),
        FakeControl(GAIN, "Gain", maximum=100, default=10, value=10),
        FakeControl(
            WHITE_BALANCE,
            "White Balance Temperature",
            minimum=2800,
            maximum=6500,
            step=10,
            default=4600,
            value=4600,
            master=AUTO_WHITE_BALANCE,
            freeing=(0,),
        ),
        FakeControl(0x9A0001, "Camera Controls", CLASS),
        FakeControl(AUTO_EXPOSURE, "Auto Exposure", MENU, maximum=3, default=3, value=3, items=menu),
        FakeControl(
            EXPOSURE,
            "Exposure Time, Absolute",
            minimum=1,
            maximum=5000,
            default=157,
            value=157,
            master=AUTO_EXPOSURE,
            freeing=(1,),
        ),
        FakeControl(ZOOM, "Zoom, Absolute", minimum=0, maximum=10, default=0, limit=5),
    ]
