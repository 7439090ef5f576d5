"""The udev reader: on a made-up monitor, and on the kernel's netlink where that is allowed."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactor
from twisted.logger import capturedLogs
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from camsvc.devices.v4l2 import udev
from camsvc.devices.v4l2.udev import UdevReader, _connect, _described
from camsvc.devices.v4l2.video_nodes import INDEX, KERNEL_NAME
from tests.support.procfs import open_files
from tests.support.spawned import clock, eventually, pause
from tests.support.usb import netlink
from tests.support.usb.udev_samples import bare, c920, usb, vivid

SAMPLE = {**usb(900_000 + os.getpid() % 90_000, "9", "1d6b:0104", "Test", None), "TAGS": ":"}
"""A node that no machine has: listeners of udevd hear of it too, as do runs of this test beside this one."""


class Device:
    """What pyudev gives of an event."""

    def __init__(self, action: str, properties: dict[str, str], attributes: dict[str, str] | None = None) -> None:
        self.action = action
        self.is_initialized = True
        self.properties = properties
        self.parent: Device | None = None
        self.attributes = SimpleNamespace(asstring=(attributes or {}).__getitem__)

    def find_parent(self, subsystem: str, kind: str) -> Device | None:
        return self.parent


class Monitor:
    """A monitor that gives what the test has put in."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.calls: list[str] = []

    def filter_by(self, subsystem: str) -> None:
        self.calls.append(f"filter {subsystem}")

    def start(self) -> None:
        self.calls.append("start")

    def fileno(self) -> int:
        return 99

    def poll(self, timeout: float) -> Any:
        assert timeout == 0
        event = self.events.pop(0) if self.events else None
        if isinstance(event, Exception):
            raise event
        return event


class Reactor(MemoryReactor, Clock):  # type: ignore[misc]
    """Readers and time."""

    def __init__(self) -> None:
        MemoryReactor.__init__(self)
        Clock.__init__(self)


class ReaderTests(SynchronousTestCase):
    """Events, one after the other."""

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.monitors: list[Monitor] = []
        self.sources: list[str] = []
        self.failing: list[OSError] = []
        self.told: list[tuple[str, Any]] = []
        self.lists = 0
        self.reader = self.make(Path("/"))

    def make(self, udevd: Path) -> UdevReader:
        return UdevReader(self.reactor, self.sink, self.resync, self.connect, udevd)

    def connect(self, context: Any, source: str) -> Monitor:
        if self.failing:
            raise self.failing.pop(0)
        self.sources.append(source)
        self.monitors.append(Monitor())
        return self.monitors[-1]

    def sink(self, action: str, properties: Any) -> None:
        self.told.append((action, properties["DEVNAME"]))

    def resync(self, listed: Any) -> None:
        self.lists += 1

    def feed(self, *events: Any) -> None:
        self.monitors[-1].events += events
        self.reader.doRead()

    def test_start(self) -> None:
        """Filter, then listen, then the list."""
        self.reader.start()
        self.assertEqual(self.monitors[0].calls, ["filter video4linux", "start"])
        self.assertEqual((self.reactor.getReaders(), self.reader.fileno(), self.lists), ([self.reader], 99, 1))
        self.assertEqual(self.sources, ["udev"])

    def test_events(self) -> None:
        """Each is handed on, the empty one ends the turn, and nothing is returned to the reactor."""
        self.reader.start()
        self.monitors[-1].events += [
            Device("add", vivid(0)),
            Device("remove", vivid(0)),
            None,
            Device("add", vivid(1)),
        ]
        self.assertIsNone(self.reader.doRead())
        self.assertEqual(self.told, [("add", "/dev/video0"), ("remove", "/dev/video0")])

    def test_bounded(self) -> None:
        """A storm does not keep the reactor: 64 events a turn."""
        self.reader.start()
        self.feed(*[Device("change", vivid(0))] * 100)
        self.assertEqual(len(self.told), 64)
        self.reader.doRead()
        self.assertEqual(len(self.told), 100)

    def test_overrun(self) -> None:
        """Lost events: a new monitor, and the list again; the old one is let go of first."""
        self.reader.start()
        self.feed(Device("add", vivid(0)), OSError("lost"), Device("add", vivid(1)))
        self.assertEqual((len(self.monitors), self.lists, len(self.told)), (2, 2, 1))
        self.assertEqual(self.reactor.getReaders(), [self.reader])
        self.feed(Device("add", vivid(2)))
        self.assertEqual(self.told[-1], ("add", "/dev/video2"))

    def test_broken_listener(self) -> None:
        """One event that cannot be taken is logged; the next is."""
        self.reader.start()
        self.feed(Device("add", {"DEVPATH": "x", "ID_V4L_CAPABILITIES": ":"}), Device("add", vivid(1)))
        self.assertEqual(self.told, [("add", "/dev/video1")])
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_stopped_by_a_listener(self) -> None:
        """No event after that, and no reader left."""
        reader = UdevReader(self.reactor, lambda *_: reader.stop(), self.resync, self.connect, Path("/"))
        reader.start()
        self.monitors[-1].events += [Device("add", vivid(0)), Device("add", vivid(1))]
        reader.doRead()
        self.assertEqual((self.reactor.getReaders(), len(self.monitors[-1].events)), ([], 1))
        self.assertEqual(reader.fileno(), -1)

    def test_cannot_be_opened(self) -> None:
        """Tried again until it can be."""
        self.failing = [OSError("too many open files"), OSError("too many open files")]
        self.reader.start()
        self.assertEqual((self.lists, self.reactor.getReaders()), (0, []))
        self.reactor.advance(5)
        self.reactor.advance(4.9)
        self.assertEqual(self.lists, 0)
        self.reactor.advance(0.1)
        self.assertEqual((self.lists, self.reactor.getReaders()), (1, [self.reader]))

    def test_no_libudev(self) -> None:
        """Where the library is missing, that is said, and the rest of camsvc goes on."""

        def missing() -> Any:
            raise ImportError("No library named udev")

        self.patch(udev.pyudev, "Context", missing)
        with capturedLogs() as logs:
            self.reader.start()
            self.reader.stop()
        self.assertIn("libudev is missing", logs[0]["log_format"])
        self.assertEqual((self.reactor.getReaders(), self.reactor.getDelayedCalls(), self.lists), ([], [], 0))

    def test_not_ready(self) -> None:
        """What udevd has not come to yet is left to the event that tells of it; without udevd nobody will."""
        ready, early = Device("", vivid(0)), Device("", vivid(1))
        early.is_initialized = False
        listed: list[int] = []
        context = SimpleNamespace(list_devices=lambda subsystem: [ready, early])
        self.patch(udev.pyudev, "Context", lambda: context)
        for udevd in (Path("/"), Path("/nonexistent")):
            reader = UdevReader(self.reactor, self.sink, lambda found: listed.append(len(found)), self.connect, udevd)
            reader.start()
            reader.stop()
        self.assertEqual(listed, [1, 2])

    def test_stop(self) -> None:
        """Nothing left, whether it was open or trying; twice is no mistake."""
        self.reader.start()
        self.reader.stop()
        self.reader.stop()
        self.failing = [OSError("x")]
        self.reader.start()
        self.reader.connectionLost(None)  # type: ignore[arg-type]
        self.assertEqual((self.reactor.getReaders(), self.reactor.getDelayedCalls()), ([], []))

    def test_no_udevd(self) -> None:
        """As in a container: said once, and the kernel's own events are read."""
        reader = self.make(Path("/nonexistent"))
        with capturedLogs() as logs:
            reader.start()
            reader.stop()
            reader.start()
        self.assertEqual(len([event for event in logs if "udev does not run" in event["log_format"]]), 1)
        self.assertEqual((self.sources, self.lists), (["kernel", "kernel"], 2))
        reader.stop()


class DescriptionTests(SynchronousTestCase):
    """Properties of a device."""

    def test_by_udev(self) -> None:
        """What udevd says stays as it is."""
        self.assertEqual(_described(Device("add", c920(0, "2")[0], {"name": "other"})), c920(0, "2")[0])

    def test_not_on_usb(self) -> None:
        """What the kernel calls the node is added, as only that may tell two inputs apart."""
        told = {key: value for key, value in vivid(0, 1).items() if key != KERNEL_NAME}
        self.assertEqual(_described(Device("add", told, {"name": "vivid-001-vid-cap\n"})), vivid(0, 1))

    def test_without_udevd(self) -> None:
        """sysfs has what is missing; what it does not have is left out."""
        device = Device("add", bare(c920(0, "2")[0]), {"index": "0\n", "name": "HD Pro Webcam C920"})
        device.parent = Device("", {}, {"idVendor": "046d", "idProduct": "082d"})
        added = {INDEX: "0", "ID_V4L_PRODUCT": "HD Pro Webcam C920", "ID_VENDOR_ID": "046d", "ID_MODEL_ID": "082d"}
        self.assertEqual(_described(device), bare(c920(0, "2")[0]) | added)
        self.assertEqual(_described(Device("add", bare(vivid(0)))), bare(vivid(0)))

    def test_gone(self) -> None:
        """Nothing is asked about what has gone."""
        self.assertEqual(
            _described(Device("remove", bare(vivid(0)) | {"ACTION": "remove"}, {"name": "x"})).get("name"), None
        )


class NetlinkTests(TestCase):
    """A real socket of libudev, fed as udevd does it."""

    timeout = 30

    def setUp(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.lists = 0
        self.monitors: list[Any] = []
        try:
            self.sender = netlink.open_sender()
            netlink.send(self.sender, "change", SAMPLE | {"SUBSYSTEM": "nothing"})
        except OSError as why:
            raise SkipTest(f"only root may send events: {why}") from None
        self.addCleanup(self.sender.close)
        self.reader = UdevReader(clock(), self.sink, self.resync, self.connect, Path("/"))
        self.reader.start()
        self.addCleanup(self.reader.stop)

    def connect(self, context: Any, source: str) -> Any:
        monitor = _connect(context, source)
        self.monitors.append(monitor)
        return monitor

    def sink(self, action: str, properties: Any) -> None:
        if properties["DEVPATH"] == SAMPLE["DEVPATH"]:
            self.told.append((action, properties.get("ID_PATH", "")))

    def resync(self, listed: Any) -> None:
        self.lists += 1

    async def test_event(self) -> None:
        """Action and properties arrive; other subsystems do not."""
        netlink.send(self.sender, "add", SAMPLE | {"SUBSYSTEM": "block"})
        netlink.send(self.sender, "add", SAMPLE)
        netlink.send(self.sender, "remove", SAMPLE)
        await eventually(lambda: len(self.told) == 2)
        self.assertEqual(self.told, [("add", SAMPLE["ID_PATH"]), ("remove", SAMPLE["ID_PATH"])])

    async def test_overrun(self) -> None:
        """The kernel drops events: the reader goes on with a new socket and reads the list again."""
        with socket.socket(fileno=os.dup(self.reader.fileno())) as inner:
            inner.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for _ in range(200):
            with contextlib.suppress(OSError):  # ENOBUFS: the sender is told as well
                netlink.send(self.sender, "change", SAMPLE)
        await eventually(lambda: self.lists == 2)
        self.assertLess(len(self.told), 200)
        self.told.clear()
        netlink.send(self.sender, "add", SAMPLE)
        await eventually(lambda: self.told)
        self.assertEqual(([action for action, _ in self.told], self.lists, len(self.monitors)), (["add"], 2, 2))

    async def test_stop(self) -> None:
        """After stop nothing is read, and the socket is closed with its monitor."""
        opened = os.readlink(f"/proc/self/fd/{self.reader.fileno()}")
        self.reader.stop()
        self.monitors.clear()
        netlink.send(self.sender, "add", SAMPLE)
        await pause(0.05)
        self.assertEqual(self.told, [])
        self.assertNotIn(opened, open_files(os.getpid()))
