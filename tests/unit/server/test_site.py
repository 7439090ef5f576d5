"""The public port: what stands where, and the Host check before all of it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from camsvc.access.roles import Role
from camsvc.api.health_status import HealthStatus
from camsvc.api.methods.accounts.session import SessionMethods
from camsvc.api.methods.service.introspection import IntrospectionMethods
from camsvc.api.methods.service.system import SystemMethods
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.registry import Registry
from camsvc.config.schema import Limits, Server
from camsvc.devices.inventory import Inventory
from camsvc.server.http.cookies import LoginCookie
from camsvc.server.http.hosts import Hosts
from camsvc.server.http.origins import Origins
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import QuietSite
from camsvc.server.routes.file_access import FileAccess
from camsvc.server.routes.files import Files, FileSources
from camsvc.server.routes.login import LoginPages
from camsvc.server.routes.rpc import Rpc
from camsvc.server.routes.web_client import WebClient
from camsvc.server.site import Pages, Root
from camsvc.server.ws_connections import WebSocketConnections
from camsvc.system.clocks import Clocks
from tests.support import CHECKOUT
from tests.support.http_client import Answer, ask, exchange
from tests.support.samples import (
    authentication,
    caller_checks,
    credentials,
    file_delivery,
    runtime,
    session_grants,
)
from tests.unit.api.methods.service.test_system import FakeEngine
from tests.unit.server.routes.test_web_client import built


class SiteTests(TestCase):
    """Through a real Site."""

    def setUp(self) -> None:
        self.client = built(Path(self.mktemp()))
        self.serve(Limits())

    def serve(self, limits: Limits, server: Server = Server()) -> None:  # noqa: B008
        from twisted.internet import reactor

        self.checks: dict[str, Any] = {"engine": True, "api": True}
        hosts = Hosts(server)
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "a.jpg").write_bytes(b"x")
        known = credentials()
        authentic = authentication(known)
        grants = session_grants(reactor, known)
        sources = FileSources(
            {"recordings": folder, "snapshots": folder}, None, dict, lambda _: None, None, None, None
        )  # type: ignore[arg-type]
        files = Files(reactor, FileAccess(authentic, grants, None, None), sources, file_delivery())  # type: ignore[arg-type]
        checks = caller_checks(reactor, authentic, hosts, limits, grants)
        process = runtime(reactor, clocks=Clocks())
        ws = WebSocketConnections(process, Registry(), ClientConnections(Clocks()), Limits(), checks)  # type: ignore[arg-type]
        self.engine = FakeEngine()
        engine: Any = self.engine
        health_status = HealthStatus(Inventory(), engine, engine, lambda: True)
        pages = Pages(lambda: self.checks, health_status, WebClient((self.client,)))
        self.tokens = known.tokens
        registry = Registry(
            SessionMethods(authentic),
            SystemMethods(Inventory(), engine, engine, health_status, None, Clocks()),
        )
        registry.add(IntrospectionMethods(registry))
        call_limits = Limits(address_calls_per_second=1, address_burst=20)
        rpc = Rpc(registry, caller_checks(reactor, authentic, hosts, call_limits))
        cookie = LoginCookie("test", authentic, Origins(), Clocks())
        login = LoginPages(None, authentic, grants, cookie)  # type: ignore[arg-type]
        root = Root(checks, cookie, pages, login, rpc, hsts_s=600)
        root.putChild(b"ws", ws.as_resource())
        root.putChild(b"files", files.app.resource())
        self.site = site = QuietSite(root, reactor, authentication=authentic)
        listener: Any = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    async def get(self, path: str, **keys: Any) -> Answer:
        return await ask(self.port, path, **keys)

    async def test_page(self) -> None:
        """The web client at the root and its files; nothing inline, which our policy would stop."""
        answer = await self.get("/")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual((await self.get("/", method="HEAD")).body, b"")
        self.assertEqual((await self.get("/assets/index-a1.css")).body, b"b{}")
        page = (CHECKOUT / "web/dist/index.html").read_bytes()
        for inline in (rb"<style", rb"<script(?![^>]* src=)[^>]*>", rb"<[^>]* style=", rb"<[^>]* on\w+="):
            self.assertIsNone(re.search(inline, page), inline)

    async def test_security_headers(self) -> None:
        """On every answer, refusals too; what it is served by is not told."""
        for path, host in (
            ("/", "localhost"),
            ("/rpc", "localhost"),
            ("/absent", "localhost"),
            ("/ws", "localhost"),
            ("/", "evil.example"),
        ):
            headers = (await self.get(path, host=host)).headers
            self.assertIn("default-src 'none'", headers["content-security-policy"])
            self.assertEqual(headers["x-content-type-options"], "nosniff")
            self.assertEqual("ws://localhost" in headers["content-security-policy"], host == "localhost")
            self.assertNotIn("evil", headers["content-security-policy"])
            self.assertNotIn("strict-transport-security", headers)
            self.assertNotIn("server", headers)

    async def test_behind_a_proxy(self) -> None:
        """By TLS as far as the client is concerned, under its own name; not by the word of a stranger."""
        told = {"x_forwarded_proto": "https", "x_forwarded_host": "cam.local"}
        headers = (await self.get("/", **told)).headers
        self.assertNotIn("strict-transport-security", headers)
        self.site.proxies = Proxies(["127.0.0.1"])
        headers = (await self.get("/", **told)).headers
        self.assertEqual(headers["strict-transport-security"], "max-age=600")
        self.assertIn("wss://cam.local;", headers["content-security-policy"])
        self.assertEqual((await self.get("/", **{**told, "x_forwarded_host": "evil.example"})).status, 421)

    async def test_health(self) -> None:
        """healthy, degraded or, with 503, unhealthy; in detail with the parts, and nothing more."""
        answer = await self.get("/health")
        self.assertEqual((answer.status, json.loads(answer.body)), (503, {"status": "unhealthy"}))
        self.engine.trouble = None
        answer = await self.get("/health/detailed")
        parts = {"websocket_server": "running", "camera_monitor": "running", "mediamtx": "running"}
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"status": "degraded", "components": parts}))
        self.engine.in_step = True
        self.assertEqual(json.loads((await self.get("/health")).body), {"status": "healthy"})

    async def rpc(self, body: bytes, **headers: Any) -> Answer:
        headers = {"content_type": "application/json", **headers}
        return await ask(self.port, "/rpc", method="POST", body=body, **headers)

    async def test_rpc(self) -> None:
        """A call, a batch and a notification; who calls is told by the Authorization header."""
        bearer = f"Bearer {self.tokens.issue('a', Role.VIEWER, time.time(), 60)}"
        answer = await self.rpc(b'{"jsonrpc":"2.0","id":1,"method":"get_system_status"}', authorization=bearer)
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        self.assertEqual(json.loads(answer.body)["result"]["status"], "starting")
        batch = b'[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"get_server_info"}]'
        found = json.loads((await self.rpc(batch)).body)
        self.assertEqual((found[0]["result"], found[1]["error"]["code"]), ("pong", -32001))
        answer = await self.rpc(b'{"jsonrpc":"2.0","method":"ping"}')
        self.assertEqual((answer.status, answer.body), (204, b""))

    async def test_openrpc(self) -> None:
        """The document for whoever may call rpc.discover; a stranger gets 401; below /api is nothing else."""
        answer = await self.get("/api/openrpc.json")
        self.assertEqual((answer.status, json.loads(answer.body)["error"]["code"]), (401, -32001))
        bearer = f"Bearer {self.tokens.issue('a', Role.VIEWER, time.time(), 60)}"
        answer = await ask(self.port, "/api/openrpc.json", authorization=bearer)
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        names = [each["name"] for each in json.loads(answer.body)["methods"]]
        self.assertLessEqual({"ping", "rpc.discover"}, set(names))
        self.assertEqual((await ask(self.port, "/api/openrpc", authorization=bearer)).status, 404)
        self.assertEqual((await ask(self.port, "/api/openrpc.json", method="POST", authorization=bearer)).status, 405)

    async def test_rpc_sizes(self) -> None:
        """64 KiB for a stranger, 1 MiB for whoever shows a credential that is right, as on the WebSocket."""
        right = {"authorization": f"Bearer {self.tokens.issue('a', Role.VIEWER, time.time(), 60)}"}
        wrong = {"authorization": "Bearer x.y.z"}

        def ping(size: int) -> bytes:
            call = b'{"jsonrpc":"2.0","id":1,"method":"ping"'
            return call + b" " * (size - len(call) - 1) + b"}"

        for size, headers, status in (
            (64 << 10, {}, 200),
            ((64 << 10) + 1, {}, 413),
            ((64 << 10) + 1, wrong, 413),
            ((64 << 10) + 1, right, 200),
            (1 << 20, right, 200),
            ((1 << 20) + 1, right, 413),
        ):
            answer = await self.rpc(ping(size), **headers)
            self.assertEqual(answer.status, status, (size, headers))
            if status == 200:
                self.assertEqual(json.loads(answer.body)["result"], "pong")

    async def test_rpc_refused(self) -> None:
        """A bad token, a form, another verb, no JSON, too large, too often."""
        ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
        answer = await self.rpc(ping, authorization="Bearer x.y.z")
        self.assertEqual((answer.status, json.loads(answer.body)["error"]["code"]), (401, -32001))
        self.assertEqual((await self.rpc(ping, content_type="text/plain")).status, 415)
        self.assertEqual((await self.get("/rpc")).status, 405)
        self.assertEqual((await self.get("/rpc/x")).status, 404)
        self.assertEqual(json.loads((await self.rpc(b"{")).body)["error"]["code"], -32700)
        login = b'{"jsonrpc":"2.0","id":1,"method":"authenticate","params":{"auth_token":"x"}}'
        self.assertEqual(json.loads((await self.rpc(login)).body)["error"]["data"]["reason"], "no_session")
        head = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += b"Content-Length: 70000\r\n\r\n"
        data = await exchange(self.port, head + b" " * 70000)
        self.assertTrue(data.startswith(b"HTTP/1.1 413 "))
        codes = [json.loads((await self.rpc(ping)).body).get("error", {}).get("code") for _ in range(21)]
        self.assertEqual((codes[0], codes[-1]), (None, -32040))

    async def test_path_of_public_url(self) -> None:
        """Below it all is served as at the root, whether a proxy takes it away or not; the page needs the slash."""
        self.serve(Limits(), Server(public_url="https://cams.example.org/a/cams/"))
        for host in ("cams.example.org", "localhost"):
            for path in (
                "/health/live",
                "/files/snapshots/a.jpg",
                "/api/session",
                "/assets/index-a1.js",
                "/",
                "/rpc",
            ):
                plain, below = await self.get(path, host=host), await self.get(f"/a/cams{path}", host=host)
                self.assertEqual((plain.status, plain.body), (below.status, below.body), path)
            answer = await self.get("/a/cams", host=host)
            self.assertEqual((answer.status, answer.headers["location"]), (302, "cams/"))
            self.assertEqual((await self.get("/a/other/health/live", host=host)).status, 404)

    async def test_too_many_requests(self) -> None:
        """429 with the time to wait, on every route alike."""
        self.serve(Limits(requests_per_second=1, request_burst=2))
        self.assertEqual([(await self.get("/health/live")).status for _ in range(2)], [200, 200])
        for path in ("/health/live", "/ws", "/files/snapshots/a.jpg"):
            answer = await self.get(path)
            self.assertEqual((answer.status, answer.headers["retry-after"]), (429, "1"))
            error = json.loads(answer.body)["error"]
            self.assertEqual((error["code"], error["data"]["reason"]), (-32040, "rate_limited"))

    async def test_live(self) -> None:
        """Open, as long as the reactor turns."""
        answer = await self.get("/health/live")
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"status": "alive"}))

    async def test_ready(self) -> None:
        """200 when all is there; else 503, and what is not, in words."""
        answer = await self.get("/health/ready")
        self.assertEqual((answer.status, json.loads(answer.body)["status"]), (200, "ready"))
        self.checks["engine"] = "the media engine is starting"
        answer = await self.get("/health/ready")
        self.assertEqual(answer.status, 503)
        self.assertEqual(
            json.loads(answer.body),
            {"status": "unhealthy", "checks": {"engine": "the media engine is starting", "api": "ready"}},
        )
        self.assertEqual((await self.get("/health/ready", method="HEAD")).status, 503)

    async def test_unknown_host(self) -> None:
        """421 as JSON on every route, the WebSocket too; none at all as well."""
        for path in ("/", "/health/live", "/files/snapshots/a.jpg", "/ws", "/absent"):
            answer = await self.get(path, host="evil.example")
            self.assertEqual(answer.status, 421, path)
            self.assertEqual(json.loads(answer.body)["error"]["data"]["reason"], "unknown_host")
        found = await exchange(self.port, b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn(b" 421 ", found.split(b"\r\n")[0])

    async def test_files(self) -> None:
        """Are guarded."""
        self.assertEqual((await self.get("/files/snapshots/a.jpg")).status, 401)

    async def test_no_upgrade(self) -> None:
        """A plain GET of the WebSocket is told what it is, and redirects nowhere."""
        for path in ("/ws", "/ws?redirect=http://evil.example/"):
            answer = await self.get(path)
            self.assertEqual((answer.status, answer.headers["upgrade"]), (426, "websocket"), path)
            self.assertEqual(json.loads(answer.body)["error"]["data"]["reason"], "no_upgrade")
            self.assertNotIn("location", answer.headers)

    async def test_nothing_there(self) -> None:
        """404 as JSON: unknown names, doubled slashes, dots, bytes that are not UTF-8."""
        for path in (
            "/absent",
            "/health/",
            "/health/live/",
            "/health//live",
            "/../health/live",
            "/%2e%2e/etc/passwd",
            "/%ff",
            "/files/snapshots/%ff%fe.jpg",
            "/files/snapshots/..%c0%afa.jpg",
            "/files/snapshots/%ed%a0%80.jpg",
            "/%00",
        ):
            answer = await self.get(path)
            self.assertEqual(answer.status, 404, path)
            self.assertEqual(json.loads(answer.body)["error"]["code"], -32010)
            self.assertNotIn("location", answer.headers)
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_methods(self) -> None:
        """405 as JSON, which names the ones that there are."""
        for path in ("/", "/health/live", "/health/ready"):
            answer = await self.get(path, method="POST", body=b"x")
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"), path)
        self.assertIn("POST", (await self.get("/rpc")).headers["allow"])
