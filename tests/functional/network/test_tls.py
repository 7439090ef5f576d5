"""TLS on the public port, by the clients that people have: curl, openssl, websockets, the command line."""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
from pathlib import Path
from typing import Any

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from websockets.sync.client import ClientConnection, connect

import camsvc
from camsvc.server.http.tls import load_pair
from camsvc.system.processes import Output
from tests.support import CHECKOUT
from tests.support.certificates import make_pair
from tests.support.daemon.daemon import CAMERA, Daemon
from tests.support.engine.engines import find_engines
from tests.support.spawned import Spawned, eventually


class TlsTestCase(TestCase):
    """A running ``daemon`` with a certificate; its log is shown when the test fails."""

    timeout = 120
    server = ""

    async def setUp(self) -> None:  # type: ignore[override]
        self.daemon = Daemon(self, find_engines()[0], CAMERA, server=self.server, tls=True)
        await self.daemon.start()
        self.addCleanup(self.show_log)

    def show_log(self) -> None:
        if not self._passed:
            print(self.daemon.log(), file=sys.__stdout__, flush=True)

    async def run_it(self, *argv: str, env: dict[str, str] | None = None) -> Output:
        """What a program makes of it."""
        process = Spawned.start(argv, env)
        self.addCleanup(process.end)
        return await process.ends_within(20)

    async def curl(self, path: str, *more: str) -> Output:
        """By the name in the certificate, which curl verifies."""
        url = f"https://cam.example:{self.daemon.port}{path}"
        place = f"cam.example:{self.daemon.port}:127.0.0.1"
        certificate = str(self.daemon.folder / "tls.crt")
        return await self.run_it("curl", "-sS", "--resolve", place, "--cacert", certificate, *more, url)

    async def hello(self, *more: str) -> str:
        """What ``openssl s_client`` says of a handshake."""
        argv = ("openssl", "s_client", "-connect", f"127.0.0.1:{self.daemon.port}", "-brief", *more)
        output = await self.run_it(*argv)
        return (output.out + output.err).decode()

    async def fingerprint(self) -> str:
        """Of the certificate that a new connection is shown."""

        def shown() -> bytes:
            return ssl.get_server_certificate(("127.0.0.1", self.daemon.port), timeout=10).encode()

        folder = self.daemon.folder / "shown"
        folder.mkdir(exist_ok=True)
        file = folder / "shown.crt"
        file.write_bytes(await deferToThread(shown))
        output = await self.run_it("openssl", "x509", "-in", str(file), "-noout", "-fingerprint", "-sha256")
        return output.out.decode().strip().partition("=")[2].replace(":", "").lower()


class TlsTests(TlsTestCase):
    """One daemon with TLS."""

    server = 'allowed_hosts = ["cam.example"]\n'

    async def test_versions(self) -> None:
        """1.2 and 1.3; nothing older, and in 1.2 only ciphers with forward secrecy and authentication."""
        for version in ("1_2", "1_3"):
            self.assertIn(f"TLSv{version.replace('_', '.')}", await self.hello(f"-tls{version}"))
        weak = ("-cipher", "ALL:@SECLEVEL=0")
        for more in (("-tls1", *weak), ("-tls1_1", *weak)):
            self.assertIn("alert protocol version", await self.hello(*more))
        for cipher in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"):
            text = await self.hello("-tls1_2", "-cipher", cipher)
            self.assertIn("handshake failure", text, cipher)
        for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            self.assertIn(cipher, await self.hello("-tls1_2", "-cipher", cipher))

    async def test_no_http2(self) -> None:
        """A client that would take HTTP/2 gets HTTP/1.1."""
        output = await self.curl("/health/live", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}")
        self.assertEqual(output.out, b"1.1 200")

    async def test_curl(self) -> None:
        """Verified, with Strict-Transport-Security; links in answers are https; a download by ranges is whole."""
        output = await self.curl("/", "-D", "-", "-o", "/dev/null")
        self.assertIn(b"Strict-Transport-Security: max-age=", output.out)
        self.assertIn(b"connect-src 'self' wss://cam.example:", output.out)
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "take_snapshot", "params": {"device": "camera0"}})
        said = ("-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {self.daemon.token()}")
        taken = json.loads((await self.curl("/rpc", *said, "-d", call)).out)["result"]
        start = f"https://cam.example:{self.daemon.port}/files/snapshots/"
        self.assertTrue(taken["download_url"].startswith(start), taken)
        path = taken["download_url"].removeprefix(start.removesuffix("/files/snapshots/"))
        whole = (await self.curl(path)).out
        self.assertEqual(len(whole), taken["file_size"])
        ends = [(await self.curl(path, "-r", part)).out for part in ("0-99", "100-")]
        self.assertEqual(b"".join(ends), whole)

    async def test_plain_http(self) -> None:
        """Gets nothing, and does no harm."""
        output = await self.run_it("curl", "-sS", f"http://127.0.0.1:{self.daemon.port}/")
        self.assertNotEqual(output.code, 0)
        self.assertEqual((await self.daemon.get("/health/live")).code, 200)
        self.assertNotIn("Traceback", self.daemon.log())

    async def test_wss(self) -> None:
        """A WebSocket client of another make: log in, call, many answers at once, and a large one."""
        token = self.daemon.token()

        def talk() -> Any:
            with self.connect() as socket:
                answers = [ask(socket, "authenticate", auth_token=token)]
                for number in range(150):
                    socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "get_server_info"}))
                answers += [receive(socket) for _ in range(150)]
                answers.append(ask(socket, "rpc.discover"))
                answers.append(ask(socket, "get_camera_list"))
                return answers

        answers = await deferToThread(talk)
        self.assertEqual(sum("result" in answer for answer in answers[:151]), 151)
        url = answers[-1]["result"]["cameras"][0]["streams"]["rtsp"]
        self.assertTrue(url.startswith(f"rtsp://localhost:{self.daemon.rtsp_port}/"), url)

    def connect(self) -> ClientConnection:
        context = ssl.create_default_context(cafile=str(self.daemon.folder / "tls.crt"))
        return connect(f"wss://localhost:{self.daemon.port}/ws", ssl=context, compression=None)

    async def test_hangup(self) -> None:
        """A new pair is for new connections; who is connected stays; a broken pair is told of and left."""
        client = await self.daemon.connect()
        folder = self.daemon.folder
        first = await self.fingerprint()
        self.assertEqual(first, load_pair(folder / "tls.crt", folder / "tls.key").fingerprint)
        make_pair(folder, "new.example")
        self.daemon.process.send(signal.SIGHUP)
        await eventually(lambda: "TLS with a new certificate for new.example" in self.daemon.log())
        second = await self.fingerprint()
        self.assertEqual(second, load_pair(folder / "tls.crt", folder / "tls.key").fingerprint)
        self.assertNotEqual(first, second)
        self.assertEqual((await client.call("get_system_status"))["status"], "ready")

        (folder / "tls.key").write_text("broken")
        self.daemon.process.send(signal.SIGHUP)
        await eventually(lambda: "no private key in PEM; the certificate before stays in force" in self.daemon.log())
        self.assertEqual(await self.fingerprint(), second)
        self.assertEqual((await client.call("get_system_status"))["status"], "ready")

    async def test_command_line(self) -> None:
        """``camsvc`` calls over TLS, and takes no other certificate than that of the configuration."""
        program = str(Path(sys.executable).parent / "camsvc")
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(camsvc.__file__).resolve().parent.parent)}
        config = ("--config", str(self.daemon.config))
        output = await self.run_it(program, "cameras", *config, env=env)
        self.assertIn(b"Bench camera", output.out, output.err)
        picture = self.daemon.folder / "door.jpg"
        output = await self.run_it(program, "snapshot", "camera0", "-o", str(picture), *config, env=env)
        self.assertEqual((output.code, output.err, picture.read_bytes()[:2]), (0, b"", b"\xff\xd8"))
        make_pair(self.daemon.folder, "new.example")  # and no SIGHUP
        output = await self.run_it(program, "cameras", *config, env=env)
        self.assertEqual(output.code, 69)
        self.assertIn(b"shows another certificate", output.err)

    async def test_example(self) -> None:
        """The client of the examples, with the certificate to trust."""
        example = CHECKOUT / "examples" / "call.py"
        env = {"PATH": os.environ["PATH"], "CAMSVC_TOKEN": self.daemon.token()}
        url, certificate = f"wss://localhost:{self.daemon.port}/ws", str(self.daemon.folder / "tls.crt")
        argv = (sys.executable, str(example), "get_camera_list", "--url", url)
        output = await self.run_it(*argv, "--trust", certificate, env=env)
        self.assertIn(b'"total": 1', output.out, output.err)
        output = await self.run_it(*argv, env=env)
        self.assertNotEqual(output.code, 0)
        self.assertIn(b"certificate verify failed", output.out + output.err)


class StartTests(TestCase):
    """A pair that is none ends the start."""

    timeout = 60

    async def test_mistakes(self) -> None:
        """One line that names the key of the configuration, and exit status 1."""
        daemon = Daemon(self, find_engines()[0], tls=True)
        certificate, key = daemon.folder / "tls.crt", daemon.folder / "tls.key"

        def another() -> None:
            make_pair(daemon.folder, stem="other")
            (daemon.folder / "other.key").replace(key)

        for spoil, words in (
            (another, "server.tls_key = .*: is not the key of the first certificate"),
            (lambda: certificate.write_text("x"), "server.tls_cert = .*: holds no certificate in PEM"),
            (certificate.unlink, "server.tls_cert = .*: no such file"),
        ):
            spoil()
            output = await daemon.launch().ends_within(20)
            lines = (daemon.folder / "camsvc.log").read_text().splitlines()
            self.assertEqual(output.code, 1)
            self.assertRegex(lines[-1], f"^camsvc: {words}")


def ask(socket: ClientConnection, method: str, **params: Any) -> Any:
    """One call and its answer, notifications left out."""
    socket.send(json.dumps({"jsonrpc": "2.0", "id": "x", "method": method, "params": params}))
    return receive(socket)


def receive(socket: ClientConnection) -> Any:
    """The next answer."""
    while True:
        frame = json.loads(socket.recv(timeout=10))
        if "id" in frame:
            return frame
