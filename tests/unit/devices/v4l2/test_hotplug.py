"""Cameras that come and go, as udev tells it and as they answer."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices import identity
from camsvc.devices.inventory import Inventory
from camsvc.devices.v4l2.hotplug import RETRY_S, V4l2Discovery
from camsvc.devices.v4l2.probe import NodeAnswer
from camsvc.kinds.usb import UsbCamera
from camsvc.model import Camera, Mode, Status
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import runtime
from tests.support.usb.udev_samples import bare, c270, c920, card, laptop, loopback, rp1_cfe, unicam, usb, vivid

MJPEG = Mode("MJPG", 1280, 720, (30.0,))
YUYV = Mode("YUYV", 640, 480, (30.0,))
H264 = Mode("H264", 1920, 1080, (30.0,))
SERIAL = "AB12CD34"


class Probes:
    """Nodes that answer when the test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self._waiting: list[tuple[str, Deferred[NodeAnswer]]] = []

    async def ask(self, path: str) -> NodeAnswer:
        self.asked.append(path)
        answer: Deferred[NodeAnswer] = Deferred(lambda _: self.cancelled.append(path))
        self._waiting.append((path, answer))
        return await answer

    def answer(self, path: str, *modes: Mode, **keys: Any) -> None:
        """The oldest question to this node is answered."""
        found = next(entry for entry in self._waiting if entry[0] == path and not entry[1].called)
        self._waiting.remove(found)
        found[1].callback(NodeAnswer(tuple(evolve(mode, node=path) for mode in modes), **keys))


class DiscoveryTestCase(SynchronousTestCase):
    """A discovery with its inventory."""

    tables: tuple[UsbCamera, ...] = ()

    def setUp(self) -> None:
        self.clock = Clock()
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.runtime = runtime(self.clock, database=self.database)
        self.begin()

    def begin(self) -> None:
        """Start camsvc, or start it again."""
        self.probes = Probes()
        self.inventory = Inventory(self.runtime.clocks)
        self.told: list[tuple[str, Status]] = []
        self.inventory.changes.add(self.change)
        probes: Any = self.probes
        self.discovery = V4l2Discovery(self.runtime, self.inventory, probes, self.tables)
        self.discovery.start()
        self.addCleanup(self.discovery.stop)

    def change(self, before: Camera | None, after: Camera) -> None:
        if before is None or before.status != after.status:
            self.told.append((after.device, after.status))

    def plug(self, *nodes: dict[str, str]) -> None:
        for properties in nodes:
            self.discovery.event("add", properties)

    def unplug(self, *nodes: dict[str, str]) -> None:
        for properties in nodes:
            self.discovery.event("remove", {key: properties[key] for key in ("DEVPATH", "DEVNAME", "SUBSYSTEM")})

    def camera(self, number: int = 0) -> Camera:
        return self.inventory.get(f"camera{number}")


class PlugTests(DiscoveryTestCase):
    """Plugging in and unplugging."""

    def test_new(self) -> None:
        """A camera never seen before is there once it has said what it offers."""
        self.plug(*c270(0, "2"))
        self.assertEqual((self.told, self.probes.asked), ([], ["/dev/video0"]))
        self.probes.answer("/dev/video0", YUYV, MJPEG)
        self.assertEqual(self.told, [("camera0", Status.CONNECTED)])
        camera = self.camera()
        self.assertEqual(
            (camera.kind, camera.name, camera.source, camera.resolution, camera.fps),
            ("usb", "C270 HD WEBCAM", "/dev/video0", "1280x720", 30.0),
        )
        self.assertEqual([mode.format for mode in camera.modes], ["MJPG", "YUYV"])

    def test_known(self) -> None:
        """A camera seen before is there at once, with what it offered then; it is asked all the same."""
        self.plug(*c270(0, "2", SERIAL))
        self.probes.answer("/dev/video0", YUYV, MJPEG)
        self.unplug(*c270(0, "2", SERIAL))
        self.plug(*c270(4, "3.1", SERIAL))
        steps = [Status.CONNECTED, Status.DISCONNECTED, Status.CONNECTED]
        self.assertEqual(self.told, [("camera0", status) for status in steps])
        self.assertEqual((self.camera().source, self.camera().mode.format), ("/dev/video4", "MJPG"))
        self.probes.answer("/dev/video4", YUYV)
        self.assertEqual(self.camera().modes, (evolve(YUYV, node="/dev/video4"),))
        self.assertEqual(len(self.told), 3)

    def test_after_a_restart(self) -> None:
        """What is known lives in the database."""
        self.plug(*c920(0, "2"))
        self.probes.answer("/dev/video0", YUYV, MJPEG)
        self.probes.answer("/dev/video2", H264)
        self.begin()
        self.discovery.replace_all([*laptop(0), *c920(2, "3")])
        self.assertEqual(self.told, [("camera0", Status.CONNECTED)])
        self.assertEqual((self.camera().mode.format, self.camera().source), ("H264", "/dev/video4"))
        self.probes.answer("/dev/video0", MJPEG)
        self.assertEqual(self.camera(1).name, "Integrated Camera")

    def test_unplugged(self) -> None:
        """Gone with its last node, at once; a question under way is given up."""
        nodes = c920(0, "2")
        self.plug(*nodes)
        self.probes.answer("/dev/video0", MJPEG)
        self.unplug(nodes[1], nodes[2])
        self.assertEqual(self.probes.cancelled, ["/dev/video2"])
        self.assertEqual(self.camera().status, Status.CONNECTED)
        self.unplug(nodes[0])
        self.assertEqual(self.camera().status, Status.DISCONNECTED)

    def test_unplugged_before_it_answered(self) -> None:
        """Nobody hears of it."""
        self.plug(*c270(0, "2"))
        self.unplug(*c270(0, "2"))
        self.assertEqual((self.told, self.probes.cancelled), ([], ["/dev/video0"]))
        self.unplug(*c270(0, "2"))

    def test_bursts(self) -> None:
        """udev tells most things several times; that costs nothing and is told once."""
        for _ in range(3):
            self.plug(*c270(0, "2"))
            self.discovery.event("change", c270(0, "2")[0])
            self.discovery.event("bind", c270(0, "2")[0])
        self.probes.answer("/dev/video0", MJPEG)
        self.discovery.event("change", c270(0, "2")[0])
        self.assertEqual((len(self.probes.asked), len(self.told)), (1, 1))

    def test_two_nodes(self) -> None:
        """H264 on a node of its own belongs to the same camera; it is used, from the node that has it."""
        self.plug(*c920(0, "2"))
        self.probes.answer("/dev/video0", YUYV, MJPEG)
        self.assertEqual(self.camera().mode.format, "MJPG")
        self.probes.answer("/dev/video2", H264)
        camera = self.camera()
        self.assertEqual((camera.mode.format, camera.source), ("H264", "/dev/video2"))
        self.assertEqual([mode.node for mode in camera.modes], ["/dev/video2", "/dev/video0", "/dev/video0"])
        self.assertEqual((len(self.inventory.all()), len(self.told)), (1, 1))

    def test_same_serial(self) -> None:
        """Two of one serial are two cameras, whose ids stay with their ports."""
        self.plug(*c270(0, "1", SERIAL), *c270(2, "2", SERIAL))
        self.probes.answer("/dev/video0", MJPEG)
        self.probes.answer("/dev/video2", YUYV)
        self.assertEqual((self.camera(0).source, self.camera(1).source), ("/dev/video0", "/dev/video2"))
        self.unplug(*c270(0, "1", SERIAL), *c270(2, "2", SERIAL))
        self.plug(*c270(0, "2", SERIAL), *c270(2, "1", SERIAL))
        self.assertEqual((self.camera(0).source, self.camera(1).source), ("/dev/video2", "/dev/video0"))

    def test_vivid(self) -> None:
        """Two instances stay apart over unbind and bind, whatever their nodes are called then."""
        self.plug(vivid(0, 0), vivid(1, 1))
        self.probes.answer("/dev/video0", YUYV)
        self.probes.answer("/dev/video1", YUYV)
        self.unplug(vivid(0, 0), vivid(1, 1))
        self.plug(vivid(0, 1))
        self.plug(vivid(1, 0))
        self.assertEqual([camera.source for camera in self.inventory.all()], ["/dev/video1", "/dev/video0"])

    def test_capture_card(self) -> None:
        """Each input of a card is a camera."""
        self.discovery.replace_all([card(number, number) for number in range(4)])
        for number in range(4):
            self.probes.answer(f"/dev/video{number}", YUYV)
        self.assertEqual(len(self.inventory.all()), 4)

    def test_list_read_again(self) -> None:
        """After lost events the list decides: who is gone, who is new, who is still there."""
        self.plug(*c270(0, "1"), *laptop(2))
        self.probes.answer("/dev/video0", MJPEG)
        self.probes.answer("/dev/video2", MJPEG)
        self.discovery.replace_all([*laptop(2), vivid(5)])
        self.probes.answer("/dev/video5", YUYV)
        self.assertEqual(
            [camera.status for camera in self.inventory.all()],
            [Status.DISCONNECTED, Status.CONNECTED, Status.CONNECTED],
        )
        self.assertEqual(len(self.probes.asked), 3)

    def test_one_path_for_two(self) -> None:
        """What cannot be told from a camera that is there is left out, which is said, until that is gone."""
        twin = {**c270(2, "1")[0], "DEVPATH": c270(2, "1")[0]["DEVPATH"].replace("usb1/1-1/1-1", "usb2/2-1/2-1")}
        self.plug(c270(0, "1")[0])
        self.probes.answer("/dev/video0", MJPEG)
        with capturedLogs() as logs:
            self.plug(twin)
        self.assertIn("cannot be told from", [event["log_format"] for event in logs][-1])
        self.assertEqual((len(self.inventory.all()), self.camera().source), (1, "/dev/video0"))
        self.unplug(c270(0, "1")[0])
        self.assertEqual((len(self.inventory.all()), self.camera().source), (1, "/dev/video2"))


class ErrorTests(DiscoveryTestCase):
    """Cameras that do not answer."""

    def test_error(self) -> None:
        """Listed with the reason; asked again after half a minute, and at every event; well once it answers."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", error="does not answer")
        self.assertEqual(self.told, [("camera0", Status.ERROR)])
        self.assertEqual((self.camera().error, self.camera().modes), ("does not answer", ()))
        self.clock.advance(RETRY_S - 0.1)
        self.assertEqual(len(self.probes.asked), 1)
        self.clock.advance(0.1)
        self.assertEqual(len(self.probes.asked), 2)
        self.probes.answer("/dev/video0", error="permission")
        self.assertEqual(self.camera().error, "permission")
        self.discovery.event("change", c270(0, "2")[0])
        self.probes.answer("/dev/video0", MJPEG)
        self.assertEqual((self.camera().status, self.camera().error), (Status.CONNECTED, None))
        self.clock.advance(RETRY_S)
        self.assertEqual(len(self.probes.asked), 3)

    def test_known_camera(self) -> None:
        """A camera seen before that does not answer now keeps what it offers, and is in error."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG)
        self.unplug(*c270(0, "2"))
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", error="does not answer")
        self.assertEqual((self.camera().status, self.camera().resolution), (Status.ERROR, "1280x720"))
        self.unplug(*c270(0, "2"))
        self.assertEqual(self.camera().status, Status.DISCONNECTED)

    def test_one_part(self) -> None:
        """While one of its nodes answers it can be used."""
        self.plug(*c920(0, "2"))
        self.probes.answer("/dev/video2", error="does not answer")
        self.assertEqual(self.camera().status, Status.ERROR)
        self.probes.answer("/dev/video0", MJPEG)
        self.assertEqual(self.camera().status, Status.CONNECTED)
        self.clock.advance(RETRY_S)
        self.probes.answer("/dev/video2", H264)
        self.assertEqual(self.camera().mode.format, "H264")

    def test_database_fails(self) -> None:
        """A full disk costs the moment, not the camera: it is tried again."""
        run = self.database.run
        self.database.run = lambda work: run(lambda db: db.execute("broken"))  # type: ignore[assignment]
        self.plug(*c270(0, "2"))
        self.assertEqual(len(self.flushLoggedErrors()), 1)
        self.database.run = run  # type: ignore[method-assign]
        self.clock.advance(RETRY_S)
        self.probes.answer("/dev/video0", MJPEG)
        self.assertEqual(self.camera().status, Status.CONNECTED)

    def test_stop(self) -> None:
        """Nothing is left of it."""
        self.plug(*c270(0, "2"), bare(vivid(7)))
        self.discovery.stop()
        self.assertEqual(sorted(self.probes.cancelled), ["/dev/video0", "/dev/video7"])
        self.assertEqual(self.clock.getDelayedCalls(), [])


class SlowDatabaseTests(DiscoveryTestCase):
    """What happens while cameras are being recognised."""

    def setUp(self) -> None:
        super().setUp()
        self.queue: list[Deferred[None]] = []
        run = self.database.run

        def later(work: Any) -> Deferred[Any]:
            turn: Deferred[None] = Deferred()
            self.queue.append(turn)
            return turn.addCallback(lambda _: run(work))

        self.database.run = later  # type: ignore[assignment]

    def turn(self) -> None:
        self.queue.pop(0).callback(None)

    def test_together(self) -> None:
        """What came meanwhile is recognised together, right after."""
        self.plug(*c270(0, "1"))
        self.plug(*c270(2, "2"), *laptop(4))
        self.assertEqual(len(self.queue), 1)
        self.turn()
        self.assertEqual((len(self.queue), self.probes.asked), (1, ["/dev/video0"]))
        self.turn()
        self.assertEqual((self.queue, self.probes.asked[1:]), ([], ["/dev/video2", "/dev/video4"]))

    def test_gone_meanwhile(self) -> None:
        """A camera that has gone is not asked; one that is back by then is recognised anew."""
        self.plug(*c270(0, "1"))
        self.unplug(*c270(0, "1"))
        self.plug(*c270(2, "1"))
        self.turn()
        self.assertEqual(self.probes.asked, [])
        self.turn()
        self.assertEqual(self.probes.asked, ["/dev/video2"])
        self.probes.answer("/dev/video2", MJPEG)
        self.assertEqual([camera.device for camera in self.inventory.all()], ["camera0"])

    def test_unplugged_in_an_instant(self) -> None:
        """Nothing is left over."""
        self.plug(*c270(0, "1"))
        self.unplug(*c270(0, "1"))
        self.turn()
        self.assertEqual((self.queue, self.probes.asked, self.told), ([], [], []))


class WithoutUdevdTests(DiscoveryTestCase):
    """Where nobody says which nodes deliver pictures."""

    def test_asked_first(self) -> None:
        """No camera is made, and no number given, before the node has said that it delivers pictures."""
        self.plug(bare(vivid(0, 0)), bare(vivid(1, 1)))
        self.probes.answer("/dev/video0", capture=False)
        self.probes.answer("/dev/video1", YUYV)
        self.probes.answer("/dev/video1", YUYV)
        self.assertEqual(self.told, [("camera0", Status.CONNECTED)])
        self.assertEqual(
            (self.camera().key, self.camera().source), ("platform-vivid.0-vivid-001-vid-cap", "/dev/video1")
        )
        self.discovery.event("change", bare(vivid(1, 1)))
        self.unplug(vivid(1, 1))
        self.assertEqual(self.camera().status, Status.DISCONNECTED)

    def test_gone_while_asked(self) -> None:
        """The question is given up."""
        self.plug(bare(vivid(0, 0)))
        self.unplug(vivid(0, 0))
        self.assertEqual(self.probes.cancelled, ["/dev/video0"])

    def test_error(self) -> None:
        """What does not answer is listed with the reason: its owner wants to know."""
        self.plug(bare(vivid(0, 0)))
        self.probes.answer("/dev/video0", error="permission")
        self.probes.answer("/dev/video0", error="permission")
        self.assertEqual(self.camera().error, "permission")


class BoardTests(DiscoveryTestCase):
    """What is on no bus: CSI receivers and virtual cameras."""

    def test_stage(self) -> None:
        """A receiver that gives nothing by itself is no camera, which is said once for all its nodes."""
        with capturedLogs() as logs:
            for number in range(3):
                self.plug(rp1_cfe(number))
                self.probes.answer(f"/dev/video{number}", capture=False, stage=True)
        self.assertEqual(self.inventory.all(), ())
        told = [formatEvent(event) for event in logs if "stage of this chip" in formatEvent(event)]
        self.assertEqual(len(told), 1)
        self.assertIn("rpicam-vid", told[0])
        self.clock.advance(RETRY_S)
        self.assertEqual(len(self.probes.asked), 3)

    def test_receiver_that_delivers(self) -> None:
        """One behind which an HDMI bridge is, or an old driver, is a camera like any other."""
        self.plug(unicam())
        self.probes.answer("/dev/video0", YUYV)
        self.probes.answer("/dev/video0", YUYV)
        (camera,) = self.inventory.all()
        self.assertEqual((camera.kind, camera.status, camera.source), ("usb", Status.CONNECTED, "/dev/video0"))

    def test_loopback(self) -> None:
        """A virtual camera is one from when a program sends to it, of which udev tells nothing."""
        self.plug(loopback())
        self.probes.answer("/dev/video0", capture=False)
        self.assertEqual(self.inventory.all(), ())
        self.clock.advance(RETRY_S)
        self.probes.answer("/dev/video0", YUYV)
        self.probes.answer("/dev/video0", YUYV)
        self.assertIs(self.inventory.all()[0].status, Status.CONNECTED)

    def test_loopback_gone(self) -> None:
        """One that is taken away is asked no more."""
        self.plug(loopback())
        self.probes.answer("/dev/video0", capture=False)
        self.discovery.event("remove", loopback())
        self.clock.advance(RETRY_S)
        self.assertEqual(len(self.probes.asked), 1)


class ConfigurationTests(DiscoveryTestCase):
    """What the configuration wants of a camera."""

    tables = (
        UsbCamera(device="camera0", name="Door", mode="YUYV 640x480", always_on=True),
        UsbCamera(device="platform-vivid.0-vivid-001-vid-cap", mode="MJPG 1920x1080 30"),
    )

    def test_wanted(self) -> None:
        """By id: its name, mode and always_on count."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG, YUYV)
        camera = self.camera()
        self.assertEqual((camera.name, camera.mode.format, camera.always_on), ("Door", "YUYV", True))

    def test_not_offered(self) -> None:
        """By key: what the camera does not offer is said once, and the best mode used."""
        self.plug(vivid(9, 9), vivid(0, 1))
        with capturedLogs() as logs:
            self.probes.answer("/dev/video0", YUYV)
            self.discovery.event("change", usb(0, "1", "1:1", "x", None))
            self.unplug(vivid(0, 1))
            self.plug(vivid(3, 1))
        self.assertEqual(self.camera(1).mode.format, "YUYV")
        said = [event for event in logs if "does not offer" in event["log_format"]]
        self.assertEqual([event["mode"] for event in said], ["MJPG 1920x1080 30"] * 2)


class KeptTests(DiscoveryTestCase):
    """What the database keeps."""

    def test_written_when_it_changes(self) -> None:
        """The same answer is not written again."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG)
        before = self.database.now(lambda db: db.total_changes)
        self.unplug(*c270(0, "2"))
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG)
        self.assertEqual(self.database.now(lambda db: db.total_changes), before + 2, "that it went, and is back")
        self.unplug(*c270(0, "2"))
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", YUYV)
        rows = self.database.now(partial(_modes))
        self.assertEqual(rows, ['{"1.0:0":[["YUYV",640,480,[30.0]]]}'])


class ExpectedTests(DiscoveryTestCase):
    """Cameras of an earlier run."""

    def restart(self, since: float = 0.0) -> None:
        self.discovery.stop()
        self.begin()
        self.discovery.expect(self.database.now(partial(identity.expected, since=since)))

    def listed(self) -> list[tuple[str, Status, str]]:
        return [(camera.device, camera.status, camera.resolution) for camera in self.inventory.all()]

    def test_away_over_a_restart(self) -> None:
        """Listed as before, and the same camera when it is back."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG)
        self.unplug(*c270(0, "2"))
        before, since = self.listed(), self.inventory.get("camera0").resting_since
        self.restart()
        self.assertEqual(self.listed(), before)
        self.assertIsNotNone(since)
        self.assertEqual(self.inventory.get("camera0").resting_since, since)
        self.assertEqual(before, [("camera0", Status.DISCONNECTED, "1280x720")])
        self.plug(*c270(0, "2"))
        self.assertEqual(self.listed(), [("camera0", Status.CONNECTED, "1280x720")])

    def test_unplugged_while_camsvc_was_away(self) -> None:
        """It was not seen to go."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG)
        self.restart(1e12)
        self.assertEqual(self.listed(), [("camera0", Status.DISCONNECTED, "1280x720")])

    def test_away_for_long(self) -> None:
        """Not listed, but known when it comes."""
        self.plug(*c270(0, "2"))
        self.probes.answer("/dev/video0", MJPEG)
        self.unplug(*c270(0, "2"))
        self.restart(1e12)
        self.assertEqual(self.listed(), [])
        self.plug(*c270(0, "2"))
        self.assertEqual(self.listed(), [("camera0", Status.CONNECTED, "1280x720")])
        self.restart(1e12)
        self.assertEqual(len(self.listed()), 1, "it was there")


def _modes(db: Any) -> list[str]:
    return [row[0] for row in db.execute("SELECT modes FROM camera")]
