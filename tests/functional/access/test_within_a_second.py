"""A revoked right ends all that is open by it within a second: timed at the clients of every port, on each engine.

The second is held against the wall clock plus what the machine takes meanwhile for something that takes no time: an
answer over a WebSocket. On a quiet machine that is a few milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from camsvc.engine.session_enforcer import ROUND_S
from tests.functional.access.test_session_grants import SessionGrantsTestCase
from tests.functional.live.test_live import LiveTestCase, WhepViewer
from tests.support.daemon.daemon import Client, Daemon, RpcError
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient
from tests.support.http_client import Exchange
from tests.support.media.ffmpeg import FFMPEG, frames_of, reader, spawn
from tests.support.spawned import Spawned, clock, eventually, pause

LIMIT_S = 1.0
STEPS = 10
"""What ends passes through so many programs and turns of event loops at most, each as slow as an answer is."""

AFTER_S = 3.0
"""So long is watched whether anything still comes."""


class Slowness:
    """The longest time that an answer takes, asked for ten times a second."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._loop = LoopingCall(self._ask)
        self.worst_s = 0.0

    def start(self) -> None:
        self._loop.start(0.1)

    async def _ask(self) -> None:
        began = time.time()
        try:
            await self._client.call("ping")
        except ConnectionError:  # asked as the test ended
            if self._loop.running:
                raise
        self.worst_s = max(self.worst_s, time.time() - began)

    def stop(self) -> None:
        self._loop.stop()


class Playlist:
    """An HLS viewer's questions, ten a second: when the last one was answered with a list."""

    def __init__(self, daemon: Daemon, path: str) -> None:
        self._daemon = daemon
        self._path = path
        self._loop = LoopingCall(self._ask)
        self.good_at: list[float] = []
        self.bad = 0

    def start(self) -> None:
        self._loop.start(0.1)

    async def _ask(self) -> None:
        asked = time.time()
        if (await self._daemon.get(self._path)).code == 200:
            self.good_at.append(asked)
        else:
            self.bad += 1

    def stop(self) -> None:
        if self._loop.running:
            self._loop.stop()


class Pictures(Exchange):
    """An MJPEG viewer: when the last bytes came."""

    last_at = 0.0

    def dataReceived(self, data: bytes) -> None:
        self.last_at = time.time()
        super().dataReceived(data)


class EverythingTestCase(SessionGrantsTestCase, LiveTestCase):
    """Everything that a credential can open, at once, and when each of it ended."""

    _log = Logger()
    timeout = 180

    async def opened(self, key: str) -> dict[str, Any]:
        """One of each."""
        client = await self.login(key)
        urls = (await client.call("get_stream_url", device="camera0"))["urls"]
        streams = {
            "RTSP by ticket": await self.timed(urls["rtsp"]),
            "RTSP by query": await self.timed(self.daemon.rtsp_url(token=key)),
        }
        if len(key) < 100:  # what ffmpeg takes of a password
            streams["RTSP by password"] = await self.timed(self.basic(key))
        whep = WhepViewer(self, f"{self.daemon.base}/live/camera0/whep", key, times=True)
        where = (await self.daemon.get("/live/camera0/index.m3u8", authorization=f"Bearer {key}")).headers["location"]
        names = (await self.daemon.get(where)).body.decode().splitlines()
        media = next(line for line in names if line and not line.startswith("#"))
        playlist = Playlist(self.daemon, f"{where.rpartition('/')[0]}/{media}")
        lines = ("GET /cameras/camera0/preview.mjpeg HTTP/1.0", "Host: localhost", f"Authorization: Bearer {key}")
        head = "\r\n".join((*lines, "", ""))
        endpoint = TCP4ClientEndpoint(clock(), "127.0.0.1", self.daemon.port)  # type: ignore[arg-type]
        pictures: Any = await connectProtocol(endpoint, Pictures(head.encode()))
        self.addCleanup(lambda: pictures.done.called or pictures.transport.abortConnection())
        await eventually(lambda: pictures.last_at, 20)
        await whep.gets(10)
        playlist.start()
        self.addCleanup(playlist.stop)
        await eventually(lambda: len(playlist.good_at) > 2, 20)
        return {
            "socket": client,
            **streams,
            "WHEP": whep,
            "HLS": playlist,
            "MJPEG": pictures,
            "download": await self.download(client),
        }

    async def timed(self, url: str) -> Spawned:
        """A reader of the stream that plays."""
        process = await self.watch(url)
        process.when_ended().addCallback(lambda _: setattr(process, "ended_at", time.time()))
        return process

    def last_signs(self, things: dict[str, Any]) -> dict[str, float]:
        """When each has shown the last sign of life, in seconds since the epoch; now, where it lives."""
        now = time.time()
        found = {}
        for name, thing in things.items():
            if isinstance(thing, Client):
                found[name] = thing.closed_at or now
            elif isinstance(thing, Spawned):
                found[name] = getattr(thing, "ended_at", now)
            elif isinstance(thing, WhepViewer):
                found[name] = thing.said("at")[-1]
            elif isinstance(thing, Playlist):
                found[name] = thing.good_at[-1]
            elif isinstance(thing, Pictures):
                found[name] = thing.last_at
            else:
                found[name] = thing.lost_at or now
        return found


class RevokedTests(EverythingTestCase):
    """A key that is revoked."""

    async def test_within_a_second(self) -> None:
        """Socket, RTSP by ticket, password and query, WHEP, HLS, MJPEG, download: all of one key, none of another."""
        made = await self.admin.call("create_api_key", name="door", role="operator")
        other = await self.admin.call("create_api_key", name="gate", role="viewer")
        mine, theirs = await self.opened(made["key"]), await self.opened(other["key"])
        slowness = Slowness(await self.daemon.connect())
        slowness.start()
        self.addCleanup(slowness.stop)
        await pause(0.5)

        began = time.time()
        await self.admin.call("revoke_api_key", name="door")
        answered = time.time() - began
        await pause(AFTER_S)
        ends = {name: end - began for name, end in self.last_signs(mine).items()}
        row = (await self.admin.call("get_audit_log", limit=1))["entries"][0]
        self.assertEqual((row["method"], row["result"]), ("revoke_api_key", "ok"))

        told = ", ".join(f"{name} {end:.3f}" for name, end in ends.items())
        print(f"\n{self.engine.name}: seconds after the revocation, answered after {answered:.3f}: {told}; "
              f"an answer took up to {slowness.worst_s:.3f}")  # fmt: skip
        for name, end in ends.items():
            self.assertLess(end, LIMIT_S + STEPS * slowness.worst_s, name)
        self.assertTrue(mine["MJPEG"].done.called)
        for name, last in self.last_signs(theirs).items():
            self.assertGreater(last - began, AFTER_S - 1.5 - STEPS * slowness.worst_s, f"{name} of another key")
        self.assertEqual(theirs["socket"].close_code, None)


class LoginEndsTests(EverythingTestCase):
    """A login that ends in each way that there is; what another user has opened goes on."""

    async def ended_by(self, end: Callable[[], Awaitable[float | None]], limit_s: float, token: str = "") -> None:
        """Open everything by a login, end it, and see all of it shut and another user's go on.

        Args:
            end: ends it, now; or gives when it will end.
            limit_s: how soon after that all is shut.
            token: of the login; a new one where there is none.
        """
        mine = await self.opened(token or self.daemon.token("viewer", user="ann"))
        theirs = {"RTSP by ticket": await self.timed((await self.urls("bob"))["rtsp"])}
        slowness = Slowness(await self.daemon.connect())
        slowness.start()
        self.addCleanup(slowness.stop)
        began = (await end()) or time.time()
        await pause(max(0.0, began - time.time()) + limit_s + AFTER_S)
        socket = mine.pop("socket")
        if socket.close_code is None:  # a login that runs out leaves the socket open for another
            with self.assertRaises(RpcError):
                await socket.call("get_camera_list")
        for name, last in self.last_signs(mine).items():
            self.assertLess(last - began, limit_s + STEPS * slowness.worst_s, name)
        for name, last in self.last_signs(theirs).items():
            self.assertGreater(last - began, limit_s, f"{name} of another user")

    async def urls(self, user: str) -> dict[str, str]:
        client = await self.login(self.daemon.token("viewer", user=user))
        return dict((await client.call("get_stream_url", device="camera0"))["urls"])

    async def test_logout(self) -> None:
        """By ``POST /api/logout`` with the same token."""
        token = self.daemon.token("viewer", user="ann")

        async def end() -> None:
            reply = await self.daemon.get("/api/logout", "POST", authorization=f"Bearer {token}")
            self.assertEqual(reply.code, 200)

        await self.ended_by(end, LIMIT_S, token)

    async def test_all_logins_revoked(self) -> None:
        """Of the user, by an admin."""

        async def end() -> None:
            await self.admin.call("revoke_logins", user="ann")

        await self.ended_by(end, LIMIT_S)

    async def test_role_change(self) -> None:
        """To a role that may watch as well: what was opened by the other has to be opened anew."""
        await self.admin.call("create_user", username="ann", password="four little words", role="operator")

        async def end() -> None:
            await self.admin.call("update_user", username="ann", role="viewer")

        await self.ended_by(end, LIMIT_S)

    async def test_expiry(self) -> None:
        """At the latest with the next look at the engine's lists."""
        until = time.time() + 25
        token = self.daemon.token("viewer", 25, user="ann")

        async def end() -> float:
            return until

        await self.ended_by(end, ROUND_S + LIMIT_S, token)


class OtherQueryTests(EverythingTestCase):
    """RTSP clients that show another query at SETUP and PLAY than at DESCRIBE."""

    async def setUp(self) -> None:
        await super().setUp()
        self.token = self.daemon.token("viewer", user="ann")
        client = await self.login(self.token)
        self.url = (await client.call("get_stream_url", device="camera0"))["urls"]["rtsp"]

    async def described(self) -> tuple[RtspClient, str]:
        """A client that was admitted by its ticket, and the URL of its first track without a query."""
        client = await RtspClient.connect(self, self.daemon.rtsp_port)
        reply = await client.ask("DESCRIBE", self.url, {"Accept": "application/sdp"}, 30)
        self.assertEqual(reply.status, 200)
        media = reply.body.partition("m=")[2]
        control = next(line[10:].strip() for line in media.splitlines() if line.startswith("a=control:"))
        track = control if control.startswith("rtsp://") else f"{self.url.partition('?')[0]}/{control}"
        return client, track.partition("?")[0]

    async def test_goes_with_the_logout(self) -> None:
        """Whatever stands in the later queries, a foreign ticket too: refused, or cut with what it was let in by."""
        other = self.daemon.token("viewer", user="bob")
        bobs = (await (await self.login(other)).call("get_stream_url", device="camera0"))["urls"]["rtsp"]
        playing = []
        for query in ("", "?x=1", f"?{bobs.partition('?')[2]}", f"?token={other}"):
            client, track = await self.described()
            transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
            if (await client.ask("SETUP", track + query, transport)).status != 200:
                continue
            base = self.url.partition("?")[0] + "/"
            for again in (query, "?y=2", ""):
                if (await client.ask("PLAY", base + again, {"Range": "npt=0-"})).status == 200:
                    playing.append((query, client))
                    break
        await self.admin.call("revoke_logins", user="ann")
        await pause(LIMIT_S)
        for query, client in playing:
            before = client.packets
            await pause(1)
            self.assertEqual(client.packets, before, f"goes on by {query[:10]!r} after its ticket was revoked")

    async def test_setup_after_the_logout(self) -> None:
        """Who was only described before is set up no more."""
        clients = [(await self.described(), query) for query in ("", f"?{self.url.partition('?')[2]}", "?x=1")]
        await self.admin.call("revoke_logins", user="ann")
        for (client, track), query in clients:
            transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
            try:
                reply = await client.ask("SETUP", track + query, transport)
            except ConnectionError:
                continue
            self.assertNotEqual(reply.status, 200, query)


class EngineSessionTests(LiveTestCase):
    """Sessions that only some engines list: found there, and ended there, by the kick of their own kind."""

    _log = Logger()

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine, self.cameras, tls=True)
        await self.daemon.start()
        self.addCleanup(self.show_log)
        self.admin = await self.daemon.connect()
        self.keys = {}
        for name in ("door", "gate"):
            self.keys[name] = (await self.admin.call("create_api_key", name=name, role="viewer"))["key"]

    async def urls(self, name: str) -> dict[str, str]:
        """What a key is given."""
        client = await self.daemon.connect(None)
        await client.call("authenticate", auth_token=self.keys[name])
        return dict((await client.call("get_stream_url", device="camera0"))["urls"])

    async def revoke(self, kind: str, left: int) -> None:
        """Revoke ``door`` and time how soon the engine's list has no more than ``left``."""
        slowness = Slowness(await self.daemon.connect())
        slowness.start()
        self.addCleanup(slowness.stop)
        began = time.time()
        await self.admin.call("revoke_api_key", name="door")

        async def gone() -> bool:
            return len(await self.listed(kind)) == left

        await eventually(gone, 10, 0.02)
        took = time.time() - began
        print(f"\n{self.engine.name}: {kind} listed {took:.3f} s after the revocation no more")
        self.assertLess(took, LIMIT_S + STEPS * slowness.worst_s)

    async def test_rtsps(self) -> None:
        """Readers by ticket, password and query, over TLS; another key's goes on. The relay has no RTSPS."""
        if self.engine.kind == "relay":
            return
        key, base = self.keys["door"], f"rtsps://127.0.0.1:{self.daemon.rtsps_port}/camera0"
        mine = [
            reader(self, (await self.urls("door"))["rtsps"]),
            reader(self, base.replace("://", f"://x:{key}@")),
            reader(self, f"{base}?token={key}"),
        ]
        other = reader(self, (await self.urls("gate"))["rtsps"])
        for process in (*mine, other):
            await eventually(lambda process=process: frames_of(process) > 3 or not process.running, 30)
            self.assertTrue(process.running, process.err.decode())
        self.assertEqual(len(await self.listed("rtspssessions")), 4)
        await self.revoke("rtspssessions", 1)
        for process in mine:
            await process.ends_within(AFTER_S)
        before = frames_of(other)
        await eventually(lambda: frames_of(other) > before + 10)

    async def test_hls(self) -> None:
        """MediaMTX 1.20 lists HLS viewers: who comes by our port, and who asks the engine itself with a ticket."""
        if not self.engine.is_mediamtx_from(1, 18):
            self.assertEqual((await self.engine_says("hlssessions/list")).code, 404)
            return
        plays = []
        for name in ("door", "gate"):
            plays.append(await self.plays((await self.urls(name))["hls"]))
            ticket = (await self.urls(name))["hls"].partition("?")[2]
            plays.append(await self.plays(f"http://127.0.0.1:{self.daemon.hls_port}/camera0/index.m3u8?{ticket}"))
        sessions = await self.listed("hlssessions")
        self.assertEqual(len(sessions), 4, sessions)
        await self.revoke("hlssessions", 2)
        for process in plays[:2]:
            await process.ends_within(60)
        before = [frames_of(process) for process in plays[2:]]
        await eventually(
            lambda: all(frames_of(it) > it_had + 20 for it, it_had in zip(plays[2:], before, strict=True)), 30
        )
        self.assertEqual(len(await self.listed("hlssessions")), 2)

    async def plays(self, url: str) -> Spawned:
        """ffmpeg, once it plays HLS; it verifies no certificate."""
        progress = ["-f", "null", "-progress", "pipe:1", "-stats_period", "0.2", "-"]
        process = spawn(self, [*FFMPEG, "-v", "warning", "-threads", "1", "-i", url, *progress])
        await eventually(lambda: frames_of(process) > 20 or not process.running, 30)
        self.assertTrue(process.running, process.err.decode())
        return process


per_engine(globals(), RevokedTests, LoginEndsTests, OtherQueryTests, EngineSessionTests)
