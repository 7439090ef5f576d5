"""Ids of cameras: the same for ever, never given twice."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.identity import Recognised, Sighting, assign, recognise, remember
from camsvc.system.database import Database
from tests.support.samples import found


class AssignTests(SynchronousTestCase):
    """``assign``."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.database = Database(self.path)

    def tearDown(self) -> None:
        self.database.stop()

    def assign(self, name: str, **keys: str) -> str:
        return self.database.now(partial(assign, found=found(name, **keys)))

    def test_in_order(self) -> None:
        """From camera0 on, one for each key."""
        self.assertEqual(
            [self.assign(name) for name in ("a", "b", "c", "b")], ["camera0", "camera1", "camera2", "camera1"]
        )

    def test_after_a_restart(self) -> None:
        """Known again in whatever order they come."""
        self.assign("a")
        self.assign("b")
        self.database.stop()
        self.database = Database(self.path)
        self.assertEqual((self.assign("b"), self.assign("c"), self.assign("a")), ("camera1", "camera2", "camera0"))

    def test_new_name(self) -> None:
        """The key decides; name and kind follow what was found last."""
        self.assign("a", key="serial:1")
        self.assertEqual(self.assign("other", key="serial:1", kind="usb"), "camera0")
        rows = self.database.now(lambda db: db.execute("SELECT kind, name FROM camera").fetchall())
        self.assertEqual(rows, [("usb", "other")])

    def test_gap(self) -> None:
        """The number of one that was deleted in between is not filled while a later one is there."""
        for name in ("a", "b", "c"):
            self.assign(name)
        self.database.now(lambda db: db.execute("DELETE FROM camera WHERE number = 1"))
        self.assertEqual(self.assign("d"), "camera3")


C270 = "usb:046d:0825:AB12CD34"
P1, P2, P3 = (f"usb:046d:0825@pci-0000:00:14.0-usb-0:{port}" for port in ("1", "2.1", "3"))


class RecogniseTests(SynchronousTestCase):
    """``recognise``: cameras that come and go."""

    def setUp(self) -> None:
        self.database = Database(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.present: dict[str, str] = {}

    def plug(self, *sightings: tuple[str | None, str], name: str = "Cam") -> list[str]:
        """Plug in some at once, each with serial and port."""
        work = partial(
            recognise,
            sightings=[Sighting(serial, port, name) for serial, port in sightings],
            elsewhere=dict(self.present),
        )
        devices = [known.device for known in self.database.now(work)]
        self.present |= dict(zip(devices, (port for _, port in sightings), strict=True))
        return devices

    def unplug(self, *devices: str) -> None:
        for device in devices or tuple(self.present):
            del self.present[device]

    def keys(self) -> list[tuple[int, str]]:
        return self.database.now(lambda db: db.execute("SELECT number, key FROM camera ORDER BY number").fetchall())

    def test_serial(self) -> None:
        """With a serial of its own a camera may be plugged in anywhere."""
        self.assertEqual(self.plug((C270, P1)), ["camera0"])
        for port in (P2, P3, P1):
            self.unplug()
            self.assertEqual(self.plug((C270, port)), ["camera0"])

    def test_port(self) -> None:
        """Without one, the port is what it is known by."""
        self.assertEqual(self.plug((None, P1), (None, P2)), ["camera0", "camera1"])
        self.unplug()
        self.assertEqual(self.plug((None, P2)), ["camera1"])
        self.assertEqual(self.plug((None, P3)), ["camera2"])
        self.assertEqual(self.plug((None, P1)), ["camera0"])

    def test_one_serial_on_two(self) -> None:
        """Plugged in one after the other: the first keeps its number, and from now on both go by their ports."""
        self.plug((C270, P1))
        self.assertEqual(self.plug((C270, P2)), ["camera1"])
        self.assertEqual(self.keys(), [(0, P1), (1, P2)])
        self.unplug()
        self.assertEqual(self.plug((C270, P2)), ["camera1"])
        self.unplug()
        self.assertEqual(self.plug((C270, P2), (C270, P1)), ["camera1", "camera0"])

    def test_one_serial_on_two_from_the_start(self) -> None:
        """As when the machine starts with both plugged in."""
        self.assertEqual(self.plug((C270, P1), (C270, P2)), ["camera0", "camera1"])
        self.unplug()
        self.assertEqual(self.plug((C270, P2), (C270, P1)), ["camera1", "camera0"])

    def test_known_one_of_two(self) -> None:
        """Was alone, and is where it was: it keeps its number, in whatever order the list names them."""
        self.plug((C270, P2))
        self.unplug()
        self.assertEqual(self.plug((C270, P1), (C270, P2)), ["camera1", "camera0"])

    def test_known_one_of_two_has_moved(self) -> None:
        """One of the two must be it."""
        self.plug((C270, P3))
        self.unplug()
        self.assertEqual(self.plug((C270, P1), (C270, P2)), ["camera0", "camera1"])

    def test_same_again(self) -> None:
        """A second event of the same camera changes nothing."""
        self.plug((C270, P1))
        self.assertEqual(self.plug((C270, P1)), ["camera0"])
        self.assertEqual(self.keys(), [(0, C270)])

    def test_other_of_a_kind(self) -> None:
        """One with another serial in the same port is another; the first is known again elsewhere."""
        other = C270 + "x"
        self.plug((C270, P1))
        self.unplug()
        self.assertEqual(self.plug((other, P1)), ["camera1"])
        self.assertEqual(self.plug((C270, P2)), ["camera0"])
        self.unplug()
        self.assertEqual(self.plug((other, P2), (C270, P1)), ["camera1", "camera0"])

    def test_serial_that_fails(self) -> None:
        """A camera that does not tell its serial this time is known by its port, and has kept its serial."""
        self.plug((C270, P1))
        self.unplug()
        self.assertEqual(self.plug((None, P1)), ["camera0"])
        self.unplug()
        self.assertEqual(self.plug((C270, P3)), ["camera0"])

    def test_serial_that_comes(self) -> None:
        """A camera known by its port tells a serial: it is known by that from now on."""
        self.plug((None, P1))
        self.unplug()
        self.assertEqual(self.plug((C270, P1)), ["camera0"])
        self.unplug()
        self.assertEqual(self.plug((C270, P2)), ["camera0"])
        self.assertEqual(self.plug((None, P1)), ["camera1"])
        self.assertEqual(self.keys(), [(0, C270), (1, P1)])

    def test_port_taken(self) -> None:
        """A camera known by its port alone is a new one once another has been seen there."""
        self.plug((None, P1))
        self.plug((C270, P2))
        self.unplug()
        self.assertEqual(self.plug((C270, P1)), ["camera1"])
        self.unplug()
        self.assertEqual(self.plug((None, P1)), ["camera1"])  # the same product, and it may have failed to tell

    def test_beside_other_kinds(self) -> None:
        """Numbers are shared with cameras of one key."""
        self.database.now(partial(assign, found=found("bench")))
        self.assertEqual(self.plug((None, "platform-vivid.0"), (None, "platform-vivid.1")), ["camera1", "camera2"])
        self.assertEqual(self.database.now(partial(assign, found=found("other"))), "camera3")

    def test_remembered(self) -> None:
        """What it offers is kept, and its name follows."""
        self.plug((C270, P1), name="Old")
        self.database.now(partial(remember, device="camera0", modes="{}"))
        self.unplug()
        work = partial(recognise, sightings=[Sighting(C270, P2, "New")], elsewhere={})
        self.assertEqual(self.database.now(work), [Recognised("camera0", C270, "{}")])
        rows = self.database.now(lambda db: db.execute("SELECT kind, name FROM camera").fetchall())
        self.assertEqual(rows, [("usb", "New")])

    def test_nothing_written_for_nothing(self) -> None:
        """A known camera where it was costs no write."""
        self.plug((C270, P1))
        self.unplug()
        before = self.database.now(lambda db: db.total_changes)
        self.plug((C270, P1))
        self.assertEqual(self.database.now(lambda db: db.total_changes), before)

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=20))
    def test_any_order(self, moves: list[tuple[int, int]]) -> None:
        """Whatever is plugged in where: no two present cameras share an id, and good serials keep theirs.

        Cameras 0 and 1 have serials of their own, 2 and 3 share one; a move is a camera and a port.
        """
        database = Database(Path(":memory:"))
        try:
            serials = [f"{C270}0", f"{C270}1", f"{C270}2", f"{C270}2"]
            at: dict[int, int] = {}
            ids: dict[int, str] = {}
            first: dict[int, str] = {}
            for camera, port in moves:
                at = {other: place for other, place in at.items() if other != camera and place != port}
                ids = {other: device for other, device in ids.items() if other in at}
                elsewhere = {ids[other]: f"p{place}" for other, place in at.items()}
                sighting = Sighting(serials[camera], f"p{port}", "x")
                (known,) = database.now(partial(recognise, sightings=[sighting], elsewhere=elsewhere))
                at[camera], ids[camera] = port, known.device
                self.assertEqual(len(set(ids.values())), len(ids))
                if camera < 2:
                    self.assertEqual(first.setdefault(camera, known.device), known.device)
        finally:
            database.stop()
