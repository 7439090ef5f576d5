"""What camsvc relies on when somebody watches by WHEP, tried with aiortc: answers, sessions, loss, who vanishes."""

from __future__ import annotations

import signal
import socket
from typing import Any
from urllib.parse import urljoin

from treq.client import HTTPClient
from twisted.web.client import Agent, HTTPConnectionPool

from camsvc.server.routes.live import NOT_THERE
from tests.functional.live.test_live import WhepViewer
from tests.support.engine.engines import per_engine
from tests.support.engine.running import PUBLISHER, Asked, RunningEngine, default_verdict
from tests.support.media.camera import FPS, CameraTestCase, Launcher
from tests.support.media.ffmpeg import FFMPEG, encode, spawn, to_rtsp
from tests.support.spawned import clock, eventually, pause
from tests.support.webrtc_media import OFFER

TICKET = "ticket=t"
#: A certificate's fingerprint, of the right form: nobody connects with it.
PRINT = ":".join(["AB"] * 32)


def lan_addresses() -> set[str]:
    """The IPv4 address by which this machine would reach others, if it has a way to them; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return set()
        return {asking.getsockname()[0]}


def has_ticket(asked: Asked) -> bool:
    """A reader's query is as good as a credential."""
    return default_verdict(asked) or (asked.action == "read" and asked.fields["query"] == TICKET)


class WhepTestCase(CameraTestCase):
    """WHEP, without camsvc in between."""

    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.callback.verdict = has_ticket
        pool = HTTPConnectionPool(clock(), persistent=False)
        self.http = HTTPClient(Agent(clock(), connectTimeout=3, pool=pool))

    def url(self, path: str = "camera0", query: str = f"?{TICKET}") -> str:
        return f"http://127.0.0.1:{self.server.webrtc_port}/{path}/whep{query}"

    def watch(self, path: str = "camera0", **options: Any) -> WhepViewer:
        """Start a viewer, ended with the test."""
        return WhepViewer(self, self.url(path), **options)

    async def ask(self, method: str, url: str, body: str = "", **headers: str) -> Any:
        """A request by hand; its response, with what came as its ``body``."""
        sent = {"Content-Type": "application/sdp"} | headers if body else headers
        response = await self.http.request(method, url, data=body.encode() or None, headers=sent)
        response.body = (await response.content()).decode()
        return response

    async def listed(self) -> list[dict[str, Any]]:
        """The WebRTC sessions."""
        return list((await self.server.api("GET", "webrtcsessions/list")).body["items"])

    async def nobody(self) -> bool:
        """Whether there is no session, and the camera has no reader."""
        return not await self.listed() and await self.no_readers()


class WhepTests(WhepTestCase):
    """WHEP by aiortc."""

    async def test_watched(self) -> None:
        """Frames come; the session is listed, is a reader of the path, and was asked about once under its id."""
        await self.server.add("camera0")
        await self.publish()
        viewer = self.watch()
        await viewer.gets(20)
        self.assertEqual((viewer.said("width")[0], viewer.said("height")[0]), (320, 180))
        (session,) = await self.listed()
        self.assertEqual((session["path"], session["query"], session["state"]), ("camera0", TICKET, "read"))
        self.assertTrue(session["peerConnectionEstablished"])
        self.assertRegex(session["localCandidate"], rf"^host/udp/127\.0\.0\.1/{self.server.webrtc_udp_port}\Z")
        self.assertRegex(session["remoteCandidate"], r"^\w+/udp/[0-9.a-f:]+/\d+\Z")
        self.assertGreater(session["bytesSent"], 1000)
        self.assertEqual(
            (await self.server.api("GET", f"webrtcsessions/get/{session['id']}")).body["id"], session["id"]
        )
        (reader,) = (await self.server.path("camera0"))["readers"]
        self.assertEqual((reader["type"].lower(), reader["id"]), ("webrtcsession", session["id"]))
        (asked,) = [one for one in self.callback.of("read") if one.fields["protocol"] == "webrtc"]
        self.assertEqual((asked.fields["path"], asked.fields["id"]), ("camera0", session["id"]))
        viewer.tell("delete")
        self.assertEqual(await viewer.says("deleted"), 200)
        await eventually(self.nobody, 5)

    async def test_kicked(self) -> None:
        """The API ends a session, and the viewer sees it; another goes on."""
        await self.server.add("camera0")
        await self.publish()
        first, second = self.watch(), self.watch()
        await first.gets(5)
        await second.gets(5)
        session = (await self.listed())[0]
        self.assertEqual((await self.server.api("POST", f"webrtcsessions/kick/{session['id']}")).status, 200)
        await eventually(lambda: first.said("ended") or second.said("ended"), 15)
        self.assertEqual(len(await self.listed()), 1)
        left = second if first.said("ended") else first
        await left.gets(max(left.said("frames")) + 10)
        self.assertEqual((await self.server.api("POST", f"webrtcsessions/kick/{session['id']}")).status, 404)

    async def test_camera_is_started(self) -> None:
        """By the POST, which waits for it; it ends some time after the viewer has gone."""
        launcher = Launcher(self.folder)
        options = {"runOnDemandRestart": True, "runOnDemandStartTimeout": "10s", "runOnDemandCloseAfter": "2s"}
        await self.server.add("camera0", runOnDemand=launcher.command, **options)
        viewer = self.watch()
        await viewer.gets(10)
        (run,) = launcher.runs()
        viewer.tell("delete")
        await eventually(lambda: launcher.ended_by(run), 15)

    async def test_refusals(self) -> None:
        """Nobody without a credential; an unknown path is 400, an idle one 404, what is no offer 400."""
        await self.server.add("camera0")
        denied = await self.ask("POST", self.url(query=""), OFFER)
        self.assertEqual(denied.code, 401)
        if not self.engine.is_mediamtx_before(1, 20):
            self.assertIn("Basic", denied.headers.getRawHeaders("WWW-Authenticate")[0])
        unknown = await self.ask("POST", self.url("nowhere"), OFFER)
        self.assertEqual((unknown.code, "is not configured" in unknown.body), (400, True), unknown.body)
        self.assertEqual((await self.ask("POST", self.url(), OFFER)).code, 404)
        self.assertEqual((await self.ask("GET", self.url())).code, 405)
        await self.publish()
        for body in ("nonsense", "v=0\r\n", OFFER.replace("a=ice-pwd", "a=nothing")):
            refused = await self.ask("POST", self.url(), body)
            self.assertEqual((refused.code, bool(NOT_THERE.search(refused.body))), (400, False), refused.body)
        self.assertEqual((await self.ask("POST", self.url(), OFFER, **{"Content-Type": "text/plain"})).code, 400)
        secret = "11111111-1111-1111-1111-111111111111"
        unknown = await self.ask("DELETE", self.url(query=f"/{secret}"))
        self.assertEqual(unknown.code, 500 if self.engine.is_mediamtx_before(1, 20) else 404)
        self.assertIn("not found", unknown.body)
        self.assertEqual((await self.ask("DELETE", self.url(query="/no-uuid-at-all"))).code, 400)
        self.assertTrue(await self.nobody())

    async def test_camera_that_does_not_come(self) -> None:
        """After ``runOnDemandStartTimeout`` the POST is 400, and its text tells that from a bad offer."""
        launcher = Launcher(self.folder, publishes=False)
        await self.server.add("camera0", runOnDemand=launcher.command, runOnDemandStartTimeout="2s")
        began = clock().seconds()
        answer = await self.ask("POST", self.url(), OFFER)
        self.assertEqual((answer.code, bool(NOT_THERE.search(answer.body))), (400, True), answer.body)
        self.assertLess(clock().seconds() - began, 10)

    async def test_answer(self) -> None:
        """201 with an SDP, a Location that ends with a secret, and no STUN or TURN server (``webrtcICEServers2``)."""
        await self.server.add("camera0")
        await self.publish()
        answer = await self.ask("POST", self.url(), OFFER.replace("AA:BB", PRINT))
        headers = {name.lower(): values[0] for name, values in self.headers_of(answer)}
        self.assertEqual((answer.code, headers["content-type"]), (201, "application/sdp"))
        self.assertRegex(headers["location"].partition("?")[0], r"(\A|/)whep/[A-Za-z0-9_-]{8,100}\Z")
        self.assertEqual(headers["accept-patch"], "application/trickle-ice-sdpfrag")
        self.assertNotIn("link", headers)
        self.assertNotRegex(answer.body, "stun:|turn:|typ (srflx|relay)")

    @staticmethod
    def headers_of(response: Any) -> list[tuple[str, list[str]]]:
        """Each header with its values."""
        return [
            (name.decode(), [value.decode() for value in values])
            for name, values in response.headers.getAllRawHeaders()
        ]

    async def test_candidates(self) -> None:
        """The addresses of the machine (``webrtcIPsFromInterfaces``) and those of ``webrtcAdditionalHosts``, by UDP.

        MediaMTX 1.5.1 offers no loopback address unless it is named there.
        """
        await self.server.stop()
        self.server = RunningEngine(self.engine, self.folder, self.callback)
        self.server.webrtc_host, self.server.webrtc_hosts = "", ("192.0.2.77", "127.0.0.1")
        self.addCleanup(self.server.stop)
        await self.server.start()
        await self.server.add("camera0")
        await self.publish()
        answer = await self.ask("POST", self.url(), OFFER.replace("AA:BB", PRINT))
        lines = [line.split() for line in answer.body.splitlines() if line.startswith("a=candidate:")]
        self.assertEqual({(line[2].lower(), line[7]) for line in lines}, {("udp", "host")})
        self.assertEqual({line[5] for line in lines}, {str(self.server.webrtc_udp_port)})
        offered = {line[4] for line in lines}
        self.assertLessEqual({"192.0.2.77", "127.0.0.1"} | lan_addresses(), offered)

    async def test_offer_without_connection(self) -> None:
        """Its candidates are taken by PATCH; ten seconds after the answer the session is gone."""
        await self.server.add("camera0")
        await self.publish()
        answer = await self.ask("POST", self.url(), OFFER.replace("AA:BB", PRINT))
        self.assertEqual(answer.code, 201)
        session = urljoin(self.url(), answer.headers.getRawHeaders("Location")[0])
        fragment = (
            "a=ice-ufrag:Abcd\r\na=ice-pwd:0123456789abcdefghijklmn\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
        )
        fragment += "a=candidate:1 1 udp 2130706431 192.0.2.99 5000 typ host\r\n"
        kind = {"Content-Type": "application/trickle-ice-sdpfrag"}
        self.assertEqual((await self.ask("PATCH", session, fragment, **kind)).code, 204)
        self.assertEqual([one["peerConnectionEstablished"] for one in await self.listed()], [False])
        await pause(8)
        self.assertEqual(len(await self.listed()), 1)
        await eventually(self.nobody, 12)

    async def test_reports(self) -> None:
        """MediaMTX 1.20 counts a viewer's RTCP in ``inboundRTCPPackets``: one that stands still has left."""
        await self.server.add("camera0")
        await self.publish()
        viewer = self.watch()
        await viewer.gets(5)

        async def reports() -> int | None:
            [one] = await self.listed()
            count = one.get("inboundRTCPPackets")
            return None if count is None else int(count)

        before = await reports()
        self.assertEqual(before is not None, self.engine.version.startswith("1.2"))
        if before is not None:

            async def more() -> bool:
                return (await reports() or 0) > before + 1

            await eventually(more, 10)

    async def test_viewer_that_vanishes(self) -> None:
        """Without a word: gone within thirty seconds (31 seen on MediaMTX 1.20.1), and nobody else notices."""
        await self.server.add("camera0")
        await self.publish()
        stays, goes = self.watch(), self.watch()
        await goes.gets(5)
        await stays.gets(5)
        began = clock().seconds()
        await goes.process.end(signal.SIGKILL)

        async def one() -> bool:
            return len(await self.listed()) == 1

        await eventually(one, 60)
        self.assertLess(clock().seconds() - began, 30 if self.engine.kind == "relay" else 40)
        await stays.gets(max(stays.said("frames")) + 10)

    async def test_loss(self) -> None:
        """A viewer that loses a tenth of its packets still sees; one that stands still; a third misses nothing."""
        await self.server.add("camera0")
        await self.publish(fps=20, size="640x360")
        steady, lossy, still = self.watch(), self.watch(loss=10), self.watch()
        for viewer in (steady, lossy, still):
            await viewer.gets(10)
        still.process.send(signal.SIGSTOP)
        self.addCleanup(still.process.send, signal.SIGCONT)
        before = {viewer: max(viewer.said("frames")) for viewer in (steady, lossy)}
        await pause(6)
        gained = {viewer: max(viewer.said("frames")) - count for viewer, count in before.items()}
        self.assertGreater(gained[steady], 60)
        self.assertGreater(gained[lossy], 20)

    async def test_publisher_returns(self) -> None:
        """When the camera goes its viewers are told; when it is back they are let in again."""
        await self.server.add("camera0")
        publisher = await self.publish()
        viewer = self.watch()
        await viewer.gets(5)
        await publisher.end(signal.SIGKILL)
        await eventually(lambda: viewer.said("ended"), 15)
        await eventually(self.nobody, 5)
        await self.publish()
        await self.watch().gets(5)

    async def test_sound(self) -> None:
        """Opus goes beside the picture."""
        await self.server.add("camera0")
        tone = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
        codecs = ["-map", "0:v", "-map", "1:a", "-c:a", "libopus", "-b:a", "32k"]
        picture = encode(fps=FPS)
        at = picture.index("-c:v")
        argv = [*picture[:at], *tone, *codecs, *picture[at:], *to_rtsp(self.server.rtsp_url("camera0", PUBLISHER))]
        spawn(self, [*FFMPEG, "-v", "error", *argv])
        await eventually(self.is_ready)
        viewer = self.watch(sound=True)
        await viewer.gets(10)
        await eventually(lambda: max(viewer.said("pieces"), default=0) >= 50, 15)


per_engine(globals(), WhepTests)
