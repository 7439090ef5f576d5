"""Events and subscriptions: who hears what, through the methods."""

from __future__ import annotations

import json
import time
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

import camsvc
from camsvc.access.roles import Principal, Role
from camsvc.api.health_status import HealthStatus
from camsvc.api.methods.service.events import SubscriptionMethods
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.event_sender import EventSender
from camsvc.api.notifications.events import Events
from camsvc.api.notifications.move_events import MoveEvents
from camsvc.api.notifications.sound_events import SoundEvents
from camsvc.api.notifications.subscriptions import Subscriptions
from camsvc.api.notifications.topics import TOPICS
from camsvc.api.registry import Registry
from camsvc.devices.inventory import Inventory
from camsvc.devices.sound_watch import SoundChange
from camsvc.library.offload.mover import MoveProgress
from camsvc.model import MediaFile, iso
from camsvc.recording.finisher import Progress
from camsvc.system.clocks import Clocks
from tests.support import samples
from tests.support.clocks import FakeClocks
from tests.support.samples import call_by, found, principal, recording
from tests.unit.api.methods.service.test_system import FakeEngine


class Listener:
    """A connection; what it is told, and under which key."""

    def __init__(self, who: Principal | None = None) -> None:
        self.principal: Principal | None = who or principal(Role.VIEWER)
        self.base_url = "http://cam.local:8002"
        self.session_id = "session"
        self.keys: list[str] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []

    def push(self, key: str, frame: bytes) -> None:
        message = json.loads(frame)
        self.keys.append(key)
        self.heard.append((message["method"], message["params"]))

    def topics(self) -> list[str]:
        """Topics of what it heard since the last time."""
        topics = [topic for topic, _ in self.heard]
        self.heard.clear()
        return topics


class EventsTestCase(SynchronousTestCase):
    """Two cameras and one listener."""

    def setUp(self) -> None:
        self.engine = FakeEngine()
        self.engine.trouble, self.engine.in_step = None, True
        engine: Any = self.engine
        self.inventory = Inventory()
        views = samples.views()
        clocks = Clocks()
        self.connections = ClientConnections(clocks)
        self.subscriptions = Subscriptions(self.connections)
        status = HealthStatus(self.inventory, engine, engine, lambda: True)
        self.events = Events(self.connections, self.subscriptions, views, status, clocks)
        self.registry = Registry(SubscriptionMethods(self.subscriptions))
        for number in range(2):
            self.inventory.present(f"camera{number}", found(str(number)))
        self.inventory.changes.add(self.events.camera_changed)
        self.listener = self.joined()

    def joined(self, who: Principal | None = None) -> Listener:
        listener: Any = Listener(who)
        self.connections.join(listener)
        return listener  # type: ignore[no-any-return]

    def ask(self, method: str, params: Any = None, listener: Any = None) -> dict[str, Any]:
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
        to = listener or self.listener
        return json.loads(self.registry.answer(frame, call_by(to.principal, connection=to)))  # type: ignore[arg-type]

    def subscribe(self, *topics: str, listener: Listener | None = None, **filters: str) -> dict[str, Any]:
        params = {"topics": list(topics), **({"filters": filters} if filters else {})}
        return self.ask("subscribe_events", params, listener)

    def recorded(self, status: str, reason: str | None = None, device: str = "camera0") -> None:
        self.events.recording_changed(Progress(recording(device=device), status, 1.0, 2, reason))


class DeliveryTests(EventsTestCase):
    """What is told."""

    def test_cameras(self) -> None:
        """Each topic at its change, with the camera; nothing where the status stays."""
        self.subscribe("camera_status_update")
        self.inventory.gone("camera0")
        self.assertEqual(self.listener.heard[0][1]["status"], "DISCONNECTED")
        self.assertEqual(self.listener.topics(), ["camera.status_change", "camera.disconnected"])
        self.inventory.present("camera0", found("0"))
        self.assertEqual(self.listener.topics(), ["camera.status_change", "camera.connected"])
        self.inventory.error("camera0", "x")
        self.inventory.error("camera0", "y")
        self.assertEqual(self.listener.topics(), ["camera.status_change"])

    def test_recordings(self) -> None:
        """Begin, end and failure with its reason; gaps are no events, nor is what does not grow yet."""
        self.subscribe("recording.started", "recording.stop", "recording.error")
        self.events.recording_changed(Progress(recording(), "RECORDING", 0, 0, confirmed=False))
        self.recorded("RECORDING")
        self.recorded("RECORDING", "camera_disconnected")
        self.recorded("ERROR", "no frames")
        self.assertEqual(self.listener.heard[-1][1]["reason"], "no frames")
        self.recorded("STOPPED", "asked")
        self.assertEqual(self.listener.topics(), ["recording.start", "recording.error", "recording.stop"])

    def test_snapshots(self) -> None:
        """Each counts, until a hundred wait."""
        self.subscribe("snapshot.taken")
        for number in range(150):
            self.events.snapshot_taken(MediaFile(f"{number}.jpg", "camera0", 5, 60.0, 60.0))
        self.assertEqual(
            self.listener.heard[0],
            ("snapshot.taken", {"device": "camera0", "filename": "0.jpg", "file_size": 5,
                                "timestamp": "1970-01-01T00:01:00.000Z"}),
        )  # fmt: skip
        self.assertEqual((len(self.listener.keys), len(set(self.listener.keys))), (150, 100))

    def test_moves(self) -> None:
        """How far a move is, to those who may know of the camera."""
        moves = MoveEvents(EventSender(self.connections, self.subscriptions))
        stranger = self.joined(principal(cameras=frozenset({"camera1"})))
        for each in (self.listener, stranger):
            self.subscribe("move.progress", listener=each)
        moves.move_changed(MoveProgress("camera0", "a.mp4", "failed", why="No space left on device"))
        told = {"device": "camera0", "filename": "a.mp4", "status": "FAILED", "progress": 0.0,
                "error": "No space left on device"}  # fmt: skip
        self.assertEqual((self.listener.heard, stranger.heard), ([("move.progress", told)], []))

    def test_sound(self) -> None:
        """Each change of a microphone, to those who may know of the camera."""
        sounds = SoundEvents(EventSender(self.connections, self.subscriptions), FakeClocks())
        stranger = self.joined(principal(cameras=frozenset({"camera1"})))
        for each in (self.listener, stranger):
            self.subscribe("sound.silent", "sound.audible", listener=each)
        sounds.sound_changed(SoundChange("camera0", True, -80.0))
        sounds.sound_changed(SoundChange("camera0", False, -30.0))
        at = {"timestamp": iso(FakeClocks().wall_s())}
        told = [("sound.silent", {"device": "camera0", "level_db": -80.0, **at}),
                ("sound.audible", {"device": "camera0", "level_db": -30.0, **at})]  # fmt: skip
        self.assertEqual((self.listener.heard, stranger.heard), (told, []))

    def test_health(self) -> None:
        """When it changes, not before."""
        self.subscribe("system_health_update")
        self.events.check_health()
        self.events.check_health()
        self.assertEqual(self.listener.heard, [])
        self.engine.trouble = "is gone"
        self.events.check_health()
        self.events.check_health()
        ((topic, params),) = self.listener.heard
        self.assertEqual((topic, params["status"]), ("system.health", "unhealthy"))
        self.assertEqual(params["components"]["mediamtx"], "STARTING")

    def test_system(self) -> None:
        """With version and time."""
        self.subscribe("system.startup", "system.shutdown")
        self.events.stopping()
        ((topic, params),) = self.listener.heard
        self.assertEqual((topic, params["version"]), ("system.shutdown", camsvc.__version__))

    def test_state_replaces_state(self) -> None:
        """A newer state of a camera takes the place of one that was not sent yet."""
        self.subscribe("camera.status_change")
        self.inventory.gone("camera0")
        self.inventory.present("camera0", found("0"))
        self.inventory.gone("camera1")
        self.assertEqual(len(set(self.listener.keys)), 2)

    def test_only_to_those_who_may(self) -> None:
        """Logged in, in time, in scope, subscribed."""
        others = {
            "nobody": self.joined(),
            "late": self.joined(principal(expires_at=time.time() + 60)),
            "scoped": self.joined(principal(cameras=frozenset({"camera1"}))),
            "other": self.joined(),
        }
        for name, listener in others.items():
            self.subscribe("recording.start" if name == "other" else "camera.disconnected", listener=listener)
        others["nobody"].principal = None
        others["late"].principal = principal(expires_at=time.time() - 1)
        self.inventory.gone("camera0")
        self.assertEqual({name: each.topics() for name, each in others.items()}, {name: [] for name in others})
        self.inventory.gone("camera1")
        self.assertEqual(others["scoped"].topics(), ["camera.disconnected"])

    def test_gone(self) -> None:
        """Nothing is kept of a connection that is gone."""
        self.subscribe("camera.disconnected")
        self.connections.leave(self.listener)  # type: ignore[arg-type]
        self.inventory.gone("camera0")
        self.assertEqual((self.listener.heard, len(self.subscriptions), self.subscriptions.counts()), ([], 0, {}))


class SubscriptionTests(EventsTestCase):
    """The methods."""

    def test_merge(self) -> None:
        """Later topics come on top; in the order of the list."""
        self.assertEqual(
            self.subscribe("recording.stop")["result"],
            {"subscribed": True, "topics": ["recording.stop"], "filters": {}},
        )
        found_ = self.subscribe("camera.connected", device="camera0")["result"]
        self.assertEqual(found_["topics"], ["camera.connected", "recording.stop"])
        self.assertEqual(found_["filters"], {"device": "camera0"})

    def test_filters(self) -> None:
        """Of one camera, then of another too, then of all; never narrower."""
        self.subscribe("camera.disconnected", device="camera1")
        self.inventory.gone("camera0")
        self.assertEqual(self.listener.topics(), [])
        self.subscribe("camera.disconnected", device="camera0")
        self.inventory.gone("camera1")
        self.assertEqual(self.listener.topics(), ["camera.disconnected"])
        self.subscribe("camera.disconnected")
        self.subscribe("camera.disconnected", device="camera7")
        self.inventory.present("camera2", found("2"))
        self.inventory.gone("camera2")
        self.assertEqual(self.listener.topics(), ["camera.disconnected"])

    def test_many_filters(self) -> None:
        """A hundred cameras by name, again and again; one more is refused, without a filter all come."""
        for _ in range(2):
            for number in range(100):
                self.assertIn("result", self.subscribe("camera.connected", device=f"camera{number}"))
        data = self.subscribe("camera.connected", device="camera100")["error"]["data"]
        self.assertEqual((data["param"], data["rule"]), ("filters", "max"))
        self.assertIn("result", self.subscribe("snapshot.taken", device="camera100"))
        self.assertIn("result", self.subscribe("camera.connected"))
        self.assertIn("result", self.subscribe("camera.connected", device="camera101"))

    def test_unsubscribe(self) -> None:
        """Some, by an alias too, or all; twice is fine."""
        self.subscribe("recording_status_update", "snapshot.taken")
        left = self.ask("unsubscribe_events", {"topics": ["recording.stopped", "camera.connected"]})["result"]
        self.assertEqual(
            left, {"unsubscribed": True, "topics": ["recording.start", "recording.error", "snapshot.taken"]}
        )
        for _ in range(2):
            self.assertEqual(self.ask("unsubscribe_events")["result"], {"unsubscribed": True, "topics": []})
        self.assertEqual(len(self.subscriptions), 0)

    def test_stats(self) -> None:
        """Of all, and of this one."""
        other = self.joined()
        self.subscribe("camera.connected", "recording.stop")
        self.subscribe("recording.stop", listener=other)
        self.assertEqual(
            self.ask("get_subscription_stats", listener=other)["result"],
            {
                "global_stats": {
                    "total_subscriptions": 3,
                    "active_clients": 2,
                    "topic_counts": {"camera.connected": 1, "recording.stop": 2},
                },
                "client_topics": ["recording.stop"],
                "client_id": "session",
            },
        )

    def test_mistakes(self) -> None:
        """An unknown topic names all there are; nothing of the call is taken."""
        for params in ({"topics": ["camera.connected", "camera.burnt"]}, {"topics": []}):
            error = self.ask("subscribe_events", params)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, "topics"))
            self.assertIn(TOPICS[-1], error["data"]["hint"])
        one = ["camera.connected"]
        for params, param in (
            ({}, "topics"),
            ({"topics": one[0]}, "topics"),
            ({"topics": [1]}, "topics[0]"),
            ({"topics": one, "filters": {"device": "x"}}, "filters.device"),
            ({"topics": one, "filters": {"color": "x"}}, "filters.color"),
        ):
            error = self.ask("subscribe_events", params)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, param))
        self.assertEqual(len(self.subscriptions), 0)

    def test_scope(self) -> None:
        """A camera outside it does not exist."""
        scoped = self.joined(principal(cameras=frozenset({"camera1"})))
        self.assertEqual(
            self.subscribe("camera.connected", listener=scoped, device="camera0")["error"]["code"], -32010
        )

    def test_without_a_socket(self) -> None:
        """Said over HTTP."""
        frame = b'{"jsonrpc":"2.0","id":1,"method":"subscribe_events","params":{"topics":["camera.connected"]}}'
        error = json.loads(self.registry.answer(frame, call_by(principal())))["error"]  # type: ignore[arg-type]
        self.assertEqual((error["code"], error["data"]["reason"]), (-32030, "no_session"))
