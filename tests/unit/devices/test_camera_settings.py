"""What an owner has set for a camera, over what discovery found."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices import camera_settings, identity
from camsvc.devices.camera_settings import UNSET_ALL, OwnerSettings, laid_over
from camsvc.devices.inventory import Inventory
from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.usb import UsbCamera
from camsvc.model import Mode
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import found

MODES = (
    Mode("MJPG", 1280, 720, (30.0, 15.0), "/dev/video0"),
    Mode("YUYV", 640, 480, (30.0,), "/dev/video2"),
)


class LaidOverTests(SynchronousTestCase):
    """One camera."""

    def test_nothing_set(self) -> None:
        """As it was found."""
        self.assertEqual(laid_over(found(modes=MODES), UNSET_ALL), found(modes=MODES))

    def test_name_and_always_on(self) -> None:
        """The owner's word counts; it stays the same camera."""
        after = laid_over(found("Door", always_on=True), OwnerSettings(name="Gate", always_on=False))
        self.assertEqual((after.name, after.always_on, after.key), ("Gate", False, "test:Door"))

    def test_mode(self) -> None:
        """At the front, with its rate and its node."""
        after = laid_over(found(modes=MODES, source="/dev/video0"), OwnerSettings(mode="yuyv 640x480"))
        self.assertEqual((after.modes[0].format, after.source), ("YUYV", "/dev/video2"))
        after = laid_over(found(modes=MODES), OwnerSettings(mode="MJPG 1280x720 15"))
        self.assertEqual(after.modes[0].fps[0], 15.0)

    def test_mode_that_is_not_there(self) -> None:
        """Does not count, for as long as it is not."""
        for mode in ("MJPG 1920x1080", "nonsense", ""):
            self.assertEqual(laid_over(found(modes=MODES), OwnerSettings(mode=mode)).modes, MODES)


class MicrophoneTests(SynchronousTestCase):
    """Sound that is sent, or not."""

    def test_of_a_stream(self) -> None:
        """Sound that comes with the video is there unless it is switched off, and comes back as it was."""
        camera = found(kind="network", audio="aac")
        after = laid_over(camera, UNSET_ALL)
        self.assertEqual((after.microphone, after.audio), (True, "aac"))
        after = laid_over(camera, OwnerSettings(microphone=False))
        self.assertEqual((after.microphone, after.audio), (False, ""))
        self.assertEqual(laid_over(camera, OwnerSettings(microphone=True)).audio, "aac")

    def test_none(self) -> None:
        """A camera without sound has none, whatever is set."""
        self.assertIsNone(laid_over(found(), OwnerSettings(microphone=False)).microphone)

    def test_of_a_sound_device(self) -> None:
        """One that the configuration names is read, unless it is switched off."""
        table = UsbCamera(device="camera0", audio="plughw:CARD=C920")
        for microphone, expected in ((None, True), (True, True), (False, False)):
            settings = OwnerSettings(microphone=microphone)
            camera = found("Door", kind="usb", key="usb:1", modes=MODES, source="/dev/video0", microphone=True)
            inventory = Inventory()
            inventory.settings.take({"camera0": settings})
            inventory.present("camera0", camera)
            made = pipeline_of([], [table], "ffmpeg", inventory.get("camera0"))
            self.assertEqual("alsa" in made.input, expected)
            self.assertEqual("libopus" in made.video, expected)
            self.assertEqual("1:a" in made.level, expected)


class KeptTests(SynchronousTestCase):
    """In the database."""

    def test_kept(self) -> None:
        """What was set, with what was not; set again it is replaced."""
        database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(database.stop)
        device = database.now(partial(identity.assign, found=found()))
        self.assertEqual(database.now(camera_settings.load), {})
        for wanted in (
            OwnerSettings("Gate", "MJPG 1280x720", True),
            OwnerSettings(always_on=False),
            OwnerSettings(microphone=False),
            UNSET_ALL,
        ):
            database.now(partial(camera_settings.store, device=device, settings=wanted))
            self.assertEqual(database.now(camera_settings.load), {device: wanted})


class InventoryTests(SynchronousTestCase):
    """In the inventory."""

    def setUp(self) -> None:
        self.inventory = Inventory()
        self.told: list[str] = []
        self.inventory.changes.add(lambda before, after: self.told.append(after.name))

    def test_at_once(self) -> None:
        """A camera that is there changes, and everybody is told; taken back, it is as it was found."""
        self.inventory.present("camera0", found("Door"))
        self.inventory.error("camera0", "x")
        self.inventory.settings.set("camera0", OwnerSettings(name="Gate"))
        self.assertEqual((self.inventory.get("camera0").name, self.inventory.get("camera0").error), ("Gate", "x"))
        self.inventory.settings.set("camera0", UNSET_ALL)
        self.assertEqual(self.told, ["Door", "Door", "Gate", "Door"])

    def test_later(self) -> None:
        """What is set before a camera is found counts when it is, and whenever it is found anew."""
        self.inventory.settings.set("camera0", OwnerSettings(name="Gate"))
        self.inventory.expected("camera0", found("Door"))
        self.inventory.present("camera0", found("Door"))
        self.inventory.present("camera0", found("Door", always_on=True))
        self.assertEqual(self.told, ["Gate", "Gate", "Gate"])

    def test_away(self) -> None:
        """One that is away gets its new name and stays away."""
        self.inventory.present("camera0", found("Door"))
        self.inventory.gone("camera0")
        self.inventory.settings.set("camera0", OwnerSettings(name="Gate"))
        camera = self.inventory.get("camera0")
        self.assertEqual((camera.name, camera.present), ("Gate", False))
