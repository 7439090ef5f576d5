"""Strangers that send without end on the relay's RTSP port: viewers, the recording and the control API go on.

MediaMTX is not ours to mend; camsvc's own ports have their table in tests.functional.access.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from camsvc.system.processes import resident_bytes
from tests.support.engine.engines import find_engines
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import INTERNAL, VIEWER
from tests.support.floods.flood import RELAY_HTTP, RTSP, UDP
from tests.support.media.camera import CameraTestCase
from tests.support.media.ffmpeg import decode
from tests.support.spawned import Spawned, clock, eventually, pause

MIB = 1 << 20
CONNECTIONS = 40
SECONDS = float(os.environ.get("CAMSVC_FLOOD_S", "5"))


class Gaps:
    """When the packets of a viewer came: ``longest_s`` between two of them."""

    def __init__(self, client: RtspClient) -> None:
        self.longest_s = 0.0
        self._last = clock().seconds()
        client.on_packet = self._take

    def _take(self, _: bytes) -> None:
        now = clock().seconds()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now


class RtspFloodTests(CameraTestCase):
    """One row for each kind of message."""

    engine = find_engines()[0]
    timeout = 120 + 10 * SECONDS

    async def flood(self, kind: str, port: int) -> dict[str, Any]:
        """Forty connections for some seconds; what the flooder says of it."""
        target = "RTSP" if kind in RTSP else "UDP" if kind in UDP else "relay HTTP"
        name = f"{target} {kind}"
        argv = [sys.executable, "-m", "tests.support.floods.flood", name, str(port)]
        process = Spawned.start([*argv, str(CONNECTIONS), str(SECONDS)])
        self.addCleanup(process.end)
        delays = []
        while process.output is None:
            began = clock().seconds()
            await self.server.api("GET", "paths/list")
            delays.append(clock().seconds() - began)
            await pause(0.05)
        self.assertLess(sorted(delays)[int(0.9 * len(delays))], 0.5, f"{kind}: the API's delay")
        return dict(json.loads(process.out))

    async def attack(self, kind: str, port: int | None = None) -> None:
        """See that nobody notices; RTSP's port unless another is given."""
        folder = self.folder / "recordings"
        pattern = f"{folder}/%path/%Y-%m-%d_%H-%M-%S-%f"
        await self.server.add("camera0", record=True, recordPath=pattern, recordPartDuration="200ms")
        await self.publish()
        viewer = await play(self, self.server.rtsp_url("camera0"))
        await self.grows(viewer)
        memory = resident_bytes(self.server.process.pid)
        gaps = Gaps(viewer)
        began = clock().seconds()
        told = await self.flood(kind, port or self.server.rtsp_port)
        seconds = clock().seconds() - began
        self.assertFalse(viewer.closed, kind)
        self.assertLess(gaps.longest_s, 1.0, f"{kind}: {told}")
        self.assertLess(resident_bytes(self.server.process.pid) - memory, 40 * MIB, kind)
        newcomer = await play(self, self.server.rtsp_url("camera0"))
        await self.grows(newcomer)
        self.assertLess(self.server.log().count("\n"), 100, kind)
        await self.server.delete("camera0")
        (file,) = await eventually(lambda: list(Path(folder).rglob("*.mp4")))
        decoded = await decode(self, file)
        self.assertGreater(decoded.frames, 0.9 * 10 * seconds, kind)

    async def test_pipelined_options(self) -> None:
        """Requests that anybody may make, in one stream."""
        await self.attack("pipelined OPTIONS")

    async def test_pipelined_describe(self) -> None:
        """Requests that are refused, one by one, after the callback was asked."""
        await self.attack("pipelined DESCRIBE")

    async def test_unknown_methods(self) -> None:
        """Requests that are no method of RTSP."""
        await self.attack("unknown methods")

    async def test_empty_frames(self) -> None:
        """Interleaved frames of four bytes, before any SETUP."""
        await self.attack("empty frames")

    async def test_large_frames(self) -> None:
        """The largest frames there are, on a channel of nobody."""
        await self.attack("large frames")

    async def test_empty_lines(self) -> None:
        """What is skipped before a request."""
        await self.attack("empty lines")

    async def test_pipelined_get(self) -> None:
        """The port of HLS, as a local user could."""
        await self.attack("pipelined GET", self.server.hls_port)

    async def test_pipelined_get_of_nothing(self) -> None:
        """The control API's, without its credential."""
        await self.attack("pipelined GET of nothing", self.server.api_port)

    async def test_checks_of_nobody(self) -> None:
        """Datagrams that look like a WebRTC viewer's first."""
        await self.attack("checks of nobody", self.server.webrtc_udp_port)

    async def test_datagrams_of_noise(self) -> None:
        """Datagrams from where nobody is known."""
        await self.attack("datagrams of noise", self.server.webrtc_udp_port)

    def test_every_kind(self) -> None:
        """Each kind of message has its row."""
        rows = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        self.assertEqual({kind.lower().replace(" ", "_") for kind in RTSP | RELAY_HTTP | UDP} - rows, set())


class ShareTests(CameraTestCase):
    """Who is let in, and takes all there is."""

    engine = find_engines()[0]
    timeout = 120

    async def test_readers_of_one_credential(self) -> None:
        """They get a quarter of the connections; another may read, and a camera may publish."""
        await self.server.add("camera0")
        await self.server.add("camera1")
        await self.publish()
        url = self.server.rtsp_url("camera0", None)
        transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        answers = []
        for _ in range(300):
            client = await RtspClient.connect(self, self.server.rtsp_port)
            client.log_in(VIEWER)
            answers.append((await client.ask("SETUP", f"{url}/trackID=0", transport)).status)
        self.assertEqual((answers.count(200), answers.count(503)), (250, 50))
        await self.grows(await play(self, self.server.rtsp_url("camera0", INTERNAL)))
        await self.publish("camera1")

    async def test_connections_of_strangers(self) -> None:
        """A thousand and more that ask and begin nothing make room for who comes."""
        await self.server.add("camera0")
        for _ in range(1100):
            client = await RtspClient.connect(self, self.server.rtsp_port)
            client.send(RTSP["pipelined OPTIONS"].message)
        await self.publish()
        await self.grows(await play(self, self.server.rtsp_url("camera0")))
