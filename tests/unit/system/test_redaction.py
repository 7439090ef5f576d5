"""No credential stays in what people read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.system.redaction import hide_login, redact
from tests.support.samples import SECRET


class RedactTests(SynchronousTestCase):
    """``redact``."""

    def test_urls(self) -> None:
        """A password in a URL goes, user and host stay; an @ in the password does not save its rest."""
        self.assertEqual(redact("rtsp://_int:s3cret@127.0.0.1:8554/x"), "rtsp://_int:***@127.0.0.1:8554/x")
        self.assertEqual(redact("rtsp://u:a@b:c@host/x"), "rtsp://u:***@host/x")
        self.assertEqual(redact("http://host:8002/a@b"), "http://host:8002/a@b")

    def test_queries(self) -> None:
        """Tickets, tokens and passwords in queries."""
        for name in ("ticket", "token", "jwt", "auth_token", "password", "access_token", "TICKET"):
            text = redact(f"GET /files/a.mp4?x=1&{name}=abc.def&y=2")
            self.assertNotIn("abc", text)
            self.assertIn("y=2", text)

    def test_tokens_anywhere(self) -> None:
        """A JWT, wherever it stands."""
        token = Tokens(SECRET).issue("u", Role.ADMIN, 0, 60)
        self.assertEqual(redact(f'{{"auth_token": "{token}"}}'), '{"auth_token": "***"}')

    def test_live_sessions(self) -> None:
        """The session in an HLS path opens the stream as long as it lasts."""
        text = redact("GET /live/camera0/s/abcdefghijkl/index.m3u8?x=1 and /live/camera0/s/abcdefghijkl")
        self.assertNotIn("abcdefghijkl", text)
        self.assertIn("/live/camera0/s/***/index.m3u8?x=1", text)

    def test_callback_path(self) -> None:
        """The secret in the path of the callback."""
        self.assertEqual(redact(f"POST /{'0a' * 32}/auth"), "POST /***/auth")

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """Any text can be redacted, and again gives the same."""
        self.assertEqual(redact(redact(text)), redact(text))


class FFmpegLineTests(SynchronousTestCase):
    """What ffmpeg prints of the URLs that it opens."""

    def test_credentials(self) -> None:
        """No credential of a URL stays, wherever ffmpeg cut the line."""
        for line in (
            "rtsp://me:s3cret@host/path: 401",
            "rtsp://me:p@s3cret@host:554/path",
            "to rtsp://_pub:camera0.12.s3cret@127.0.0.1:8554/camera0 and on",
            "rtsp://_pub:camera0.12.s3cret",
            "http://host/video?user=me&pwd=s3cret&size=1",
            "http://host/?Password=s3cret",
        ):
            self.assertNotIn("s3cret", redact(line), line)

    def test_hidden(self) -> None:
        """What the pipeline hides is blotted out wherever it stands: some cameras take a password in the path."""
        line = "Impossible to open 'rtsp://10.0.0.9:554/user=me_password=s3cret_channel=1.sdp'"
        told = redact(line, ("/user=me_password=s3cret_channel=1.sdp",))
        self.assertEqual(told, "Impossible to open 'rtsp://10.0.0.9:554***'")

    def test_the_rest_stays(self) -> None:
        """An address without credentials is told in full."""
        for line in (
            "rtsp://127.0.0.1:8554/camera0",
            "Connection to tcp://127.0.0.1:8554 failed",
            "a@b",
            "tcp://h:8554",
        ):
            self.assertEqual(redact(line), line)


class HideLoginTests(SynchronousTestCase):
    """``hide_login``."""

    def test_login(self) -> None:
        """User and password go, with every @ in them."""
        self.assertEqual(hide_login("rtsp://me:s3@cr/et@host/path"), "rtsp://***@host/path")
        self.assertEqual(hide_login("rtsp://host/path"), "rtsp://host/path")
