"""Which pages may act in a visitor's name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.server.http.origins import Origins


class OriginsTests(SynchronousTestCase):
    """``allows``."""

    def setUp(self) -> None:
        self.origins = Origins("https://cams.example/sub", ["https://App.example:8443", "http://10.0.0.9"])

    def test_own(self) -> None:
        """The origin that was called, its default port written or not, in any case."""
        for origin, host, secure in (
            ("http://cam.local:8002", "cam.local:8002", False),
            ("http://cam.local", "cam.local:80", False),
            ("https://cam.local:443", "CAM.local", True),
            ("http://[::1]:8002", "[::1]:8002", False),
            ("http://cam.local:8002", "cam.local.:8002", False),
        ):
            self.assertTrue(self.origins.allows(origin, host, secure), origin)

    def test_configured(self) -> None:
        """Those of the configuration, and where we are reached from outside."""
        for origin in ("https://cams.example", "https://app.example:8443", "http://10.0.0.9"):
            self.assertTrue(self.origins.allows(origin, "10.0.0.5:8002", False), origin)

    def test_others(self) -> None:
        """Another scheme, host or port is another origin, on the same machine too; none is none."""
        for origin in (
            None,
            "",
            "null",
            "http://cam.local",
            "http://cam.local:8003",
            "https://cam.local:8002",
            "http://evil.example",
            "http://cam.local:8002.evil.example",
            "http://cam.local:8002@evil.example",
            "http://evil.example#cam.local:8002",
            "http://10.0.0.9:81",
            "https://app.example",
            "cam.local:8002",
            "ftp://cam.local:8002",
            "http://cam.local:notaport",
        ):
            self.assertFalse(self.origins.allows(origin, "cam.local:8002", False), origin)

    def test_no_host(self) -> None:
        """Without a Host nothing is our own."""
        for origin in ("http://none", "http://None", "null"):
            self.assertFalse(Origins().allows(origin, None, False), origin)

    @given(st.text(max_size=40))
    def test_any_text(self, text: str) -> None:
        """Any text has an answer."""
        self.assertFalse(Origins().allows(text, "cam.local", False) and "cam.local" not in text.lower())
