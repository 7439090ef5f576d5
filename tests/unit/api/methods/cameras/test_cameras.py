"""Cameras and streams: lists, status, capabilities, URLs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.cameras.cameras import CameraMethods
from camsvc.api.registry import Registry
from camsvc.devices.inventory import Inventory
from camsvc.engine.api.paths_api import PathState
from camsvc.errors import DependencyFailed
from camsvc.model import Health, Mode
from tests.support import samples
from tests.support.clocks import FakeClocks
from tests.support.samples import ask, found, principal


class FakeStreams:
    """What the engine runs."""

    def __init__(self) -> None:
        self.states: dict[str, PathState] = {}
        self.up = True

    def camera_states(self) -> Mapping[str, PathState]:
        return self.states

    async def fresh_states(self) -> Mapping[str, PathState]:
        if not self.up:
            raise DependencyFailed("media engine", "the media engine is starting")
        return self.states

    def viewers(self, device: str) -> int:
        return len(self.states[device].readers) if device in self.states else 0


class CameraTests(SynchronousTestCase):
    """Through the registry."""

    def setUp(self) -> None:
        self.inventory = Inventory()
        self.streams = FakeStreams()
        self.health: dict[str, Health] = {}
        self.clocks = FakeClocks(boot=100.0)
        views = samples.views()
        methods = CameraMethods(self.inventory, self.streams, self.health, views, self.clocks)  # type: ignore[arg-type]
        self.registry = Registry(methods)
        for number in range(2):
            self.inventory.present(f"camera{number}", found(str(number)))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.VIEWER), method, params)

    def result(self, method: str, params: Any = None, who: Principal | None = None) -> Any:
        return self.ask(method, params, who)["result"]

    def test_list(self) -> None:
        """All, with how many are connected; an empty list is a result."""
        self.inventory.gone("camera1")
        found = self.result("get_camera_list")
        self.assertEqual([camera["device"] for camera in found["cameras"]], ["camera0", "camera1"])
        self.assertEqual((found["total"], found["connected"]), (2, 1))
        nothing = self.result("get_camera_list", who=principal(cameras=frozenset()))
        self.assertEqual(nothing, {"cameras": [], "total": 0, "connected": 0})

    def test_scope(self) -> None:
        """A camera outside the scope is not there, in any method."""
        who = principal(Role.VIEWER, cameras=frozenset({"camera1"}))
        self.streams.states = {name: PathState(name, True, None, (), 0, 0) for name in ("camera0", "camera1")}
        self.assertEqual(self.result("get_camera_list", who=who)["total"], 1)
        self.assertEqual([stream["name"] for stream in self.result("get_streams", who=who)], ["camera1"])
        for method in ("get_camera_status", "get_camera_capabilities", "get_stream_url"):
            self.assertEqual(self.ask(method, {"device": "camera0"}, who)["error"]["code"], -32010, method)
            self.assertIn("result", self.ask(method, {"device": "camera1"}, who))

    def test_unknown_devices(self) -> None:
        """-32010 with resource and id; what is no camera id is -32602."""
        for method in ("get_camera_status", "get_camera_capabilities", "get_stream_url"):
            error = self.ask(method, {"device": "camera9"})["error"]
            self.assertEqual((error["code"], error["message"]), (-32010, "Camera not found"))
            self.assertEqual((error["data"]["resource"], error["data"]["id"]), ("camera", "camera9"))
            for device in (
                "/dev/video0",
                "",
                "camera",
                "camera0\n",
                "../camera0",
                "camera" + "1" * 50,
                0,
                None,
                ["camera0"],
            ):
                error = self.ask(method, {"device": device})["error"]
                self.assertEqual((error["code"], error["data"]["param"]), (-32602, "device"), device)
            self.assertEqual(self.ask(method)["error"]["data"]["rule"], "required")

    def test_status(self) -> None:
        """The camera as in the list, with metrics and capabilities."""
        self.streams.states = {"camera0": PathState("camera0", True, "rtspSession", ("rtspSession",), 5000, 0)}
        self.health["camera0"] = Health(1, "running", 99.0, since=87.66)
        found = self.result("get_camera_status", {"device": "camera0"})
        camera = self.result("get_camera_list")["cameras"][0]
        found["streams"] = camera["streams"] = {}
        self.assertLessEqual(camera.items(), found.items())
        self.assertEqual(found["metrics"], {"bytes_sent": 5000, "readers": 1, "uptime": 12.3})
        self.assertNotIn("sound", found)
        self.assertEqual(found["capabilities"], {"formats": ["YU12"], "resolutions": ["1280x720"]})

    def test_sound(self) -> None:
        """How loud it is, and how long it has been silent; the pauses between words are no silence."""
        for loud_at, silent_s in ((98.0, 0.0), (60.0, 40.0)):
            self.health["camera0"] = Health(1, "running", 100.0, sound_db=-71.5, loud_at=loud_at)
            found = self.result("get_camera_status", {"device": "camera0"})["sound"]
            self.assertEqual(found, {"level_db": -71.5, "silent_s": silent_s})
        self.health["camera0"] = Health(1, "retrying", 100.0, sound_db=-71.5, loud_at=98.0)
        self.assertNotIn("sound", self.result("get_camera_status", {"device": "camera0"}))

    def test_status_of_a_sleeping_camera(self) -> None:
        """Zeros; neither while it starts is there an uptime."""
        metrics = {"bytes_sent": 0, "readers": 0, "uptime": 0.0}
        self.assertEqual(self.result("get_camera_status", {"device": "camera0"})["metrics"], metrics)
        self.health["camera0"] = Health(1, "starting", 99.0)
        self.assertEqual(self.result("get_camera_status", {"device": "camera0"})["metrics"], metrics)

    def test_status_in_error(self) -> None:
        """The error in words."""
        self.inventory.error("camera0", "no frames")
        found = self.result("get_camera_status", {"device": "camera0"})
        self.assertEqual((found["status"], found["error"]), ("ERROR", "no frames"))

    def test_capabilities(self) -> None:
        """Each format, size and rate once; sizes from the largest down."""
        modes = (
            Mode("YUYV", 640, 480, (15.0, 30.0)),
            Mode("MJPG", 1920, 1080, (30.0,)),
            Mode("MJPG", 640, 480, (30.0, 60.0)),
        )
        self.inventory.present("camera0", found("0", modes=modes))
        seen = self.result("get_camera_capabilities", {"device": "camera0"})
        self.assertEqual(seen["formats"], ["MJPG", "YUYV"])
        self.assertEqual(seen["resolutions"], ["1920x1080", "640x480"])
        self.assertEqual(seen["fps_options"], [15.0, 30.0, 60.0])
        self.assertEqual(seen["frame_rates"], seen["fps_options"])
        self.assertEqual(seen["modes"][0], {"format": "YUYV", "width": 640, "height": 480, "fps": [15.0, 30.0]})
        self.assertEqual(seen["validation_status"], "CONFIRMED")
        self.inventory.gone("camera0")
        self.assertEqual(
            self.result("get_camera_capabilities", {"device": "camera0"})["validation_status"], "DISCONNECTED"
        )

    def test_capabilities_not_known(self) -> None:
        """NONE, and nothing in the lists, for a camera that has not said yet what it offers."""
        self.inventory.present("camera0", found("0", kind="network", modes=()))
        seen = self.result("get_camera_capabilities", {"device": "camera0"})
        self.assertEqual((seen["validation_status"], seen["formats"], seen["modes"]), ("NONE", [], []))

    def test_stream_url(self) -> None:
        """Available as soon as the engine has the path; READY once something is published."""
        found = self.result("get_stream_url", {"device": "camera0"})
        self.assertEqual(
            (found["available"], found["stream_status"], found["active_consumers"]), (False, "NOT_READY", 0)
        )
        self.streams.states = {"camera0": PathState("camera0", False, None, (), 0, 0)}
        found = self.result("get_stream_url", {"device": "camera0"})
        self.assertEqual((found["available"], found["stream_status"]), (True, "NOT_READY"))
        self.streams.states = {"camera0": PathState("camera0", True, "rtspSession", ("a", "b"), 0, 0)}
        found = self.result("get_stream_url", {"device": "camera0"})
        self.assertEqual((found["stream_status"], found["active_consumers"]), ("READY", 2))
        self.assertTrue(found["stream_url"].startswith("rtsp://cam.local:8554/camera0?ticket="))
        self.assertEqual((found["urls"]["rtsp"], found["stream_name"]), (found["stream_url"], "camera0"))
        self.assertEqual(set(found["urls"]), {"rtsp", "hls", "webrtc", "preview"})
        self.inventory.error("camera0", "x")
        found = self.result("get_stream_url", {"device": "camera0"})
        self.assertEqual((found["available"], found["stream_status"]), (False, "ERROR"))

    def test_streams(self) -> None:
        """An array, by name; no source is an empty text."""
        self.assertEqual(self.result("get_streams"), [])
        self.streams.states = {
            "camera1": PathState("camera1", True, "rtspSession", ("a",), 9, 0),
            "camera0": PathState("camera0", False, None, (), 0, 0),
        }
        self.assertEqual(
            self.result("get_streams"),
            [
                {"name": "camera0", "source": "", "ready": False, "readers": 0, "bytes_sent": 0},
                {"name": "camera1", "source": "rtspSession", "ready": True, "readers": 1, "bytes_sent": 9},
            ],
        )

    def test_engine_down(self) -> None:
        """-32050 where the engine must be asked; lists and status work on."""
        self.streams.up = False
        for method, params in (("get_streams", {}), ("get_stream_url", {"device": "camera0"})):
            error = self.ask(method, params)["error"]
            self.assertEqual((error["code"], error["data"]["dependency"]), (-32050, "media engine"))
        self.assertIn("result", self.ask("get_camera_list"))
        self.assertIn("result", self.ask("get_camera_status", {"device": "camera0"}))

    def test_no_device_path(self) -> None:
        """/dev/videoN stands in no answer."""
        for method in ("get_camera_list", "get_camera_status", "get_camera_capabilities"):
            params = {} if method == "get_camera_list" else {"device": "camera0"}
            self.assertNotIn("/dev/", json.dumps(self.ask(method, params)))

    def test_debug(self) -> None:
        """The device node, for an admin who asks for it; the URL of a network camera stands in no answer."""
        self.inventory.present("camera0", found("0", kind="usb", source="/dev/video4"))
        self.inventory.present("camera1", found("1", kind="network", source="rtsp://me:secret@192.0.2.1/x"))
        debug = {"debug": True}
        for number, path in ((0, "/dev/video4"), (1, "")):
            status = self.result("get_camera_status", {"device": f"camera{number}", **debug}, principal(Role.ADMIN))
            self.assertEqual(status["debug"], {"internal_device_path": path})
        cameras = self.result("get_camera_list", debug, principal(Role.ADMIN))["cameras"]
        self.assertEqual([each["debug"]["internal_device_path"] for each in cameras], ["/dev/video4", ""])
        self.assertNotIn("secret", json.dumps(cameras))
        for who, asked in ((principal(Role.OPERATOR), debug), (principal(Role.ADMIN), {})):
            self.assertNotIn("debug", self.result("get_camera_status", {"device": "camera0", **asked}, who))
            self.assertNotIn("/dev/", json.dumps(self.result("get_camera_list", asked, who)))
