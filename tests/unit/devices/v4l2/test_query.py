"""The V4L2 probe: what it makes of a driver's answers, and how it tells of failures."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from v4l2ctl import IoctlError
from v4l2ctl.ioctls import v4l2ioctl
from v4l2ctl.ioctls.v4l2ioctlstructs import V4l2IoctlFrameIvalEnum, V4l2IoctlFrameSizeEnum

from camsvc.devices.v4l2 import query as v4l2
from camsvc.devices.v4l2.probe import PROGRAM

YUYV, MJPG = 0x56595559, 0x47504A4D
NO_MORE = "[Errno 22] Invalid argument"


def refuse(text: str = NO_MORE) -> IoctlError:
    return IoctlError("/dev/video0", "EnumFmt", 1, -1, text)


def discrete_size(width: int, height: int) -> Any:
    size = V4l2IoctlFrameSizeEnum(type=1)
    size.discrete.width, size.discrete.height = width, height
    return size


def stepwise_size(width: tuple[int, int, int], height: tuple[int, int, int], kind: int = 3) -> Any:
    size = V4l2IoctlFrameSizeEnum(type=kind)
    step = size.stepwise
    step.min_width, step.max_width, step.step_width = width
    step.min_height, step.max_height, step.step_height = height
    return size


def discrete_interval(numerator: int, denominator: int) -> Any:
    interval = V4l2IoctlFrameIvalEnum(type=1)
    interval.discrete.numerator, interval.discrete.denominator = numerator, denominator
    return interval


def stepwise_interval(fastest: tuple[int, int], slowest: tuple[int, int]) -> Any:
    interval = V4l2IoctlFrameIvalEnum(type=3)
    interval.stepwise.min.numerator, interval.stepwise.min.denominator = fastest
    interval.stepwise.max.numerator, interval.stepwise.max.denominator = slowest
    return interval


class Driver:
    """Answers ioctls of v4l2ctl from lists, as a driver does: one index at a time, EINVAL behind the last."""

    def __init__(self, formats: list[int], sizes: Any, intervals: Any, end: str = NO_MORE) -> None:
        self.formats = [SimpleNamespace(pixelformat=number) for number in formats]
        self.sizes, self.intervals, self.end = sizes, intervals, end
        self.asked = 0

    def enum_fmt(self, index: int, type: int) -> Any:
        return self._at(self.formats, index)

    def enum_frame_sizes(self, index: int, pixel_format: int) -> Any:
        return self._at(self.sizes, index)

    def enum_frame_intervals(self, index: int, pixel_format: int, width: int, height: int) -> Any:
        return self._at(self.intervals, index)

    def _at(self, listed: Any, index: int) -> Any:
        self.asked += 1
        if callable(listed):
            return listed(index)
        if index < len(listed):
            return listed[index]
        raise refuse(self.end)


class ModesTests(SynchronousTestCase):
    """Lists of modes."""

    def test_camera(self) -> None:
        """Discrete sizes and intervals, as of most cameras; rates from the highest on."""
        driver = Driver(
            [MJPG, YUYV],
            [discrete_size(640, 480), discrete_size(1280, 720)],
            [discrete_interval(1, 15), discrete_interval(1, 30), discrete_interval(1001, 30000)],
        )
        rates = (30.0, 29.97, 15.0)
        self.assertEqual(
            list(v4l2.modes(driver, 1)),
            [(form, w, h, rates) for form in ("MJPG", "YUYV") for w, h in ((640, 480), (1280, 720))],
        )

    def test_stepwise_size(self) -> None:
        """The ends and the common sizes between that fit the step; a handful of questions, not millions."""
        driver = Driver([YUYV], [stepwise_size((48, 1920, 16), (32, 1080, 2))], [discrete_interval(1, 30)])
        sizes = [(width, height) for _, width, height, _ in v4l2.modes(driver, 1)]
        self.assertEqual((sizes[0], sizes[-1]), ((48, 32), (1920, 1080)))
        self.assertIn((640, 480), sizes)
        self.assertIn((1280, 720), sizes)
        self.assertEqual(len(sizes), len(set(sizes)))
        self.assertLess(driver.asked, 60)

    def test_continuous(self) -> None:
        """A range without steps, in sizes and in intervals."""
        driver = Driver(
            [YUYV],
            [stepwise_size((2, 800, 1), (2, 600, 1), 2)],
            [stepwise_interval((1, 50), (1, 5))],
        )
        found = {(width, height): rates for _, width, height, rates in v4l2.modes(driver, 1)}
        self.assertEqual(found[640, 480], (50.0, 30.0, 25.0, 20.0, 15.0, 10.0, 5.0))

    def test_driver_that_lists_nothing(self) -> None:
        """Some know neither sizes nor intervals (ENOTTY): usual ones stand in, as drivers take the nearest."""
        driver = Driver([YUYV], [], [], "[Errno 25] Inappropriate ioctl for device")
        self.assertEqual(list(v4l2.modes(driver, 1)), [("YUYV", 640, 480, (30.0,))])

    def test_driver_that_never_ends(self) -> None:
        """A list without an end is cut."""
        driver = Driver([YUYV], [discrete_size(640, 480)], lambda index: discrete_interval(1, 30))
        self.assertEqual(list(v4l2.modes(driver, 1)), [("YUYV", 640, 480, (30.0,))])

    def test_nonsense_interval(self) -> None:
        """An interval of nothing is none."""
        driver = Driver([YUYV], [discrete_size(640, 480)], [discrete_interval(0, 0), discrete_interval(0, 30)])
        self.assertEqual(list(v4l2.modes(driver, 1)), [("YUYV", 640, 480, (30.0,))])

    def test_unplugged_meanwhile(self) -> None:
        """An error other than the end of a list is no end of it."""

        def gone(index: int) -> Any:
            raise refuse("[Errno 19] No such device")

        with self.assertRaises(IoctlError) as caught:
            list(v4l2.modes(Driver([YUYV], gone, []), 1))
        self.assertEqual(v4l2.error_number(caught.exception), errno.ENODEV)

    def test_fourcc(self) -> None:
        """Formats that v4l2ctl has no name for too; blanks at the end go, big endian is said."""
        for number, text in (
            (YUYV, "YUYV"),
            (0x20363159, "Y16"),
            (0x20363159 | 1 << 31, "Y16-BE"),
            (0x49504E49, "INPI"),
        ):
            self.assertEqual(v4l2.fourcc(number), text)
        self.assertEqual(v4l2.fourcc(1), "????")


class ProgramTests(SynchronousTestCase):
    """The program, run as the daemon runs it."""

    def run_on(self, path: str) -> dict[str, Any]:
        done = subprocess.run([sys.executable, "-I", str(PROGRAM), path], capture_output=True, timeout=20, check=True)
        self.assertEqual(done.stderr, b"")
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def test_absent(self) -> None:
        """A node that is not there."""
        self.assertEqual(self.run_on("/dev/video987")["errno"], errno.ENOENT)

    def test_no_camera(self) -> None:
        """A file that does not speak V4L2."""
        self.assertEqual(self.run_on("/dev/null")["errno"], errno.ENOTTY)

    def test_forbidden(self) -> None:
        """A node that may not be opened; root may open anything but through what is no folder."""
        path = self.mktemp()
        with open(path, "w", encoding="ascii"):
            pass
        os.chmod(path, 0)
        if os.geteuid():
            self.assertEqual(self.run_on(path)["errno"], errno.EACCES)
        self.assertEqual(self.run_on(f"{path}/video0")["errno"], errno.ENOTDIR)


class ExamineTests(SynchronousTestCase):
    """v4l2ctl itself, in front of a kernel made of a function."""

    def examine(self, capabilities: int) -> dict[str, Any]:
        """What is said of a node with these capabilities (V4L2_CAP_*, videodev2.h)."""
        driver = Driver([MJPG, 0x20363159], [discrete_size(640, 480)], [discrete_interval(1, 30)])
        self.types: list[int] = []

        def kernel(_file: Any, request: int, buffer: Any) -> int:
            number = request & 0xFF
            if number == 0:  # VIDIOC_QUERYCAP
                buffer.card, buffer.driver, buffer.bus_info = b"Cam", b"uvcvideo", b"usb-1"
                buffer.capabilities, buffer.device_caps = 0x80000000 | capabilities | 0x10, capabilities
                return 0
            try:
                if number == 2:  # VIDIOC_ENUM_FMT
                    self.types.append(buffer.type)
                    buffer.pixelformat = driver.enum_fmt(buffer.index, buffer.type).pixelformat
                elif number == 74:  # VIDIOC_ENUM_FRAMESIZES
                    _copy(driver.enum_frame_sizes(buffer.index, buffer.pixel_format), buffer)
                elif number == 75:  # VIDIOC_ENUM_FRAMEINTERVALS
                    found = driver.enum_frame_intervals(
                        buffer.index, buffer.pixel_format, buffer.width, buffer.height
                    )
                    _copy(found, buffer)
            except IoctlError:
                raise OSError(errno.EINVAL, "Invalid argument") from None
            return 0

        self.patch(v4l2ioctl, "ioctl", kernel)
        return v4l2.examine("/dev/null")

    def test_camera(self) -> None:
        """Name, driver, bus and modes, of formats that the library has a name for and of others."""
        report = self.examine(0x04200001)
        self.assertEqual((report["name"], report["driver"], report["bus"]), ("Cam", "uvcvideo", "usb-1"))
        self.assertEqual(report["modes"], [("MJPG", 640, 480, (30.0,)), ("Y16", 640, 480, (30.0,))])
        self.assertEqual((report["capture"], set(self.types)), (True, {1}))
        json.dumps(report)

    def test_planes(self) -> None:
        """Cameras whose pictures come in several planes."""
        self.assertEqual((self.examine(0x04201000)["capture"], set(self.types)), (True, {9}))

    def test_stage(self) -> None:
        """A node whose input the Media Controller sets up is told as such, and asked for no formats."""
        report = self.examine(0x24200001)
        self.assertEqual((report["capture"], report["stage"], report["modes"]), (True, True, []))
        self.assertFalse(self.examine(0x04200001)["stage"])

    def test_neither(self) -> None:
        """A node that neither captures nor puts out is no camera, whatever the library makes of it."""
        self.assertEqual(self.examine(0x04000000), {"capture": False, "modes": []})

    def test_metadata(self) -> None:
        """A node that delivers metadata alone is asked for no formats."""
        report = self.examine(0x04A00000)
        self.assertEqual((report["capture"], report["modes"], self.types), (False, [], []))


def _copy(found: Any, buffer: Any) -> None:
    """As the kernel does: kind and values, from the same place in both structures."""
    buffer.type = found.type
    offset = type(found).type.offset
    ctypes.memmove(ctypes.addressof(buffer) + offset, ctypes.addressof(found) + offset, ctypes.sizeof(found) - offset)
