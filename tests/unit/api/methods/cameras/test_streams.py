"""Streams kept ready, and how each is, as clients ask for it."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.cameras.streams import StreamMethods, StreamStatusMethods
from camsvc.api.registry import Registry
from camsvc.devices.inventory import Inventory
from camsvc.engine.api.paths_api import PathState
from camsvc.errors import DependencyFailed
from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.pipeline import Pipeline
from camsvc.kinds.usb import UsbCamera
from camsvc.model import Camera, Health, Mode
from camsvc.streams.kept_streams import KeptStreams
from tests.support import samples
from tests.support.clocks import FakeClocks
from tests.support.samples import ask, found, principal


class FakeStreams:
    """What the engine runs."""

    def __init__(self) -> None:
        self.states: dict[str, PathState] = {}
        self.trouble: Exception | None = None
        self.started: list[str] = []
        self.wanted: UsbCamera | None = None

    async def start_camera(self, device: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.started.append(device)

    async def fresh_states(self) -> dict[str, PathState]:
        if self.trouble is not None:
            raise self.trouble
        return self.states

    def viewers(self, device: str) -> int:
        return len(self.states[device].readers) if device in self.states else 0

    def pipeline(self, camera: Camera) -> Pipeline:
        return pipeline_of([], [self.wanted] if self.wanted else [], "ffmpeg", camera)


class StreamTests(SynchronousTestCase):
    """Through the registry."""

    def setUp(self) -> None:
        self.inventory = Inventory()
        self.streams = FakeStreams()
        self.health: dict[str, Health] = {}
        self.records = False
        self.clocks = FakeClocks(boot=100.0)
        streams: Any = self.streams
        health: Any = self.health
        recorder: Any = self
        self.registry = Registry(
            StreamMethods(
                self.inventory, KeptStreams(streams, self.clocks), streams, streams, recorder, samples.urls()
            ),
            StreamStatusMethods(self.inventory, streams, health, self.clocks),
        )
        mode = Mode("MJPG", 1280, 720, (30.0,), "/dev/video3")
        self.inventory.present("camera0", found("a", kind="usb", modes=(mode,), source="/dev/video3"))

    def recording(self, device: str) -> bool:
        """As the recorder's."""
        return self.records

    def ask(self, method: str, device: str = "camera0", who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.OPERATOR), method, {"device": device})

    def runs(self, **keys: Any) -> None:
        self.health["camera0"] = Health(
            **{"pid": 5, "state": "running", "at": 100.0, "since": 90.0, "frames": 300, "fps": 30.0, "ffmpeg_pid": 6}
            | keys
        )

    def test_start_and_stop(self) -> None:
        """The camera is started; its command shows no device; stopped it goes on for those who watch."""
        started = self.ask("start_streaming")["result"]
        self.assertEqual((started["status"], started["auto_close_after"]), ("STARTED", 20))
        self.assertTrue(started["stream_url"].startswith("rtsp://cam.local:8554/camera0?ticket="))
        self.assertEqual(self.streams.started, ["camera0"])
        self.assertIn("-f v4l2", started["ffmpeg_command"])
        self.assertNotIn("/dev/", started["ffmpeg_command"])
        self.assertEqual(self.ask("start_streaming")["result"]["start_time"], started["start_time"])
        self.streams.states["camera0"] = PathState("camera0", True, "rtspSession", ("rtspSession",), 5, 6)
        stopped = self.ask("stop_streaming")["result"]
        self.assertEqual((stopped["status"], stopped["stream_continues"]), ("STOPPED", True))
        self.assertEqual(stopped["start_time"], started["start_time"])
        error = self.ask("stop_streaming")["error"]
        self.assertEqual((error["code"], error["data"]["reason"]), (-32020, "not_streaming"))

    def test_command_of_the_configuration(self) -> None:
        """Neither device nor login, whatever arguments an admin has written."""
        wanted = UsbCamera(device="camera0", ffmpeg_input=["-f", "v4l2", "-i", "/dev/v4l/by-id/cam"],
                           ffmpeg_video=["-i", "rtsp://me:secret@192.0.2.1/x", "-c:v", "copy"])  # fmt: skip
        self.streams.wanted = wanted
        command = self.ask("start_streaming")["result"]["ffmpeg_command"]
        self.assertEqual(command, "ffmpeg -f v4l2 -i camera0 -i camera0 -c:v copy -f rtsp camera0")

    def test_continues_for_a_recording(self) -> None:
        """Without viewers too."""
        self.ask("start_streaming")
        self.records = True
        self.assertIs(self.ask("stop_streaming")["result"]["stream_continues"], True)
        self.ask("start_streaming")
        self.records = False
        self.assertIs(self.ask("stop_streaming")["result"]["stream_continues"], False)

    def test_always_on(self) -> None:
        """Never closes by itself."""
        self.inventory.present("camera0", found("a", always_on=True))
        self.assertEqual(self.ask("start_streaming")["result"]["auto_close_after"], 0)

    def test_cannot_start(self) -> None:
        """Unknown, away, or the engine is down; not for viewers."""
        self.assertEqual(self.ask("start_streaming", "camera9")["error"]["code"], -32010)
        self.assertEqual(self.ask("start_streaming", who=principal(Role.VIEWER))["error"]["code"], -32002)
        self.streams.trouble = DependencyFailed("media engine", "gone")
        self.assertEqual(self.ask("start_streaming")["error"]["code"], -32050)
        self.inventory.gone("camera0")
        self.assertEqual(self.ask("start_streaming")["error"]["data"]["state"], "DISCONNECTED")
        self.assertEqual(self.ask("stop_streaming")["error"]["code"], -32020)

    def test_status_asleep(self) -> None:
        """INACTIVE, with zeros; also while the engine is down."""
        for trouble in (None, DependencyFailed("media engine", "gone")):
            self.streams.trouble = trouble
            self.assertEqual(
                self.ask("get_stream_status", who=principal(Role.VIEWER))["result"],
                {
                    "device": "camera0",
                    "stream_name": "camera0",
                    "status": "INACTIVE",
                    "ready": False,
                    "ffmpeg_process": {"running": False, "pid": 0, "uptime": 0.0},
                    "mediamtx_path": {"exists": False, "ready": False, "readers": 0},
                    "metrics": {"bytes_sent": 0, "frames_sent": 0, "bitrate": 0, "fps": 0.0},
                    "start_time": "",
                },
            )

    def test_status_running(self) -> None:
        """ACTIVE, with its figures."""
        self.runs()
        self.streams.states["camera0"] = PathState("camera0", True, "rtspSession", ("rtspSession",), 700, 10_000)
        found_ = self.ask("get_stream_status")["result"]
        self.assertEqual((found_["status"], found_["ready"]), ("ACTIVE", True))
        self.assertEqual(found_["ffmpeg_process"], {"running": True, "pid": 6, "uptime": 10.0})
        self.assertEqual(found_["mediamtx_path"], {"exists": True, "ready": True, "readers": 1})
        self.assertEqual(found_["metrics"], {"bytes_sent": 700, "frames_sent": 300, "bitrate": 8000, "fps": 30.0})
        self.assertTrue(found_["start_time"].endswith("Z"))

    def test_status_on_the_way(self) -> None:
        """STARTING, and ERROR."""
        self.runs(state="starting")
        self.assertEqual(self.ask("get_stream_status")["result"]["status"], "STARTING")
        self.runs(state="retrying", ffmpeg_pid=None)
        self.assertEqual(self.ask("get_stream_status")["result"]["status"], "ERROR")
        self.inventory.error("camera0", "no frames for 5 s")
        self.assertEqual(self.ask("get_stream_status")["result"]["status"], "ERROR")

    def test_scope(self) -> None:
        """A camera outside the caller's scope does not exist."""
        scoped = principal(cameras=frozenset({"camera1"}))
        for method in ("start_streaming", "stop_streaming", "get_stream_status"):
            self.assertEqual(self.ask(method, who=scoped)["error"]["code"], -32010)
