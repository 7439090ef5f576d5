"""HTTPS to a server that shows the certificate of a file, or another."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.cli.pinned_https import PinnedConnection, own_certificate
from tests.support.certificates import make_pair


class Hello(BaseHTTPRequestHandler):
    """Keeps the paths it was asked for."""

    server: Any

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Nothing."""


class PinnedTests(SynchronousTestCase):
    """``PinnedConnection`` and ``own_certificate``."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        self.certificate, key = make_pair(self.base, to_days=-0.5)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server: Any = HTTPServer(("127.0.0.1", 0), Hello)
        self.server.asked = []
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def get(self, certificate: Path) -> bytes:
        connection = PinnedConnection("127.0.0.1", self.server.server_port, certificate, 10)
        self.addCleanup(connection.close)
        connection.request("GET", "/secret")
        return connection.getresponse().read()

    def test_own(self) -> None:
        """The server's own is taken, though it has expired; what leads to its root may follow in the file."""
        other, _ = make_pair(self.base, stem="ca")
        self.certificate.write_bytes(b"comment\n" + self.certificate.read_bytes() + other.read_bytes())
        self.assertEqual(self.get(self.certificate), b"hello")

    def test_another(self) -> None:
        """Is refused before anything is sent, and it is said what may have come about."""
        other, _ = make_pair(self.base, stem="other")
        with self.assertRaises(OSError) as caught:
            self.get(other)
        self.assertIn(f"another certificate than {other}; if that is new, send camsvc SIGHUP", str(caught.exception))
        self.assertEqual(self.server.asked, [])

    def test_no_certificate(self) -> None:
        """No file, or one that holds none."""
        for path in (self.base / "absent", self.base / "tls.key"):
            with self.assertRaises(OSError):
                self.get(path)
            with self.assertRaises(OSError):
                own_certificate(path)
