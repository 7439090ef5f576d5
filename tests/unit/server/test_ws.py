"""The WebSocket: limits, logins, keepalive, slow readers, by a real socket on loopback and by a Clock."""

from __future__ import annotations

import json
import time
from typing import Any

import txaio
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from camsvc.access.credentials import Credentials
from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.methods.accounts.session import SessionMethods
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.registry import Registry
from camsvc.config.schema import Limits
from camsvc.server import slow_readers, ws
from camsvc.server.http.cookies import LoginCookie
from camsvc.server.http.origins import Origins
from camsvc.server.http.request import QuietSite
from camsvc.server.site import Root
from camsvc.server.ws_connections import WebSocketConnections
from camsvc.system.clocks import Clocks
from tests.support.clocks import FakeClocks
from tests.support.http_client import Exchange, ask
from tests.support.samples import SECRET, authentication, caller_checks, runtime, session_grants


class Topic:
    """Methods that show what a connection does."""

    def __init__(self) -> None:
        self.waiting: Deferred[Any] = Deferred()
        self.cancelled = self.big_answers = 0

    @method("big", role=Role.VIEWER, result=list[str], cameras=CameraScope.NONE)
    def big(self, call: Call, params: NoParams) -> list[str]:
        """Three megabytes."""
        self.big_answers += 1
        return ["x" * 1000] * 3000

    @method("wait", role=Role.VIEWER, result=str, cameras=CameraScope.NONE)
    async def wait(self, call: Call, params: NoParams) -> Any:
        """Takes its time."""
        inner: Deferred[None] = Deferred(lambda _: setattr(self, "cancelled", self.cancelled + 1))
        self.waiting.addCallback(lambda value: (inner.called or inner.callback(None)) and None)
        await inner
        return "waited"

    @method("where", role=Role.VIEWER, result=list[str], cameras=CameraScope.NONE)
    def where(self, call: Call, params: NoParams) -> list[str]:
        """How the caller came."""
        return [call.base_url, call.address]


class Client(WebSocketClientProtocol):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: DeferredQueue[dict[str, Any]] = DeferredQueue()
        self.closed: Deferred[tuple[int | None, str | None]] = Deferred()
        self.pings = 0

    def onOpen(self) -> None:
        self.factory.opened.callback(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.frames.put(json.loads(payload))

    def onPing(self, payload: bytes) -> None:
        self.pings += 1
        super().onPing(payload)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if not self.factory.opened.called:
            self.factory.opened.errback(ConnectionError(self.wasNotCleanReason or reason))
        self.closed.callback((code, reason))

    def say(self, method: str, params: Any = None, ident: Any = 1) -> None:
        call = {"jsonrpc": "2.0", "method": method, "params": params or {}}
        self.sendMessage(json.dumps(call if ident is None else {**call, "id": ident}).encode())

    async def ask(self, method: str, params: Any = None) -> dict[str, Any]:
        self.say(method, params)
        return await self.frames.get()


class WsTestCase(TestCase):
    """A Site with ``/ws`` on a free port."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.autobahn = Clock()  # its timers: left to themselves they outlive the test
        self.patch(txaio.config, "loop", self.autobahn)
        self.tokens = Tokens(SECRET)
        self.topic = Topic()
        self.clients: list[Client] = []
        self.serve(Limits())

    def serve(self, limits: Limits, clock: Any = None, clocks: Clocks | None = None) -> None:
        self.joined = ClientConnections(clocks or Clocks())
        known = self.known = Credentials(self.tokens)
        clocks = self.clocks = clocks or Clocks()
        self.grants = session_grants(clock or self.reactor, known, clocks)
        self.told: list[tuple[Any, ...]] = []
        authentic = authentication(known, self.told, clocks)
        registry = Registry(SessionMethods(authentic), self.topic, clocks=clocks)
        checks = caller_checks(self.reactor, authentic, limits=limits, grants=self.grants)
        process = runtime(clock or self.reactor, clocks=clocks)
        self.factory = WebSocketConnections(process, registry, self.joined, limits, checks)
        cookie = LoginCookie("test", authentic, Origins(), clocks)
        root = Root(caller_checks(self.reactor, authentic), cookie, *[Nothing() for _ in range(3)])  # type: ignore[arg-type]
        root.putChild(b"ws", self.factory.as_resource())
        self.site = QuietSite(root, self.reactor)
        listener: Any = self.reactor.listenTCP(0, self.site, interface="127.0.0.1")
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    async def tearDown(self) -> None:  # type: ignore[override]
        for client in self.clients:
            if client.transport is not None:
                client.transport.abortConnection()
            await client.closed if not client.closed.called else None
        while self.factory.connections:
            await deferLater(self.reactor, 0)

    async def connect(
        self, host: str = "localhost", login: Role | None = None, valid_s: float = 600, **headers: str
    ) -> Client:
        factory = WebSocketClientFactory(f"ws://{host}:{self.port}/ws", headers=headers)
        factory.protocol = Client
        factory.noisy = False
        factory.opened = Deferred()
        factory.setProtocolOptions(closeHandshakeTimeout=0, openHandshakeTimeout=0)
        built: list[Client] = []
        build = factory.buildProtocol
        factory.buildProtocol = lambda address: built.append(build(address)) or built[0]
        self.reactor.connectTCP("127.0.0.1", self.port, factory)
        try:
            client: Client = await factory.opened
        finally:
            self.clients += built
        if login is not None:
            answer = await client.ask("authenticate", {"auth_token": self.token(login, valid_s)})
            self.assertIn("result", answer)
        return client

    def token(self, role: Role = Role.VIEWER, valid_s: float = 600) -> str:
        return self.tokens.issue("me", role, time.time(), valid_s)

    def server_side(self) -> ws.WebSocketConnection:
        """The newest connection, as the server has it."""
        return list(self.factory.connections)[-1]

    async def until(self, condition: Any) -> None:
        """Turn the reactor until something holds."""
        while not condition():
            await deferLater(self.reactor, 0)


class Nothing:
    """A part of the Site that is not asked here."""

    @property
    def app(self) -> Any:
        from twisted.web.resource import Resource

        class App:
            def resource(self) -> Resource:
                return Resource()

        return App()


class CallTests(WsTestCase):
    """Frames and answers."""

    async def test_call(self) -> None:
        """A text frame is answered by one."""
        client = await self.connect()
        self.assertEqual(await client.ask("ping"), {"jsonrpc": "2.0", "id": 1, "result": "pong"})

    async def test_bad_header(self) -> None:
        """A token or key in the handshake that names nobody: not logged in, and told to the audit log."""
        for header in ({"Authorization": "Bearer hunter2"}, {"X-API-Key": "hunter2"}):
            client = await self.connect(**header)
            self.assertEqual((await client.ask("big"))["error"]["data"]["reason"], "auth_required")
        self.assertEqual(self.told, [("", "127.0.0.1", "websocket", {}, "-32001 bad_credential")])
        client = await self.connect(Authorization=f"Bearer {self.token()}")
        self.assertIn("result", await client.ask("where"))
        self.assertEqual(len(self.told), 1)

    async def test_nonsense(self) -> None:
        """Bad frames are answered, and the connection lives on."""
        client = await self.connect()
        for frame, code in (
            (b"", -32700),
            (b"{", -32700),
            (b"[]", -32600),
            (b"\xc3\xa4", -32700),
            (b"[" * 9999, -32600),
        ):
            client.sendMessage(frame)
            self.assertEqual((await client.frames.get())["error"]["code"], code, frame[:10])
        self.assertEqual((await client.ask("ping"))["result"], "pong")

    async def test_bad_utf8(self) -> None:
        """A text frame that is not UTF-8 ends the connection (RFC 6455, section 8.1)."""
        client = await self.connect()
        client.sendMessage(b'{"a": "\xff\xff"}')
        self.assertEqual((await client.closed)[0], 1007)

    async def test_binary(self) -> None:
        """4003."""
        client = await self.connect()
        client.sendMessage(b'{"jsonrpc":"2.0","id":1,"method":"ping"}', isBinary=True)
        self.assertEqual((await client.closed)[0], 4003)

    async def test_notification(self) -> None:
        """A call without an id has no answer."""
        client = await self.connect()
        client.say("ping", ident=None)
        client.say("nothing", ident=None)
        client.say("ping", ident="after")
        self.assertEqual((await client.frames.get())["id"], "after")

    async def test_answers_overtake(self) -> None:
        """A slow call does not hold up the next; each answer carries its id."""
        client = await self.connect(login=Role.VIEWER)
        client.say("wait", ident="slow")
        client.say("ping", ident="fast")
        self.assertEqual((await client.frames.get())["id"], "fast")
        self.topic.waiting.callback(None)
        self.assertEqual(await client.frames.get(), {"jsonrpc": "2.0", "id": "slow", "result": "waited"})

    async def test_client_leaves(self) -> None:
        """Its calls under way are cancelled and it hears nothing more; the server forgets it."""
        client = await self.connect(login=Role.VIEWER)
        client.say("wait")
        await self.until(lambda: self.server_side().calls_in_flight)
        client.transport.abortConnection()
        await self.until(lambda: not self.factory.connections)
        self.assertEqual((self.topic.cancelled, len(self.joined)), (1, 0))

    async def test_where(self) -> None:
        """A call knows by which name and from where its client came."""
        client = await self.connect(host="cam.local", login=Role.VIEWER)
        self.assertEqual((await client.ask("where"))["result"], [f"http://cam.local:{self.port}", "127.0.0.1"])


class HandshakeTests(WsTestCase):
    """Who is let in."""

    async def test_unknown_host(self) -> None:
        """Refused before anything is said."""
        with self.assertRaises(ConnectionError):
            await self.connect(host="evil.example")
        self.assertEqual(len(self.joined), 0)

    async def test_unknown_host_by_the_protocol(self) -> None:
        """The WebSocket itself refuses too, where it stands alone."""
        listener = self.reactor.listenTCP(0, self.factory, interface="127.0.0.1")
        self.addCleanup(listener.stopListening)
        self.port = listener.getHost().port
        with self.assertRaises(ConnectionError) as caught:
            await self.connect(host="evil.example")
        self.assertIn("403", str(caught.exception))
        self.assertEqual((await (await self.connect()).ask("ping"))["result"], "pong")

    async def test_upgrade_among_others(self) -> None:
        """RFC 9110, section 7.8: the client may name several protocols, in any case; what is none is told so."""
        key = {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==", "sec_websocket_version": "13"}
        head = "\r\n".join(f"{name.replace('_', '-')}: {value}" for name, value in key.items())
        for upgrade, status in (("WebSocket", b"101"), ("h2c, websocket", b"101"), ("h2c", b"426")):
            client = Exchange(f"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n"
                              f"{head}\r\n\r\n".encode())  # fmt: skip
            await connectProtocol(TCP4ClientEndpoint(self.reactor, "127.0.0.1", self.port), client)
            await self.until(lambda: b"\r\n" in client.received)  # noqa: B023
            self.assertEqual(client.received.split(b" ")[1], status, upgrade)
            client.transport.abortConnection()  # type: ignore[union-attr]
            await client.done

    async def test_full(self) -> None:
        """503 for one too many; room again when one leaves."""
        self.serve(Limits(connections=2))
        first = await self.connect(login=Role.VIEWER)
        await self.connect(login=Role.VIEWER)
        with self.assertRaises(ConnectionError) as caught:
            await self.connect()
        self.assertIn("503", str(caught.exception))
        first.sendClose()
        await first.closed
        await self.until(lambda: len(self.factory.connections) == 1)
        await self.connect()
        self.assertEqual((self.site.quota.held, self.factory.quota.held), (0, 2), "it counts as a WebSocket alone")

    async def test_strangers_make_room(self) -> None:
        """Sockets on which nobody logs in keep nobody out: the oldest of them goes, and no other."""
        self.serve(Limits(connections=3))
        known = await self.connect(login=Role.VIEWER)
        strangers = [await self.connect() for _ in range(2)]
        answer = await (await self.connect()).ask("ping")
        self.assertEqual(answer["result"], "pong")
        await strangers[0].closed
        self.assertEqual(self.factory.quota.held, 3)
        await self.connect(login=Role.VIEWER)
        await strangers[1].closed
        for client in (known, self.clients[-2]):
            self.assertEqual((await client.ask("ping"))["result"], "pong")

    async def test_full_for_a_user(self) -> None:
        """-32040 for a login, 429 for a handshake, of one who is on as many sockets as one may be; not for others."""
        self.serve(Limits(user_connections=2))
        mine = [await self.connect(login=Role.VIEWER) for _ in range(2)]
        login = {"auth_token": self.token()}
        third = await self.connect()
        error = (await third.ask("authenticate", login))["error"]
        self.assertEqual((error["code"], error["data"]["reason"]), (-32040, "user_limit"))
        self.assertIn("error", await third.ask("get_camera_list"), "it is not logged in")
        self.assertIn("result", await mine[0].ask("authenticate", login), "again, on the same")
        with self.assertRaises(ConnectionError) as caught:
            await self.connect(authorization=f"Bearer {self.token()}")
        self.assertIn("429", str(caught.exception))
        self.assertEqual(self.factory.quota.held, 3)
        other = {"auth_token": self.tokens.issue("you", Role.VIEWER, time.time(), 600)}
        self.assertIn("result", await third.ask("authenticate", other))
        mine[0].sendClose()
        await mine[0].closed
        await self.until(lambda: len(self.factory.connections) == 2)
        await self.connect(login=Role.VIEWER)

    async def test_no_handshake(self) -> None:
        """An upgrade that is none of RFC 6455 is refused in our words, with our headers, and what it should be."""
        good = {"upgrade": "websocket", "connection": "Upgrade", "sec_websocket_version": "13",
                "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
        for bad in (
            {"sec_websocket_version": ""},
            {"sec_websocket_version": "9"},
            {"sec_websocket_version": "x"},
            {"sec_websocket_key": ""},
            {"sec_websocket_key": "dGhl"},
            {"sec_websocket_key": "not base64 but 24 chars!"},
            {"connection": "close"},
        ):
            answer = await ask(self.port, "/ws", **{**good, **bad})
            self.assertEqual(answer.status, 400, bad)
            self.assertEqual(json.loads(answer.body)["error"]["data"]["reason"], "bad_handshake")
            self.assertEqual(answer.headers["sec-websocket-version"], "13")
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")

    async def test_full_for_an_address(self) -> None:
        """429 for one too many of an address, as JSON with the time to wait; a refused handshake takes no place."""
        self.serve(Limits(address_connections=1))
        client = await self.connect()
        key = {"upgrade": "websocket", "connection": "Upgrade", "sec_websocket_version": "13",
               "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
        answer = await ask(self.port, "/ws", **key)
        self.assertEqual((answer.status, answer.headers["retry-after"]), (429, "5"))
        self.assertEqual(json.loads(answer.body)["error"]["data"]["reason"], "address_limit")
        client.sendClose()
        await client.closed
        await self.until(lambda: self.factory.quota.held == 0)
        with self.assertRaises(ConnectionError):
            await self.connect(host="evil.example")
        await self.until(lambda: self.factory.quota.held == 0)
        await self.connect()

    async def test_options(self) -> None:
        """No status page, no name of the server, keepalive as in the contract."""
        factory = self.factory
        self.assertEqual((factory.webStatus, factory.server), (False, ""))
        self.assertEqual((factory.autoPingInterval, factory.autoPingTimeout), (20, 10))
        self.assertEqual(factory.maxMessagePayloadSize, 1 << 20)
        self.assertIs(factory.failByDrop, False)


class SizeTests(WsTestCase):
    """64 KiB before the login, 1 MiB after."""

    def frame(self, size: int) -> bytes:
        head, tail = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"', b'"}}'
        return head + b"x" * (size - len(head) - len(tail)) + tail

    async def test_before_login(self) -> None:
        """What fits is answered, a byte more is 1009."""
        client = await self.connect()
        client.sendMessage(self.frame(64 << 10))
        self.assertEqual((await client.frames.get())["error"]["code"], -32602)
        client.sendMessage(self.frame((64 << 10) + 1))
        self.assertEqual((await client.closed)[0], 1009)

    async def test_after_login(self) -> None:
        """A megabyte."""
        client = await self.connect(login=Role.VIEWER)
        client.sendMessage(self.frame(1 << 20))
        self.assertEqual((await client.frames.get())["error"]["code"], -32602)
        client.sendMessage(self.frame((1 << 20) + 1))
        self.assertEqual((await client.closed)[0], 1009)

    async def test_fragments(self) -> None:
        """Cannot be used to send more."""
        client = await self.connect()
        client.beginMessage()
        for _ in range(70):
            client.sendMessageFrame(b"x" * 1024)
        self.assertEqual((await client.closed)[0], 1009)

    async def test_answers_are_not_limited(self) -> None:
        """What we send may be larger than what we take, and what we take stays limited after it."""
        client = await self.connect(login=Role.VIEWER)
        self.assertEqual(len((await client.ask("big"))["result"]), 3000)
        client.sendMessage(self.frame((1 << 20) + 1))
        self.assertEqual((await client.closed)[0], 1009)


class LoginTests(WsTestCase):
    """Identity of a connection."""

    async def test_one_socket(self) -> None:
        """A login is of its connection alone."""
        await self.connect(login=Role.ADMIN)
        other = await self.connect()
        self.assertEqual((await other.ask("where"))["error"]["code"], -32001)

    async def test_switch(self) -> None:
        """Another login counts at once."""
        client = await self.connect(login=Role.ADMIN)
        answer = await client.ask("authenticate", {"auth_token": self.token(Role.VIEWER)})
        self.assertEqual(answer["result"]["role"], "viewer")
        self.assertEqual(self.server_side().principal.role, Role.VIEWER)  # type: ignore[union-attr]

    async def test_session_ids(self) -> None:
        """A UUID, one for each connection."""
        first = await (await self.connect()).ask("authenticate", {"auth_token": self.token()})
        second = await (await self.connect()).ask("authenticate", {"auth_token": self.token()})
        self.assertRegex(first["result"]["session_id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
        self.assertNotEqual(first["result"]["session_id"], second["result"]["session_id"])

    async def test_end_of_a_login(self) -> None:
        """Calls are refused from the second it runs out, pings are not; 60 s later the socket closes with 4001."""
        clock, clocks = Clock(), FakeClocks(wall=time.time())
        self.serve(Limits(), clock, clocks)
        client = await self.connect(login=Role.VIEWER, valid_s=100)

        def pass_by(seconds: float) -> None:
            clocks.advance(seconds)
            clock.advance(seconds)

        pass_by(99)
        self.assertIn("result", await client.ask("where"))
        pass_by(2)
        answer = await client.ask("where")
        self.assertEqual((answer["error"]["code"], answer["error"]["data"]["reason"]), (-32001, "auth_required"))
        self.assertEqual((await client.ask("ping"))["result"], "pong")
        pass_by(57)
        self.assertEqual((await client.ask("ping"))["result"], "pong")
        pass_by(3)
        self.assertEqual((await client.closed)[0], 4001)

    async def test_revoked(self) -> None:
        """Closes at once with 4001; nothing that waits is sent, and nothing that comes is answered."""
        client, other = await self.connect(login=Role.VIEWER), await self.connect()
        await other.ask("authenticate", {"auth_token": self.tokens.issue("you", Role.VIEWER, time.time(), 600)})
        connection = self.factory.connections[0]
        await self.grants.revoke_user("me")
        self.assertIsNone(connection.principal)
        self.assertEqual((await client.closed)[0], 4001)
        self.assertIn("result", await other.ask("where"))

    async def test_revoked_login_of_before(self) -> None:
        """Says nothing of the login that has taken its place."""
        client = await self.connect(login=Role.VIEWER)
        await client.ask("authenticate", {"auth_token": self.tokens.issue("you", Role.VIEWER, time.time(), 600)})
        await self.grants.revoke_user("me")
        self.assertIn("result", await client.ask("where"))

    async def test_gone(self) -> None:
        """A closed socket holds no right any more."""
        client = await self.connect(login=Role.VIEWER)
        self.assertEqual(len(self.grants), 1)
        client.transport.abortConnection()
        await client.closed
        await self.until(lambda: not self.factory.connections)
        self.assertEqual(len(self.grants), 0)

    async def test_new_login_in_time(self) -> None:
        """Keeps the socket."""
        clock, clocks = Clock(), FakeClocks(wall=time.time())
        self.serve(Limits(), clock, clocks)
        client = await self.connect(login=Role.VIEWER, valid_s=100)
        clocks.advance(130)
        clock.advance(130)
        token = self.tokens.issue("me", Role.VIEWER, clocks.wall, 1000)
        self.assertIn("result", await client.ask("authenticate", {"auth_token": token}))
        clocks.advance(900)
        clock.advance(900)
        self.assertIn("result", await client.ask("where"))

    async def test_long_login(self) -> None:
        """A login for a year is not ended after some weeks."""
        clock, clocks = Clock(), FakeClocks(wall=time.time())
        self.serve(Limits(), clock, clocks)
        client = await self.connect(login=Role.VIEWER, valid_s=366 * 86400)
        for _ in range(60):
            clocks.advance(86400)
            clock.advance(86400)
        self.assertIn("result", await client.ask("where"))


class RateTests(WsTestCase):
    """So many calls, and no more."""

    async def test_burst(self) -> None:
        """-32040 with the time to wait, under the call's id; other connections have their own."""
        self.serve(Limits(calls_per_second=1, burst=3))
        client = await self.connect()
        for _ in range(3):
            self.assertEqual((await client.ask("ping"))["result"], "pong")
        answer = await client.ask("ping")
        self.assertEqual((answer["id"], answer["error"]["code"]), (1, -32040))
        self.assertTrue(0 < answer["error"]["data"]["retry_after_ms"] <= 1000)
        self.assertEqual((await (await self.connect()).ask("ping"))["result"], "pong")

    async def test_heedless(self) -> None:
        """Who does not heed refusals is not read for 5 s; then all is as before."""
        clock = Clock()
        self.serve(Limits(calls_per_second=1, burst=1), clock)
        client = await self.connect()
        for number in range(52):
            client.say("ping", ident=number)
        answers = [await client.frames.get() for _ in range(52)]
        self.assertEqual(sum("error" in answer for answer in answers), 51)
        client.say("ping", ident="late")
        for _ in range(20):
            await deferLater(self.reactor, 0.005)
        self.assertEqual(client.frames.pending, [])
        clock.advance(4.9)
        self.assertEqual(list(self.server_side().timers), ["refused calls"])
        clock.advance(0.1)
        self.assertEqual((await client.frames.get())["id"], "late")

    async def test_address(self) -> None:
        """All connections of an address together have a limit of their own."""
        self.serve(Limits(address_calls_per_second=1, address_burst=3))
        first, second = await self.connect(), await self.connect()
        for client in (first, second, first):
            self.assertEqual((await client.ask("ping"))["result"], "pong")
        for client in (first, second):
            self.assertEqual((await client.ask("ping"))["error"]["code"], -32040)

    async def test_beyond_it(self) -> None:
        """Notifications are dropped in silence, nonsense is told as such."""
        self.serve(Limits(calls_per_second=1, burst=1))
        client = await self.connect()
        await client.ask("ping")
        client.say("ping", ident=None)
        client.sendMessage(b"{")
        self.assertEqual((await client.frames.get())["error"]["code"], -32700)

    async def test_batch(self) -> None:
        """Each call of a batch counts."""
        self.serve(Limits(calls_per_second=0.001, burst=3))
        client = await self.connect(login=Role.VIEWER)  # one call
        calls = [{"jsonrpc": "2.0", "id": number, "method": "ping"} for number in range(3)]
        client.sendMessage(json.dumps(calls).encode())
        answers = await client.frames.get()
        self.assertEqual([each.get("result") for each in answers], ["pong", "pong", None])
        self.assertEqual(answers[2]["error"]["code"], -32040)

    async def test_calls_in_flight(self) -> None:
        """A bounded number waits at a time."""
        self.patch(ws, "CALLS_IN_FLIGHT", 3)
        client = await self.connect(login=Role.VIEWER)
        for number in range(4):
            client.say("wait", ident=number)
        answer = await client.frames.get()
        self.assertEqual((answer["id"], answer["error"]["code"]), (3, -32040))
        self.topic.waiting.callback(None)
        self.assertEqual([(await client.frames.get())["id"] for _ in range(3)], [0, 1, 2])
        self.assertEqual((await client.ask("wait"))["result"], "waited")


class KeepaliveTests(WsTestCase):
    """Pings."""

    async def test_answering(self) -> None:
        """One that answers pings stays, however long it says nothing."""
        client = await self.connect()
        for number in range(1, 4):
            self.autobahn.advance(21)
            await self.until(lambda number=number: client.pings == number)
            await client.ask("ping")
        self.assertFalse(client.closed.called)

    async def test_silent(self) -> None:
        """One that does not is dropped within 10 s more."""
        client = await self.connect()
        client.onPing = lambda payload: None
        self.autobahn.advance(21)
        self.autobahn.advance(9)
        await deferLater(self.reactor, 0)
        self.assertEqual(len(self.factory.connections), 1)
        self.autobahn.advance(2)
        await self.until(lambda: not self.factory.connections)


class SlowReaderTests(WsTestCase):
    """A client that stops to read."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.serve(Limits(), self.clock)

    async def stuck(self) -> tuple[Client, ws.WebSocketConnection]:
        """A client that reads nothing, with so much sent that the valve is shut."""
        client = await self.connect(login=Role.VIEWER)
        connection = self.server_side()
        client.transport.pauseProducing()
        number = 0
        while connection.valve.is_open:
            connection.push(f"filler {number}", self.tick(number, "x" * 100_000))
            number += 1
            await deferLater(self.reactor, 0)
        connection.valve.clear()
        return client, connection

    def tick(self, number: int, filler: str = "") -> bytes:
        return json.dumps({"jsonrpc": "2.0", "method": "tick", "params": {"n": number, "x": filler}}).encode()

    async def test_bounded(self) -> None:
        """Only the newest of each key is kept, and the reader gets just those when it reads on."""
        client, connection = await self.stuck()
        for number in range(5000):
            connection.push(f"camera{number % 3}", self.tick(number, "y" * 1000))
        self.assertEqual(connection.valve.waiting, 3)
        client.transport.resumeProducing()
        seen = []
        while len(seen) < 3:
            frame = await client.frames.get()
            if frame["params"]["x"].startswith("y"):
                seen.append(frame["params"]["n"])
        self.assertEqual(seen, [4997, 4998, 4999])
        self.assertTrue(connection.valve.is_open)
        self.clock.advance(100)
        self.assertIn("result", await client.ask("ping"))

    async def test_closed(self) -> None:
        """After 15 s with 4008, or cut a second later; a moment before it is still there."""
        _, connection = await self.stuck()
        self.clock.advance(slow_readers.STUCK_S - 0.1)
        self.assertEqual(connection.state, connection.STATE_OPEN)
        self.clock.advance(0.2)
        self.assertNotEqual(connection.state, connection.STATE_OPEN)
        self.clock.advance(1)
        await self.until(lambda: not self.factory.connections)
        self.assertEqual(len(self.joined), 0)
        self.assertEqual(list(connection.timers), [])

    async def test_reads_on_in_time(self) -> None:
        """Each pause counts for itself."""
        client, connection = await self.stuck()
        for _ in range(3):
            self.clock.advance(slow_readers.STUCK_S - 1)
            client.transport.resumeProducing()
            await self.until(lambda: connection.valve.is_open)
            client.transport.pauseProducing()
            number = 0
            while connection.valve.is_open:
                connection.push(f"again {number}", self.tick(number, "x" * 100_000))
                number += 1
                await deferLater(self.reactor, 0)
        self.assertEqual(connection.state, connection.STATE_OPEN)

    async def test_close_code(self) -> None:
        """A reader that comes back just after finds 4008."""
        client, _ = await self.stuck()
        self.clock.advance(slow_readers.STUCK_S)
        client.transport.resumeProducing()
        self.assertEqual((await client.closed)[0], 4008)

    async def test_is_not_read_either(self) -> None:
        """Its calls wait, so that its answers cannot fill the memory."""
        client, connection = await self.stuck()
        for number in range(50):
            client.say("big", ident=number)
        for _ in range(20):
            await deferLater(self.reactor, 0)
        self.assertFalse(connection.valve.is_open)
        self.assertLess(self.topic.big_answers, 3)

    async def test_others_are_not_disturbed(self) -> None:
        """Calls and notifications of other clients go on."""
        await self.stuck()
        other = await self.connect(login=Role.VIEWER)
        self.assertEqual((await other.ask("ping"))["result"], "pong")
        self.server_side().push("camera0", self.tick(7))
        self.assertEqual((await other.frames.get())["params"]["n"], 7)


class ShutTests(WsTestCase):
    """The end of the service."""

    async def test_told(self) -> None:
        """Every client hears 1001."""
        clients = [await self.connect(), await self.connect(login=Role.VIEWER)]
        await self.factory.shut(5)
        for client in clients:
            self.assertEqual((await client.closed)[0], 1001)
        self.assertEqual(len(self.joined), 0)

    async def test_cut(self) -> None:
        """One that does not go is cut."""
        client = await self.connect()
        client.transport.pauseProducing()
        await self.factory.shut(0.1)
        await self.until(lambda: not self.factory.connections)

    async def test_nobody(self) -> None:
        """Nobody there: at once."""
        await self.factory.shut(5)
