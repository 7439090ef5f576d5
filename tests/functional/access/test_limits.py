"""A daemon whose limits are tried by sockets and programs: slow, many, large, and what each costs it."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import threading
import time
from typing import Any

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from camsvc.system.processes import resident_bytes
from tests.support.daemon.daemon import CAMERA, Daemon
from tests.support.engine.engines import find_engines
from tests.support.spawned import eventually

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class LimitsTestCase(TestCase):
    """A running ``daemon`` with the ``limits`` of the class; its log is shown when the test fails."""

    timeout = 120
    limits = ""
    tls = False

    async def setUp(self) -> None:  # type: ignore[override]
        self.daemon = Daemon(self, find_engines()[0], f"{CAMERA}[limits]\n{self.limits}", tls=self.tls)
        await self.daemon.start()
        self.addCleanup(self.show_log)

    def show_log(self) -> None:
        if not self._passed:
            print(self.daemon.log(), file=sys.__stdout__, flush=True)

    def open(self, data: bytes = b"", address: str = "127.0.0.1") -> socket.socket:
        """A connection, from an address of this machine's own, on which ``data`` has been sent."""
        one = socket.create_connection(("127.0.0.1", self.daemon.port), 20, (address, 0))
        self.addCleanup(one.close)
        one.sendall(data)
        return one

    async def said(self, one: socket.socket) -> bytes:
        """All that comes until the server closes."""

        def read() -> bytes:
            data = b""
            with contextlib.suppress(ConnectionResetError):
                while chunk := one.recv(65536):
                    data += chunk
            return data

        return await deferToThread(read)

    async def answer(self, path: str = "/health/live", address: str = "127.0.0.1") -> tuple[int, bytes]:
        """Status and all of the answer to a plain request."""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        data = await self.said(self.open(request, address))
        return int(data.split(b" ")[1]), data


class SlowTests(LimitsTestCase):
    """Requests that do not come."""

    limits = "headers_within_s = 1.0\nbody_within_s = 2.0\n"

    async def test_drip(self) -> None:
        """A byte now and then keeps nothing open; meanwhile everybody else is served."""
        slow = [self.open(b"GET / HTTP/1.1\r\nX: ") for _ in range(20)]
        body = self.open(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")

        def drip() -> None:
            pause, end = threading.Event(), time.monotonic() + 20
            left = [*slow, body]
            while left and time.monotonic() < end:
                for one in tuple(left):
                    try:
                        one.sendall(b"x")
                    except OSError:
                        left.remove(one)
                pause.wait(0.3)

        dripping = deferToThread(drip)
        self.assertEqual((await self.answer())[0], 200)
        for one in slow:
            self.assertTrue((await self.said(one)).startswith(b"HTTP/1.1 408 "))
        await self.said(body)
        await dripping
        self.assertEqual((await self.answer())[0], 200)

    async def test_silent(self) -> None:
        """A connection on which nothing comes is closed."""
        self.assertIn(b"408", await self.said(self.open()))


class HalfOpenTests(LimitsTestCase):
    """TLS handshakes that do not end."""

    limits = "headers_within_s = 1.0\n"
    tls = True

    async def test_half_open(self) -> None:
        """Closed in time, as is a handshake that stops in the middle."""
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        for one in [self.open(), self.open(hello), self.open(b"GET / HTTP/1.1\r\n\r\n")]:
            await self.said(one)
        self.assertEqual((await self.daemon.get("/health/live")).code, 200)


class ManyTests(LimitsTestCase):
    """Connections and requests beyond the limits."""

    limits = (
        "address_connections = 3\nconnections = 5\naddress_http_connections = 5\nhttp_connections = 8\n"
        "requests_per_second = 1\nrequest_burst = 40\naddress_calls_per_second = 1\naddress_burst = 30\n"
    )

    async def test_connections(self) -> None:
        """429 for an address that has many, 503 when there are too many; gone ones make room."""
        held = [self.open(address="127.0.0.2") for _ in range(5)]
        status, data = await self.answer(address="127.0.0.2")
        self.assertEqual(status, 429)
        self.assertIn(b"Retry-After: 5\r\n", data)
        self.assertEqual(json.loads(data.partition(b"\r\n\r\n")[2])["error"]["code"], -32040)
        held += [self.open(address="127.0.0.3") for _ in range(3)]
        status, data = await self.answer(address="127.0.0.4")
        self.assertEqual(status, 503)
        for one in held:
            one.close()

        async def again() -> bool:
            return (await self.answer(address="127.0.0.2"))[0] == 200

        await eventually(again)

    async def test_websockets(self) -> None:
        """Likewise; a WebSocket is no HTTP connection any more. One where nobody is logged in makes room."""
        url = f"ws://localhost:{self.daemon.port}/ws"
        login = {"Authorization": f"Bearer {self.daemon.token('viewer')}"}

        def dial(address: str, **headers: str) -> Any:
            plain = socket.create_connection(("127.0.0.1", self.daemon.port), 10, (address, 0))
            try:
                return opened.enter_context(connect(url, sock=plain, additional_headers=headers))
            except InvalidStatus as why:
                plain.close()
                return why.response

        def many() -> list[Any]:
            places = ["127.0.0.2"] * 4 + ["127.0.0.3"] * 2 + ["127.0.0.4"]
            return [dial(address, **login) for address in places]

        def strangers() -> list[Any]:
            opened.close()
            return [dial(address) for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5") * 4]

        opened = contextlib.ExitStack()
        try:
            refused = [each for each in await deferToThread(many) if hasattr(each, "status_code")]
            self.assertEqual([each.status_code for each in refused], [429, 503])
            self.assertEqual([each.headers["Retry-After"] for each in refused], ["5", "5"])
            self.assertEqual((await self.answer(address="127.0.0.2"))[0], 200)
            self.assertEqual([each for each in await deferToThread(strangers) if hasattr(each, "status_code")], [])
            client = await self.daemon.connect("viewer")
            self.assertEqual(await client.call("ping"), "pong")
        finally:
            await deferToThread(opened.close)

    async def test_requests(self) -> None:
        """429 with Retry-After; another address is not concerned."""
        statuses = [(await self.answer(address="127.0.0.5"))[0] for _ in range(45)]
        self.assertEqual((statuses[0], statuses[-1]), (200, 429))
        self.assertEqual((await self.answer(address="127.0.0.6"))[0], 200)

    async def test_calls(self) -> None:
        """POST /rpc and WebSockets of one address draw from one bucket."""
        client = await self.daemon.connect()
        codes = []
        for _ in range(16):
            answer = await self.daemon.rpc({"jsonrpc": "2.0", "id": 1, "method": "ping"})
            codes.append(answer.get("error", {}).get("code"))
            try:
                await client.call("ping")
                codes.append(None)
            except Exception as why:
                codes.append(getattr(why, "code", 0))
        self.assertIs(codes[0], None)
        self.assertEqual(codes[-2:], [-32040, -32040])


class LargeTests(LimitsTestCase):
    """What one connection can make the daemon hold."""

    limits = "address_connections = 400\naddress_http_connections = 400\n"

    async def test_memory(self) -> None:
        """Before its login no connection costs more than its 64 KiB and a little, whatever it sends."""
        pid = self.daemon.process.pid
        await self.answer()
        before = resident_bytes(pid)
        count = 150

        def flood() -> list[socket.socket]:
            opened = []
            for _ in range(count):
                one = self.open(HANDSHAKE)
                one.recv(4096)
                one.settimeout(2)
                # A frame of 60 000 bytes that never ends, then more than the kernel takes for a reader who is gone.
                head = b"\x81\xfe" + struct.pack(">H", 60_000) + b"\0\0\0\0"
                with contextlib.suppress(OSError):
                    one.sendall(head + b"x" * 59_000)
                opened.append(one)
            return opened

        await deferToThread(flood)
        await self.answer(address="127.0.0.2")  # by then it has read what came before
        each = (resident_bytes(pid) - before) / count
        self.assertLess(each, 160_000, "bytes for each connection")
        http = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65000\r\n" + b"X: " + b"y" * 12_000
        before = resident_bytes(pid)
        await deferToThread(lambda: [self.open(http + b"\r\n\r\n" + b"x" * 64_000) for _ in range(count)])
        await self.answer(address="127.0.0.2")
        each = (resident_bytes(pid) - before) / count
        self.assertLess(each, 250_000, "bytes for each request")
        self.assertEqual((await self.answer(address="127.0.0.2"))[0], 200)

    async def test_frames(self) -> None:
        """64 KiB before the login, 1 MiB after; 1009 beyond, also for a message in pieces."""
        token = self.daemon.token()

        def try_it() -> list[int]:
            codes = []
            url = f"ws://localhost:{self.daemon.port}/ws"
            login = {"jsonrpc": "2.0", "id": 1, "method": "authenticate", "params": {"auth_token": token}}
            for logged_in, frames in (
                (False, ["x" * 65_537]),
                (False, ["x" * 40_000, "x" * 40_000]),
                (True, ["x" * 1_048_577]),
            ):
                with connect(url, compression=None) as client:
                    if logged_in:
                        client.send(json.dumps(login))
                        client.recv(timeout=10)
                    try:
                        client.send(iter(frames) if len(frames) > 1 else frames[0])
                        while True:
                            client.recv(timeout=10)
                    except ConnectionClosed as why:
                        assert why.rcvd is not None
                        codes.append(why.rcvd.code)
            return codes

        self.assertEqual(await deferToThread(try_it), [1009, 1009, 1009])

    async def test_body(self) -> None:
        """413 for what is larger than 64 KiB."""
        head = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n"
        self.assertTrue((await self.said(self.open(head + b" " * 70_000))).startswith(b"HTTP/1.1 413 "))
