"""Which cameras there are, and who is told."""

from __future__ import annotations

import itertools

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.inventory import Inventory
from camsvc.errors import NotFound
from camsvc.model import Camera, Mode, Status
from tests.support.clocks import FakeClocks
from tests.support.samples import found


class InventoryTests(SynchronousTestCase):
    """Changes and their subscribers."""

    def setUp(self) -> None:
        self.inventory = Inventory()
        self.told: list[tuple[Status | None, Status]] = []
        self.inventory.changes.add(self.change)

    def change(self, before: Camera | None, after: Camera) -> None:
        self.told.append((before.status if before else None, after.status))

    def test_life_of_a_camera(self) -> None:
        """New, in error, well, unplugged, back: each told once, with the status before."""
        self.inventory.present("camera0", found())
        self.inventory.error("camera0", "no frames")
        self.inventory.error("camera0", None)
        self.inventory.gone("camera0")
        self.inventory.present("camera0", found())
        steps = [None, "CONNECTED", "ERROR", "CONNECTED", "DISCONNECTED", "CONNECTED"]
        self.assertEqual(self.told, list(itertools.pairwise(steps)))

    def test_no_change_is_not_told(self) -> None:
        """The same again, an error of a camera nobody knows or that is away."""
        self.inventory.present("camera0", found())
        self.inventory.present("camera0", found())
        self.inventory.error("camera0", None)
        self.inventory.error("camera9", "x")
        self.inventory.gone("camera9")
        self.inventory.gone("camera0")
        self.inventory.gone("camera0")
        self.inventory.error("camera0", "x")
        self.assertEqual(len(self.told), 2)

    def test_stays_listed(self) -> None:
        """A camera that is away is DISCONNECTED, without the error it had."""
        self.inventory.present("camera0", found())
        self.inventory.error("camera0", "x")
        self.inventory.gone("camera0")
        self.assertEqual(
            (self.inventory.get("camera0").status, self.inventory.get("camera0").error), (Status.DISCONNECTED, None)
        )
        self.inventory.present("camera0", found())
        self.assertIsNone(self.inventory.get("camera0").error)

    def test_error_outlives_a_new_mode(self) -> None:
        """What a camera offers may change while something keeps it from delivering."""
        self.inventory.present("camera0", found())
        self.inventory.error("camera0", "x")
        self.inventory.present("camera0", found(modes=(Mode("MJPG", 640, 480, (30.0,)),)))
        self.assertEqual(
            (self.inventory.get("camera0").resolution, self.inventory.get("camera0").error), ("640x480", "x")
        )

    def test_resting_since(self) -> None:
        """When a camera went or began to fail, for as long as it does; of an earlier run, what was kept of it."""
        clocks = FakeClocks(wall=100.0)
        inventory = Inventory(clocks)
        inventory.expected("camera1", found(), 50.0)
        inventory.expected("camera2", found())
        inventory.present("camera0", found())
        since = [camera.resting_since for camera in inventory.all()]
        inventory.error("camera0", "no frames")
        clocks.advance(100)
        inventory.error("camera0", "other words")
        since.append(inventory.get("camera0").resting_since)
        inventory.gone("camera0")
        clocks.advance(100)
        inventory.gone("camera0")
        since.append(inventory.get("camera0").resting_since)
        inventory.present("camera0", found())
        inventory.present("camera1", found())
        since += [camera.resting_since for camera in inventory.all()]
        self.assertEqual(since, [None, 50.0, None, 100.0, 200.0, None, None, None])

    def test_two_voices(self) -> None:
        """What discovery says outranks the launcher, and neither takes back what the other has said."""
        self.inventory.present("camera0", evolve(found(), error="does not answer"))
        self.inventory.error("camera0", None)
        self.assertEqual(self.inventory.get("camera0").error, "does not answer")
        self.inventory.error("camera0", "no frames")
        self.assertEqual(self.inventory.get("camera0").error, "does not answer")
        self.inventory.present("camera0", found())
        self.assertEqual(self.inventory.get("camera0").error, "no frames")
        self.inventory.error("camera0", None)
        self.assertIs(self.inventory.get("camera0").status, Status.CONNECTED)

    def test_order(self) -> None:
        """By number, not by name."""
        for number in (10, 2, 0):
            self.inventory.present(f"camera{number}", found(str(number)))
        self.assertEqual([camera.device for camera in self.inventory.all()], ["camera0", "camera2", "camera10"])

    def test_unknown(self) -> None:
        """NotFound, with no more of the name than is needed."""
        with self.assertRaises(NotFound) as caught:
            self.inventory.get("x" * 100_000)
        self.assertEqual(caught.exception.data["id"], "x" * 100)

    def test_broken_subscriber(self) -> None:
        """One that raises is logged; those after it are told, in their order."""
        order: list[str] = []

        def broken(before: Camera | None, after: Camera) -> None:
            order.append("broken")
            raise ValueError

        self.inventory.changes.add(broken)
        self.inventory.changes.add(lambda before, after: order.append("last"))
        self.inventory.present("camera0", found())
        self.assertEqual((len(self.told), order), (1, ["broken", "last"]))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
