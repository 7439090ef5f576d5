"""The rounds that keep an engine's paths equal to ours, against a stub of its API on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from camsvc.engine.api_client import ApiClient, EngineRefused
from camsvc.engine.config_file import EngineAddresses
from camsvc.engine.path_options import parts_folder
from camsvc.engine.paths_api import PathsApi
from camsvc.errors import DependencyFailed
from camsvc.kinds.catalogue import pipeline_of
from camsvc.streams import streams as streams_module
from camsvc.streams.streams import Streams
from camsvc.system.runtime_dir import RuntimeDir
from tests.support.engine_stub import StubApi
from tests.support.samples import camera, recording


class FakeEngine:
    """Up or down, as the test says."""

    def __init__(self) -> None:
        self.up = True
        self.version: str | None = "1.20.1"
        self.trouble: str | None = None
        self.listeners: list[Callable[[bool], None]] = []

    def subscribe(self, listener: Callable[[bool], None]) -> None:
        self.listeners.append(listener)

    def turn(self, up: bool) -> None:
        self.up, self.trouble = up, None if up else "is starting"
        for listener in self.listeners:
            listener(up)


class StreamsTests(TestCase):
    """``Streams``; a round is taken by hand."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.stub = StubApi()
        listener = self.reactor.listenTCP(0, self.stub.site(), interface="127.0.0.1")
        self.addCleanup(listener.stopListening)
        address = f"127.0.0.1:{listener.getHost().port}"
        self.engine = FakeEngine()
        self.client = ApiClient(reactor, address, b"secret")
        self.folder = RuntimeDir(Path(self.mktemp()))
        self.recordings_dir = Path("/var/recordings")
        self.streams = Streams(
            reactor,
            self.engine,  # type: ignore[arg-type]
            PathsApi(self.client),
            EngineAddresses(":8554", address, ""),
            self.folder,
            Path("/opt/my camsvc/camsvc-publish"),
            "/usr/bin/ffmpeg",
            self.recordings_dir,
            partial(pipeline_of, [], [], "/usr/bin/ffmpeg"),
        )

    async def tearDown(self) -> None:  # type: ignore[override]
        self.streams.stop()
        await self.client.close()

    async def round(self) -> None:
        await self.streams._round()

    async def until(self, condition: Callable[[], Any]) -> None:
        while not condition():
            await deferLater(self.reactor, 0)

    async def test_camera(self) -> None:
        """A path that starts the launcher on demand, and the pipeline that it reads."""
        self.streams.camera_changed(None, camera())
        self.assertFalse(self.streams.in_step)
        await self.round()
        path = self.stub.configured["camera0"]
        command = f"'/opt/my camsvc/camsvc-publish' --runtime-dir {self.folder.path} camera0"
        self.assertEqual((path["runOnDemand"], path["runOnDemandRestart"]), (command, True))
        self.assertNotIn("runOnInit", path)
        self.assertTrue(self.streams.in_step)
        self.assertTrue(json.loads((self.folder.path / "pipelines" / "camera0.json").read_bytes()))

    async def test_always_on(self) -> None:
        """Runs without viewers."""
        self.streams.camera_changed(None, camera(always_on=True))
        await self.round()
        self.assertIn("camera0", self.stub.configured["camera0"]["runOnInit"])
        self.assertNotIn("runOnDemand", self.stub.configured["camera0"])

    async def test_camera_goes_and_comes(self) -> None:
        """Its path with it."""
        self.streams.camera_changed(None, camera())
        await self.round()
        self.streams.camera_changed(camera(), camera(present=False))
        await self.round()
        self.assertEqual(self.stub.configured, {})
        self.streams.camera_changed(camera(present=False), camera())
        await self.round()
        self.assertIn("camera0", self.stub.configured)

    async def test_nothing_to_do(self) -> None:
        """Equal paths are left alone, also when the engine writes durations in its own way."""
        self.streams.camera_changed(None, camera())
        await self.round()
        self.stub.configured["camera0"] |= {"runOnDemandCloseAfter": "0h0m20s", "maxReaders": 0, "record": False}
        self.stub.seen.clear()
        await self.round()
        self.assertEqual(self.stub.seen, ["GET config/paths/list", "GET paths/list"])

    async def test_changed_by_others(self) -> None:
        """A path of ours that is not as it should be is replaced."""
        self.streams.camera_changed(None, camera())
        await self.round()
        for change in ({"runOnDemandCloseAfter": "1s"}, {"source": "rtsp://x"}, {"runOnDemand": ""}):
            self.stub.configured["camera0"] |= change
            await self.round()
            self.assertNotIn(change.popitem(), self.stub.configured["camera0"].items())

    async def test_only_paths_of_ours(self) -> None:
        """Unknown cameras and recordings go; what somebody else added stays."""
        self.stub.configured = {
            name: {}
            for name in (
                "camera7",
                "rec/camera0/99",
                "front",
                "cameras",
                "recordings",
                "rec/other",
                "camera0/sub",
                "all_others",
            )
        }
        await self.round()
        self.assertEqual(
            set(self.stub.configured), {"front", "cameras", "recordings", "rec/other", "camera0/sub", "all_others"}
        )

    async def test_engine_comes_back_empty(self) -> None:
        """All paths are added again, those of recordings under way too."""
        self.streams.camera_changed(None, camera())
        await self.streams.add_recording(recording())
        await self.round()
        self.engine.turn(False)
        self.assertFalse(self.streams.in_step)
        self.assertEqual(self.streams.camera_states(), {})
        self.stub.configured = {}
        self.engine.turn(True)
        self.assertFalse(self.streams.in_step)
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera0", "rec/camera0/17"})
        self.assertTrue(self.streams.in_step)

    async def test_nothing_changes(self) -> None:
        """A camera whose path stays as it is needs no round: the engine stays in step, and the service healthy."""
        self.streams.camera_changed(None, camera())
        await self.round()
        self.streams.camera_changed(camera(), camera(error="no picture"))
        self.assertTrue(self.streams.in_step)

    async def test_engine_down(self) -> None:
        """Nothing is asked of it, and callers are told why."""
        self.engine.turn(False)
        await self.round()
        for work in (
            self.streams.add_recording(recording()),
            self.streams.fresh_states(),
            self.streams.start_camera("camera0"),
        ):
            with self.assertRaises(DependencyFailed) as caught:
                await work
            self.assertIn("is starting", caught.exception.message)
            self.assertEqual(caught.exception.data["dependency"], "media engine")
        self.assertEqual(self.stub.seen, [])

    async def test_one_is_refused(self) -> None:
        """The others are taken; it is tried again each round, and ready is not said until it is taken."""
        self.stub.refuse = {"camera0": "no"}
        self.stub.configured = {"camera9": {}}
        self.stub.keep = {"camera9"}
        for number in range(3):
            self.streams.camera_changed(None, camera(number))
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera1", "camera2", "camera9"})
        self.assertFalse(self.streams.in_step)
        self.stub.refuse, self.stub.keep = {}, set()
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera0", "camera1", "camera2"})
        self.assertTrue(self.streams.in_step)

    async def test_told_when_taken(self) -> None:
        """Who is told of a camera can watch it; a path that the engine refuses is not waited for."""
        told: list[tuple[str, bool]] = []
        self.streams.changes.subscribe(
            lambda _before, after: told.append((after.device, self.streams.watchable(after.device)))
        )
        self.stub.refuse = {"camera1": "no"}
        for number in range(2):
            self.streams.camera_changed(None, camera(number))
        self.assertEqual(told, [])
        await self.round()
        self.assertEqual(told, [("camera0", True), ("camera1", False)])
        self.stub.refuse = {}
        await self.round()
        self.assertEqual(told[2:], [("camera1", True)])
        self.streams.camera_changed(camera(), camera(present=False))
        self.assertEqual(told[3:], [("camera0", False)])
        self.engine.turn(False)
        self.assertEqual(told[4:], [("camera1", False)])
        self.streams.camera_changed(camera(present=False), camera())
        self.assertEqual(told[5:], [("camera0", False)])
        self.engine.turn(True)
        await self.round()
        self.assertEqual(sorted(told[6:]), [("camera0", True), ("camera1", True)])

    async def test_back_while_its_path_is_deleted(self) -> None:
        """It counts as taken when it was added again, not before."""
        self.streams.camera_changed(None, camera())
        await self.round()
        self.streams.camera_changed(camera(), camera(present=False))
        running = Deferred.fromCoroutine(self.streams._round())
        await self.until(lambda: "DELETE config/paths/delete/camera0" in self.stub.seen)
        self.streams.camera_changed(camera(present=False), camera())
        self.assertFalse(self.streams.watchable("camera0"))
        await running
        await self.round()
        self.assertTrue(self.streams.watchable("camera0"))
        self.assertIn("camera0", self.stub.configured)

    async def test_round_fails(self) -> None:
        """The next one makes up for it; nothing is raised."""
        self.streams.camera_changed(None, camera())
        self.stub.answers = {"config/paths/list": (500, b"")}
        await self.round()
        self.assertFalse(self.streams.in_step)
        self.stub.answers = {"paths/list": (500, b"")}
        await self.round()
        self.assertFalse(self.streams.in_step)
        self.stub.answers = {}
        await self.round()
        self.assertTrue(self.streams.in_step)

    async def test_recording(self) -> None:
        """A path that pulls the camera over loopback and records it below the folder of recordings."""
        await self.streams.add_recording(recording())
        path = self.stub.configured["rec/camera0/17"]
        self.assertRegex(path["source"], r"^rtsp://_int:[0-9a-f]{64}@127\.0\.0\.1:8554/camera0\Z")
        self.assertEqual((path["record"], path["recordFormat"]), (True, "fmp4"))
        self.assertEqual(path["recordPath"], "/var/recordings/.%path/%Y-%m-%d_%H-%M-%S-%f")
        self.assertEqual(parts_folder(self.recordings_dir, recording()), Path("/var/recordings/.rec/camera0/17"))
        self.stub.seen.clear()
        await self.round()
        self.assertNotIn("POST", " ".join(self.stub.seen))

    async def test_recording_refused(self) -> None:
        """Nothing stays wanted: the next round adds nothing."""
        self.stub.refuse = {"rec/camera0/17": "no"}
        with self.assertRaises(EngineRefused):
            await self.streams.add_recording(recording())
        self.stub.refuse = {}
        await self.round()
        self.assertEqual(self.stub.configured, {})

    async def test_recording_removed(self) -> None:
        """The path goes at once, and twice is fine; while the engine is away it goes at the next round."""
        await self.streams.add_recording(recording())
        await self.streams.remove_recording(recording())
        await self.streams.remove_recording(recording())
        self.assertEqual(self.stub.configured, {})
        await self.streams.when_path_gone(recording())
        await self.streams.add_recording(recording())
        self.stub.answers = {"config/paths/delete/rec/camera0/17": (500, b"")}
        with self.assertRaises(DependencyFailed):
            await self.streams.remove_recording(recording())
        self.stub.answers = {}
        await self.round()
        self.assertEqual(self.stub.configured, {})

    async def test_when_path_gone(self) -> None:
        """Not while the engine still runs it."""
        await self.streams.add_recording(recording())
        gone = Deferred.fromCoroutine(self.streams.when_path_gone(recording()))
        await self.until(lambda: self.stub.seen.count("GET paths/get/rec/camera0/17") == 2)
        self.assertNoResult(gone)
        self.stub.configured = {}
        await gone

    async def test_round_while_one_is_added(self) -> None:
        """Does not delete a recording that the engine has taken but not yet confirmed."""
        confirmed: Deferred[None] = Deferred()
        self.stub.late = {"config/paths/add/rec/camera0/17": confirmed}
        adding = Deferred.fromCoroutine(self.streams.add_recording(recording()))
        await self.until(lambda: self.stub.seen)
        round_ = Deferred.fromCoroutine(self.round())
        for _ in range(200):
            await deferLater(self.reactor, 0)
        confirmed.callback(None)
        await adding
        await round_
        self.assertEqual([line for line in self.stub.seen if not line.startswith("GET")], [self.stub.seen[0]])
        self.assertIn("rec/camera0/17", self.stub.configured)

    async def test_one_is_added_during_a_round(self) -> None:
        """Does not replace it, which would cut the recording into two parts."""
        listed: Deferred[None] = Deferred()
        self.stub.late = {"config/paths/list": listed}
        round_ = Deferred.fromCoroutine(self.round())
        await self.until(lambda: self.stub.seen)
        adding = Deferred.fromCoroutine(self.streams.add_recording(recording()))
        for _ in range(200):
            await deferLater(self.reactor, 0)
        listed.callback(None)
        await round_
        await adding
        writes = [line for line in self.stub.seen if not line.startswith("GET")]
        self.assertEqual(writes, ["POST config/paths/add/rec/camera0/17"])

    async def test_read_again(self) -> None:
        """What waits for its camera is begun anew; what runs, or has ended, is left alone."""
        await self.streams.add_recording(recording())
        self.stub.seen.clear()
        self.stub.running = {"rec/camera0/17": {"ready": True}}
        await self.streams.read_again(recording())
        self.assertEqual([line for line in self.stub.seen if not line.startswith("GET")], [])
        self.stub.running = {"rec/camera0/17": {"ready": False}}
        await self.streams.read_again(recording())
        writes = ["DELETE config/paths/delete/rec/camera0/17", "POST config/paths/add/rec/camera0/17"]
        self.assertEqual([line for line in self.stub.seen if not line.startswith("GET")], writes)
        await self.streams.remove_recording(recording())
        self.stub.seen.clear()
        await self.streams.read_again(recording())
        self.assertEqual([line for line in self.stub.seen if not line.startswith("GET")], [])

    async def test_not_found_yet(self) -> None:
        """After a start the paths of cameras are left alone for a while; those of recordings are not."""
        self.stub.configured = {"camera5": {"name": "camera5"}, "rec/camera5/1": {"name": "rec/camera5/1"}}
        self.patch(streams_module, "FOUND_WITHIN_S", 3600.0)
        self.streams.start()
        await self.until(lambda: "rec/camera5/1" not in self.stub.configured)
        self.streams.stop()
        self.assertEqual(set(self.stub.configured), {"camera5"})
        self.patch(streams_module, "FOUND_WITHIN_S", -1.0)
        self.streams.start()
        await self.until(lambda: "camera5" not in self.stub.configured)
        self.streams.stop()

    async def test_viewers(self) -> None:
        """The recording's own reader is not counted, nor shown."""
        self.streams.camera_changed(None, camera())
        await self.streams.add_recording(recording())
        self.stub.running = {
            "camera0": {"ready": True, "readers": [{"type": "rtspSession", "id": str(n)} for n in range(3)]},
            "rec/camera0/17": {"ready": True},
        }
        await self.round()
        self.assertEqual((self.streams.viewers("camera0"), self.streams.viewers("camera9")), (2, 0))
        self.assertEqual(set(self.streams.camera_states()), {"camera0"})
        self.assertEqual(set(await self.streams.fresh_states()), {"camera0"})
        self.stub.running["camera0"]["readers"] = []
        await self.round()
        self.assertEqual(self.streams.viewers("camera0"), 0)

    async def test_web_path(self) -> None:
        """What browsers do not play gets a path of its own, for what needs it, while the camera is there."""
        sends_aac = camera(kind="network", audio="aac", source="rtsp://h/1")
        self.streams.camera_changed(None, sends_aac)
        self.assertEqual(self.streams.web_path("camera0", "webrtc"), "web/camera0")
        self.assertEqual(self.streams.web_path("camera0", "hls"), "camera0")
        await self.round()
        path = self.stub.configured["web/camera0"]
        self.assertTrue(path["runOnDemand"].endswith(" web/camera0"))
        orders = json.loads((self.folder.path / "pipelines" / "web-camera0.json").read_bytes())
        self.assertIn("@127.0.0.1:8554/camera0'", orders["stdin"])
        self.assertNotIn(orders["hidden"][0], " ".join((*orders["input"], *orders["video"])))
        sends_h265 = evolve(sends_aac, unplayable="its video is H265")
        self.streams.camera_changed(sends_aac, sends_h265)
        self.assertEqual(self.streams.web_path("camera0", "hls"), "web/camera0")
        self.streams.camera_changed(sends_h265, evolve(sends_h265, present=False))
        await self.round()
        self.assertEqual(self.stub.configured, {})

    async def test_no_web_path(self) -> None:
        """For what browsers play, and where nothing is to be encoded."""
        self.streams.camera_changed(None, camera())
        self.streams._transcode = "never"
        self.streams.camera_changed(None, camera(1, unplayable="its video is H265"))
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera0", "camera1"})
        for device in ("camera0", "camera1"):
            self.assertEqual(self.streams.web_path(device, "webrtc"), device)

    async def test_recorded_by_the_relay(self) -> None:
        """It writes only what browsers play; whether that is needed may turn out later, also after a restart."""
        self.engine.version = "camsvc-relay/0.1.0"
        await self.streams.add_recording(recording())
        sends_h265 = camera(unplayable="its video is H265")
        self.streams.camera_changed(None, sends_h265)
        await self.round()
        path = self.stub.configured["rec/camera0/17"]
        self.assertTrue(path["source"].endswith(":8554/web/camera0"))
        self.streams._web = {}  # as after a restart
        self.streams.want_recording(recording())
        self.stub.seen.clear()
        await self.round()
        self.assertNotIn("POST", " ".join(self.stub.seen))
        self.assertTrue(self.stub.configured["rec/camera0/17"]["source"].endswith(":8554/web/camera0"))
        self.engine.version = "1.20.1"
        self.streams.camera_changed(sends_h265, camera(audio="aac"))
        self.assertTrue(self.streams._desired.get("rec/camera0/17")["source"].endswith(":8554/camera0"))

    async def test_viewers_of_a_web_path(self) -> None:
        """They count as the camera's; what reads the camera for them does not, and the path is shown nowhere."""
        self.streams.camera_changed(None, camera(unplayable="x"))
        two = [{"type": "webRTCSession", "id": "1"}, {"type": "hlsMuxer", "id": ""}]
        self.stub.running = {
            "camera0": {"ready": True, "readers": [{"type": "rtspSession", "id": "1"}] * 2},
            "web/camera0": {"ready": True, "readers": two},
        }
        await self.round()
        self.assertEqual(self.streams.viewers("camera0"), 3)
        self.assertEqual(set(self.streams.camera_states()), {"camera0"})

    async def test_rounds(self) -> None:
        """Begin at once, and again whenever something changes, without waiting for the next."""
        self.patch(streams_module, "ROUND_S", 3600)
        told: list[bool] = []
        self.streams.on_states = lambda: told.append(self.streams.in_step)
        self.streams.start()
        await self.until(lambda: told)
        self.streams.camera_changed(None, camera())
        await self.until(lambda: len(told) == 2)
        self.assertIn("camera0", self.stub.configured)
        self.streams.camera_changed(camera(), evolve(camera(), error="x"))
        self.engine.turn(False)
        self.engine.turn(True)
        await self.until(lambda: len(told) == 3)

    async def test_wanted_again(self) -> None:
        """A recording that goes on after a restart is left alone where the engine still has it."""
        await self.streams.add_recording(recording())
        kept = dict(self.stub.configured)
        self.streams._desired.remove(recording().path_name)
        self.streams.want_recording(recording())
        self.stub.seen.clear()
        await self.round()
        self.assertEqual(self.stub.configured, kept)
        self.assertEqual(self.stub.seen, ["GET config/paths/list", "GET paths/list"])
