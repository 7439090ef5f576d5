"""Live video through our own port, with clients that are not ours: aiortc for WHEP, ffmpeg for HLS."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.trial.unittest import TestCase

from camsvc.engine.http_client import STALL_LIMIT_S
from camsvc.library import jpeg
from camsvc.system.processes import resident_bytes
from camsvc.system.secret_files import read_secret
from tests.support import CHECKOUT
from tests.support.daemon.daemon import DaemonTestCase, Reply
from tests.support.engine.engines import per_engine
from tests.support.engine.running import PUBLISHER
from tests.support.http_client import Exchange
from tests.support.media.crowd import Crowd
from tests.support.media.ffmpeg import FFMPEG, frames_of, noise, republish, spawn
from tests.support.media.network_source import network_source, sends, table
from tests.support.spawned import Spawned, clock, eventually, pause

VIEWER = CHECKOUT / "tests/support/media/whep_viewer.py"


class WhepViewer:
    """One aiortc viewer, and what it has said."""

    def __init__(
        self,
        test: TestCase,
        url: str,
        token: str = "",
        *,
        sound: bool = False,
        loss: int = 0,
        times: bool = False,
        address: str = "",
    ) -> None:
        argv = [
            sys.executable,
            str(VIEWER),
            url,
            token,
            *(["sound"] if sound else []),
            *([f"loss={loss}"] if loss else []),
            *(["times"] if times else []),
            *([f"from={address}"] if address else []),
        ]
        self.process = spawn(test, argv, stdin=True)

    def said(self, key: str) -> list[Any]:
        """Every value of a key, in order."""
        lines = [json.loads(line) for line in self.process.out.decode().splitlines() if line.startswith("{")]
        return [line[key] for line in lines if key in line]

    async def says(self, key: str, timeout_s: float = 30.0) -> Any:
        """Wait for a key; its first value."""
        try:
            return (await eventually(lambda: self.said(key), timeout_s))[0]
        except AssertionError:
            raise AssertionError(f"{key}: {self.process.out!r} {self.process.err[-2000:]!r}") from None

    async def gets(self, frames: int, timeout_s: float = 30.0) -> None:
        """Wait for so many frames."""
        try:
            await eventually(lambda: max(self.said("frames"), default=0) >= frames, timeout_s)
        except AssertionError:
            raise AssertionError(f"{self.process.out!r} {self.process.err[-2000:]!r}") from None

    def tell(self, word: str) -> None:
        """``delete``, ``deaf`` or ``hear``."""
        assert self.process.transport is not None
        self.process.transport.write(f"{word}\n".encode())


class LiveTestCase(DaemonTestCase):
    """With the engine's own lists."""

    async def engine_says(self, what: str) -> Reply:
        """Of the engine's API, asked as camsvc asks; ``what`` stands behind ``/v3/``."""
        secret = read_secret(self.daemon.runtime / "api.key").decode()
        login = base64.b64encode(f"_api:{secret}".encode()).decode()
        return await self.daemon.get(
            f"http://127.0.0.1:{self.daemon.api_port}/v3/{what}", authorization=f"Basic {login}"
        )

    async def listed(self, what: str) -> list[dict[str, Any]]:
        """A list of the engine's API."""
        return list((await self.engine_says(f"{what}/list")).json["items"] or ())


class WhepTests(LiveTestCase):
    """WHEP by aiortc."""

    async def test_watched(self) -> None:
        """Frames of the right size; gone at the engine after DELETE; its Location tells nothing of the engine."""
        token = self.daemon.token("viewer")
        viewer = WhepViewer(self, f"http://127.0.0.1:{self.daemon.port}/live/camera0/whep", token)
        self.assertEqual(await viewer.says("status"), 201)
        self.assertRegex(await viewer.says("location"), r"^/live/camera0/whep/[A-Za-z0-9-]{8,}\Z")
        await viewer.gets(20)
        self.assertEqual((viewer.said("width")[0], viewer.said("height")[0]), (320, 180))
        (session,) = await self.listed("webrtcsessions")
        self.assertTrue(session["query"].startswith("ticket="))
        self.assertNotIn(token, session["query"])
        viewer.tell("delete")
        self.assertEqual(await viewer.says("deleted"), 200)

        async def gone() -> bool:
            return not await self.listed("webrtcsessions")

        await eventually(gone, 5)

    async def test_delete_after_restart(self) -> None:
        """The session's URL, with its ticket, is good for another camsvc: nothing is kept for it."""
        client = await self.daemon.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["urls"]["webrtc"]
        viewer = WhepViewer(self, url)
        await viewer.gets(5)
        self.daemon.process.send(9)
        await self.daemon.process.when_ended()
        await self.daemon.start()
        await viewer.gets(max(viewer.said("frames")) + 10)
        viewer.tell("delete")
        self.assertEqual(await viewer.says("deleted"), 200)

        async def gone() -> bool:
            return not await self.listed("webrtcsessions")

        await eventually(gone, 5)

    async def test_vanished(self) -> None:
        """A viewer that goes without a word is gone at the engine within 30 s; one that stays is left alone."""
        token = self.daemon.token("viewer")
        url = f"http://127.0.0.1:{self.daemon.port}/live/camera0/whep"
        stays, goes = WhepViewer(self, url, token), WhepViewer(self, url, token)
        await goes.gets(5)
        await stays.gets(5)
        await goes.process.end(signal.SIGKILL)

        async def gone() -> bool:
            return len(await self.listed("webrtcsessions")) == 1

        await eventually(gone, 30)
        await pause(10)
        await stays.gets(max(stays.said("frames")) + 10)


class HlsTests(LiveTestCase):
    """HLS by ffmpeg."""

    def read(self, url: str, frames: int | None = None, *arguments: str) -> Spawned:
        progress = ["-f", "null", "-progress", "pipe:1", "-stats_period", "0.2", "-"]
        count = ["-frames:v", str(frames)] if frames else []
        argv = [*FFMPEG, "-v", "warning", *arguments, "-threads", "1", "-i", url, *count, *progress]
        return spawn(self, argv)

    async def test_watched(self) -> None:
        """ffmpeg plays it by the URL with a ticket alone, for longer than the playlist is."""
        client = await self.daemon.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["urls"]["hls"]
        self.assertTrue(url.startswith(f"http://127.0.0.1:{self.daemon.port}/live/camera0/index.m3u8?ticket="))
        process = self.read(url, 180)
        output = await process.ends_within(60)
        self.assertEqual((output.code, frames_of(process)), (0, 180), process.err)

    async def test_what_is_seen(self) -> None:
        """The credential is traded for a session; playlists hold plain names, no ticket and no engine."""
        token = self.daemon.token("viewer")
        first = await self.daemon.get("/live/camera0/index.m3u8", authorization=f"Bearer {token}")
        self.assertEqual((first.code, first.body), (302, b""))
        where = first.headers["location"]
        self.assertRegex(where, r"^/live/camera0/s/[A-Za-z0-9._-]{20,}/index\.m3u8\Z")
        folder = where.rpartition("/")[0]
        index = await self.daemon.get(where)
        self.assertEqual((index.code, index.headers["content-type"]), (200, "application/vnd.apple.mpegurl"))
        (media,) = [line for line in index.body.decode().splitlines() if line and not line.startswith("#")]
        playlist = await self.daemon.get(f"{folder}/{media}")
        for reply in (index, playlist):
            text = reply.body.decode() + str({**reply.headers, "content-security-policy": ""})
            self.assertNotIn("ticket", text)
            self.assertNotIn("session", text.replace("/s/", ""))
            self.assertNotIn("127.0.0.1", text)
            self.assertNotIn("set-cookie", reply.headers)
        names = [line for line in playlist.body.decode().splitlines() if line and not line.startswith("#")]
        self.assertTrue(names)
        segment = await self.daemon.get(f"{folder}/{names[-1]}")
        self.assertEqual((segment.code, segment.headers["content-type"]), (200, "video/mp4"))
        self.assertEqual(segment.body[4:8], b"moof")

    async def test_unused(self) -> None:
        """Once nobody asks for it any more, the camera sleeps within 90 s."""
        client = await self.daemon.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["urls"]["hls"]
        process = self.read(url, 30)
        self.assertEqual((await process.ends_within(40)).code, 0, process.err)

        def asleep() -> bool:
            return bool(self.daemon.launcher()["state"] == "stopped")

        await eventually(asleep, 95, 0.5)

    async def test_right_ends(self) -> None:
        """A key that is revoked takes its HLS sessions with it, at once."""
        admin = await self.daemon.connect("admin")
        made = await admin.call("create_api_key", name="viewer", role="viewer")
        first = await self.daemon.get("/live/camera0/index.m3u8", x_api_key=made["key"])
        where = first.headers["location"]
        self.assertEqual((await self.daemon.get(where)).code, 200)
        process = self.read(f"http://127.0.0.1:{self.daemon.port}{where}")
        await eventually(lambda: frames_of(process) > 20)
        await admin.call("revoke_api_key", key_id=made["key_id"])
        self.assertEqual((await self.daemon.get(where)).code, 404)
        await process.ends_within(60)

    async def test_camsvc_killed(self) -> None:
        """A viewer's session goes on when camsvc is back, unless it was for a key that is revoked by then."""
        admin = await self.daemon.connect("admin")
        key = await admin.call("create_api_key", name="display", role="viewer")
        wheres = []
        for login in ({"authorization": f"Bearer {self.daemon.token('viewer')}"}, {"x_api_key": key["key"]}):
            wheres.append((await self.daemon.get("/live/camera0/index.m3u8", **login)).headers["location"])
        for where in wheres:
            self.assertEqual((await self.daemon.get(where)).code, 200)
        await admin.call("revoke_api_key", key_id=key["key_id"])
        self.daemon.process.send(9)
        await self.daemon.process.when_ended()
        await self.daemon.start()

        async def plays() -> bool:
            return (await self.daemon.get(wheres[0])).code == 200

        await eventually(plays, 20)
        media = (await self.daemon.get(wheres[0])).body.decode().split()[-1]
        self.assertEqual((await self.daemon.get(wheres[0].replace("index.m3u8", media))).code, 200)
        self.assertEqual((await self.daemon.get(wheres[1])).code, 404)

    async def test_engine_killed(self) -> None:
        """A session of ours outlives the engine's: its URL plays again when the engine is back."""
        client = await self.daemon.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["urls"]["hls"]
        where = (await self.daemon.get(url)).headers["location"]
        self.assertEqual((await self.daemon.get(where)).code, 200)
        before = self.daemon.engine_pid()
        os.kill(before, signal.SIGKILL)
        await eventually(lambda: self.daemon.engine_pid() != before, 30)

        async def plays() -> bool:
            return (await self.daemon.get(where)).code == 200

        await eventually(plays, 40, 0.5)
        process = self.read(f"http://127.0.0.1:{self.daemon.port}{where}", 30)
        self.assertEqual((await process.ends_within(40)).code, 0, process.err)


def peers(port: int) -> set[int]:
    """The other ends' ports of what is connected to a port of 127.0.0.1, as the kernel tells (proc(5), net/tcp)."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state = line.split()[:4]
        if state == "01" and local.rpartition(":")[2] == f"{port:04X}":
            found.add(int(remote.rpartition(":")[2], 16))
    return found


class SlowReaderTests(LiveTestCase):
    """Viewers of HLS whose network is too slow, with a camera that sends far more than any does."""

    readers = 30

    async def setUp(self) -> None:
        self.source = await network_source(self, self.engine)
        await self.source.add("door", source="publisher")
        file = self.source.folder / "noise.mp4"
        await noise(self, file)
        republish(self, self.source.rtsp_url("door", PUBLISHER), file)
        await sends(self.source, "door")
        self.cameras = table("Door", self.source.rtsp_url("door"))
        await super().setUp()

    def stall(self, path: str, times: int = 1) -> socket.socket:
        """Ask for a file, once or several times, and read nothing of it."""
        reader = socket.socket()
        self.addCleanup(reader.close)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", self.daemon.port))
        head = f"GET {path} HTTP/1.{'1' if times > 1 else '0'}\r\nHost: localhost\r\n\r\n"
        reader.sendall(head.encode() * times)
        return reader

    async def names(self, path: str) -> list[str]:
        """What a playlist names; empty while there is none."""
        reply = await self.daemon.get(path)
        if reply.code != 200:
            return []
        return [line for line in reply.body.decode().splitlines() if line and not line.startswith("#")]

    async def segment(self) -> tuple[str, int]:
        """The path and size of a new segment of more than 2 MB, in a session of its own; a first one may be short."""
        bearer = f"Bearer {self.daemon.token('viewer')}"
        index = (await self.daemon.get("/live/camera0/index.m3u8", authorization=bearer)).headers["location"]
        folder = index.rpartition("/")[0]
        (media,) = await eventually(lambda: self.names(index), 30, 0.5)

        async def large() -> tuple[str, int] | None:
            for name in (await self.names(f"{folder}/{media}"))[-1:]:
                size = len((await self.daemon.get(f"{folder}/{name}")).body)
                return (f"{folder}/{name}", size) if size > 2_000_000 else None
            return None

        found: tuple[str, int] = await eventually(large, 30, 0.5)
        return found

    async def test_readers_that_stall(self) -> None:
        """What they do not take waits at the engine: camsvc grows by a tenth of it at most, and serves the next one.

        Nor has the relay a copy for each of them; MediaMTX 1.5.1 has.
        """
        path, size = await self.segment()
        pids = (self.daemon.process.pid, self.daemon.engine_pid())
        before = [resident_bytes(pid) for pid in pids]
        readers = [self.stall(path) for _ in range(self.readers)]

        def all_began() -> bool:
            return all(reader.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) for reader in readers)

        await eventually(all_began, 30)
        for _ in range(3):  # each is answered behind what stalls
            await self.segment()
        camsvc, engine = (resident_bytes(pid) - was for pid, was in zip(pids, before, strict=True))
        self.assertLess(camsvc, self.readers * size / 10)
        if not self.engine.is_mediamtx_before(1, 20):
            self.assertLess(engine, self.readers * size / 2)
        (first, *_) = readers
        first.settimeout(0)
        self.assertEqual(await self.rest_of(first), size)

    async def test_given_up(self) -> None:
        """Who takes nothing for 30 s is closed, with its connection at the engine; other viewers go on."""
        crowd = Crowd(self, self.daemon, rtsp=1, hls=2, webrtc=0)
        await crowd.all_see()
        path, _ = await self.segment()
        before = len(peers(self.daemon.hls_port))
        # On one connection several times, so that the kernel does not hold the whole of it.
        ports = {self.stall(path, times=5).getsockname()[1] for _ in range(4)}
        began = clock().seconds()
        await eventually(lambda: len(peers(self.daemon.hls_port)) >= before + 4)
        await crowd.all_see()

        def gone() -> bool:
            return not peers(self.daemon.port) & ports

        await eventually(gone, STALL_LIMIT_S + 30)
        self.assertGreater(clock().seconds() - began, STALL_LIMIT_S - 5)
        await eventually(lambda: len(peers(self.daemon.hls_port)) <= before + 2)  # players have some more or less
        await crowd.all_see()

    async def rest_of(self, reader: socket.socket) -> int:
        """Read on to the end; the length of the body."""
        got: list[bytes] = []

        def at_end() -> bool:
            while data := reader.recv(1 << 20):  # BlockingIOError, an OSError, while there is none
                got.append(data)
            return True

        await eventually(at_end, 30, 0.001)
        return len(b"".join(got).partition(b"\r\n\r\n")[2])


class PreviewTests(DaemonTestCase):
    """Pictures by HTTP alone."""

    async def test_pictures(self) -> None:
        """A sleeping camera is woken for a picture; a stream of them keeps it awake longer than the engine would."""
        bearer = f"Bearer {self.daemon.token('viewer')}"
        client = await self.daemon.connect("viewer")
        reply = await self.daemon.get((await client.call("get_stream_url", device="camera0"))["urls"]["preview"])
        self.assertEqual((reply.code, jpeg.size(reply.body)), (200, (320, 180)))
        pid = await self.daemon.running_ffmpeg()
        head = f"GET /cameras/camera0/preview.mjpeg HTTP/1.0\r\nHost: localhost\r\nAuthorization: {bearer}"
        endpoint = TCP4ClientEndpoint(clock(), "127.0.0.1", self.daemon.port)  # type: ignore[arg-type]
        reader: Any = await connectProtocol(endpoint, Exchange(head.encode() + b"\r\n\r\n"))
        # The engine sends a camera without readers to sleep after 20 s, and it draws a picture a second.
        await eventually(lambda: reader.received.count(b"--picture\r\n") > 24, 60)
        self.assertEqual(await self.daemon.running_ffmpeg(), pid)
        reader.transport.abortConnection()
        await reader.done

        def asleep() -> bool:
            return bool(self.daemon.launcher()["state"] == "stopped")

        await eventually(asleep, 60)


class RefusedTests(LiveTestCase):
    """Who may not, and what cannot be."""

    async def test_refused(self) -> None:
        """401 without a credential and with a ticket for another camera, 404 for an unknown camera; as JSON."""
        bearer = {"authorization": f"Bearer {self.daemon.token('viewer')}"}
        for path, method in (("whep", "POST"), ("whep/0123456789abcdef", "DELETE"), ("index.m3u8", "GET")):
            for query in ("", "?ticket=x.y.z"):
                reply = await self.daemon.get(f"/live/camera0/{path}{query}", method)
                self.assertEqual((reply.code, reply.json["error"]["code"]), (401, -32001), path)
            reply = await self.daemon.get(f"/live/camera7/{path}", method, **bearer)
            self.assertEqual((reply.code, reply.json["error"]["code"]), (404, -32010), path)
        for secret in ("11111111-1111-1111-1111-111111111111", "nosuchsecret"):
            reply = await self.daemon.get(f"/live/camera0/whep/{secret}", "DELETE", **bearer)
            self.assertEqual((reply.code, reply.json["error"]["code"]), (404, -32010), secret)
        for path in ("s/abc/index.m3u8", "s/abc/stream.m3u8"):
            self.assertEqual((await self.daemon.get(f"/live/camera0/{path}", **bearer)).code, 404)
        reply = await self.daemon.get("/live/camera0/whep", "POST", **bearer)
        self.assertEqual(reply.code, 415)


per_engine(globals(), WhepTests, HlsTests, SlowReaderTests, PreviewTests, RefusedTests)
