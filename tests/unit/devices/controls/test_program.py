"""The program that holds a node: against a driver that answers by the kernel's structures."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.controls import PROCESS_NAME, program
from camsvc.devices.controls import videodev2 as v4l2
from camsvc.devices.controls.control_process import PROGRAM
from camsvc.devices.controls.program import NodeControls, serve
from camsvc.devices.diagnosis import of_errno
from camsvc.system.processes import command_name
from tests.support.usb.fake_node import (
    AUTO_EXPOSURE,
    BITMASK,
    BOOLEAN,
    BRIGHTNESS,
    BUTTON,
    EXPOSURE,
    INTEGER64,
    INTEGER_MENU,
    READ_ONLY,
    STRING,
    FakeControl,
    FakeNode,
    webcam,
)


class NumbersTests(SynchronousTestCase):
    """What videodev2.h says on 64-bit machines, as strace(1) prints it."""

    def test_ioctls(self) -> None:
        """Number and size of each structure are the kernel's."""
        self.assertEqual(
            [v4l2.QUERY_ITEM, v4l2.GET, v4l2.SET, v4l2.NEXT_EVENT, v4l2.SUBSCRIBE, v4l2.QUERY],
            [0xC02C5625, 0xC0205647, 0xC0205648, 0x80885659, 0x4020565A, 0xC0E85667],
        )


class RowsTests(SynchronousTestCase):
    """What is told of each control."""

    def row(self, control: FakeControl) -> dict[str, Any]:
        return next(NodeControls(FakeNode([control])).rows())

    def test_webcam(self) -> None:
        """Each has its group; classes are no controls."""
        rows = list(NodeControls(FakeNode(webcam())).rows())
        self.assertEqual([row["group"] for row in rows], ["User Controls"] * 4 + ["Camera Controls"] * 3)
        self.assertEqual(rows[0]["name"], "Brightness")
        self.assertEqual([rows[0][key] for key in ("min", "max", "step", "default", "value")], [-64, 64, 1, 0, 0])

    def test_menus(self) -> None:
        """Only items that this camera has; those of an integer menu are numbers."""
        rows = {row["id"]: row for row in NodeControls(FakeNode(webcam())).rows()}
        self.assertEqual(rows[AUTO_EXPOSURE]["items"], [(1, "Manual Mode"), (3, "Aperture Priority Mode")])
        row = self.row(FakeControl(5, "Link", INTEGER_MENU, maximum=1, items={0: 1 << 40, 1: -7}))
        self.assertEqual(row["items"], [(0, str(1 << 40)), (1, "-7")])

    def test_types(self) -> None:
        """64 bits, text, a mask of 32 bits, negative numbers; a button and a structure have no value."""
        self.assertEqual(self.row(FakeControl(5, "x", INTEGER64, -(1 << 63), (1 << 63) - 1, value=-5))["value"], -5)
        self.assertEqual(self.row(FakeControl(5, "x", STRING, 0, 8, value="höh"))["value"], "höh")
        self.assertEqual(
            self.row(FakeControl(5, "x", BITMASK, maximum=(1 << 32) - 1, value=1 << 31))["value"], 1 << 31
        )
        self.assertEqual(self.row(FakeControl(5, "x", minimum=-5, value=-5))["value"], -5)
        self.assertIsNone(self.row(FakeControl(5, "x", BUTTON))["value"])
        row = self.row(FakeControl(5, "x", 0x106))
        self.assertEqual((row["array"], row["dims"], row["value"]), (True, [], None))

    def test_arrays(self) -> None:
        """All their numbers, as wide as they are; of 64 bits, and of more than a page of them, only what they are."""
        for type_, numbers in ((1, [-5, 1 << 30]), (0x100, [0, 255]), (0x101, [65535, 1]), (0x102, [1 << 31, 2])):
            row = self.row(FakeControl(5, "x", type_, dims=[1, 2], value=numbers))
            self.assertEqual((row["array"], row["dims"], row["value"]), (True, [1, 2], numbers))
        for array in (
            FakeControl(5, "x", INTEGER64, dims=[2], value=[1, 2]),
            FakeControl(5, "x", 0x100, dims=[100, 100], value=[0] * 10_000),
        ):
            self.assertIsNone(self.row(array)["value"])

    def test_not_there(self) -> None:
        """A disabled one is left out; a driver without controls has none; one that is gone says so."""
        self.assertEqual(list(NodeControls(FakeNode([FakeControl(5, "x", flags=v4l2.DISABLED)])).rows()), [])
        self.assertEqual(list(NodeControls(FakeNode([])).rows()), [])
        node = FakeNode(webcam())
        node.gone = True
        with self.assertRaises(OSError) as caught:
            list(NodeControls(node).rows())
        self.assertEqual(caught.exception.errno, errno.ENODEV)


class PutTests(SynchronousTestCase):
    """Setting one."""

    def test_types(self) -> None:
        """What was set is what is read back."""
        for control, value in (
            (FakeControl(5, "x", INTEGER64, -(1 << 63), (1 << 63) - 1), -(1 << 62)),
            (FakeControl(5, "x", STRING, 0, 8, value="x"), "höh"),
            (FakeControl(5, "x", BITMASK, maximum=(1 << 32) - 1), (1 << 32) - 1),
            (FakeControl(5, "x", minimum=-5, maximum=5), -5),
            (FakeControl(5, "x", BOOLEAN, maximum=1), 1),
            (FakeControl(5, "x", minimum=-9, dims=[3], value=[0, 0, 0]), [-9, 0, 5]),
            (FakeControl(5, "x", 0x100, dims=[2, 2], value=[0] * 4), [0, 1, 254, 255]),
            (FakeControl(5, "x", 0x102, dims=[8], value=[0]), [1, 2, (1 << 32) - 1]),
        ):
            node = FakeNode([control])
            self.assertEqual(NodeControls(node).put(5, value), (5, "set", value))
            self.assertEqual(node.calls, [(5, value)])

    def test_another_kind_of_value(self) -> None:
        """Numbers for what is no array, and the other way round: refused, as by a driver."""
        for control, value in (
            (FakeControl(5, "x"), [1]),
            (FakeControl(5, "x", dims=[1], value=[0]), 1),
            (FakeControl(5, "x", INTEGER64, dims=[1], value=[0]), [1]),
        ):
            self.assertEqual(NodeControls(FakeNode([control])).put(5, value), (5, "refused", errno.EINVAL))

    def test_button(self) -> None:
        """It is pressed, and has no value."""
        node = FakeNode([FakeControl(5, "x", BUTTON)])
        self.assertEqual((NodeControls(node).put(5, 1), node.calls), ((5, "set", None), [(5, 1)]))

    def test_inactive(self) -> None:
        """It is left alone."""
        node = FakeNode(webcam())
        self.assertEqual((NodeControls(node).put(EXPOSURE, 9), node.calls), ((EXPOSURE, "inactive", None), []))

    def test_changed_by_the_camera(self) -> None:
        """What counts is what it has made of it."""
        self.assertEqual(NodeControls(FakeNode([FakeControl(5, "x", limit=7)])).put(5, 100), (5, "set", 7))

    def test_refused(self) -> None:
        """With the driver's errno; one that is not there any more, too."""
        controls = NodeControls(FakeNode([FakeControl(5, "x", refuses=errno.EIO, flags=READ_ONLY)]))
        self.assertEqual(controls.put(5, 1), (5, "refused", errno.EIO))
        self.assertEqual(controls.put(6, 1), (6, "refused", errno.EINVAL))


class ServeTests(SynchronousTestCase):
    """Questions, answers, and what comes unasked."""

    def setUp(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.heard = threading.Condition()
        self.patch(program, "_say", self.say)
        self.patch(program, "POLL_S", 0.05)
        self.patch(program, "REPORT_S", 0.05)
        self.source, self.questions = os.pipe()
        self.told_of, self.others = os.pipe()
        for fd in (self.source, self.told_of, self.others):
            self.addCleanup(os.close, fd)

    def say(self, answer: dict[str, Any]) -> None:
        with self.heard:
            self.said.append(json.loads(json.dumps(answer)))
            self.heard.notify_all()

    def serve(self, node: FakeNode) -> None:
        thread = threading.Thread(target=serve, args=(node, self.source))
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(os.close, self.questions)

    def wait(self, check: Callable[[list[dict[str, Any]]], Any]) -> Any:
        with self.heard:
            self.assertTrue(self.heard.wait_for(lambda: check(self.said), 10), self.said)

    def test_answers(self) -> None:
        """One line each, also of what comes in pieces; it ends with its standard input."""
        self.serve(FakeNode(webcam(), self.told_of))
        os.write(self.questions, b'{}\n{"values": [[')
        os.write(self.questions, b"%d, 5]]}\n" % BRIGHTNESS)
        self.wait(lambda said: len(said) == 2)
        self.assertEqual(self.said[0]["results"], [])
        self.assertEqual(self.said[1]["results"], [[BRIGHTNESS, "set", 5]])
        self.assertEqual(self.said[1]["controls"][0]["value"], 5)

    def test_changes(self) -> None:
        """What another program sets is told once, however often it was set meanwhile."""
        self.serve(FakeNode(webcam(), self.told_of))
        os.write(self.questions, b"{}\n")
        self.wait(lambda said: len(said) == 1)
        for value in range(1, 6):
            os.write(self.others, b"%d %d\n" % (BRIGHTNESS, value))
        self.wait(lambda said: [row["value"] for each in said for row in each.get("changed", ())][-1:] == [5])
        self.assertLess(len(self.said), 5)

    def test_driver_without_events(self) -> None:
        """Such a one is asked again and again."""
        node = FakeNode(webcam(), self.told_of, tells=False)
        self.serve(node)
        os.write(self.questions, b"{}\n")
        self.wait(lambda said: len(said) == 1)
        node.controls[BRIGHTNESS].value = 9
        self.wait(lambda said: any(row["value"] == 9 for row in said[-1].get("changed", ())))


class ProcessTests(SynchronousTestCase):
    """The program as camsvc starts it, with a pipe in place of a node: it opens, and knows no ioctl of V4L2."""

    def test_answers_by_its_name(self) -> None:
        """It has no controls to tell; whoever looks for what keeps a camera busy passes it over."""
        node = Path(self.mktemp()).resolve()
        os.mkfifo(node)
        with subprocess.Popen(
            [*PROGRAM, str(node)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}
        ) as started:
            assert started.stdin is not None and started.stdout is not None
            started.stdin.write(b"{}\n")
            started.stdin.flush()
            self.assertEqual(json.loads(started.stdout.readline()), {"results": [], "controls": []})
            self.assertEqual(command_name(started.pid), PROCESS_NAME)
            self.assertNotIn(str(started.pid), of_errno(errno.EBUSY, str(node)).text)
            started.stdin.close()
            self.assertEqual(started.wait(10), 0)

    def test_node_that_cannot_be_opened(self) -> None:
        """It says why, and ends."""
        done = subprocess.run([*PROGRAM, "/dev/no-such-node"], capture_output=True, check=True, timeout=30, env={})
        self.assertEqual(json.loads(done.stdout), {"errno": errno.ENOENT})
