"""Names we may be called by."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.config.schema import Server
from camsvc.server.http.hosts import Hosts


class HostsTests(SynchronousTestCase):
    """``base_url``."""

    def setUp(self) -> None:
        self.patch(socket, "gethostname", lambda: "Box.example.org")
        self.hosts = Hosts(Server(allowed_hosts=["Cam.example.net"]))

    def test_known(self) -> None:
        """Addresses, localhost, own names, .local, what is configured; any port, any case, a final dot."""
        for host in (
            "127.0.0.1",
            "192.168.1.5:8002",
            "[::1]:8002",
            "[fd00::1]",
            "[::ffff:10.0.0.1]:80",
            "localhost:8002",
            "LOCALHOST",
            "localhost.",
            "box",
            "box.example.org:1",
            "cam.local",
            "cam.local.:8002",
            "x.localhost",
            "cam.example.net",
            "CAM.EXAMPLE.NET:443",
        ):
            self.assertEqual(self.hosts.base_url(host), f"http://{host}")
            self.assertEqual(self.hosts.base_url(host, secure=True), f"https://{host}")

    def test_path(self) -> None:
        """That of public_url, for who came by it; another name, port or scheme is another way to us."""
        hosts = Hosts(Server(public_url="https://cams.example.org/a/cams/"))
        self.assertEqual(hosts.public_path, "/a/cams")
        for host, secure, path in (
            ("cams.example.org", True, "/a/cams"),
            ("Cams.Example.org:443", True, "/a/cams"),
            ("cams.example.org", False, ""),
            ("cams.example.org:8443", True, ""),
            ("cam.local", True, ""),
            (None, True, ""),
        ):
            self.assertEqual(hosts.path_for(host, secure), path, host)
        self.assertEqual(hosts.base_url("cams.example.org", True), "https://cams.example.org/a/cams")
        self.assertEqual(Hosts(Server()).path_for("cams.example.org", True), "")

    def test_unknown(self) -> None:
        """Other names, and everything that is no host."""
        for host in (
            None,
            "",
            ".",
            ":8002",
            "evil.example",
            "example.org",
            "box.example.org.evil.example",
            "cam.local.evil.example",
            "localhost.evil.example",
            "evil-localhost",
            "1.2.3.4.evil.example",
            "256.1.1.1",
            "127.1",
            "0x7f.1",
            "[1.2.3.4]",
            "[::1",
            "::1",
            "[]",
            "[:]",
            "[fe80::1%25eth0]",
            "[box]",
            "localhost:",
            "localhost:123456",
            "localhost:80:80",
            "localhost/x",
            "localhost@evil.example",
            "evil.example@localhost",
            "user:pw@localhost",
            "localhost\n",
            " localhost",
            "localhost, evil.example",
            "localhost#",
            "localhost?",
        ):
            self.assertIsNone(self.hosts.base_url(host), host)

    def test_public_url(self) -> None:
        """Is the base for everybody, and its name is known."""
        hosts = Hosts(Server(public_url="https://Cams.example/sub/"))
        self.assertEqual(hosts.base_url("cams.example"), "https://Cams.example/sub")
        self.assertEqual(hosts.base_url("10.0.0.1:8002"), "https://Cams.example/sub")
        self.assertIsNone(hosts.base_url("other.example"))

    def test_public_url_without_a_name(self) -> None:
        """Makes no name known."""
        for host in (".", "..", "evil.example"):
            self.assertIsNone(Hosts(Server(public_url="http://")).base_url(host))

    def test_machine_without_a_name(self) -> None:
        """Neither does an empty host name."""
        self.patch(socket, "gethostname", lambda: "")
        self.assertIsNone(Hosts(Server()).base_url("."))

    @given(
        st.text(max_size=30)
        | st.text(alphabet="[]:.@/local1", max_size=20)
        | st.from_regex(r"[a-z0-9.\[\]:]{1,20}\Z")
    )
    def test_any_host(self, host: str) -> None:
        """Any text gives None, or a base that urlsplit takes apart again into that host."""
        base = Hosts(Server()).base_url(host)
        if base is not None:
            parts = urlsplit(base)
            self.assertEqual(parts.netloc, host)
            self.assertTrue(parts.hostname)
