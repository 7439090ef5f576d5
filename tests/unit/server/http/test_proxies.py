"""Who a request comes from, behind a proxy and without one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.server.http.proxies import Proxies, Sender


class ProxiesTests(SynchronousTestCase):
    """``sender`` and ``trusts``."""

    def setUp(self) -> None:
        self.proxies = Proxies(["127.0.0.1", "::1", "10.1.0.0/16"])

    def sender(self, peer: str, secure: bool = False, **headers: str) -> Sender:
        given = {"host": "cam.local", **{f"x-forwarded-{name}": value for name, value in headers.items()}}
        return self.proxies.sender(peer, secure, given.get)

    def test_direct(self) -> None:
        """What a stranger says of himself does not count."""
        found = self.sender("192.0.2.1", **{"for": "10.0.0.1", "proto": "https", "host": "evil.example"})
        self.assertEqual(found, Sender("192.0.2.1", False, "cam.local"))
        self.assertTrue(self.sender("192.0.2.1", True, proto="http").secure)

    def test_nobody_is_trusted_by_default(self) -> None:
        """Not even this machine."""
        found = Proxies().sender("127.0.0.1", False, {"x-forwarded-for": "192.0.2.9"}.get)
        self.assertEqual(found, Sender("127.0.0.1", False, None))

    def test_behind_a_proxy(self) -> None:
        """A trusted proxy says who the client is, and how it came."""
        found = self.sender("127.0.0.1", **{"for": "192.0.2.9", "proto": "https", "host": "cams.example"})
        self.assertEqual(found, Sender("192.0.2.9", True, "cams.example"))
        self.assertFalse(self.sender("10.1.2.3", True, proto="http").secure)
        self.assertEqual(self.sender("::1", **{"for": "2001:db8::9"}).address, "2001:db8::9")

    def test_made_up(self) -> None:
        """Of a chain the last that is no proxy of ours counts: a client may have sent the rest itself."""
        self.assertEqual(self.sender("127.0.0.1", **{"for": "1.1.1.1, 192.0.2.9"}).address, "192.0.2.9")
        self.assertEqual(self.sender("127.0.0.1", **{"for": "1.1.1.1, 192.0.2.9, 10.1.7.7"}).address, "192.0.2.9")
        self.assertEqual(self.sender("127.0.0.1", **{"for": "1.1.1.1, unknown"}).address, "127.0.0.1")
        self.assertEqual(self.sender("127.0.0.1", proto="https, http").secure, False)
        self.assertEqual(self.sender("127.0.0.1", host="evil.example, cams.example").host, "cams.example")

    def test_only_proxies(self) -> None:
        """A request that a proxy itself makes comes from there."""
        self.assertEqual(self.sender("127.0.0.1", **{"for": "10.1.0.5"}).address, "10.1.0.5")
        self.assertEqual(self.sender("10.1.0.5").address, "10.1.0.5")

    def test_spellings(self) -> None:
        """Ports, brackets, zones, and IPv4 in IPv6."""
        for text, address in (
            ("192.0.2.9:4711", "192.0.2.9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("::ffff:192.0.2.9", "192.0.2.9"),
            ("fe80::1%eth0", "fe80::1"),
        ):
            self.assertEqual(self.sender("127.0.0.1", **{"for": text}).address, address)
        self.assertEqual(self.sender("::ffff:192.0.2.1").address, "192.0.2.1")
        self.assertTrue(self.proxies.trusts("::ffff:127.0.0.1"))
        self.assertFalse(self.proxies.trusts("192.0.2.1"))

    def test_no_address(self) -> None:
        """A socket without an IP address is trusted by nobody."""
        self.assertEqual(self.sender("", **{"for": "192.0.2.9"}).address, "")
        self.assertFalse(self.proxies.trusts("unix"))

    @given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
    def test_any_header(self, forwarded_for: str, proto: str, host: str) -> None:
        """Whatever a proxy sends, an address comes of it."""
        found = self.sender("127.0.0.1", **{"for": forwarded_for, "proto": proto, "host": host})
        self.assertTrue(found.address)
        self.assertTrue(found.host)
