"""Streams that are added: refused, kept over a restart, shown without secrets, removed; through the methods."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.cameras.external_streams import ExternalStreamMethods
from camsvc.api.registry import Registry
from camsvc.devices.external_streams import ExternalStreams
from camsvc.devices.inventory import Inventory
from camsvc.errors import InvalidState
from camsvc.model import Found
from camsvc.system.clocks import Clocks
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import ask, found, principal, runtime

URL = "rtsp://me:s3cret@10.0.0.9:8554/live?key=k3y"
SHOWN = "rtsp://***@10.0.0.9:8554/live"


class FakeConfigured:
    """Cameras that are listed at once."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def add(self, device: str, seen: Found) -> None:
        self.inventory.present(device, seen)

    def remove(self, device: str) -> None:
        self.inventory.forget(device)


class ExternalTests(SynchronousTestCase):
    """One camera of the configuration, ``Door``, is there."""

    def setUp(self) -> None:
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.stopped: list[str] = []
        self.state = "IDLE"
        self.begin()

    def begin(self) -> None:
        """Start camsvc, or start it again."""
        self.inventory = Inventory()
        self.inventory.present("camera7", found("Door", key="network:Door", source="rtsp://10.0.0.1/door"))
        network: Any = FakeConfigured(self.inventory)
        streams = ExternalStreams(runtime(None, database=self.database), self.inventory, network)
        streams.load()
        self.registry = Registry(ExternalStreamMethods(streams, self.inventory, self, Clocks()))  # type: ignore[arg-type]

    async def stop(self, device: str) -> None:
        """As the recorder's."""
        if self.state != "RECORDING":
            raise InvalidState("not recording", state=self.state)
        self.stopped.append(device)

    def ask(self, method: str, who: Principal | None = None, **params: Any) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.OPERATOR), method, params)

    def add(self, url: str = URL, name: str = "Yard", **keys: Any) -> dict[str, Any]:
        return self.ask("add_external_stream", stream_url=url, stream_name=name, **keys)

    def listed(self, who: Principal | None = None) -> list[tuple[str, str, str]]:
        entries = self.ask("get_external_streams", who)["result"]["external_streams"]
        return [(each["device"], each["name"], each["url"]) for each in entries]

    def test_add(self) -> None:
        """A camera like any other; nothing secret is answered."""
        added = self.add()["result"]
        self.assertTrue(added.pop("timestamp").endswith("Z"))
        self.assertEqual(
            added,
            {"stream_url": SHOWN, "stream_name": "Yard", "stream_type": "generic_rtsp", "status": "ADDED",
             "device": "camera0"},
        )  # fmt: skip
        camera = self.inventory.get("camera0")
        self.assertEqual((camera.kind, camera.name, camera.source), ("network", "Yard", URL))
        self.assertNotIn("s3cret", json.dumps(self.ask("get_external_streams")))
        self.assertNotIn("k3y", json.dumps(self.ask("get_external_streams")))

    def test_types(self) -> None:
        """Listed by type too."""
        self.add()
        self.add("rtsp://10.0.0.2/a", "Drone", stream_type="skydio")
        found_ = self.ask("get_external_streams")["result"]
        self.assertEqual(found_["total_count"], 2)
        self.assertEqual([each["name"] for each in found_["skydio_streams"]], ["Drone"])
        self.assertEqual([each["name"] for each in found_["generic_streams"]], ["Yard"])

    def test_kept(self) -> None:
        """Over a restart, under the same id."""
        self.add("rtsp://10.0.0.2/a", "First")
        self.add()
        before = self.listed()
        self.begin()
        self.assertEqual(self.listed(), before)
        self.assertEqual([camera.device for camera in self.inventory.all()], ["camera0", "camera1", "camera7"])

    def test_remove(self) -> None:
        """By its URL as added or as shown; a recording is ended before; the id comes back with the name."""
        self.add()
        self.state = "RECORDING"
        removed = self.ask("remove_external_stream", stream_url=SHOWN)["result"]
        self.assertEqual((removed["stream_url"], removed["status"]), (SHOWN, "REMOVED"))
        self.assertEqual((self.stopped, self.listed()), (["camera0"], []))
        self.assertEqual([camera.device for camera in self.inventory.all()], ["camera7"])
        self.begin()
        self.assertEqual(self.listed(), [])
        self.add("rtsp://10.0.0.2/a", "Other")
        self.assertEqual(self.add("rtsp://10.0.0.3/b")["result"]["device"], "camera0")
        self.state = "IDLE"
        self.assertIn("result", self.ask("remove_external_stream", stream_url="rtsp://10.0.0.3/b"))

    def test_not_while_a_recording_starts(self) -> None:
        """Half a start cannot be taken back."""
        self.add()
        self.state = "STARTING"
        self.assertEqual(self.ask("remove_external_stream", stream_url=URL)["error"]["code"], -32020)
        self.assertEqual(len(self.listed()), 1)

    def test_unknown(self) -> None:
        """Not added, of the configuration, or not to be told apart: its password is not answered."""
        self.add("rtsp://a:b@10.0.0.2/a?channel=1", "One")
        self.add("rtsp://c:d@10.0.0.2/a?channel=2", "Two")
        for url in (URL, "rtsp://10.0.0.1/door", "rtsp://***@10.0.0.2/a"):
            error = self.ask("remove_external_stream", stream_url=url)["error"]
            self.assertEqual(error["code"], -32010, url)
            self.assertNotIn("s3cret", json.dumps(error))
        self.assertEqual(len(self.listed()), 2)

    def test_mistakes(self) -> None:
        """URLs that are none, names and URLs in use."""
        self.add()
        for params, param in (
            ({"url": "http://10.0.0.2/a", "name": "x"}, "stream_url"),
            ({"url": "rtsp://", "name": "x"}, "stream_url"),
            ({"url": "rtsp://10.0.0.2/a b", "name": "x"}, "stream_url"),
            ({"url": "rtsp://10.0.0.2:port/", "name": "x"}, "stream_url"),
            ({"url": URL, "name": "x"}, "stream_url"),
            ({"url": "rtsp://10.0.0.1/door", "name": "x"}, "stream_url"),
            ({"url": "rtsp://10.0.0.2/a", "name": "Yard"}, "stream_name"),
            ({"url": "rtsp://10.0.0.2/a", "name": "Door"}, "stream_name"),
            ({"url": "rtsp://10.0.0.2/a", "name": ""}, "stream_name"),
            ({"url": "rtsp://10.0.0.2/a", "name": "x", "stream_type": "tv"}, "stream_type"),
        ):
            error = self.add(**params)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, param), params)
        self.assertEqual(len(self.listed()), 1)

    def test_guessed_login(self) -> None:
        """Whether a login is right is told by no answer: not to who adds a stream, nor to who removes one."""
        forms = (
            "rtsp://{user}:{password}@10.0.0.2/a",
            "rtsp://10.0.0.2:554/a?channel=1&user={user}&password={password}",
            "rtsp://10.0.0.2/user={user}_password={password}_channel=1_stream=0.sdp",
            "rtsp://{user}:{password}@10.0.0.2/a?authToken={password}_x",
            "rtsp://10.0.0.2/live/user={user}_password={password}_{password}_channel=2_stream=0.sdp",
            "rtsp://Cam.local/a?usr={user}&pwd={password}&subtype=0",
        )
        guesses = [("admin", "s3cret"), ("admin", "guess"), ("root", "s3cret"), ("", "")]
        for number, form in enumerate(forms):
            right, *wrong = (form.format(user=user, password=password) for user, password in guesses)
            self.assertIn("result", self.add(right, f"Yard {number}"), form)
            answers = [self.add(url, "Another")["error"] for url in (right, *wrong)]
            self.assertEqual(answers, [answers[0]] * 4, form)
            self.assertEqual(answers[0]["data"]["param"], "stream_url")
            self.assertNotIn("s3cret", json.dumps(self.ask("get_external_streams", principal(Role.VIEWER))), form)
            removed = []
            for url in (right, *wrong):
                removed.append("result" in self.ask("remove_external_stream", stream_url=url))
                self.assertIn("result", self.add(right, f"Yard {number}"), form)
            self.assertEqual(removed, [True] * 4, form)
            self.ask("remove_external_stream", stream_url=right)

    def test_other_streams_of_one_camera(self) -> None:
        """Another path, port, channel or quality is another stream."""
        for number, url in enumerate(
            (
                "rtsp://a:b@10.0.0.2/a",
                "rtsp://a:b@10.0.0.2/b",
                "rtsp://a:b@10.0.0.2:8554/a",
                "rtsp://a:b@10.0.0.2/cam/realmonitor?channel=1&subtype=0",
                "rtsp://a:b@10.0.0.2/cam/realmonitor?channel=1&subtype=1",
                "rtsp://a:b@10.0.0.2/cam/realmonitor?channel=2&subtype=0",
                "rtsp://10.0.0.2/user=admin_password=x_channel=1_stream=0.sdp",
                "rtsp://10.0.0.2/user=admin_password=x_channel=2_stream=0.sdp",
                "rtsp://a:b@10.0.0.3/a",
            )
        ):
            self.assertIn("result", self.add(url, f"Yard {number}"), url)

    def test_who_may(self) -> None:
        """Viewers list, operators add; what is outside somebody's scope does not exist for them."""
        self.assertEqual(self.ask("add_external_stream", principal(Role.VIEWER))["error"]["code"], -32002)
        self.add()
        self.assertEqual(len(self.listed(principal(Role.VIEWER))), 1)
        scoped = principal(Role.OPERATOR, cameras=frozenset({"camera7"}))
        self.assertEqual(self.listed(scoped), [])
        error = self.ask("remove_external_stream", scoped, stream_url=URL)["error"]
        self.assertEqual((error["code"], error["message"]), (-32010, "Stream not found"))
        self.assertNotIn("camera", json.dumps(error))
        error = self.ask("add_external_stream", scoped, stream_url="rtsp://10.0.0.2/a", stream_name="x")["error"]
        self.assertEqual(error["code"], -32002)
