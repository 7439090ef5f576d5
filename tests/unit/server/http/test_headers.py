"""What a browser may do with our answers."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.server.http.headers import policy, security_headers


class HeadersTests(SynchronousTestCase):
    """``policy`` and ``security_headers``."""

    def directives(self, host: str | None = "cam.local:8002", secure: bool = False) -> dict[str, list[str]]:
        pairs = (each.split(" ") for each in policy(host, secure).split("; "))
        return {name: values for name, *values in pairs}

    def test_nothing_inline(self) -> None:
        """No source of scripts and styles but ourselves; what is not named may not be loaded."""
        found = self.directives()
        self.assertEqual(found["default-src"], ["'none'"])
        self.assertEqual((found["script-src"], found["style-src"]), (["'self'"], ["'self'"]))
        self.assertNotIn("unsafe", policy("cam.local", True))

    def test_video(self) -> None:
        """A player may feed its video from memory, and have a worker of its own."""
        found = self.directives()
        self.assertEqual((found["media-src"], found["worker-src"]), (["'self'", "blob:"], ["'self'", "blob:"]))

    def test_socket(self) -> None:
        """The WebSocket of the host that was called, by its scheme, and no other."""
        self.assertEqual(self.directives()["connect-src"], ["'self'", "ws://cam.local:8002"])
        self.assertEqual(self.directives("[::1]:443", True)["connect-src"], ["'self'", "wss://[::1]:443"])
        self.assertEqual(self.directives(None)["connect-src"], ["'self'"])

    def test_framed_by_nobody(self) -> None:
        """In both ways that browsers know."""
        self.assertEqual(self.directives()["frame-ancestors"], ["'none'"])
        self.assertEqual(security_headers("cam.local", False, 0)[b"X-Frame-Options"], b"DENY")

    def test_tls(self) -> None:
        """Strict-Transport-Security comes over TLS alone, and not where it is off."""
        name = b"Strict-Transport-Security"
        self.assertEqual(security_headers("cam.local", True, 600)[name], b"max-age=600")
        self.assertNotIn(name, security_headers("cam.local", True, 0))
        self.assertNotIn(name, security_headers("cam.local", False, 600))

    def test_no_camera(self) -> None:
        """The page has no use for the visitor's own camera, and says where it came from to nobody."""
        found = security_headers("cam.local", False, 0)
        self.assertIn(b"camera=()", found[b"Permissions-Policy"])
        self.assertEqual(found[b"Referrer-Policy"], b"same-origin")
        self.assertEqual(found[b"X-Content-Type-Options"], b"nosniff")
