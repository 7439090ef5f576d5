"""The control API through its real Site, and the callback that is asked about admissions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from treq.testing import StubTreq
from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseNeverReceived
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from camsvc.relay import http_server
from camsvc.relay.auth import REFUSED_S, AllowAll, AuthRequest, HttpAuthorizer, plain_ip
from camsvc.relay.control_api import VERSION, ControlApi, EngineParts, page, parse_body
from camsvc.relay.hls.muxer import MuxerContext
from camsvc.relay.hls.resource import HlsMuxers
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.framing import Credential
from camsvc.relay.webrtc.viewers import Viewers
from tests.support.clocks import FakeClocks
from tests.support.relay_media import VIDEO, Client
from tests.unit.relay.paths.test_path_table import Party
from tests.unit.relay.rtsp.test_listener import URL, Caller, RtspTestCase

V3 = "http://127.0.0.1/v3/"


class ApiTests(RtspTestCase):
    """Routes, shapes and texts."""

    def setUp(self) -> None:
        super().setUp()
        context = MuxerContext(
            self.machine, FakeClocks(datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC).timestamp()), 7, 1.0
        )
        self.muxers = HlsMuxers(context)
        keys = {
            "logLevel": "warn",
            "paths": {},
            "externalAuthenticationURL": "http://127.0.0.1/" + "a" * 32 + "/auth",
        }
        viewers: Any = Viewers(None, None, None, None)  # type: ignore[arg-type]  # nobody watches: tests.unit.relay.webrtc.test_whep
        started = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        engine = EngineParts(self.paths, self.listener, self.muxers, viewers, keys, started)
        self.engine = engine
        self.treq = StubTreq(ControlApi(engine))

    def ask(self, method: str, route: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.successResultOf(self.treq.request(method, V3 + route, data=data))
        text = self.successResultOf(self.treq.text_content(response))
        kind = response.headers.getRawHeaders("content-type", [""])[0]
        return response.code, json.loads(text) if kind == "application/json" else text

    def error(self, method: str, route: str, body: Any = None) -> tuple[int, str]:
        code, found = self.ask(method, route, body)
        return code, found["error"]

    def test_info(self) -> None:
        """Name, version and start."""
        self.assertEqual(self.ask("GET", "info"), (200, {"version": VERSION, "started": "2026-03-04T05:06:07Z"}))

    def test_who_may(self) -> None:
        """The callback is asked with what is shown; whom it refuses changes nothing."""
        asked: list[AuthRequest] = []

        class Asked:
            async def allows(self, question: AuthRequest) -> bool:
                asked.append(question)
                return question.credential.password == "right"

        self.treq = StubTreq(ControlApi(self.engine, Asked()))
        self.assertEqual(
            self.error("POST", "config/paths/add/evil", {"runOnInit": "x"}), (401, "authentication error")
        )
        self.assertEqual((asked[0].action, asked[0].ip, asked[0].path), ("api", "127.0.0.1", ""))
        wrong, right = (
            self.treq.request("GET", V3 + "paths/list", auth=("_api", word)) for word in ("wrong", "right")
        )
        self.assertEqual((self.successResultOf(wrong).code, self.successResultOf(right).code), (401, 200))
        self.assertEqual([path.name for path in self.paths.all()], ["cam"])

    def test_paths(self) -> None:
        """Add, read back, change, delete: empty bodies on success."""
        added = {"record": False, "recordSegmentDuration": "24h"}
        self.assertEqual(self.ask("POST", "config/paths/add/rec/camera0/1", added), (200, ""))
        self.assertEqual(self.ask("GET", "config/paths/get/rec/camera0/1")[1]["recordSegmentDuration"], "24h0m0s")
        self.assertEqual(self.ask("PATCH", "config/paths/patch/rec/camera0/1", {"maxReaders": 3}), (200, ""))
        _, listed = self.ask("GET", "config/paths/list")
        self.assertEqual([one["name"] for one in listed["items"]], ["cam", "rec/camera0/1"])
        self.assertEqual(listed["items"][1]["maxReaders"], 3)
        self.assertEqual(self.ask("POST", "config/paths/replace/rec/camera0/1", {}), (200, ""))
        self.assertEqual(self.ask("GET", "config/paths/get/rec/camera0/1")[1]["maxReaders"], 0)
        self.assertEqual(self.ask("DELETE", "config/paths/delete/rec/camera0/1"), (200, ""))
        self.assertEqual(self.error("GET", "paths/get/rec/camera0/1"), (404, "path not found"))

    def test_texts(self) -> None:
        """MediaMTX's."""
        for method, route, body, expected in (
            ("POST", "config/paths/add/cam", {}, (400, "path already exists")),
            ("GET", "config/paths/get/no", None, (404, "path configuration not found")),
            ("PATCH", "config/paths/patch/no", {}, (404, "path not found")),
            ("DELETE", "config/paths/delete/no", None, (404, "path not found")),
            ("POST", "config/paths/add/x", {"nope": 1}, (400, 'json: unknown field "nope"')),
            ("POST", "config/paths/add/", {}, (400, "invalid name")),
            ("POST", "config/paths/add//a", {}, (400, "invalid path name '/a': can't begin with a slash")),
            ("POST", "config/paths/add/a/", {}, (400, "invalid path name 'a/': can't end with a slash")),
            ("GET", "rtspsessions/get/11111111-1111-1111-1111-111111111111", None, (404, "session not found")),
            ("GET", "rtspconns/get/x", None, (404, "connection not found")),
            ("POST", "config/paths/add/x", b"", (400, "EOF")),
        ):
            self.assertEqual(self.error(method, route, body), expected)
        for body in (b"{", b"[" * 100000, b'{"maxReaders": NaN}', b"[]", b"\xff"):
            self.assertEqual(self.error("POST", "config/paths/add/x", body)[0], 400)
        self.assertEqual(self.error("POST", "rtspsessions/kick/x")[0], 400)

    def test_no_such_route(self) -> None:
        """Plain text, as from MediaMTX."""
        for method, route in (("GET", "nope"), ("PUT", "paths/list"), ("GET", "../info"), ("GET", "srtconns/list")):
            self.assertEqual(self.ask(method, route), (404, "404 page not found"))

    def test_idle_path(self) -> None:
        """Listed, with everything empty."""
        _, listed = self.ask("GET", "paths/list")
        self.assertEqual((listed["itemCount"], listed["pageCount"]), (1, 1))
        idle = {"name": "cam", "confName": "cam", "source": None, "ready": False, "readyTime": None, "tracks": []}
        self.assertEqual(listed["items"], [{**idle, "bytesReceived": 0, "bytesSent": 0, "readers": []}])

    def test_muxers(self) -> None:
        """None, then one after the first HLS request; a reader of its path without id, as MediaMTX 1.5.1 has it."""
        self.assertEqual(self.ask("GET", "hlsmuxers/list")[1]["items"], [])
        self.assertEqual(self.error("GET", "hlsmuxers/get/cam"), (404, "muxer not found"))
        Caller(self.listener).publish()
        self.successResultOf(Deferred.fromCoroutine(self.muxers.of(self.paths.find("cam"))))
        at = "2026-03-04T05:06:08Z"
        expected = {"path": "cam", "created": at, "lastRequest": at, "bytesSent": 0}
        self.assertEqual(self.ask("GET", "hlsmuxers/get/cam"), (200, expected))
        self.assertEqual(self.ask("GET", "hlsmuxers/list")[1]["items"], [expected])
        self.assertEqual(self.ask("GET", "paths/get/cam")[1]["readers"], [{"type": "hlsMuxer", "id": ""}])
        self.muxers.stop()
        self.assertEqual(self.ask("GET", "paths/get/cam")[1]["readers"], [])

    def test_sessions(self) -> None:
        """A publisher and a reader, in the path's state and by themselves; a kick ends one."""
        publisher, reader = Caller(self.listener), Caller(self.listener)
        publisher.publish()
        reader.ask("DESCRIBE", URL + "?ticket=t", password="")
        reader.ask("SETUP", URL + "/trackID=0", "Transport: RTP/AVP/TCP;interleaved=0-1", password="")
        state = self.ask("GET", "paths/get/cam")[1]
        self.assertEqual(state["source"], {"type": "rtspSession", "id": publisher.connection.id})
        self.assertEqual((state["ready"], state["tracks"]), (True, ["H264"]))
        self.assertEqual(state["readers"], [{"type": "rtspSession", "id": reader.connection.id}])
        listed = self.ask("GET", "rtspsessions/list")[1]["items"]
        self.assertEqual((listed[0]["state"], listed[0]["path"], listed[0]["query"]), ("publish", "cam", ""))
        one = self.ask("GET", f"rtspsessions/get/{reader.connection.id}")[1]
        self.assertEqual((one["state"], one["query"], one["transport"]), ("idle", "ticket=t", "TCP"))
        self.assertEqual(one["remoteAddr"], "127.0.0.1:50000")
        self.assertEqual(self.ask("GET", "rtspconns/list")[1]["itemCount"], 2)
        self.assertEqual(self.ask("GET", f"rtspconns/get/{reader.connection.id}")[1]["session"], one["id"])
        self.assertEqual(self.ask("POST", f"rtspsessions/kick/{one['id']}"), (200, ""))
        self.assertTrue(reader.closed)

    def test_pulled_path(self) -> None:
        """Its source has a type and no id."""
        self.path("shadow", source="rtsp://127.0.0.1:8554/cam")
        self.machine.advance(0)
        self.cam.publish(Party(), (VIDEO,))
        self.assertEqual(self.ask("GET", "paths/get/shadow")[1]["source"], {"type": "rtspSource", "id": ""})
        (reader,) = self.ask("GET", "paths/get/cam")[1]["readers"]
        self.assertEqual(reader["type"], "rtspSession")

    def test_global(self) -> None:
        """As given; the callback's secret is not shown."""
        found = self.ask("GET", "config/global/get")[1]
        self.assertEqual(
            (found["logLevel"], found["externalAuthenticationURL"]), ("warn", "http://127.0.0.1/***/auth")
        )

    def test_this_machine_only(self) -> None:
        """Another host's request is refused."""
        self.patch(http_server, "plain_ip", lambda _: "192.0.2.7")
        self.assertEqual(self.error("GET", "info")[0], 403)

    def test_large_body(self) -> None:
        """Above a megabyte the connection is closed, and nothing is added."""
        transport = Client()
        http = http_server.site(self.machine, ControlApi(self.engine), 10).buildProtocol(None)
        http.makeConnection(transport)
        size = http_server.MAX_BODY + 10
        http.dataReceived(b"POST /v3/config/paths/add/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        http.dataReceived(b" " * (http_server.MAX_BODY - 1))
        self.assertFalse(transport.disconnecting)
        http.dataReceived(b"  ")
        self.assertTrue(transport.disconnecting)
        http.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.error("GET", "paths/get/x"), (404, "path not found"))

    def test_a_bug_is_a_500(self) -> None:
        """Without a word of what it was."""
        self.patch(self.paths, "all", None)
        self.assertEqual(self.error("GET", "paths/list"), (500, "internal error"))
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)


class PageTests(SynchronousTestCase):
    """`page` and `parse_body`."""

    def test_pages(self) -> None:
        """From 0, and past the end nothing."""
        items = list(range(5))
        for query, expected in (
            ({}, items),
            ({b"itemsPerPage": [b"2"]}, [0, 1]),
            ({b"itemsPerPage": [b"2"], b"page": [b"2"]}, [4]),
            ({b"page": [b"9"]}, []),
        ):
            self.assertEqual(page(items, query)["items"], expected)
        self.assertEqual(page(items, {b"itemsPerPage": [b"2"]})["pageCount"], 3)
        self.assertEqual(page([], {})["pageCount"], 0)
        for text in (b"x", b"-1", b"0", b"9" * 20):
            with self.assertRaises(RequestError):
                page(items, {b"itemsPerPage": [text]})

    def test_body(self) -> None:
        """JSON it is."""
        self.assertEqual(parse_body(b'{"a": null}'), {"a": None})


class Asked(Resource):
    """A callback that says what the test wants."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.code = 200
        self.silent = False
        self.bodies: list[Any] = []

    def render_POST(self, request: Request) -> bytes | int:
        assert request.content is not None
        self.bodies.append(json.loads(request.content.read()))
        request.setResponseCode(self.code)
        return NOT_DONE_YET if self.silent else b"x"


class CallbackTests(SynchronousTestCase):
    """`HttpAuthorizer`."""

    def setUp(self) -> None:
        self.clock, self.asked = Clock(), Asked()
        self.callback = HttpAuthorizer(self.clock, StubTreq(self.asked), "http://127.0.0.1/auth")
        self.question = AuthRequest("127.0.0.1", Credential("u", "p"), "cam", "id-1", "read", "ticket=t")

    def ask(self) -> Deferred[bool]:
        return Deferred.fromCoroutine(self.callback.allows(self.question))

    def test_what_is_asked(self) -> None:
        """The fields of MediaMTX's callback."""
        self.assertTrue(self.successResultOf(self.ask()))
        expected = {"ip": "127.0.0.1", "user": "u", "password": "p", "path": "cam", "protocol": "rtsp"}
        self.assertEqual(self.asked.bodies, [{**expected, "id": "id-1", "action": "read", "query": "ticket=t"}])

    def test_verdicts(self) -> None:
        """2xx is yes, a redirect or an error is no."""
        for code, verdict in ((204, True), (301, False), (401, False), (500, False)):
            self.asked.code = code
            self.assertEqual(self.successResultOf(self.ask()), verdict)

    def test_nothing_shown(self) -> None:
        """A no to that is remembered for a second, for this client and this path; it is asked again after that."""
        self.asked.code = 401
        self.question = evolve(self.question, credential=Credential(), query="")
        for _ in range(5):
            self.assertFalse(self.successResultOf(self.ask()))
        self.assertEqual(len(self.asked.bodies), 1)
        bare = self.question
        for other in (evolve(bare, path="other"), evolve(bare, ip="::1"), evolve(bare, query="ticket=t")):
            self.question = other
            self.assertFalse(self.successResultOf(self.ask()))
        self.assertEqual(len(self.asked.bodies), 4)
        self.clock.advance(REFUSED_S)
        self.question, self.asked.code = bare, 200
        self.assertTrue(self.successResultOf(self.ask()))

    def test_silence(self) -> None:
        """Five seconds, then no."""
        self.asked.silent = True
        waiting = self.ask()
        self.clock.advance(4.9)
        self.assertNoResult(waiting)
        self.clock.advance(0.2)
        self.assertFalse(self.successResultOf(waiting))

    def test_nobody_there(self) -> None:
        """No is the answer, and the log says that nobody answered."""

        class Absent:
            def post(self, *args: Any, **kwargs: Any) -> Deferred[Any]:
                return fail(ConnectionRefusedError())

        callback = HttpAuthorizer(self.clock, Absent(), "http://127.0.0.1/auth")  # type: ignore[arg-type]
        self.assertFalse(self.successResultOf(Deferred.fromCoroutine(callback.allows(self.question))))

    def test_client_gone(self) -> None:
        """Who asked is told of the cancellation, not of an answer: twisted.web has another failure for it."""

        class Never:
            def post(self, *args: Any, **kwargs: Any) -> Deferred[Any]:
                return Deferred(lambda it: it.errback(ResponseNeverReceived([])))

        callback = HttpAuthorizer(self.clock, Never(), "http://127.0.0.1/auth")  # type: ignore[arg-type]
        asking = Deferred.fromCoroutine(callback.allows(self.question))
        asking.cancel()
        self.failureResultOf(asking, CancelledError)

    def test_open_gate(self) -> None:
        """Without a callback everyone may."""
        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(AllowAll().allows(self.question))))

    def test_plain_ip(self) -> None:
        """IPv4 out of a dual-stack socket looks like IPv4."""
        for host, expected in (
            ("::ffff:10.0.0.7", "10.0.0.7"),
            ("::1", "::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("x", "x"),
        ):
            self.assertEqual(plain_ip(host), expected)
