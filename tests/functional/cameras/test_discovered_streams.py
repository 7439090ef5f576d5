"""Streams of another server are found on a configured network, offered, and added as a camera."""

from __future__ import annotations

from typing import Any

from tests.support.daemon.daemon import Daemon, RpcError
from tests.support.engine.engines import per_engine
from tests.support.engine.running import PUBLISHER, Asked, EngineTestCase, default_verdict
from tests.support.media.ffmpeg import publish, read_frames
from tests.support.spawned import clock, eventually


class OffersTests(EngineTestCase):
    """The server is an engine on 127.0.0.1; camsvc looks at 127.0.0.0/29, where nobody else is."""

    timeout = 180

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.callback.verdict = lambda asked: default_verdict(asked) or self.is_open(asked)

    @staticmethod
    def is_open(asked: Asked) -> bool:
        """Whoever wants a login says so of every path; this server wants one for ``closed`` alone."""
        return asked.action == "read" and asked.fields["path"] != "closed"

    async def send(self, path: str) -> None:
        """Publish a test picture."""
        await self.server.add(path)
        publish(self, self.server.rtsp_url(path, PUBLISHER))

        async def ready() -> bool:
            return bool((await self.server.path(path))["ready"])

        await eventually(ready)

    def daemon(self, *paths: str) -> Daemon:
        listed = ", ".join(f'"{path}"' for path in paths)
        table = f'networks = ["127.0.0.0/29"]\nrtsp_ports = [{self.server.rtsp_port}]\nrtsp_paths = [{listed}]\n'
        return Daemon(self, self.engine, table)

    async def test_found_and_added(self) -> None:
        """Found at the path where it is, with its codec; added it plays; nothing is added by itself."""
        await self.send("open/stream")
        daemon = self.daemon("/", "/nothing/here", "/open/stream")
        await daemon.start()
        client = await daemon.connect()
        began = clock().seconds()
        found = await client.call("discover_external_streams", timeout_s=40)
        print(f"\na scan of 6 addresses: {clock().seconds() - began:.2f} s, {found['scan_duration']}")
        url = f"rtsp://127.0.0.1:{self.server.rtsp_port}/open/stream"
        self.assertEqual(
            [(one["url"], one["status"], one["capabilities"]["codecs"]) for one in found["generic_streams"]],
            [(url, "DISCOVERED", ["H264"])],
        )
        self.assertEqual((found["skydio_streams"], found["errors"]), ([], []))
        self.assertEqual((await client.call("get_camera_list"))["cameras"], [])
        added: dict[str, Any] = await client.call("add_external_stream", stream_url=url, stream_name="Found")
        self.assertEqual(added["device"], "camera0")
        self.assertEqual((await read_frames(self, daemon.rtsp_url(), 5)).frames, 5)

    async def test_login(self) -> None:
        """A server that wants a login is offered once, and says so."""
        await self.send("closed")
        daemon = self.daemon("/closed", "/other")
        await daemon.start()
        client = await daemon.connect()
        (one,) = (await client.call("discover_external_streams", timeout_s=40))["discovered_streams"]
        self.assertEqual((one["url"].rpartition("/")[2], one["capabilities"]["auth_required"]), ("closed", True))

    async def test_off(self) -> None:
        """By default nothing is looked for."""
        daemon = Daemon(self, self.engine, "")
        await daemon.start()
        client = await daemon.connect()
        with self.assertRaises(RpcError) as refused:
            await client.call("discover_external_streams")
        self.assertEqual((refused.exception.code, refused.exception.data["reason"]), (-32030, "feature_disabled"))


per_engine(globals(), OffersTests)
