"""Cameras that send a picture in 5 s, and in 30 s: known by their pace, watched, recorded, and never called silent.

``make functional`` has the first on the relay, ``make odd-cameras`` both on every engine that is found.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.task import LoopingCall

from tests.functional.cameras.test_odd_cameras import WHICH
from tests.support import CHECKOUT
from tests.support.daemon.daemon import DaemonTestCase
from tests.support.engine.engines import find_engines
from tests.support.engine.rtsp_client import RtspClient
from tests.support.engine.running import free_ports
from tests.support.media.ffmpeg import packet_times, spawn
from tests.support.media.network_source import table
from tests.support.odd.cameras import CAMERAS
from tests.support.odd.media import make_media
from tests.support.spawned import clock, eventually, scratch

NAMES = ("fps02key", "fps003key")

PICTURES = 4
"""Watched, and at least three of them recorded."""
STARTS_S = 60.0
KEEP_ALIVE_S = 20.0
"""A session ends after a minute without a request (RFC 2326, 12.37)."""
KNOWN_PICTURES = 9
"""Five of the second ffprobe, and one each for the first, which gives up, and for where a picture was missed."""


class SlowCamera:
    """A camera whose pictures come seldom."""

    name: str

    async def setUp(self) -> None:
        self.period_s = 1 / CAMERAS[self.name].fps
        media, (port,) = scratch(self), free_ports(1)
        await make_media(self, media)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
        player = spawn(self, [sys.executable, "-m", "tests.support.odd.player", str(port), str(media)], env=env)
        await eventually(lambda: player.out.startswith(b"ready"))
        self.cameras = table(self.name, f"rtsp://127.0.0.1:{port}/{self.name}")
        await super().setUp()
        self.client = await self.daemon.connect()

    async def known(self) -> bool:
        camera = await self.status()
        assert camera["status"] == "CONNECTED" and camera["resolution"] != "0x0", camera
        return True

    async def status(self) -> dict[str, Any]:
        return dict(await self.client.call("get_camera_status", device="camera0"))

    async def watched(self) -> list[float]:
        """When pictures come to an RTSP viewer, monotonic seconds."""
        arrived: list[float] = []
        stamps: list[bytes] = []

        def take(frame: bytes) -> None:
            if frame[1] == 0 and frame[8:12] not in stamps[-1:]:
                stamps.append(frame[8:12])
                arrived.append(clock().seconds())

        parts = urlsplit(self.daemon.rtsp_url("camera0"))
        viewer = await RtspClient.connect(self, self.daemon.rtsp_port)
        viewer.on_packet = take
        await viewer.play(parts.geturl(), STARTS_S + 5 * self.period_s)
        alive = LoopingCall(viewer.ask, "OPTIONS", parts.geturl())
        alive.start(KEEP_ALIVE_S)
        self.addCleanup(lambda: alive.running and alive.stop())
        await eventually(lambda: len(arrived) > PICTURES or viewer.closed, STARTS_S + (PICTURES + 4) * self.period_s)
        self.assertFalse(viewer.closed, f"cut off after {len(arrived)} pictures")
        alive.stop()
        await viewer.close()
        return arrived

    async def test_all_of_it(self) -> None:
        """Known within some pictures; each reaches a viewer; snapshot and recording have them; no error meanwhile."""
        await eventually(self.known, STARTS_S + KNOWN_PICTURES * self.period_s, 0.6)
        told = len(self.client.notifications)
        length_s = int(PICTURES * self.period_s)
        started = await self.client.call("start_recording", device="camera0", duration=length_s)
        steps = [later - earlier for earlier, later in pairwise((await self.watched())[1:])]
        for step in steps:
            self.assertLess(abs(step / self.period_s - 1), 0.5, f"{steps} s between pictures")
        taken = await self.client.call("take_snapshot", device="camera0")
        self.assertLess(taken["age_ms"], 1000 * (self.period_s + STARTS_S))
        await self.client.sees(
            "recording_status_update",
            length_s + STARTS_S + 5 * self.period_s,
            device="camera0",
            status="STOPPED",
            filename=started["filename"],
        )
        file = self.daemon.state / "recordings" / started["filename"]
        times = await packet_times(self, file, "v")
        self.assertGreaterEqual(len(times), PICTURES - 1, f"recorded at {times} s")
        (listed,) = (await self.client.call("list_recordings", device="camera0"))["files"]
        self.assertLess(abs(listed["duration"] - length_s), 1.5 * self.period_s, f"recorded at {times} s")
        wrong = [
            note
            for note in self.client.notifications[told:]
            if note.get("status") == "ERROR" or note.get("error") is not None
        ]
        self.assertEqual(wrong, [])


def _classes() -> dict[str, type]:
    found = {}
    for engine in find_engines():
        if WHICH == "none" or (WHICH == "relay" and engine.kind != "relay"):
            continue
        for name in NAMES[:1] if WHICH == "relay" else NAMES:
            label = f"{engine.label}Slow{name.capitalize()}Tests"
            body = {"engine": engine, "name": name, "__module__": __name__, "timeout": 300 + 30 / CAMERAS[name].fps,
                    "__doc__": f"{SlowCamera.__doc__} With {engine.name}."}  # fmt: skip
            found[label] = type(label, (SlowCamera, DaemonTestCase), body)
    return found


globals().update(_classes())
