"""Behind nginx and HAProxy, by the examples of etc/: all that clients do, and whom camsvc takes them for."""

from __future__ import annotations

import json
import socket
import ssl
import sys
from typing import Any

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from camsvc.system.processes import Output
from tests.support.daemon.daemon import CAMERA, Daemon
from tests.support.daemon.proxies import NAME, HAProxy, Nginx, NginxWithFiles, Proxy, program
from tests.support.engine.engines import find_engines
from tests.support.spawned import Spawned, eventually

CLIENT = "127.0.0.2"
"""Where the clients call from, so that they are not taken for the proxy."""


class Behind:
    """The tests; mixed into a test case for each proxy."""

    kind: type[Proxy]
    path = ""
    """Below which it serves camsvc."""

    server = ""
    """Further keys of ``[server]``."""

    timeout = 120

    @property
    def base(self: Any) -> str:
        return f"https://{NAME}:{self.proxy.port}{self.path}"

    async def setUp(self: Any) -> None:
        program("haproxy" if self.kind is HAProxy else "nginx")
        self.proxy = self.kind(self, self.path)
        server = f'public_url = "{self.base}"\ntrusted_proxies = ["127.0.0.1", "::1"]\n{self.server}'
        self.daemon = Daemon(self, find_engines()[0], CAMERA, server=server)
        await self.daemon.start()
        self.proxy.start(self.daemon)
        self.addCleanup(self.show_log)

        async def answers() -> bool:
            return (await self.curl("/health/live", "-o", "/dev/null", "-w", "%{http_code}")).out == b"200"

        await eventually(answers)

    def show_log(self: Any) -> None:
        """Print the logs when the test has failed."""
        if not self._passed:
            print(self.daemon.log(), self.proxy.logs(), file=sys.__stdout__, flush=True)

    async def curl(self: Any, path: str, *more: str) -> Output:
        """Over TLS, verified; ``path`` may be a whole URL."""
        url = path if path.startswith("http") else f"{self.base}{path}"
        places = [f"{NAME}:{port}:127.0.0.1" for port in (self.proxy.port, self.proxy.plain_port)]
        argv = ["curl", "-sS", "--interface", CLIENT, "--resolve", places[0], "--resolve", places[1]]
        process = Spawned.start([*argv, "--cacert", str(self.proxy.certificate), *more, url])
        self.addCleanup(process.end)
        output: Output = await process.ends_within(30)
        return output

    async def rpc(self: Any, method: str, *more: str, **params: Any) -> Any:
        """The result of a call through the proxy."""
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        said = ("-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {self.daemon.token()}")
        return json.loads((await self.curl("/rpc", *said, *more, "-d", call)).out)["result"]

    def open(self: Any) -> Any:
        """A WebSocket, from CLIENT."""
        plain = socket.create_connection(("127.0.0.1", self.proxy.port), 10, (CLIENT, 0))
        context = ssl.create_default_context(cafile=str(self.proxy.certificate))
        return connect(f"wss{self.base[5:]}/ws", sock=plain, ssl=context)

    async def test_page(self: Any) -> None:
        """Over TLS, with the headers that belong there; plain HTTP is sent to it."""
        headers = (await self.curl("/", "-D", "-", "-o", "/dev/null")).out.lower()
        self.assertIn(b"strict-transport-security: max-age=", headers)
        self.assertIn(f"connect-src 'self' wss://{NAME}:{self.proxy.port};".encode(), headers)
        plain = f"http://{NAME}:{self.proxy.plain_port}{self.path}/health/live?x=1"
        output = await self.curl(plain, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
        self.assertEqual(output.out.decode(), f"301 {self.base}/health/live?x=1")

    async def test_websocket(self: Any) -> None:
        """Passes, both ways; camsvc knows where the client is, whatever that says of itself."""
        token = self.daemon.token()

        def talk() -> list[Any]:
            with self.open() as client:
                answers = []
                for method, params in (("authenticate", {"auth_token": token}), ("list_clients", {})):
                    client.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
                    while True:
                        frame = json.loads(client.recv(timeout=10))
                        if frame.get("id") == method:
                            break
                    answers.append(frame["result"])
                return answers

        answers = await deferToThread(talk)
        self.assertEqual([client["address"] for client in answers[1]["clients"]], [CLIENT])
        output = await self.curl(
            *("/rpc", "-H", "Content-Type: application/json", "-H", "X-Forwarded-For: 192.0.2.66"),
            *("-H", f"Authorization: Bearer {token}"),
            *("-d", '{"jsonrpc":"2.0","id":1,"method":"delete_snapshot","params":{"filename":"absent"}}'),
        )
        self.assertIn(b"Snapshot not found", output.out)
        log = await self.rpc("get_audit_log", limit=1)
        self.assertIn(CLIENT, json.dumps(log))
        self.assertNotIn("192.0.2.66", json.dumps(log))

    async def test_cookie(self: Any) -> None:
        """The login cookie is for TLS alone, counts for our own pages, and no other page may use it."""
        key = (await self.rpc("create_api_key", name="kitchen", role="viewer"))["key"]
        own = f"https://{NAME}:{self.proxy.port}"
        login = ("-H", "Content-Type: application/json", "-d", json.dumps({"api_key": key, "cookie": True}))
        answer = (await self.curl("/api/login", *login, "-H", f"Origin: {own}", "-D", "-", "-o", "/dev/null")).out
        lines = answer.decode().splitlines()
        cookie = next(line.partition(": ")[2] for line in lines if line.lower().startswith("set-cookie: "))
        self.assertIn(f"path={self.path or '/'}", cookie.lower().split("; "))
        for word in ("secure", "httponly", "samesite=strict"):
            self.assertIn(word, cookie.lower())
        evil = await self.curl("/api/login", *login, "-H", "Origin: https://evil.example", "-w", "%{http_code}")
        self.assertEqual(evil.out[-3:], b"403")

        def talk(origin: str) -> Any:
            plain = socket.create_connection(("127.0.0.1", self.proxy.port), 10, (CLIENT, 0))
            context = ssl.create_default_context(cafile=str(self.proxy.certificate))
            headers = {"Cookie": cookie.partition(";")[0]}
            url = f"wss{self.base[5:]}/ws"
            with connect(url, sock=plain, ssl=context, origin=origin, additional_headers=headers) as client:  # type: ignore[arg-type]
                client.send('{"jsonrpc": "2.0", "id": 1, "method": "get_camera_list"}')
                while "id" not in (frame := json.loads(client.recv(timeout=10))):
                    pass
                return frame

        self.assertIn("result", await deferToThread(talk, own))
        with self.assertRaises(InvalidStatus) as caught:
            await deferToThread(talk, "https://evil.example")
        self.assertEqual(caught.exception.response.status_code, 403)

    async def test_download(self: Any) -> None:
        """Links lead through the proxy; ranges, a second try, a slow reader and HEAD come out right."""
        taken = await self.rpc("take_snapshot", device="camera0")
        url = taken["download_url"]
        self.assertTrue(url.startswith(f"{self.base}/files/snapshots/"), url)
        big = b"".join(number.to_bytes(4, "big") for number in range(1_000_000))
        (self.daemon.state / "snapshots" / taken["filename"]).write_bytes(big)
        file = self.proxy.folder / "downloaded"
        await self.curl(url, "--limit-rate", "2M", "-o", str(file))
        self.assertEqual(file.read_bytes(), big)
        head = (await self.curl(url, "-I")).out.lower()
        self.assertIn(b"content-length: 4000000", head)
        self.assertIn(b"accept-ranges: bytes", head)
        self.assertEqual((await self.curl(url, "-r", "999-1999")).out, big[999:2000])
        parts = await self.curl(url, "-r", "0-9,3999990-", "-D", "-")
        self.assertIn(b"multipart/byteranges", parts.out)
        self.assertIn(big[-10:], parts.out)
        tag = next(line for line in head.splitlines() if line.startswith(b"etag: ")).decode().partition(" ")[2]
        again = await self.curl(url, "-H", f"If-None-Match: {tag}", "-o", "/dev/null", "-w", "%{http_code}")
        self.assertEqual(again.out, b"304")

    async def test_live(self: Any) -> None:
        """HLS: the ticket is traded for a session, which passes, and which stands in no log either."""
        urls = (await self.rpc("get_stream_url", device="camera0"))["urls"]
        self.assertTrue(urls["hls"].startswith(f"{self.base}/live/camera0/"), urls)

        async def playlist() -> str:
            output = await self.curl(urls["hls"], "-L", "-w", "\n%{http_code} %{url_effective}")
            text: str = output.out.decode()
            return text if text.rpartition("\n")[2].startswith("200 ") and "#EXTM3U" in text else ""

        text = await eventually(playlist, 30)
        session = text.rpartition(f"{self.base}/live/camera0/s/")[2].partition("/")[0]
        self.assertGreater(len(session), 16)
        await eventually(lambda: "/live/camera0/s/-/" in self.proxy.logs())
        self.assertNotIn(session, self.proxy.logs() + self.daemon.log())

    async def test_logs(self: Any) -> None:
        """The proxy's log names what was asked for, and no ticket."""
        taken = await self.rpc("take_snapshot", device="camera0")
        await self.curl(taken["download_url"])
        await self.curl(taken["download_url"].replace(taken["filename"], "absent.jpg"))
        await eventually(lambda: "/files/snapshots/absent.jpg" in self.proxy.logs())
        self.assertNotIn("ticket", self.proxy.logs())
        self.assertNotIn("ticket=ey", self.daemon.log())

    async def test_without_camsvc(self: Any) -> None:
        """The proxy says so, in its log without tickets too."""
        taken = await self.rpc("take_snapshot", device="camera0")
        await self.daemon.end()
        output = await self.curl(taken["download_url"], "-o", "/dev/null", "-w", "%{http_code}")
        self.assertIn(output.out, (b"502", b"503"))
        self.assertNotIn("ticket", self.proxy.logs())


class NginxTests(Behind, TestCase):
    """Behind nginx."""

    kind = Nginx


class NginxPathTests(Behind, TestCase):
    """Behind nginx, below a path."""

    kind = Nginx
    path = "/cams"


class NginxWithFilesTests(Behind, TestCase):
    """Behind an nginx that sends files itself."""

    kind = NginxWithFiles
    server = 'x_accel_redirect = "/camsvc-files"\n'

    async def test_who_sends(self) -> None:
        """nginx, with the headers that camsvc's own answer has; camsvc where somebody comes past nginx."""
        taken = await self.rpc("take_snapshot", device="camera0", filename="Tür %41 1")
        url = taken["download_url"]
        inside = f"{self.daemon.base}{url.removeprefix(self.base)}"
        answers = [(await self.curl(each, "-D", "-", "-o", "/dev/null")).out.decode() for each in (url, inside)]
        pairs = [[line.lower().split(": ", 1) for line in each.splitlines() if ": " in line] for each in answers]
        headers: list[dict[str, str]] = [dict(each) for each in pairs]
        self.assertNotEqual(headers[0]["etag"], headers[1]["etag"])  # nginx makes its own
        for name in ("content-type", "content-length", "content-disposition", "cache-control", "accept-ranges",
                     "x-content-type-options", "referrer-policy", "cross-origin-resource-policy"):  # fmt: skip
            self.assertEqual(headers[0][name], headers[1][name], name)
        for each in headers:
            self.assertNotIn("x-accel-redirect", each)

    async def test_kept_for_nginx(self) -> None:
        """What nginx was told to send is not deleted by retention meanwhile; the rest is."""
        sent, other = [await self.rpc("take_snapshot", device="camera0") for _ in range(2)]
        await self.curl(sent["download_url"], "-o", "/dev/null")
        await self.rpc("set_retention_policy", policy_type="manual", enabled=True, min_free_gb=1e6)
        gone = await self.rpc("cleanup_old_files")
        left = [file["filename"] for file in (await self.rpc("list_snapshots"))["files"]]
        self.assertEqual((left, gone["files_deleted"]), ([sent["filename"]], 1), other)

    async def test_internal(self) -> None:
        """Nobody asks nginx for files past camsvc, and who may not have one gets none."""
        taken = await self.rpc("take_snapshot", device="camera0")
        for path in (
            f"/camsvc-files/snapshots/{taken['filename']}",
            "/camsvc-files/jwt.key",
            f"/files/snapshots/{taken['filename']}?ticket=x",
        ):
            output = await self.curl(path, "-w", "%{http_code}")
            self.assertNotIn(b"JFIF", output.out, path)
            self.assertIn(output.out[-3:], (b"401", b"404"), path)


class HAProxyPathTests(Behind, TestCase):
    """Behind HAProxy, below a path."""

    kind = HAProxy
    path = "/cams"


class HAProxyTests(Behind, TestCase):
    """Behind HAProxy."""

    kind = HAProxy
