"""How cameras, files and recordings look on the wire."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.api import jsonrpc
from camsvc.api.views import Views, recording_update
from camsvc.devices.camera_settings import CameraSettings, OwnerSettings
from camsvc.model import MediaFile
from camsvc.recording.finisher import Progress
from tests.support.samples import SECRET, camera, principal, recording, urls

BASE = "http://cam.local:8002"


def on_the_wire(value: Any) -> dict[str, Any]:
    return json.loads(jsonrpc.result(1, value))["result"]


class ViewsTests(SynchronousTestCase):
    """``Views``."""

    def setUp(self) -> None:
        self.tokens = Tokens(SECRET)
        self.recording: set[str] = set()
        self.watchable = True
        self.rtsps = False
        self.settings = CameraSettings()
        self.urls = urls(rtsps_served=lambda: self.rtsps)
        self.views = Views(self.urls, lambda device: device in self.recording, lambda device: self.watchable,
                           self.settings.of)  # fmt: skip
        self.who = principal(Role.VIEWER)

    def camera(self, **keys: Any) -> dict[str, Any]:
        return on_the_wire(self.views.camera(camera(**keys), self.who, BASE))

    def test_camera(self) -> None:
        """Every key of the contract; no error key while there is none."""
        self.recording = {"camera0"}
        found = self.camera()
        streams = found.pop("streams")
        url = streams["rtsp"]
        self.assertTrue(streams["hls"].startswith(f"{BASE}/live/camera0/index.m3u8?ticket="), streams)
        self.assertTrue(streams["webrtc"].startswith(f"{BASE}/live/camera0/whep?ticket="), streams)
        self.assertEqual(
            found,
            {
                "device": "camera0",
                "status": "CONNECTED",
                "name": "Door 0",
                "resolution": "1280x720",
                "fps": 30.0,
                "kind": "test",
                "recording": True,
                "always_on": False,
                "config": {},
            },
        )
        self.assertTrue(url.startswith("rtsp://cam.local:8554/camera0?ticket="), url)

    def test_config(self) -> None:
        """What its owner has set, and nothing of what nobody has."""
        self.settings.set("camera0", OwnerSettings(mode="MJPG 640x480", always_on=False))
        found = self.camera(always_on=True)
        self.assertEqual(found["config"], {"mode": "MJPG 640x480", "always_on": False})
        self.assertIs(found["always_on"], True)

    def test_since(self) -> None:
        """When it went or began to fail, where that is known."""
        self.assertEqual(self.camera(present=False, resting_since=1.5)["since"], "1970-01-01T00:00:01.500Z")
        self.assertNotIn("since", self.camera(present=False))

    def test_no_streams(self) -> None:
        """Empty while nothing can be watched: away, in error, or the engine is not ready."""
        self.assertEqual(self.camera(present=False)["streams"], {})
        found = self.camera(error="no frames")
        self.assertEqual((found["streams"], found["error"], found["status"]), ({}, "no frames", "ERROR"))
        self.watchable = False
        self.assertEqual(self.camera()["streams"], {})

    def test_rtsp_url(self) -> None:
        """The host is the one the client called; IPv6 stays in brackets; the ticket opens this camera."""
        for base, host in (
            ("http://10.0.0.1:8002", "10.0.0.1"),
            ("https://cam.example", "cam.example"),
            ("http://[fd00::1]:8002", "[fd00::1]"),
            ("http://[::1]", "[::1]"),
        ):
            url = self.urls.streams("camera0", self.who, base)["rtsp"]
            self.assertTrue(url.startswith(f"rtsp://{host}:8554/camera0?"), url)
            ticket = parse_qs(urlsplit(url).query)["ticket"][0]
            self.assertEqual(self.tokens.ticket_holder(STREAM, ticket, "camera0", time.time()).subject, "somebody")

    def test_rtsps_url(self) -> None:
        """Where the engine serves it, beside plain RTSP and with the same ticket."""
        self.assertNotIn("rtsps", self.urls.streams("camera0", self.who, BASE))
        self.rtsps = True
        urls = self.urls.streams("camera0", self.who, "https://[fd00::1]:8002")
        self.assertTrue(urls["rtsps"].startswith("rtsps://[fd00::1]:8322/camera0?ticket="), urls)
        self.assertEqual(urls["rtsps"].partition("?")[2], urls["rtsp"].partition("?")[2])

    def test_download_url(self) -> None:
        """Absolute, quoted, with a ticket for the file alone."""
        for name in ("a.jpg", "Tür & Tor #1?.jpg", "a%20b.jpg", "a+b.jpg", "日本.jpg"):
            url = urlsplit(self.urls.download("snapshots", name, self.who, BASE))
            self.assertEqual(unquote(url.path), f"/files/snapshots/{name}")
            self.assertEqual(url.netloc, "cam.local:8002")
            ticket = parse_qs(url.query)["ticket"][0]
            self.tokens.ticket_holder(FILE, ticket, f"snapshots/{name}", time.time())

    def test_file(self) -> None:
        """What is not known is left out."""
        file = MediaFile("a.mp4", "camera0", 77, 100.0, 200.5, "RECORDING")
        found = on_the_wire(self.views.file("recordings", file, self.who, BASE))
        found.pop("download_url")
        self.assertEqual(
            found,
            {
                "filename": "a.mp4",
                "file_size": 77,
                "modified_time": "1970-01-01T00:03:20.500Z",
                "created_time": "1970-01-01T00:01:40.000Z",
                "device": "camera0",
                "status": "RECORDING",
                "format": "mp4",
                "protected": False,
                "archived": False,
            },
        )
        file = MediaFile("a.mp4", "camera0", 5, 100.0, 200.5, "FINISHED", 0.0, 640, 480)
        found = on_the_wire(self.views.file("recordings", file, self.who, BASE))
        self.assertNotIn("segments", found)
        self.assertEqual((found["file_size"], found["duration"], found["width"], found["height"]), (5, 0.0, 640, 480))

    def test_several(self) -> None:
        """A recording of several files says of how many."""
        file = evolve(MediaFile("a.mp4", "camera0", 5, 100.0, 200.5, "FINISHED"), segments=3)
        self.assertEqual(on_the_wire(self.views.file("recordings", file, self.who, BASE))["segments"], 3)

    def test_recording_update(self) -> None:
        """Rounded to the millisecond; a reason only where there is one."""
        found = on_the_wire(recording_update(Progress(recording(), "RECORDING", 1.23456, 7)))
        self.assertEqual(
            found,
            {
                "device": "camera0",
                "status": "RECORDING",
                "filename": "camera0_2026-01-31_12-00-00Z_17.mp4",
                "duration": 1.235,
                "file_size": 7,
                "confirmed": True,
            },
        )
        began = Progress(recording(), "RECORDING", 0, 0, confirmed=False, first_sample=100.0)
        found = on_the_wire(recording_update(began))
        self.assertEqual((found["confirmed"], found["first_sample"]), (False, "1970-01-01T00:01:40.000Z"))
        found = on_the_wire(recording_update(Progress(recording(), "STOPPED", 0, 0, "empty")))
        self.assertEqual((found["reason"], found["file_size"], "confirmed" in found), ("empty", 0, False))
