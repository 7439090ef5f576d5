"""Keys and logins taken back while a WebSocket, streams and a download run by them: real clients, real engines."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.logger import Logger

from camsvc.system.reread import LOOK_EVERY_S
from tests.functional.live.test_live import LiveTestCase, WhepViewer
from tests.support.daemon.daemon import Client, Daemon, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import frames_of, reader
from tests.support.spawned import Spawned, clock, eventually, pause

SOON_S = 3.0
"""The contract says one second; a busy machine has this long."""

BIG = "camera0_2026-01-31_12-00-00Z_99.mp4"
BIG_BYTES = 400 << 20


class Download(Protocol):
    """Takes a file at a few MB/s, as over a slow line."""

    def __init__(self, url: str) -> None:
        self.taken = 0
        self.lost = False
        self.lost_at: float | None = None
        parts = urlsplit(url)
        self._request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    def connectionMade(self) -> None:
        self.transport.write(self._request)  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        self.taken += len(data)
        transport: Any = self.transport
        transport.pauseProducing()
        clock().callLater(0.02, lambda: None if self.lost else transport.resumeProducing())

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = True
        self.lost_at = time.time()


class SessionGrantsTestCase(DaemonTestCase):
    """Opens things by a credential, and sees when they are shut."""

    _log = Logger()

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine, self.cameras, self.extra)
        folder = self.daemon.state / "recordings"
        folder.mkdir()
        with (folder / BIG).open("wb") as file:
            file.truncate(BIG_BYTES)
        await self.daemon.start()
        self.addCleanup(self.show_log)
        self.admin = await self.daemon.connect("admin")

    async def login(self, credential: str) -> Client:
        client = await self.daemon.connect(None)
        await client.call("authenticate", auth_token=credential)
        return client

    async def download(self, client: Client) -> Download:
        """A download by the link that ``client`` is given."""
        url = (await client.call("get_recording_info", filename=BIG))["download_url"]
        protocol = Download(url)
        factory = Factory.forProtocol(lambda: protocol)  # type: ignore[arg-type]
        factory.noisy = False
        await TCP4ClientEndpoint(clock(), "127.0.0.1", self.daemon.port).connect(factory)

        def end() -> None:
            if not protocol.lost:
                protocol.transport.abortConnection()  # type: ignore[union-attr]

        self.addCleanup(end)
        await eventually(lambda: protocol.taken > 0, 5)
        return protocol

    async def watch(self, url: str) -> Spawned:
        """A reader of the stream, once it plays."""
        process = reader(self, url)
        await eventually(lambda: frames_of(process) > 3 or not process.running, 20)
        self.assertTrue(process.running, f"{process.err.decode()}\n{self.daemon.log()[-2000:]}")
        return process

    def basic(self, credential: str) -> str:
        """The stream's URL with a credential as password."""
        return self.daemon.rtsp_url(token="").replace("rtsp://", f"rtsp://x:{credential}@")

    async def shut(self, **things: Any) -> None:
        """All of these end soon."""
        began = clock().seconds()
        for name, thing in things.items():
            await self.ends(thing)
            self._log.info("{name} ended after {time:.3f} s at most", name=name, time=clock().seconds() - began)

    async def ends(self, thing: Any) -> None:
        """This one ends soon, and as it should."""
        if isinstance(thing, Client):
            await eventually(lambda: thing.close_code is not None, SOON_S)
            self.assertEqual(thing.close_code, 4001)
        elif isinstance(thing, Download):
            await eventually(lambda: thing.lost, SOON_S)
            self.assertLess(thing.taken, BIG_BYTES)
        else:
            await thing.ends_within(SOON_S)

    async def open(self, **things: Any) -> None:
        """All of these go on."""
        for name, thing in things.items():
            await self.goes_on(name, thing)

    async def goes_on(self, name: str, thing: Any) -> None:
        """This one does."""
        if isinstance(thing, Client):
            self.assertTrue((await thing.call("get_camera_list"))["total"], name)
        elif isinstance(thing, Download):
            before = thing.taken
            await eventually(lambda: thing.taken > before, 5)
        else:
            before = frames_of(thing)
            await eventually(lambda: frames_of(thing) > before + 5 or not thing.running, 10)
            self.assertTrue(thing.running, name)


class RevocationTests(SessionGrantsTestCase):
    """While all of it runs."""

    async def test_key(self) -> None:
        """Revoked, a key's socket, streams by ticket, password and query, and download end; another key's go on."""
        made = await self.admin.call("create_api_key", name="door", role="operator")
        other = await self.admin.call("create_api_key", name="gate", role="viewer", cameras=["camera0"])
        opened: list[dict[str, Any]] = []
        for key in (made["key"], other["key"]):
            client = await self.login(key)
            url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
            opened.append(
                {
                    "socket": client,
                    "by ticket": await self.watch(url),
                    "by password": await self.watch(self.basic(key)),
                    "by query": await self.watch(self.daemon.rtsp_url(token=key)),
                    "download": await self.download(client),
                }
            )
        mine, others = opened
        url = (await mine["socket"].call("get_stream_url", device="camera0"))["stream_url"]
        answer = await self.admin.call("revoke_api_key", name="door")
        self.assertEqual(answer["key_id"], made["key_id"])
        await self.shut(**mine)
        await self.open(**others)
        for address in (url, self.basic(made["key"]), self.daemon.rtsp_url(token=made["key"])):
            output = await reader(self, address).ends_within(15)
            self.assertIn(b"401", output.err)
        reply = await self.daemon.get("/files/recordings/" + BIG, "HEAD", X_API_Key=made["key"])
        self.assertEqual(reply.code, 401)
        reply = await self.daemon.get("/files/recordings/" + BIG, "HEAD", X_API_Key=other["key"])
        self.assertEqual(reply.code, 200)

    async def test_user(self) -> None:
        """All that a user's logins opened ends, also by tickets; who logs in after it is let in."""
        client = await self.daemon.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        token = self.daemon.token("viewer")
        mine = {
            "socket": client,
            "by ticket": await self.watch(url),
            "by query": await self.watch(self.daemon.rtsp_url(token=token)),
            "download": await self.download(client),
        }
        self.admin = await self.login(self.daemon.token("admin", user="root"))
        await self.admin.call("revoke_logins", user="test")
        await self.shut(**mine)
        await self.open(admin=self.admin, again=await self.daemon.connect("viewer"))


class RotationTests(SessionGrantsTestCase):
    """``camsvc rotate-secret`` beside a running camsvc."""

    async def test_overlap(self) -> None:
        """What is open goes on; old tokens and links count as new ones do, without an overlap new ones alone."""
        old = self.daemon.token("viewer")
        mine = {"socket": await self.login(old), "by query": await self.watch(self.daemon.rtsp_url(token=old))}
        url = (await mine["socket"].call("get_recording_info", filename=BIG))["download_url"]
        await self.rotate("1h")
        new = self.daemon.token("viewer")
        for token in (old, new):
            reply = await self.daemon.get(f"/files/recordings/{BIG}", "HEAD", Authorization=f"Bearer {token}")
            self.assertEqual(reply.code, 200)
        self.assertEqual((await self.daemon.get(url, "HEAD")).code, 200)
        await self.open(**mine)
        await self.rotate("0")
        await pause(LOOK_EVERY_S)
        await self.open(**mine)
        for token in (old, new):
            reply = await self.daemon.get(f"/files/recordings/{BIG}", "HEAD", Authorization=f"Bearer {token}")
            self.assertEqual(reply.code, 401)
        self.assertEqual((await self.daemon.get(url, "HEAD")).code, 401)
        await self.open(again=await self.daemon.connect("viewer"))

    async def rotate(self, overlap: str) -> None:
        program = str(Path(sys.executable).parent / "camsvc")
        argv = [program, "rotate-secret", "--overlap", overlap, "--config", str(self.daemon.config)]
        output = await Spawned.start(argv).ends_within(20)
        self.assertEqual(output.code, 0, output.err)


class RestartTests(SessionGrantsTestCase):
    """camsvc is killed; the engine and its viewers go on."""

    async def test_swept(self) -> None:
        """A key that ran out meanwhile: its viewers are cut off at the start; one revoked later: its viewers too."""
        short = await self.admin.call("create_api_key", name="short", role="viewer", expires_in=25)
        long = await self.admin.call("create_api_key", name="long", role="viewer")
        opened: list[dict[str, Any]] = []
        for key in (short["key"], long["key"]):
            client = await self.login(key)
            url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
            opened.append({"by ticket": await self.watch(url), "by password": await self.watch(self.basic(key))})
        await self.daemon.process.end(signal.SIGKILL, 5)
        await self.open(**{f"{name} {number}": it for number, each in enumerate(opened) for name, it in each.items()})
        await eventually(lambda: _expired(short), 30)
        await self.open(**opened[0])
        await self.daemon.start()
        for process in opened[0].values():
            await process.ends_within(10)
        await self.open(**opened[1])
        self.admin = await self.daemon.connect("admin")
        await self.admin.call("revoke_api_key", key_id=long["key_id"])
        await self.shut(**opened[1])


class WebRtcTests(LiveTestCase):
    """WHEP through our own port, the video straight from the engine."""

    async def test_key(self) -> None:
        """Revoked after a restart of camsvc, a key's viewer is gone at the engine; another's goes on."""
        admin = await self.daemon.connect("admin")
        keys = [await admin.call("create_api_key", name=name, role="viewer") for name in ("door", "gate")]
        url = f"{self.daemon.base}/live/camera0/whep"
        mine, others = (WhepViewer(self, url, key["key"]) for key in keys)
        for viewer in (mine, others):
            await viewer.gets(5)
        await self.daemon.process.end(signal.SIGKILL, 5)
        await self.daemon.start()
        self.assertEqual(len(await self.listed("webrtcsessions")), 2)
        admin = await self.daemon.connect("admin")
        await admin.call("revoke_api_key", name="door")

        async def one_left() -> bool:
            return len(await self.listed("webrtcsessions")) == 1

        await eventually(one_left, SOON_S)
        await others.gets(max(others.said("frames")) + 20)
        self.assertEqual(len(await self.listed("webrtcsessions")), 1)


def _expired(key: dict[str, Any]) -> bool:
    from datetime import UTC, datetime

    return datetime.now(UTC) > datetime.fromisoformat(key["expires_at"])


per_engine(globals(), RevocationTests, RotationTests, RestartTests, WebRtcTests)
