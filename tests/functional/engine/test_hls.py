"""What camsvc relies on in an engine's HLS, which is MediaMTX's: ``hlsAddress``, ``/v3/hlsmuxers``."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec
from attrs import frozen

from camsvc.access.admission import Admission, EngineSecrets, Question
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.roles import Role
from camsvc.config.schema import Limits
from camsvc.engine.http_client import EngineAnswer, EngineHttp
from camsvc.limits.viewer_shares import ViewerShares
from camsvc.server.routes import camera_access
from camsvc.server.routes.hls_sessions import HlsSessions, plain_playlist
from camsvc.system.clocks import Clocks
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient
from tests.support.engine.running import API, INTERNAL, PUBLISHER, VIEWER, Asked, default_verdict
from tests.support.live_stub import CameraStand
from tests.support.media.camera import FPS, CameraTestCase, Launcher
from tests.support.media.ffmpeg import FFMPEG, publish_sound, spawn
from tests.support.samples import principal
from tests.support.spawned import clock, eventually, pause

TICKET = {"ticket": "good"}


@frozen
class Got:
    """An answer: ``status``, ``headers`` by lower-case name, ``body``."""

    status: int
    headers: dict[str, str]
    body: str


class HlsTestCase(CameraTestCase):
    """A viewer of HLS who shows a ticket in the query, as camsvc's own port does."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.callback.verdict = self.admits
        self.http = EngineHttp(clock(), self.server.hls_port, self.server.webrtc_port)
        self.addCleanup(self.http.close)
        self.cookies: dict[str, str] = {}

    def admits(self, asked: Asked) -> bool:
        return default_verdict(asked) or (asked.action == "read" and "ticket=good" in asked.fields["query"])

    async def got(self, path: str, query: dict[str, str]) -> Got:
        answer: EngineAnswer = await self.http.hls(path, query, self.cookies)
        self.cookies |= answer.cookies
        return Got(answer.status, dict(answer.headers), await answer.text())

    async def enter(self, path: str = "camera0", query: dict[str, str] = TICKET) -> Got:
        """Ask for the first playlist, by way of the redirect and the cookie that MediaMTX 1.20 wants."""
        self.cookies = {}
        url = f"/{path}/index.m3u8"
        got = await self.got(url.lstrip("/"), query)
        for _ in range(3):
            if got.status != 302:
                break
            target = urlsplit(urljoin(url, got.headers["location"]))
            got = await self.got(target.path.lstrip("/"), dict(parse_qsl(target.query)))
        return got

    @staticmethod
    def names(playlist: str) -> list[str]:
        """What a playlist names, in its order."""
        return [line for line in playlist.splitlines() if line and not line.startswith("#")]

    async def named(self, name: str) -> Got:
        """A file that a playlist names; a query of its own stands in for ours."""
        file, _, query = name.partition("?")
        return await self.got(f"camera0/{file}", TICKET | dict(parse_qsl(query)))

    async def media_playlist(self) -> Got:
        """The playlist of the video, of a stream that is entered."""
        return await self.named(self.names((await self.enter()).body)[-1])

    async def ffprobed(self) -> dict[str, Any]:
        """What ffprobe finds in the stream, with a Basic credential."""
        login = base64.b64encode(":".join(VIEWER).encode()).decode()
        url = f"http://127.0.0.1:{self.server.hls_port}/camera0/index.m3u8"
        argv = ["ffprobe", "-v", "error", "-headers", f"Authorization: Basic {login}\r\n"]
        output = await spawn(self, [*argv, "-show_streams", "-of", "json", url]).ends_within(30.0)
        return dict(json.loads(output.out or b"{}"))

    @property
    def newer(self) -> bool:
        """It keeps sessions of its own: MediaMTX from 1.17 on."""
        return self.engine.is_mediamtx_from(1, 17)

    async def readers(self) -> list[str]:
        """Types of the readers of camera0."""
        return [reader["type"] for reader in (await self.server.path("camera0"))["readers"]]


class HlsTests(HlsTestCase):
    """HLS as browsers get it."""

    async def test_playlists_and_files(self) -> None:
        """RFC 8216: index.m3u8 names playlists, these a header (EXT-X-MAP) and segments, all beside it.

        All is fMP4 (hlsVariant).
        """
        await self.server.add("camera0")
        await self.publish()
        index = await self.enter()
        self.assertEqual((index.status, index.headers["content-type"]), (200, "application/vnd.apple.mpegurl"))
        self.assertRegex(index.body, r'CODECS="avc1\.42c0[0-9a-f]{2}')
        self.assertIn("RESOLUTION=320x180", index.body)
        media = await self.named(self.names(index.body)[-1])
        self.assertIn("no-cache", media.headers["cache-control"])
        header = re.search(r'#EXT-X-MAP:URI="([^"]+)"', media.body)
        assert header is not None
        for name, box in ((header[1], "moov"), (self.names(media.body)[-1], "moof")):
            self.assertNotIn("/", name)
            got = await self.named(name)
            self.assertEqual((got.status, box in got.body), (200, True), name)
            self.assertRegex(got.headers["content-type"], "^video/mp4")

    async def test_list_goes_on(self) -> None:
        """Segments of about a second (hlsSegmentDuration), at most 7 listed (hlsSegmentCount), numbers that grow."""
        await self.server.add("camera0")
        await self.publish()
        name = self.names((await self.enter()).body)[-1]

        async def sequence() -> int:
            found = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", (await self.named(name)).body)
            return int(found[1]) if found else -1

        first = await sequence()
        self.assertGreaterEqual(first, 0)
        await eventually(lambda: self._is_past(sequence, first))
        playlist = (await self.named(name)).body
        self.assertLessEqual(len(self.names(playlist)), 7)
        seconds = [float(text) for text in re.findall(r"#EXTINF:([\d.]+)", playlist)]
        self.assertTrue(all(0.5 <= one <= 2.5 for one in seconds), seconds)

    async def _is_past(self, sequence: Callable[[], Any], first: int) -> bool:
        return int(await sequence()) > first

    async def test_sound(self) -> None:
        """AAC stays AAC, and Opus Opus, beside the picture."""
        for codec, found in (("aac", "aac"), ("libopus", "opus")):
            await self.server.add("camera0")
            process = publish_sound(self, self.server.rtsp_url("camera0", PUBLISHER), codec)
            await eventually(self.is_ready)
            streams = (await self.ffprobed()).get("streams", [])
            self.assertEqual(sorted(stream["codec_name"] for stream in streams), sorted(["h264", found]))
            sound = next(stream for stream in streams if stream["codec_type"] == "audio")
            self.assertEqual((sound["sample_rate"], sound["channels"]), ("48000", 2))
            await process.end()
            await self.server.delete("camera0")

    async def test_ffmpeg_plays_it(self) -> None:
        """ffmpeg's HLS reader decodes several segments without a complaint."""
        await self.server.add("camera0")
        await self.publish()
        login = base64.b64encode(":".join(VIEWER).encode()).decode()
        url = f"http://127.0.0.1:{self.server.hls_port}/camera0/index.m3u8"
        argv = [*FFMPEG, "-v", "error", "-headers", f"Authorization: Basic {login}\r\n", "-i", url]
        output = await spawn(self, [*argv, "-frames:v", str(4 * FPS), "-f", "null", "-"]).ends_within(30.0)
        self.assertEqual((output.code, output.err), (0, b""))

    async def test_first_request_starts_the_camera(self) -> None:
        """An on-demand path is started (runOnDemand), and the request waits for it and its first segment."""
        launcher = Launcher(self.folder)
        await self.server.add("camera0", runOnDemand=launcher.command, runOnDemandRestart=True)
        got = await self.enter()
        self.assertEqual((got.status, len(launcher.runs())), (200, 1))

    async def test_camera_that_does_not_come(self) -> None:
        """After runOnDemandStartTimeout the request ends with an error: camsvc says that there is no picture."""
        launcher = Launcher(self.folder, publishes=False)
        keys = {"runOnDemand": launcher.command, "runOnDemandStartTimeout": "2s"}
        await self.server.add("camera0", **keys)
        began = clock().seconds()
        self.assertIn((await self.enter()).status, (404, 500))
        self.assertLess(clock().seconds() - began, 15)

    async def test_viewers_that_vanish(self) -> None:
        """Thirty that ask for a camera which is not up yet, and go: the next one gets its picture."""
        launcher = Launcher(self.folder)
        await self.server.add("camera0", runOnDemand=launcher.command, runOnDemandRestart=True)
        request = "GET /camera0/index.m3u8?ticket=good HTTP/1.1\r\nHost: x\r\n\r\n"
        for _ in range(30):
            client = await RtspClient.connect(self, self.server.hls_port)
            client.send(request.encode())
            await pause(0.01)
            await client.close()
        self.assertEqual((await self.enter()).status, 200)
        self.assertEqual(len(launcher.runs()), 1)
        self.assertEqual(set(await self.readers()), {"hlsSession" if self.newer else "hlsMuxer"})

    async def test_paths_without_a_picture(self) -> None:
        """Nobody publishes: 404; unknown: 404 as well, on MediaMTX 1.20 500."""
        await self.server.add("camera0")
        self.assertEqual((await self.enter("camera0")).status, 404)
        self.assertEqual((await self.enter("camera7")).status, 500 if self.newer else 404)

    async def test_no_credential(self) -> None:
        """401 with a Basic challenge; a stranger cannot switch a camera on."""
        launcher = Launcher(self.folder)
        await self.server.add("camera0", runOnDemand=launcher.command)
        got = await self.enter(query={})
        self.assertEqual(got.status, 401)
        self.assertTrue(got.headers["www-authenticate"].startswith("Basic "))
        await pause(0.5)
        self.assertEqual(launcher.runs(), [])

    async def test_wrong_credential(self) -> None:
        """401 as well, some seconds later at most."""
        await self.server.add("camera0")
        self.assertEqual((await self.enter(query={"ticket": "bad"})).status, 401)

    async def test_what_the_callback_is_told(self) -> None:
        """Protocol hls, action read, path, query; for each file on 1.5.1 and the relay, each session on 1.20."""
        await self.server.add("camera0")
        await self.publish()
        playlist = await self.media_playlist()
        await self.named(self.names(playlist.body)[-1])
        asked = [call.fields for call in self.callback.of("read") if call.fields["protocol"] == "hls"]
        self.assertTrue(asked)
        for fields in asked:
            self.assertEqual((fields["path"], fields["ip"]), ("camera0", "127.0.0.1"))
            self.assertIn("ticket=good", fields["query"])
            self.assertIsInstance(fields["id"], str if self.newer else (str, type(None)))
        if not self.newer:
            self.assertEqual(len(asked), 3)

    async def test_right_that_ends(self) -> None:
        """A no of the callback holds from the next request on (1.5.1, relay), or from the next session on (1.20)."""
        await self.server.add("camera0")
        await self.publish()
        name = self.names((await self.enter()).body)[-1]
        self.callback.verdict = lambda asked: asked.action == "api" and default_verdict(asked)
        self.assertEqual((await self.named(name)).status, 200 if self.newer else 401)
        self.assertEqual((await self.enter()).status, 401)

    async def test_muxers(self) -> None:
        """hlsmuxers/list and get tell path, created, lastRequest, bytesSent; without one: ``muxer not found``."""
        await self.server.add("camera0")
        absent = await self.server.api("GET", "hlsmuxers/get/camera0")
        self.assertEqual((absent.status, absent.error), (404, "muxer not found"))
        self.assertEqual((await self.server.api("GET", "hlsmuxers/list")).body["items"], [])
        await self.publish()
        await pause(0.5)
        self.assertEqual((await self.server.api("GET", "hlsmuxers/list")).body["items"], [], "hlsAlwaysRemux is off")
        await self.media_playlist()
        one = (await self.server.api("GET", "hlsmuxers/get/camera0")).body
        self.assertEqual({"path", "created", "lastRequest", "bytesSent"} - set(one), set())
        self.assertEqual(one["path"], "camera0")
        self.assertGreater(one["bytesSent"], 0)
        listed = (await self.server.api("GET", "hlsmuxers/list")).body["items"]
        self.assertEqual([item["path"] for item in listed], ["camera0"])

    async def test_readers(self) -> None:
        """All viewers are one reader, ``hlsMuxer``, of the path; on MediaMTX 1.20 each is one, ``hlsSession``."""
        await self.server.add("camera0")
        await self.publish()
        for _ in range(2):
            await self.enter()
        expected = ["hlsSession"] * 2 if self.newer else ["hlsMuxer"]
        self.assertEqual(await self.readers(), expected)

    async def test_publisher_comes_back(self) -> None:
        """Who enters again plays again."""
        await self.server.add("camera0")
        process = await self.publish()
        await self.enter()
        await process.end()
        await eventually(self.is_idle)
        await self.publish()

        async def plays() -> bool:
            return (await self.enter()).status == 200

        await eventually(plays)
        await eventually(self._has_new_segments)

    async def _has_new_segments(self) -> bool:
        names = self.names((await self.media_playlist()).body)
        return bool(names) and (await self.named(names[-1])).status == 200

    async def is_idle(self) -> bool:
        """Whether nothing publishes."""
        return not await self.is_ready()

    async def test_deleted_path(self) -> None:
        """Its muxer goes with it."""
        await self.server.add("camera0")
        await self.publish()
        await self.enter()
        await self.server.delete("camera0")

        async def gone() -> bool:
            return (await self.server.api("GET", "hlsmuxers/get/camera0")).status == 404

        await eventually(gone)


class LeftAloneTests(HlsTestCase):
    """What HLS holds when its viewers have gone."""

    timeout = 150

    async def muxer(self) -> int:
        """The status of asking for camera0's."""
        return (await self.server.api("GET", "hlsmuxers/get/camera0")).status

    async def test_session_of_the_engine(self) -> None:
        """MediaMTX 1.20 ends its own after 30 s, and says so with 401 or 404; who enters again goes on."""
        await self.server.add("camera0")
        await self.publish()
        media = self.names((await self.enter()).body)[-1]
        self.assertEqual((await self.named(media)).status, 200)
        await pause(45)
        again = await self.named(media)
        self.assertIn(again.status, (401, 404) if self.newer else (200,))
        self.assertEqual((await self.enter()).status, 200)
        self.assertEqual((await self.named(media)).status, 200)

    async def test_camera_rests(self) -> None:
        """The muxer goes 60 s after the last request (hlsMuxerCloseAfter), the camera runOnDemandCloseAfter later."""
        launcher = Launcher(self.folder)
        keys = {"runOnDemandRestart": True, "runOnDemandCloseAfter": "1s"}
        await self.server.add("camera0", runOnDemand=launcher.command, **keys)
        await self.media_playlist()
        left = clock().seconds()
        await pause(50)
        self.assertEqual(await self.muxer(), 200)

        async def gone() -> bool:
            return await self.muxer() == 404

        await eventually(gone, 30)
        self.assertEqual(await self.readers(), [])
        self.assertLess(clock().seconds() - left, 75)
        (run,) = launcher.runs()
        await eventually(lambda: launcher.ended_by(run))


class HlsSessionTests(HlsTestCase):
    """A viewer at camsvc's port, whose session outlives each ticket that the engine is shown."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.patch(camera_access, "ENGINE_TICKET_S", 2.0)
        self.stand = CameraStand()
        admitted = AdmittedSessions(self.folder / "admitted.jsonl", Clocks())
        self.addCleanup(admitted.close)
        secrets = EngineSecrets(b"p" * 32, INTERNAL[1].encode(), API[1].encode())
        self.admission = Admission(
            self.stand.credentials, admitted, ViewerShares(Limits(), Clocks()), secrets, Clocks()
        )
        self.sessions = HlsSessions(clock(), self.stand.access, self.stand.delivery, self.http)
        self.addCleanup(self.sessions.stop)

    def admits(self, asked: Asked) -> bool:
        if asked.action != "read":
            return default_verdict(asked)
        return self.admission.allows(msgspec.convert(asked.fields, Question))

    async def test_outlives_its_tickets(self) -> None:
        """Playlists and segments go on, without index.m3u8 being opened anew."""
        await self.server.add("camera0")
        await self.publish()
        session = self.sessions.open(principal(Role.VIEWER), "camera0", "127.0.0.1")
        index = await self.sessions.ask(session, "index.m3u8", {})
        media = self.names(plain_playlist(await index.text()))[-1]
        began, seen = clock().seconds(), set()
        while clock().seconds() < began + 6.0:
            answer = await self.sessions.ask(session, media, {})
            self.assertEqual(answer.status, 200, f"after {clock().seconds() - began:.1f} s")
            newest = self.names(plain_playlist(await answer.text()))[-1]
            segment = await self.sessions.ask(session, newest, {})
            self.assertEqual(segment.status, 200, f"after {clock().seconds() - began:.1f} s")
            segment.drop()
            seen.add(newest)
            await pause(0.5)
        self.assertGreater(len(seen), 3)

    async def test_ends_with_its_right(self) -> None:
        """The engine is shown nothing that is good any more."""
        await self.server.add("camera0")
        await self.publish()
        who = principal(Role.VIEWER)
        session = self.sessions.open(who, "camera0", "127.0.0.1")
        (await self.sessions.ask(session, "index.m3u8", {})).drop()
        self.stand.end_rights()
        self.assertEqual(self.sessions.open_count, 0)
        self.assertNotEqual((await self.enter(query=self.stand.access.engine_query(who, "camera0"))).status, 200)


per_engine(globals(), HlsTests, LeftAloneTests, HlsSessionTests)
