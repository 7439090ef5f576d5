"""The public port by a real socket: plain, TLS, and a certificate that is read again."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from camsvc.config.schema import Server
from camsvc.server.http.request import QuietSite
from camsvc.server.http.tls import Certificates, Pair
from camsvc.server.public_port import PublicPort
from camsvc.system.clocks import Clocks
from tests.support.certificates import make_pair
from tests.support.engine.running import free_ports
from tests.support.http_client import ask
from tests.support.samples import runtime


class Page(Resource):
    """Says whether it came over TLS."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        return b"secure" if request.isSecure() else b"plain"


class PublicPortTests(TestCase):
    """``PublicPort``."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        (self.port,) = free_ports(1)
        self.events: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.events.append)

    def serve(self, tls: bool = True, **keys: Any) -> PublicPort:
        self.certificates = Certificates(*make_pair(self.base, **keys)) if tls else None
        self.site = QuietSite(Page(), self.reactor)
        port = PublicPort(
            runtime(self.reactor, clocks=Clocks()), self.site, Server(port=self.port), self.certificates
        )
        port.start()
        self.addCleanup(port.stop)
        return port

    def said(self, level: LogLevel, words: str) -> bool:
        from twisted.logger import formatEvent

        return any(event["log_level"] == level and words in formatEvent(event) for event in self.events)

    def hello(self) -> tuple[str, bytes]:
        """The version of TLS and the certificate that a new connection gets, and over it an answer; blocking."""
        context = ssl.create_default_context(cafile=str(self.base / "tls.crt"))
        with socket_to(self.port) as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            data = b""
            while chunk := secure.recv(4096):
                data += chunk
            return secure.version() or "", data

    async def test_plain(self) -> None:
        """Without a certificate, and none can be read again."""
        port = self.serve(tls=False)
        self.assertEqual((port.listening, port.scheme), (True, "http"))
        self.assertEqual((await ask(self.port, "/")).body, b"plain")
        port.reload()
        self.assertFalse(self.said(LogLevel.error, "SIGHUP"))
        await port.stop()
        self.assertFalse(port.listening)

    async def test_tls(self) -> None:
        """With one: verified by who knows it, and the request knows that it is secure."""
        port = self.serve()
        self.assertEqual(port.scheme, "https")
        version, data = await deferToThread(self.hello)
        self.assertEqual((version, data.endswith(b"secure")), ("TLSv1.3", True))
        self.assertTrue(self.said(LogLevel.info, "TLS with the certificate for cam.example"))
        self.assertFalse(self.said(LogLevel.warn, ""))

    async def test_shut_out(self) -> None:
        """An address that has flooded is cut off before a handshake, and no error is logged for it."""
        self.serve()
        guard = self.site.guard
        guard.addresses.spend("127.0.0.1", self.reactor.seconds(), 10 * guard.limits.address_burst)
        with self.assertRaises(OSError):
            await deferToThread(self.hello)
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_warnings(self) -> None:
        """An expired certificate and an open key do not keep it from starting."""
        _, key = make_pair(self.base)
        self.serve(from_days=-9, to_days=-1)
        self.assertTrue(self.said(LogLevel.warn, "has expired on"))
        key.chmod(0o644)
        self.serve_again()
        self.assertTrue(self.said(LogLevel.warn, "every user of this machine can read server.tls_key"))

    def serve_again(self) -> None:
        (other,) = free_ports(1)
        port = PublicPort(
            runtime(self.reactor, clocks=Clocks()),
            QuietSite(Page(), self.reactor),
            Server(port=other),
            self.certificates,
        )
        port.start()
        self.addCleanup(port.stop)

    async def test_renewed(self) -> None:
        """A new pair is in force and those who want to know are told; a broken one is told of, and left."""
        port = self.serve()
        told: list[Pair] = []
        changed: Deferred[None] = Deferred()
        port.renewed.add(told.append)
        port.renewed.add(lambda _: changed.callback(None))
        make_pair(self.base, "new.example", to_days=3.5)
        port.reload()
        await changed
        self.assertEqual([pair.names[0] for pair in told], ["new.example"])
        await deferToThread(self.hello)  # verifies against the new file
        self.assertTrue(self.said(LogLevel.info, "TLS with a new certificate for new.example"))
        self.assertTrue(self.said(LogLevel.warn, "expires in 3 days"))
        port.reload()
        self.assertTrue(self.said(LogLevel.info, "has not changed"))
        good = (self.base / "tls.crt").read_bytes()
        (self.base / "tls.crt").write_text("broken")
        port.reload()
        self.assertTrue(self.said(LogLevel.error, "no certificate in PEM; the certificate before stays in force"))
        self.assertEqual(len(told), 1)
        (self.base / "tls.crt").write_bytes(good)
        await deferToThread(self.hello)


def socket_to(port: int) -> Any:
    """A blocking connection."""
    import socket

    return socket.create_connection(("127.0.0.1", port), timeout=10)
