"""Login, logout and the cookie, by real sockets."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import fail
from twisted.trial.unittest import SynchronousTestCase, TestCase

import tests.support.strategies  # noqa: F401
from camsvc.access import users
from camsvc.access.keys import ApiKey, digest, make, new_ident
from camsvc.access.logins import Logins
from camsvc.access.roles import Role
from camsvc.access.users import User
from camsvc.api.methods.accounts.session import SessionMethods
from camsvc.api.methods.accounts.users import UserMethods
from camsvc.api.methods.service.system import SystemMethods
from camsvc.api.registry import Registry
from camsvc.config.schema import Limits, Server
from camsvc.devices.inventory import Inventory
from camsvc.errors import DependencyFailed, InvalidParams, RateLimited
from camsvc.server.http.cookies import LoginCookie
from camsvc.server.http.hosts import Hosts
from camsvc.server.http.origins import Origins
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import QuietSite
from camsvc.server.routes.login import LoginPages, LoginRequest, _read
from camsvc.server.routes.rpc import Rpc
from camsvc.server.site import Root
from camsvc.server.ws_connections import WebSocketConnections
from camsvc.system.clocks import Clocks
from tests.support.clocks import FakeClocks
from tests.support.http_client import Answer, ask
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import authentication, caller_checks, credentials, runtime, session_grants
from tests.unit.api.methods.service.test_system import FakeEngine
from tests.unit.server.test_ws import Nothing


class PlainPasswords:
    """No hashing: tests of what is done with the answer need no second of a core each."""

    busy = False

    async def hashed(self, password: str, address: str = "") -> str:
        return f"plain:{password}"

    async def match(self, password: str, stored: str | None, address: str = "") -> bool:
        if self.busy:
            raise RateLimited("Rate limited: too many logins at once", retry_after_ms=1000)
        return stored == f"plain:{password}"


class RealWallClocks(FakeClocks):
    """The monotonic clock is the test's, as are delays; the wall clock is the machine's, as for who ends logins."""

    def wall_s(self) -> float:
        return time.time()


class LoginTestCase(TestCase):
    """A Site with login, ``/rpc`` and ``/ws``, two users and an API key."""

    proxies: tuple[str, ...] = ()
    server = Server()

    def setUp(self) -> None:
        from twisted.internet import reactor

        folder = Path(self.mktemp())
        folder.mkdir()
        self.database = ImmediateDatabase(folder / "db")
        self.addCleanup(self.database.stop)
        known = self.known = credentials()
        self.grants = session_grants(reactor, known)
        self.passwords: Any = PlainPasswords()
        self.refused: list[tuple[str, str, str]] = []
        self.clocks = RealWallClocks()
        self.told: list[tuple[Any, ...]] = []
        self.authentication = authentication(known, self.told, self.clocks)
        self.logins = Logins(
            runtime(reactor, database=self.database, clocks=self.clocks),
            self.passwords,
            self.authentication,
            self.grants.revoke_user,
            3600,
            lambda *told: self.refused.append(told),
        )
        self.add("ann", Role.ADMIN)
        self.add("ben", Role.VIEWER)
        ident = new_ident()
        self.api_key = make(ident)
        known.keys.add(ApiKey(ident, "probe", digest(self.api_key), Role.OPERATOR, frozenset({"camera3"}), 0, "ann"))
        engine: Any = FakeEngine()
        registry = Registry(
            SessionMethods(self.authentication),
            SystemMethods(Inventory(), engine, engine, None, None, Clocks()),  # type: ignore[arg-type]
            UserMethods(self.database, self.passwords, self.logins, self.grants, Clocks()),
        )
        origins = Origins(self.server.public_url, self.server.allowed_origins)
        self.cookie = LoginCookie("abc", self.authentication, origins, self.clocks)
        pages = LoginPages(self.logins, self.authentication, self.grants, self.cookie)
        nothing: Any = Nothing()
        checks = caller_checks(reactor, self.authentication, Hosts(self.server), grants=self.grants)
        process = runtime(reactor, database=self.database, clocks=self.clocks)
        ws = WebSocketConnections(process, registry, nothing, Limits(), checks)
        root = Root(checks, self.cookie, nothing, pages, Rpc(registry, checks))
        root.putChild(b"ws", ws.as_resource())
        root.putChild(b"files", nothing.app.resource())
        site = QuietSite(root, reactor, proxies=Proxies(self.proxies), authentication=self.authentication)
        listener: Any = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port
        self.own = f"http://localhost:{self.port}"
        self.host = f"localhost:{self.port}"

    def add(self, name: str, role: Role, **keys: Any) -> None:
        user = User(**{"name": name, "role": role, "disabled": False, "must_change": False, "created_at": 1.0,
                       "password_at": 1.0, **keys})  # fmt: skip
        self.database.now(lambda db: users.add(db, user, f"plain:{name}'s password"))

    async def post(self, path: str, body: Any, **headers: Any) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"host": self.host, "content_type": "application/json", **headers}
        return await ask(self.port, path, "POST", body=data, **headers)

    async def login(self, name: str = "ann", password: str | None = None, **keys: Any) -> Answer:
        headers = keys.pop("headers", {})
        password = f"{name}'s password" if password is None else password
        return await self.post("/api/login", {"username": name, "password": password, **keys}, **headers)

    async def token(self, name: str = "ann") -> str:
        return json.loads((await self.login(name)).body)["token"]  # type: ignore[no-any-return]

    async def cookie_of(self, name: str = "ann") -> str:
        return (await self.login(name, cookie=True)).headers["set-cookie"].partition(";")[0]

    async def rpc(self, method: str, params: Any = None, **headers: Any) -> Answer:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        return await self.post("/rpc", call, **headers)

    def error(self, answer: Answer) -> dict[str, Any]:
        return json.loads(answer.body)["error"]  # type: ignore[no-any-return]


class BodyTests(SynchronousTestCase):
    """What comes as a login."""

    @given(st.binary(max_size=300) | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["username", "password", "api_key", "cookie", "x"]), inner, max_size=4),
    ).map(lambda value: json.dumps(value).encode()))  # fmt: skip
    def test_any(self, body: bytes) -> None:
        """Is a login, or refused with the parameter; nothing of the values stands in the answer."""
        try:
            self.assertIsInstance(_read(body), LoginRequest)
        except InvalidParams as why:
            self.assertLessEqual(len(why.data["param"]), 60)

    def test_deep(self) -> None:
        """Nesting does not bring it down."""
        self.assertRaises(InvalidParams, _read, b"[" * 60_000)
        self.assertRaises(InvalidParams, _read, b'{"x":' * 10_000)


class LoginTests(LoginTestCase):
    """``POST /api/login`` without a cookie."""

    async def test_password(self) -> None:
        """A token that works, who it is, and until when; the name in any case."""
        answer = await self.login(" Ann", "ann's password")
        found = json.loads(answer.body)
        self.assertEqual((answer.status, answer.headers["cache-control"]), (200, "no-store"))
        self.assertEqual(set(found), {"user", "role", "permissions", "expires_at", "must_change_password", "token"})
        self.assertEqual((found["user"], found["role"], found["must_change_password"]), ("ann", "admin", False))
        who = self.known.principal(found["token"], time.time())
        self.assertEqual((who.subject, who.role), ("ann", Role.ADMIN))
        self.assertLess(abs(who.expires_at - time.time() - 3600), 5)
        self.assertNotIn("set-cookie", answer.headers)
        answer = await self.rpc("list_users", authorization=f"Bearer {found['token']}")
        ann = next(user for user in json.loads(answer.body)["result"]["users"] if user["username"] == "ann")
        self.assertLess(ann["created_time"], ann["last_login"])

    async def test_refused(self) -> None:
        """A wrong password and an unknown user look the same; both are told, the user only where it may be one."""
        wrong, unknown = await self.login(password="no"), await self.login("nobody")
        self.assertEqual((wrong.status, unknown.status), (401, 401))
        self.assertEqual(wrong.body, unknown.body)
        self.assertEqual(self.error(wrong)["code"], -32001)
        await self.login("my secret!", "x")
        self.assertEqual([actor for actor, _, _ in self.refused], ["ann", "nobody", "?"])
        self.assertEqual({address for _, address, _ in self.refused}, {"127.0.0.1"})

    async def test_disabled(self) -> None:
        """Is told to who knows the password, and to nobody else."""
        self.add("dan", Role.VIEWER, disabled=True)
        answer = await self.login("dan")
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (401, "disabled"))
        self.assertEqual(self.error(await self.login("dan", "no"))["data"]["reason"], "bad_credential")

    async def test_key(self) -> None:
        """A token with the key's role and cameras, which ends with the key; a session token is no key."""
        answer = await self.post("/api/login", {"api_key": self.api_key})
        token = json.loads(answer.body)["token"]
        who = self.known.principal(token, time.time())
        self.assertEqual((who.subject, who.role, who.cameras), ("probe", Role.OPERATOR, frozenset({"camera3"})))
        self.assertEqual((await self.post("/api/login", {"api_key": token})).status, 401)
        self.assertEqual((await self.post("/api/login", {"api_key": self.api_key[:-1] + "!"})).status, 401)
        assert who.key_id is not None
        await self.grants.revoke_key(who.key_id)
        self.assertEqual((await self.rpc("get_system_status", authorization=f"Bearer {token}")).status, 401)
        self.assertEqual((await self.post("/api/login", {"api_key": self.api_key})).status, 401)

    async def test_bad_bodies(self) -> None:
        """400 with the parameter; nothing of them is a login attempt."""
        for body, param in (
            (b"", "body"),
            (b"{", "body"),
            (b"[]", "body"),
            (b"\xff", "body"),
            ({}, "username"),
            ({"username": "ann"}, "password"),
            ({"username": "ann", "password": 5}, "password"),
            ({"username": "ann", "password": "x", "otp": 1}, "otp"),
            ({"api_key": "x", "username": "ann"}, "api_key"),
            ({"username": None, "password": "x"}, "username"),
        ):
            answer = await self.post("/api/login", body)
            self.assertEqual((answer.status, self.error(answer)["data"]["param"]), (400, param), body)
        self.assertEqual((await self.post("/api/login", {}, content_type="text/plain")).status, 415)
        self.assertEqual((await ask(self.port, "/api/login")).status, 405)
        self.assertEqual(self.refused, [])

    async def test_foreign_page(self) -> None:
        """A page of another origin logs nobody in; another port of the same host is another origin."""
        for origin in ("http://evil.example", "http://localhost:8080", "null"):
            answer = await self.login(headers={"origin": origin})
            self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (403, "foreign_origin"), origin)
        self.assertEqual((await self.login(headers={"origin": self.own})).status, 200)

    async def test_throttled(self) -> None:
        """429 with Retry-After; the password is not looked at; told once."""
        for _ in range(5):
            self.assertEqual((await self.login(password="no")).status, 401)
        answer = await self.login()
        self.assertEqual((answer.status, answer.headers["retry-after"]), (429, "2"))
        self.assertEqual((self.error(answer)["code"], self.error(answer)["data"]["retry_after_ms"]), (-32040, 2000))
        await self.login()
        self.assertEqual([reason for *_, reason in self.refused[5:]], ["too many failed logins"])
        self.clocks.advance(1.99)
        self.assertEqual((await self.login()).status, 429)
        self.clocks.advance(0.01)
        self.assertEqual((await self.login()).status, 200)

    async def test_no_disk(self) -> None:
        """A disk that gives nothing, at the first question or at the second, is no failure of who logs in."""
        run = self.database.run
        for each in (1, 2):
            asked = 0

            def breaks(work: Any) -> Any:
                nonlocal asked
                asked += 1
                broken = DependencyFailed("storage", "the database cannot be used")
                return run(work) if asked % each else fail(broken)  # noqa: B023

            patch = self.patch(self.database, "run", breaks)
            for _ in range(10):
                self.assertEqual((await self.login()).status, 503)
            patch.restore()
            self.assertEqual((await self.login()).status, 200)

    async def test_busy(self) -> None:
        """Too many at once are no failures."""
        self.passwords.busy = True
        for _ in range(10):
            answer = await self.login()
            self.assertEqual((answer.status, answer.headers["retry-after"]), (429, "1"))
        self.passwords.busy = False
        self.assertEqual((await self.login()).status, 200)


class CookieTests(LoginTestCase):
    """Logins of browsers."""

    async def test_cookie(self) -> None:
        """HttpOnly, for this host alone, as long as the login; no token in the body."""
        answer = await self.login(cookie=True, headers={"origin": self.own})
        self.assertNotIn("token", json.loads(answer.body))
        name, *rest = answer.headers["set-cookie"].split("; ")
        self.assertTrue(name.startswith("camsvc-abc=ey"))
        parts = {part.lower() for part in rest}
        self.assertTrue({"httponly", "samesite=strict", "path=/"} <= parts, parts)
        self.assertNotIn("secure", parts)
        self.assertFalse([part for part in parts if part.startswith("domain")])
        (age,) = (int(part.removeprefix("max-age=")) for part in parts if part.startswith("max-age"))
        self.assertLess(abs(age - 3600), 5)

    async def test_session(self) -> None:
        """A page learns who is logged in; without a login 401; another camsvc's cookie is none."""
        cookie = await self.cookie_of("ben")
        answer = await ask(self.port, "/api/session", host=self.host, cookie=f"x=1; {cookie}")
        found = json.loads(answer.body)
        self.assertEqual((answer.status, found["user"], found["role"]), (200, "ben", "viewer"))
        self.assertEqual((await ask(self.port, "/api/session")).status, 401)
        other = cookie.replace("camsvc-abc", "camsvc-abd")
        self.assertEqual((await ask(self.port, "/api/session", host=self.host, cookie=other)).status, 401)

    async def test_rpc(self) -> None:
        """The cookie counts from our own page, and from no other; a header goes before it."""
        cookie = await self.cookie_of("ann")
        answer = await self.rpc("list_users", cookie=cookie, origin=self.own)
        self.assertEqual(json.loads(answer.body)["result"]["total"], 2)
        for origin in ({"origin": "http://evil.example"}, {"origin": f"http://127.0.0.1:{self.port}"},
                       {"origin": "http://localhost:80"}, {"origin": f"https://{self.host}"}, {}):  # fmt: skip
            answer = await self.rpc("list_users", cookie=cookie, **origin)
            self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (403, "foreign_origin"), origin)
        bearer = f"Bearer {await self.token('ben')}"
        answer = await self.rpc("list_users", cookie=cookie, authorization=bearer, origin="http://evil.example")
        self.assertEqual(self.error(answer)["data"]["have_role"], "viewer")

    async def test_handshake(self) -> None:
        """With a cookie from another page, or from none, it is refused."""
        cookie = await self.cookie_of()
        upgrade = {"upgrade": "websocket", "sec_websocket_key": "AAAAAAAAAAAAAAAAAAAAAA==",
                   "sec_websocket_version": "13", "cookie": cookie}  # fmt: skip
        for origin in ({"origin": "http://localhost:8080"}, {}):
            answer = await ask(self.port, "/ws", host=self.host, **upgrade, **origin)
            self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (403, "foreign_origin"))

    async def test_again(self) -> None:
        """A login over the cookie of an earlier one needs no Origin; one that counts no more is not in the way."""
        cookie = await self.cookie_of("ann")
        self.assertEqual((await self.login("ben", cookie=True, headers={"cookie": cookie})).status, 200)
        await self.grants.revoke_user("ann")
        bearer = f"Bearer {await self.token('ben')}"
        self.assertEqual((await self.rpc("ping", cookie=cookie)).status, 200)
        self.assertEqual((await self.rpc("system.listMethods", cookie=cookie, authorization=bearer)).status, 200)

    async def test_bad_cookie(self) -> None:
        """Counts as none, and is told to the audit log: also where a header of it could not be written."""
        for value in ("x.y.z", "\xe9", '"', "a=b", ""):
            answer = await ask(self.port, "/api/session", host=self.host, cookie=f"camsvc-abc={value}")
            self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (401, "auth_required"), value)
        asked = {"verb": "GET", "path": "/api/session"}
        self.assertEqual(self.told, [("", "127.0.0.1", "http", asked, "-32001 bad_credential")])

    async def test_logout(self) -> None:
        """The token is worth nothing from then on, the cookie goes; a second time is as well."""
        cookie = await self.cookie_of()
        foreign = await self.post("/api/logout", {}, cookie=cookie, origin="http://evil.example")
        self.assertEqual(foreign.status, 403)
        answer = await self.post("/api/logout", b"", cookie=cookie, origin=self.own)
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"logged_out": True}))
        self.assertTrue(answer.headers["set-cookie"].startswith("camsvc-abc=;"))
        self.assertIn("max-age=0", answer.headers["set-cookie"].lower())
        self.assertEqual((await ask(self.port, "/api/session", host=self.host, cookie=cookie)).status, 401)
        answer = await self.post("/api/logout", b"", cookie=cookie, origin=self.own)
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"logged_out": False}))
        bearer = f"Bearer {await self.token()}"
        answer = await self.post("/api/logout", b"", authorization=bearer)
        self.assertEqual(json.loads(answer.body), {"logged_out": True})
        self.assertEqual((await self.rpc("get_system_status", authorization=bearer)).status, 401)


class TlsCookieTests(LoginTestCase):
    """Behind a proxy that speaks TLS, with another page that may."""

    proxies = ("127.0.0.1",)
    server = Server(allowed_origins=["https://panel.example"])

    async def test_secure(self) -> None:
        """The cookie comes back over TLS alone; our own origin has https."""
        forwarded = {"x_forwarded_proto": "https", "x_forwarded_host": "localhost"}
        answer = await self.login(cookie=True, headers={**forwarded, "origin": "https://localhost"})
        self.assertIn("secure", answer.headers["set-cookie"].lower().split("; "))
        cookie = answer.headers["set-cookie"].partition(";")[0]
        self.assertTrue(cookie.startswith("__Host-camsvc-abc=ey"), "no other host and nothing without TLS can set it")
        self.assertNotIn("domain", answer.headers["set-cookie"].lower())
        self.assertIn("Path=/", answer.headers["set-cookie"].split("; "))
        plain = cookie.removeprefix("__Host-")
        for value, status in ((cookie, 200), (plain, 401)):
            answer = await ask(self.port, "/api/session", host="localhost", cookie=value, **forwarded)
            self.assertEqual(answer.status, status)
        for origin, status in (("https://localhost", 200), ("https://panel.example", 200), ("http://localhost", 403)):
            answer = await self.rpc("ping", cookie=cookie, origin=origin, **forwarded)
            self.assertEqual(answer.status, status, origin)


class PathTests(LoginTestCase):
    """Behind a proxy that serves us below a path."""

    proxies = ("127.0.0.1",)
    server = Server(public_url="https://cams.example.org/cams")

    async def test_path(self) -> None:
        """The cookie is one for that path where the browser comes by it, and for all of them where it does not."""
        for host, proto, name, path in (
            ("cams.example.org", "https", "__Secure-camsvc-abc=ey", "Path=/cams"),
            ("cams.example.org", "http", "camsvc-abc=ey", "Path=/"),
            ("cam.local", "https", "__Host-camsvc-abc=ey", "Path=/"),
            ("cam.local", "http", "camsvc-abc=ey", "Path=/"),
        ):
            forwarded = {"x_forwarded_proto": proto, "x_forwarded_host": host, "x_forwarded_prefix": "/evil"}
            answer = await self.login(cookie=True, headers={**forwarded, "origin": f"{proto}://{host}"})
            cookie, *more = answer.headers["set-cookie"].split("; ")
            self.assertTrue(cookie.startswith(name), (host, proto, cookie))
            self.assertIn(path, more)
            self.assertEqual((await ask(self.port, "/api/session", cookie=cookie, **forwarded)).status, 200)


class CorsTests(LoginTestCase):
    """Pages of other origins: with a token of theirs from anywhere, with the visitor's cookie from those named."""

    server = Server(allowed_origins=["https://panel.example"])
    paths = ("/rpc", "/api/session", "/files/recordings/a.mp4", "/live/camera0/whep")

    async def preflight(self, path: str, origin: str, **keys: Any) -> Answer:
        headers = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
        return await ask(self.port, path, "OPTIONS", host=self.host, origin=origin, **{**headers, **keys})

    async def test_preflight(self) -> None:
        """Answered on every path of the API, for everybody; credentials are for those named."""
        for path in self.paths:
            for origin, allowed, with_cookie in (
                ("https://panel.example", "https://panel.example", "true"),
                (self.own, self.own, "true"),
                ("https://evil.example", "*", None),
                ("null", "*", None),
            ):
                answer = await self.preflight(path, origin)
                self.assertEqual((answer.status, answer.body), (204, b""), path)
                headers = answer.headers
                self.assertEqual(headers["access-control-allow-origin"], allowed)
                self.assertEqual(headers.get("access-control-allow-credentials"), with_cookie)
                self.assertIn("PATCH", headers["access-control-allow-methods"])
                self.assertIn("Authorization", headers["access-control-allow-headers"])
                self.assertIn("Origin", headers["vary"])

    async def test_no_preflight(self) -> None:
        """Elsewhere, and without the question, OPTIONS is what it was; nothing is told without an Origin."""
        for path in ("/", "/health", "/metrics"):
            answer = await self.preflight(path, "https://panel.example")
            self.assertNotIn("access-control-allow-origin", answer.headers, path)
            self.assertNotEqual(answer.status, 204)
        self.assertEqual((await ask(self.port, "/rpc", "OPTIONS", host=self.host)).status, 405)
        self.assertNotIn(
            "access-control-allow-origin", (await ask(self.port, "/api/session", host=self.host)).headers
        )

    async def test_token(self) -> None:
        """A page of any origin calls with its token, and reads the answer and its Location and Link."""
        token = self.known.tokens.issue("ann", Role.ADMIN, time.time(), 60)
        answer = await self.rpc("ping", authorization=f"Bearer {token}", origin="https://evil.example")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        self.assertEqual({"Location", "Link", "ETag", "Content-Range"} - set(exposed), set())
        answer = await ask(self.port, "/api/session", host=self.host, origin="https://evil.example")
        self.assertEqual((answer.status, answer.headers["access-control-allow-origin"]), (401, "*"))

    async def test_cookie(self) -> None:
        """Counts for no page but those named, whatever the browser sends along."""
        cookie = await self.cookie_of("ann")
        for origin, status in (("https://panel.example", 200), ("https://evil.example", 403)):
            answer = await ask(self.port, "/api/session", host=self.host, cookie=cookie, origin=origin)
            self.assertEqual(answer.status, status, origin)
            told = answer.headers.get("access-control-allow-credentials")
            self.assertEqual(told, "true" if status == 200 else None)

    async def test_pictures_in_foreign_pages(self) -> None:
        """Send no Origin, but say by Sec-Fetch-Site where they stand; a link may be followed."""
        cookie = await self.cookie_of("ann")
        for site, mode, status in (
            ("cross-site", "no-cors", 403),
            ("same-site", "no-cors", 403),
            ("same-origin", "no-cors", 200),
            ("none", "navigate", 200),
            ("cross-site", "navigate", 200),
        ):
            fetch = {"sec_fetch_site": site, "sec_fetch_mode": mode}
            answer = await ask(self.port, "/api/session", host=self.host, cookie=cookie, **fetch)
            self.assertEqual(answer.status, status, (site, mode))
            self.assertEqual((await ask(self.port, "/health", host=self.host, **fetch)).status, 404)

    async def test_resource_policy(self) -> None:
        """No other origin shows what is served, but by a URL that was made for it."""
        answer = await ask(self.port, "/api/session", host=self.host)
        self.assertEqual(answer.headers["cross-origin-resource-policy"], "same-origin")
        answer = await ask(self.port, "/api/session?ticket=x", host=self.host)
        self.assertEqual(answer.headers["cross-origin-resource-policy"], "cross-origin")


class FirstLoginTests(LoginTestCase):
    """A password that must be changed."""

    async def test_change(self) -> None:
        """Such a login may change it, and do nothing else; all it has opened ends with it."""
        self.add("new", Role.ADMIN, must_change=True)
        answer = await self.login("new")
        found = json.loads(answer.body)
        self.assertTrue(found["must_change_password"])
        bearer = f"Bearer {found['token']}"
        self.assertEqual(json.loads((await self.rpc("ping", authorization=bearer)).body)["result"], "pong")
        for method in ("get_system_status", "list_users", "system.listMethods"):
            data = self.error(await self.rpc(method, authorization=bearer))["data"]
            self.assertEqual((data["reason"], data["have_role"]), ("must_change_password", "admin"), method)
        params = {"old_password": "new's password", "new_password": "correct horse battery"}
        answer = await self.rpc("change_password", params, authorization=bearer)
        self.assertEqual(json.loads(answer.body)["result"]["username"], "new")
        self.assertEqual((await self.rpc("ping", authorization=bearer)).status, 401)
        self.assertEqual((await self.login("new")).status, 401)
        found = json.loads((await self.login("new", "correct horse battery")).body)
        self.assertFalse(found["must_change_password"])
        answer = await self.rpc("list_users", authorization=f"Bearer {found['token']}")
        self.assertEqual(json.loads(answer.body)["result"]["total"], 3)
