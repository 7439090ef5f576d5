"""A plugged-in camera for tests of its controls: the daemon's part, real processes, and a fake driver behind them."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.trial.unittest import TestCase

from camsvc.devices import identity
from camsvc.devices.controls import held_camera
from camsvc.devices.controls.camera_controls import CameraControls, ControlChange
from camsvc.devices.controls.control import Control
from camsvc.devices.inventory import Inventory
from camsvc.model import Mode
from tests.support import samples
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import found
from tests.support.spawned import clock, eventually, processes_mentioning, scratch
from tests.support.usb.fake_node import FakeControl, FakeDevice, webcam

MODES = (Mode("MJPG", 1280, 720, (30.0,), "/dev/video7"),)


class ControlledTestCase(TestCase):
    """A camera0 that can be plugged in and out, and what is kept of it."""

    timeout = 60

    def setUp(self) -> None:
        self.patch(held_camera, "RETRY_S", 0.1)
        self.folder = scratch(self)
        self.database = ImmediateDatabase(self.folder / "db")
        self.addCleanup(self.database.stop)
        self.camera_found = found("Door", kind="usb", modes=MODES, source=MODES[0].node)
        self.database.now(partial(identity.assign, found=self.camera_found))
        self.device = FakeDevice(self.folder / "device", self.driver())
        self.addCleanup(self.device.close)
        self.begin()

    def driver(self) -> list[FakeControl]:
        """What the camera has."""
        return webcam()

    def begin(self) -> None:
        """As after a start of the daemon."""
        self.inventory = Inventory()
        self.controls = CameraControls(samples.runtime(clock(), database=self.database), self.device.argv)
        self.controls.kept.load()
        self.changes: list[ControlChange] = []
        self.controls.changes.add(self.changes.append)
        self.inventory.changes.add(self.controls.camera_changed)
        self.addCleanup(self.nothing_left)

    async def nothing_left(self) -> None:
        """Let go of the camera, and wait until no process is left of that."""
        self.controls.stop()
        await eventually(lambda: not processes_mentioning(str(self.folder)))

    async def plug_in(self) -> None:
        """The camera comes; with what is kept of it, once this returns."""
        self.inventory.present("camera0", self.camera_found)
        await self.now()

    async def plug_out(self) -> None:
        """The camera goes, and its process with it."""
        self.inventory.gone("camera0")
        await eventually(lambda: not processes_mentioning(str(self.folder)))

    async def now(self) -> dict[str, Control]:
        """Its controls, by name."""
        controls = await self.controls.of(self.inventory.get("camera0"))
        return {each.name: each for each in controls}

    async def set(self, **wanted: Any) -> Any:
        """Set some."""
        return await self.controls.set(self.inventory.get("camera0"), wanted)
