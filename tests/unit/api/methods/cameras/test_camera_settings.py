"""What is set through the API."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal
from camsvc.api.methods.cameras.camera_settings import CameraSettingsMethods
from camsvc.api.registry import Registry
from camsvc.devices import camera_settings, identity
from camsvc.devices.camera_settings import OwnerSettings
from camsvc.devices.inventory import Inventory
from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.pipeline import Pipeline
from camsvc.model import Camera, Mode
from tests.support import samples
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import ask, found, principal

MODES = (Mode("MJPG", 1280, 720, (30.0,), "/dev/video0"), Mode("YUYV", 640, 480, (30.0,), "/dev/video0"))


class FakeStreams:
    def pipeline(self, camera: Camera) -> Pipeline:
        return pipeline_of([], [], "ffmpeg", camera)


class FakeHealth:
    def __init__(self) -> None:
        self.reordered: list[str] = []

    def reorder(self, device: str) -> None:
        self.reordered.append(device)


class ConfigTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.inventory, self.health = Inventory(), FakeHealth()
        views = samples.views()
        self.registry = Registry(
            CameraSettingsMethods(
                self.inventory,
                FakeStreams(),  # type: ignore[arg-type]
                self.health,  # type: ignore[arg-type]
                self.database,
                views,
            )
        )
        camera = found("Door", kind="usb", modes=MODES, source="/dev/video0")
        self.database.now(partial(identity.assign, found=camera))
        self.inventory.present("camera0", camera)

    def ask(self, name: str, who: Principal | None = None, /, **params: Any) -> Any:
        found = ask(self, self.registry, who or principal(), name, params)
        return found.get("result", found.get("error"))


class CameraConfigTests(ConfigTestCase):
    """set_camera_config."""

    def test_all(self) -> None:
        """A Camera comes back; it holds at once, is kept, and the capture begins anew."""
        answer = self.ask("set_camera_config", device="camera0", name="Gate", mode="YUYV 640x480", always_on=True)
        self.assertEqual((answer["name"], answer["resolution"]), ("Gate", "640x480"))
        self.assertTrue(self.inventory.get("camera0").always_on)
        self.assertEqual(
            self.database.now(camera_settings.load), {"camera0": OwnerSettings("Gate", "YUYV 640x480", True)}
        )
        self.assertEqual(self.health.reordered, ["camera0"])

    def test_parts(self) -> None:
        """What is left out stays; null gives it back; what the capture does not know of does not disturb it."""
        self.ask("set_camera_config", device="camera0", name="Gate")
        self.ask("set_camera_config", device="camera0", always_on=True)
        self.assertEqual(self.inventory.settings.of("camera0"), OwnerSettings("Gate", None, True))
        self.assertEqual(self.ask("set_camera_config", device="camera0", name=None)["name"], "Door")
        self.assertEqual(self.health.reordered, [])

    def test_microphone(self) -> None:
        """Switched, and the capture begins anew; of a camera without one, -32602 says what to do."""
        yard = found("Yard", kind="network", audio="aac", source="rtsp://192.0.2.7/x")
        self.database.now(partial(identity.assign, found=yard))
        self.inventory.present("camera1", yard)
        answer = self.ask("set_camera_config", device="camera1", microphone=False)
        self.assertEqual((answer["microphone"], self.health.reordered), (False, ["camera1"]))
        self.assertEqual(self.database.now(camera_settings.load), {"camera1": OwnerSettings(microphone=False)})
        self.assertIs(self.ask("set_camera_config", device="camera1", microphone=None)["microphone"], True)
        error = self.ask("set_camera_config", device="camera0", microphone=False)
        self.assertEqual((error["code"], error["data"]["param"]), (-32602, "microphone"))
        self.assertIn("arecord -L", error["data"]["hint"])

    def test_mode_that_is_not_offered(self) -> None:
        """-32602 names those that are; nothing is kept."""
        for mode in ("MJPG 1920x1080", "nonsense", "YUYV 640x480 5"):
            error = self.ask("set_camera_config", device="camera0", mode=mode)
            self.assertEqual((error["code"], error["data"]["param"], error["data"]["rule"]), (-32602, "mode", "enum"))
            self.assertIn("MJPG 1280x720 30", error["data"]["hint"])
        self.assertEqual(self.database.now(camera_settings.load), {})

    def test_unknown_camera(self) -> None:
        """-32010; one outside the caller's scope too."""
        self.assertEqual(self.ask("set_camera_config", device="camera9", name="x")["code"], -32010)
        scoped = principal(cameras=frozenset({"camera1"}))
        self.assertEqual(self.ask("set_camera_config", scoped, device="camera0", name="x")["code"], -32010)
