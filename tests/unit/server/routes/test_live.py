"""WHEP and HLS on our own port, in front of an engine that says what it is told to."""

from __future__ import annotations

import json
import time
from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from camsvc.access.admission import viewing_of
from camsvc.access.roles import Role
from camsvc.access.tokens import STREAM, WHEP
from camsvc.config.schema import Limits
from camsvc.engine.http_client import EngineHttp
from camsvc.errors import AuthenticationFailed
from camsvc.server.http.request import QuietSite
from camsvc.server.routes import hls_sessions
from camsvc.server.routes.camera_access import ENGINE_TICKET_S
from camsvc.server.routes.live import Live
from tests.support.http_client import Answer, ask
from tests.support.live_stub import CameraStand, StubEngine
from tests.support.samples import found, principal
from tests.support.spawned import eventually

SECRET_ID = "0f0e0d0c-0b0a-0908-0706-050403020100"
PLAYLIST = b'#EXTM3U\n#EXT-X-MAP:URI="init.mp4?ticket=T"\n#EXTINF:1,\nseg1.mp4?ticket=T&session=S\n'


class LiveTestCase(TestCase):
    """A Site with ``/live``."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.stand = CameraStand()
        self.engine = StubEngine()
        port = self.engine.listen(self)
        self.http = EngineHttp(reactor, port, port)
        self.live = Live(reactor, self.stand.access, self.stand.delivery, self.http, self.stand.whep, Limits())
        root = Resource()
        root.putChild(b"live", self.live.app.resource())
        self.site = QuietSite(root, reactor)
        listener: Any = reactor.listenTCP(0, self.site, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    async def tearDown(self) -> None:  # type: ignore[override]
        self.live.sessions.stop()
        await self.http.close()

    async def ask(self, path: str, method: str = "GET", **keys: Any) -> Answer:
        """As one who is logged in."""
        return await ask(self.port, f"/live/{path}", method, **{"authorization": self.stand.bearer(), **keys})

    def error(self, answer: Answer) -> dict[str, Any]:
        self.assertEqual(answer.headers["content-type"], "application/json")
        return dict(json.loads(answer.body)["error"])


class WhepTests(LiveTestCase):
    """POST, PATCH, DELETE."""

    def setUp(self) -> None:
        super().setUp()
        self.location = f"/camera0/whep/{SECRET_ID}?ticket=T"
        self.engine.answer = lambda _: (
            201,
            {"Location": self.location, "ETag": "*", "ID": "secret", "Link": "<stun:example>", "Server": "engine",
             "Content-Type": "application/sdp"},
            b"v=0 answer",
        )  # fmt: skip

    async def post(self, path: str = "camera0/whep", **keys: Any) -> Answer:
        return await self.ask(path, "POST", **{"content_type": "application/sdp", "body": b"v=0 offer", **keys})

    def whep_name(self, secret: str = SECRET_ID, device: str = "camera0", subject: str = "me") -> str:
        """The path of a session behind ``/live/``, as whoever began it is told it."""
        who = principal(Role.VIEWER, subject=subject)
        return f"{device}/whep/{self.stand.whep.name_of(who, device, secret)}"

    async def test_answer(self) -> None:
        """The answer, and a Location of ours, whatever form the engine's has; nothing else of the engine."""
        absolute = f"http://127.0.0.1:8889/camera0/whep/{SECRET_ID}"
        for location in (self.location, f"whep/{SECRET_ID}", absolute):
            self.location = location
            answer = await self.post()
            self.assertEqual((answer.status, answer.body), (201, b"v=0 answer"))
            self.assertEqual(answer.headers["location"], f"/live/{self.whep_name()}")
            self.assertEqual((answer.headers["content-type"], answer.headers["etag"]), ("application/sdp", "*"))
            self.assertEqual({"id", "link"} & set(answer.headers), set())
            self.assertNotIn("engine", answer.headers.get("server", ""))
        self.assertEqual(self.engine.line(), "POST /camera0/whep")
        self.assertEqual(self.engine.bodies[-1], b"v=0 offer")
        self.assertIsNone(self.engine.seen[-1].getHeader(b"authorization"))
        ticket = self.engine.query()["ticket"]
        self.assertEqual(self.stand.tokens.ticket_holder(STREAM, ticket, "camera0", time.time()).subject, "me")

    async def test_ticket(self) -> None:
        """A ticket opens it too; the Location has one for this session alone, as DELETE may come a day later."""
        ticket, sdp = self.stand.ticket(), "application/sdp"
        answer = await ask(self.port, f"/live/camera0/whep?ticket={ticket}", "POST", body=b"v=0", content_type=sdp)
        location, _, own = answer.headers["location"].partition("?ticket=")
        self.assertEqual(location, f"/live/{self.whep_name(subject='somebody')}")
        self.assertNotIn(self.engine.query()["ticket"], (ticket, own))
        resource = f"camera0/{location.rpartition('/')[2]}"
        holder = self.stand.tokens.ticket_holder(WHEP, own, resource, time.time() + 3000)
        self.assertEqual(holder.subject, "somebody")
        for refused in (location, f"{location}?ticket={ticket}", f"{location[:-1]}?ticket={own}"):
            self.assertEqual((await ask(self.port, refused, "DELETE")).status, 401, refused)
        again = await ask(self.port, f"/live/camera0/whep?ticket={own}", "POST", body=b"v=0", content_type=sdp)
        self.assertEqual(again.status, 401, "it opens nothing else")
        self.engine.answer = lambda _: (200, {}, b"")
        self.assertEqual((await ask(self.port, answer.headers["location"], "DELETE")).status, 200)

    async def test_delete(self) -> None:
        """Needs no more than the URL; 404 for a session that is gone, in the words of either engine."""
        self.engine.answer = lambda _: (200, {}, b"")
        self.assertEqual((await self.ask(self.whep_name(), "DELETE")).status, 200)
        self.assertEqual(self.engine.line(), f"DELETE /camera0/whep/{SECRET_ID}")
        for gone in ((404, {}, b'{"error":"session not found"}'), (500, {}, b'{"error":"session not found"}')):
            self.engine.answer = lambda _, gone=gone: gone
            self.assertEqual((await self.ask(self.whep_name(), "DELETE")).status, 404)
        self.engine.answer = lambda _: (400, {}, b'{"error":"invalid secret"}')
        self.assertEqual((await self.ask(self.whep_name("no-uuid-at-all"), "DELETE")).status, 404)
        self.engine.answer = lambda _: (401, {}, b"")
        refused = await self.ask(self.whep_name(), "DELETE")
        self.assertEqual((refused.status, self.error(refused)["code"]), (503, -32050), "it has not ended")
        self.assertEqual((await self.ask("camera0/whep/..%2f..%2fv3", "DELETE")).status, 404)
        self.assertEqual((await self.ask("camera0/whep/a%20bcdefghi", "DELETE")).status, 404)

    async def test_share(self) -> None:
        """Who watches as many streams as one may gets 429, before the engine is asked; another gets an answer."""
        mine = viewing_of("webrtc", [principal(Role.VIEWER, subject="me")], "")
        self.stand.shares.set_listed([mine] * 50, ())
        answer = await self.post()
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (429, "viewer_limit"))
        self.assertEqual(self.engine.seen, [])
        self.stand.shares.set_listed([mine] * 49, ())
        self.assertEqual((await self.post()).status, 201)
        self.assertEqual(self.engine.query()["viewer"], "127.0.0.1", "the engine asks for whom, with this")

    async def test_of_its_viewer_and_camera(self) -> None:
        """A session of another camera, of another viewer, or by the engine's own name is none: nothing is asked."""
        self.stand.inventory.present("camera1", found("Gate"))
        mine = self.whep_name().rpartition("/")[2]
        kind = "application/trickle-ice-sdpfrag"
        for name in (
            f"camera1/whep/{mine}",
            f"camera0/whep/{SECRET_ID}",
            f"camera0/whep/{SECRET_ID}-",
            f"camera0/whep/{SECRET_ID}-{'0' * 20}",
            f"camera0/whep/x{mine}",
            self.whep_name(subject="you"),
        ):
            self.assertEqual((await self.ask(name, "DELETE")).status, 404, name)
            self.assertEqual((await self.ask(name, "PATCH", body=b"x", content_type=kind)).status, 404, name)
        self.assertEqual(self.engine.seen, [])

    async def test_patch(self) -> None:
        """Candidates go to the engine."""
        self.engine.answer = lambda _: (204, {}, b"")
        kind = "application/trickle-ice-sdpfrag"
        answer = await self.ask(self.whep_name(), "PATCH", body=b"a=candidate", content_type=kind)
        self.assertEqual(answer.status, 204)
        self.assertEqual(self.engine.seen[-1].getHeader(b"content-type"), kind.encode())
        self.engine.answer = lambda _: (400, {}, b'{"error":"bad candidate"}')
        answer = await self.ask(self.whep_name(), "PATCH", body=b"x", content_type=kind)
        self.assertEqual(answer.status, 400)
        self.assertIn("bad candidate", self.error(answer)["message"])

    async def test_refusals(self) -> None:
        """The viewer's fault is 400, the camera's and the engine's 503, each with the reason."""
        for answer, status, words in (
            ((400, {}, b'{"status":"error","error":"codecs not supported by client"}'), 400, "codecs not supported"),
            ((400, {}, rb'{"error":"syntax error at pos 1: \"o\""}'), 400, 'syntax error at pos 1: "o"'),
            ((400, {}, b'{"error":"source of path \'camera0\' has timed out"}'), 503, "gave no picture"),
            ((400, {}, b'{"error":"path \'camera0\' is not configured"}'), 503, "gave no picture"),
            ((404, {}, b'{"error":"no stream is available on path \'camera0\'"}'), 503, "gave no picture"),
            ((503, {}, b'{"error":"too many viewers"}'), 503, "HTTP 503: too many viewers"),
            ((201, {"Location": "/"}, b""), 503, "names no session"),
        ):
            self.engine.answer = lambda _, answer=answer: answer
            found = await self.post()
            self.assertEqual(found.status, status, answer)
            self.assertIn(words, self.error(found)["message"])
        self.assertEqual((await self.post(content_type="text/plain")).status, 415)

    async def test_let_in_too_late(self) -> None:
        """401 of an engine that got no answer in time who it is: it is asked once more, and that is told in words."""
        made: Any = self.engine.answer
        late: Any = (401, {}, b"")
        self.engine.answer = lambda request: late if len(self.engine.seen) == 1 else made(request)
        self.assertEqual((await self.post()).status, 201)
        self.assertEqual(self.engine.bodies, [b"v=0 offer"] * 2)
        self.engine.answer = lambda _: late
        found = await self.post()
        self.assertEqual((found.status, self.error(found)["data"]["reason"]), (503, "engine_busy"))
        self.assertNotIn("401", self.error(found)["message"])
        self.assertEqual(len(self.engine.seen), 4)

    async def test_cannot(self) -> None:
        """503 in words: the camera's error, also one that is only told once it was tried; the engine is down."""
        self.engine.answer = lambda _: self.stand.inventory.error("camera0", "the lens cap is on") or (404, {}, b"")
        for _ in range(2):
            found = await self.post()
            self.assertEqual((found.status, self.error(found)["data"]["reason"]), (503, "the lens cap is on"))
        self.assertEqual(len(self.engine.seen), 1, "the engine is not asked for a camera in error")
        self.stand.inventory.gone("camera0")
        found = await self.post()
        self.assertEqual((found.status, self.error(found)["data"]["state"]), (503, "DISCONNECTED"))

    async def test_engine_away(self) -> None:
        """503, and what is wrong with it."""
        self.stand.engine.turn(False)
        found = await self.post()
        self.assertEqual(
            (found.status, self.error(found)["message"]), (503, "media engine: the media engine is starting")
        )

    async def test_who(self) -> None:
        """401 without a credential, before anything is told of a camera; 404 for an unknown one."""
        for device in ("camera0", "camera7"):
            found = await ask(self.port, f"/live/{device}/whep", "POST", body=b"x", content_type="application/sdp")
            self.assertEqual((found.status, self.error(found)["code"]), (401, -32001))
        self.assertEqual((await self.post("camera7/whep")).status, 404)
        other = self.stand.ticket("camera1")
        found = await ask(self.port, f"/live/camera0/whep?ticket={other}", "POST", body=b"x")
        self.assertEqual(found.status, 401)
        self.assertEqual(self.engine.seen, [])

    async def test_viewer_leaves(self) -> None:
        """The engine's side of a request is cancelled with the viewer's."""
        self.engine.answer = lambda _: None
        from twisted.internet import reactor
        from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol

        from tests.support.http_client import Exchange

        head = f"POST /live/camera0/whep HTTP/1.1\r\nHost: localhost\r\nAuthorization: {self.stand.bearer()}\r\n"
        head += "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        viewer = await connectProtocol(endpoint, Exchange(head.encode()))
        await eventually(lambda: self.engine.seen)
        viewer.transport.abortConnection()  # type: ignore[union-attr]
        await eventually(lambda: self.engine.gone == ["/camera0/whep"])


class HlsTests(LiveTestCase):
    """The index, playlists, segments."""

    async def enter(self, **keys: Any) -> str:
        """Open a session; its folder."""
        answer = await self.ask("camera0/index.m3u8", **keys)
        self.assertEqual((answer.status, answer.body), (302, b""))
        where = answer.headers["location"]
        self.assertTrue(where.startswith("/live/camera0/s/") and where.endswith("/index.m3u8"))
        return where.removeprefix("/live/").rpartition("/")[0]

    async def file(self, folder: str, name: str) -> Answer:
        return await ask(self.port, f"/live/{folder}/{name}")

    async def test_plain_engine(self) -> None:
        """An engine that wants the credential each time: the session stands for it, playlists hold plain names."""
        self.engine.answer = lambda _: (200, {"Content-Type": "application/vnd.apple.mpegurl"}, PLAYLIST)
        folder = await self.enter()
        for name in ("index.m3u8", "main_stream.m3u8"):
            answer = await self.file(folder, name)
            self.assertEqual((answer.status, answer.headers["cache-control"]), (200, "no-store"))
            self.assertEqual(answer.body, b'#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:1,\nseg1.mp4\n')
            self.assertEqual(self.engine.line(), f"GET /camera0/{name}")
            self.assertIn("ticket", self.engine.query())
        self.engine.answer = lambda _: (200, {"Content-Type": "video/mp4"}, b"moof" * 100_000)
        answer = await self.file(folder, "seg1.mp4?ticket=x&_HLS_part=2")
        self.assertEqual((answer.status, answer.body), (200, b"moof" * 100_000))
        self.assertEqual(answer.headers["content-type"], "video/mp4")
        self.assertEqual(self.engine.query()["_HLS_part"], "2")
        self.assertNotEqual(self.engine.query()["ticket"], "x")

    async def test_each_request_has_its_ticket(self) -> None:
        """The session goes on when a ticket that the engine was shown has run out."""
        self.engine.answer = lambda _: (200, {}, PLAYLIST)
        folder = await self.enter()
        tickets = set()
        for name in ("index.m3u8", "main_stream.m3u8", "main_stream.m3u8", "seg1.mp4"):
            self.assertEqual((await self.file(folder, name)).status, 200)
            tickets.add(self.engine.query()["ticket"])
        self.assertEqual(len(tickets), 4)
        for ticket in tickets:
            holder = self.stand.tokens.ticket_holder(STREAM, ticket, "camera0", time.time() + ENGINE_TICKET_S - 5)
            self.assertEqual(holder.subject, "me")
            with self.assertRaises(AuthenticationFailed):
                self.stand.tokens.ticket_holder(STREAM, ticket, "camera0", time.time() + ENGINE_TICKET_S + 1)

    async def test_engine_with_sessions(self) -> None:
        """One that redirects, checks for a cookie and keeps sessions, as MediaMTX 1.20; also when it ends one."""
        alive = {"s1"}

        def answer(request: Any) -> Any:
            if request.path.endswith(b"index.m3u8"):
                if request.args.get(b"cookieCheck") != [b"1"]:
                    cookie = {"Set-Cookie": "cookieCheck=1; HttpOnly; Secure; SameSite=None; Partitioned"}
                    where = f"/camera0/index.m3u8?{request.uri.partition(b'?')[2].decode()}&cookieCheck=1"
                    return 302, {"Location": where, **cookie}, b""
                self.assertEqual(request.getCookie(b"cookieCheck"), b"1")
                self.assertIn(b"ticket", request.args)
                return 200, {"Set-Cookie": f"hlsSession={max(alive)}; Secure; HttpOnly"}, PLAYLIST
            if request.getCookie(b"hlsSession").decode() not in alive:
                return 401, {}, b'{"error":"authentication error"}'
            return 200, {"Content-Type": "video/mp4"}, b"segment"

        self.engine.answer = answer
        folder = await self.enter()
        index = await self.file(folder, "index.m3u8")
        self.assertEqual(index.status, 200)
        self.assertNotIn("set-cookie", index.headers)
        self.assertEqual((await self.file(folder, "seg1.mp4")).body, b"segment")
        alive.clear()
        alive.add("s2")
        self.assertEqual((await self.file(folder, "seg2.mp4")).body, b"segment")

    async def test_other_path(self) -> None:
        """A camera that turns out to send what browsers do not play gets another path: who watches goes on."""
        self.engine.answer = lambda request: (
            (200, {}, PLAYLIST) if request.path.startswith(b"/camera0/") else (404, {}, b"")
        )
        folder = await self.enter()
        self.assertEqual((await self.file(folder, "main.m3u8")).status, 200)
        self.engine.answer = lambda request: (
            (200, {}, PLAYLIST) if request.path.startswith(b"/web/camera0/") else (404, {}, b"")
        )
        self.assertEqual((await self.file(folder, "main.m3u8")).status, 503)
        self.stand.paths.web = "web/"
        self.assertEqual((await self.file(folder, "main.m3u8")).status, 200)
        self.assertEqual(self.engine.line(), "GET /web/camera0/main.m3u8")

    async def test_no_camera(self) -> None:
        """A playlist that the engine has not got is the camera's failure, a segment just absent."""
        folder = await self.enter()
        for status in (404, 500):
            self.engine.answer = lambda _, status=status: (status, {}, b'{"error":"x"}')
            answer = await self.file(folder, "index.m3u8")
            self.assertEqual(answer.status, 503)
            self.assertIn("gave no picture", self.error(answer)["message"])
            self.assertEqual((await self.file(folder, "seg9.mp4")).status, 404)

    async def test_redirect_elsewhere(self) -> None:
        """A redirect to anything but the same playlist is not followed."""
        self.engine.answer = lambda _: (302, {"Location": "http://127.0.0.1:1/v3/x"}, b"")
        folder = await self.enter()
        self.assertEqual((await self.file(folder, "index.m3u8")).status, 503)
        self.assertEqual(len(self.engine.seen), 1)

    async def test_names(self) -> None:
        """Files of HLS alone, of this session and camera alone."""
        folder = await self.enter()
        for name in ("..%2fx.m3u8", "hls.min.js", "", ".m3u8", "x.m3u8%00", "a/b.mp4"):
            self.assertEqual((await self.file(folder, name)).status, 404, name)
        self.assertEqual((await self.file(folder[:-1], "index.m3u8")).status, 404)
        self.assertEqual((await self.file(folder.replace("camera0", "camera1"), "index.m3u8")).status, 404)
        self.assertEqual(self.engine.seen, [])

    async def test_right_ends(self) -> None:
        """A transfer under way is cut, at the engine too, and the session is gone."""
        self.engine.answer = lambda request: request.write(b"x" * 1000)
        folder = await self.enter()
        reading = self.file(folder, "seg1.mp4")
        from twisted.internet.defer import Deferred

        answer = Deferred.fromCoroutine(reading)
        await eventually(lambda: self.engine.seen)
        self.stand.end_rights()
        try:
            await answer
        except (ValueError, IndexError):  # cut in the middle of a chunk
            pass
        await eventually(lambda: self.engine.gone)
        self.assertEqual((await self.file(folder, "seg2.mp4")).status, 404)
        self.assertEqual((self.live.sessions.open_count, self.stand.held), (0, {}))

    async def test_too_many(self) -> None:
        """429 beyond a number that no installation has."""
        self.patch(hls_sessions, "MOST_SESSIONS", 1)
        await self.enter()
        self.assertEqual((await self.ask("camera0/index.m3u8")).status, 429)
