"""What all HTTP routes share: JSON errors, limits, credentials."""

from __future__ import annotations

import json
import time
from typing import Any

from klein import Klein
from twisted.internet.defer import Deferred
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import TestCase

from camsvc.access.credentials import Credentials
from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.errors import AuthenticationFailed, InvalidState, NotFound, PermissionDenied
from camsvc.server.http import request as http
from camsvc.server.http.authorization import principal_of
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import MAX_BODY_BYTES, QuietSite, answer_json, with_json_errors
from tests.support.http_client import Answer, ask, exchange
from tests.support.samples import SECRET, authentication


class Routes:
    """One for each way to fail."""

    app = with_json_errors(Klein())

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.waiting: Deferred[bytes] = Deferred()
        self.tokens = Tokens(SECRET)
        self.told: list[tuple[Any, ...]] = []
        self.known = authentication(Credentials(self.tokens), self.told)

    @app.route("/good")
    def good(self, request: Any) -> bytes:
        return answer_json(request, 200, {"a": "ä"})

    @app.route("/error/<int:number>")
    async def error(self, request: Any, number: int) -> bytes:
        raise (
            AuthenticationFailed("auth_required: log in"),
            PermissionDenied("no", required_role="admin"),
            NotFound("File", "x"),
            InvalidState("later"),
            ValueError("secret detail"),
        )[number]

    @app.route("/half")
    async def half(self, request: Any) -> bytes:
        request.write(b"half of")
        raise ValueError("secret detail")

    @app.route("/take", methods=["POST"])
    def take(self, request: Any) -> bytes:
        self.bodies.append(request.content.read())
        return b"taken"

    @app.route("/who")
    def who(self, request: Any) -> bytes:
        found = principal_of(request, self.known)
        return answer_json(request, 200, found.subject if found else None)

    @app.route("/sender")
    def sender(self, request: Any) -> bytes:
        assert request.getHeader(b"forwarded") is request.getHeader(b"x-forwarded-host") is None
        names = (b"host", b"x-forwarded-for", b"x-forwarded-proto")
        headers = [request.getHeader(name).decode() for name in names]
        return answer_json(request, 200, [request.getClientAddress().host, request.isSecure(), *headers])


class HttpTests(TestCase):
    """Through a real Site."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.routes = Routes()
        self.told = self.routes.told
        self.site = site = QuietSite(self.routes.app.resource(), reactor, authentication=self.routes.known)
        listener: Any = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    def error(self, answer: Answer) -> dict[str, Any]:
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        return json.loads(answer.body)["error"]

    async def test_json(self) -> None:
        """Type, no caching, no sniffing."""
        answer = await ask(self.port, "/good")
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"a": "ä"}))
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")

    async def test_known_errors(self) -> None:
        """Status by kind; code, message and data as in JSON-RPC."""
        for number, status, code in ((0, 401, -32001), (1, 403, -32002), (2, 404, -32010), (3, 503, -32020)):
            answer = await ask(self.port, f"/error/{number}")
            self.assertEqual((answer.status, self.error(answer)["code"]), (status, code))
            self.assertIn("reason", self.error(answer)["data"])
        self.assertIn("www-authenticate", (await ask(self.port, "/error/0")).headers)

    async def test_unknown_error(self) -> None:
        """500; the text stays in the log."""
        answer = await ask(self.port, "/error/4")
        self.assertEqual((answer.status, self.error(answer)["code"]), (500, -32603))
        self.assertNotIn(b"secret", answer.body)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    async def test_error_in_the_middle(self) -> None:
        """The connection is cut: nothing looks like a whole answer."""
        found = await exchange(self.port, b"GET /half HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertNotIn(b"error", found)
        self.assertFalse(found.endswith(b"0\r\n\r\n"))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    async def test_no_route(self) -> None:
        """404 and 405 as JSON; a doubled slash is no redirect."""
        for path in ("/", "/absent", "/error/x", "/good/", "/good//"):
            answer = await ask(self.port, path)
            self.assertEqual(answer.status, 404, path)
            self.assertEqual(self.error(answer)["code"], -32010)
            self.assertNotIn("location", answer.headers)
        answer = await ask(self.port, "/take")
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (405, "method_not_allowed"))

    async def test_body_limit(self) -> None:
        """What fits is taken whole; a byte more ends the connection before anything is done."""
        self.assertEqual((await ask(self.port, "/take", "POST", body=b"x" * MAX_BODY_BYTES)).body, b"taken")
        self.assertEqual(len(self.routes.bodies.pop()), MAX_BODY_BYTES)
        head = b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)
        self.assertNotIn(b"taken", await exchange(self.port, head + b"x" * (MAX_BODY_BYTES + 1)))
        self.assertEqual(self.routes.bodies, [])

    async def test_endless_chunks(self) -> None:
        """Neither does a body without a length grow."""
        head = b"POST /take HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunks = b"4000\r\n" + b"x" * 0x4000 + b"\r\n" + b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n0\r\n\r\n"
        answer = await exchange(self.port, head + chunks)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
        self.assertEqual(self.routes.bodies, [])

    async def test_bearer(self) -> None:
        """Who the header names; none is nobody; another scheme or a bad token is 401."""
        token = Tokens(SECRET).issue("me", Role.VIEWER, time.time(), 60)
        self.assertEqual((await ask(self.port, "/who", authorization=f"Bearer {token}")).body, b'"me"')
        self.assertEqual((await ask(self.port, "/who")).body, b"null")
        self.assertEqual((await ask(self.port, "/who", x_api_key=token)).body, b'"me"')
        for header in ("x", "csk_", "\xff"):
            self.assertEqual((await ask(self.port, "/who", x_api_key=header)).status, 401, header)
        for header in ("Basic eDp5", "Bearer", "Bearer x", "Bearer " + token[:-2]):
            self.assertEqual((await ask(self.port, "/who", authorization=header)).status, 401, header)

    async def test_refused_is_told(self) -> None:
        """A bad token or key stands in the audit log, once; nothing of it, nor of what a path may hold of secrets."""
        old = Tokens(SECRET).issue("me", Role.VIEWER, time.time() - 100, 60)
        for shown, reason in (
            ({"authorization": "Bearer hunter2"}, "bad_credential"),
            ({"authorization": f"Bearer {old}"}, "token_expired"),
        ):
            await ask(self.port, "/who?token=hunter2", "GET", **shown)
            asked = {"verb": "GET", "path": "/who"}
            self.assertEqual(self.told.pop(), ("", "127.0.0.1", "http", asked, f"-32001 {reason}"))
        for header in ({"x_api_key": "csk_"}, {"authorization": "Basic eDp5"}):
            self.assertEqual((await ask(self.port, "/who", **header)).status, 401)
        await ask(self.port, "/who")
        token = Tokens(SECRET).issue("me", Role.VIEWER, time.time(), 60)
        await ask(self.port, "/who", authorization=f"Bearer {token}")
        self.assertEqual(self.told, [], "the same kind again is counted, none and a good one are no refusal")

    async def test_body_of_a_stranger(self) -> None:
        """That a bad token lets nobody send more is told by the route alone."""
        await ask(self.port, "/take", "POST", body=b"x" * (MAX_BODY_BYTES + 1), authorization="Bearer hunter2")
        self.assertEqual(self.told, [])

    async def test_sender(self) -> None:
        """Who it is, over what and by which name: the socket's word, or that of a trusted proxy."""
        told = {"x_forwarded_for": "192.0.2.9", "x_forwarded_proto": "https", "x_forwarded_host": "cam.example"}
        told |= {"forwarded": "for=1.1.1.1"}
        direct = ["127.0.0.1", False, "localhost", "127.0.0.1", "http"]
        self.assertEqual(json.loads((await ask(self.port, "/sender", **told)).body), direct)
        self.site.proxies = Proxies(["127.0.0.0/8"])
        found = json.loads((await ask(self.port, "/sender", **told)).body)
        self.assertEqual(found, ["192.0.2.9", True, "cam.example", "192.0.2.9", "https"])
        found = json.loads((await ask(self.port, "/sender", x_forwarded_for="2001:db8::9")).body)
        self.assertEqual(found, ["2001:db8::9", False, "localhost", "2001:db8::9", "http"])

    async def test_quiet_log(self) -> None:
        """A request is no line at info; at debug no ticket stands in it."""
        events: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        await ask(self.port, "/good?ticket=abcdef")
        ours = [event for event in events if event["log_namespace"].startswith(http.__name__)]
        self.assertEqual([event["log_level"] for event in ours], [LogLevel.debug])
        self.assertNotIn("abcdef", str(ours))
