"""API keys: how they look, and which one is shown."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access import keys
from camsvc.access.keys import ApiKey, ApiKeys
from camsvc.access.roles import Role
from camsvc.system.redaction import redact


def made(name: str = "door", created_at: float = 100.0) -> tuple[str, ApiKey]:
    """A key, and what is kept of it."""
    ident = keys.new_ident()
    secret = keys.make(ident)
    return secret, ApiKey(ident, name, keys.digest(secret), Role.VIEWER, None, created_at, "me")


class KeysTests(SynchronousTestCase):
    """In memory."""

    def setUp(self) -> None:
        self.keys = ApiKeys()
        self.secret, self.key = made()
        self.keys.add(self.key)

    def test_form(self) -> None:
        """Short enough for ffmpeg's password (127 characters), nothing that a URL quotes, never twice the same."""
        self.assertRegex(self.secret, r"\Acsk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\Z")
        self.assertTrue(keys.looks_like_key(self.secret))
        self.assertNotEqual(self.secret, keys.make(self.key.ident))
        self.assertNotIn(self.secret.rpartition("_")[2].encode(), self.key.digest)

    def test_found(self) -> None:
        """By the whole of it alone, as often as it is shown."""
        for now in (200.0, 300.0):
            found = self.keys.find(self.secret, now)
            self.assertEqual((found and found.name, found and found.used_at), ("door", now))
        self.assertEqual(self.keys.find(made()[0], 200.0), None)
        self.assertEqual(self.keys.find(keys.make(self.key.ident), 200.0), None)

    @given(st.text(max_size=80) | st.from_regex(re.compile(r"csk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", re.ASCII)))
    def test_any_text(self, text: str) -> None:
        """Nobody guesses one, and nothing raises."""
        self.assertIsNone(self.keys.find(text, 200.0))

    def test_removed(self) -> None:
        """Is not found any more, by no way."""
        self.keys.find(self.secret, 200.0)
        self.assertEqual((self.keys.remove(self.key.ident) or self.key).name, "door")
        self.assertIsNone(self.keys.remove(self.key.ident))
        self.assertIsNone(self.keys.find(self.secret, 201.0))
        self.assertIsNone(self.keys.named("door"))
        self.assertEqual((self.keys.all(), self.keys.take_used()), ((), {}))

    def test_order(self) -> None:
        """The newest first."""
        for number in (3, 1, 2):
            self.keys.add(made(f"k{number}", 100.0 + number)[1])
        self.assertEqual([key.name for key in self.keys.all()], ["k3", "k2", "k1", "door"])

    def test_log(self) -> None:
        """A key that finds its way into a line does not stand in it, as a value of a query neither."""
        for line in (f"got {self.secret}!", f"/x?api_key={self.secret}&y=1", f"rtsp://x:{self.secret}@h/camera0"):
            self.assertNotIn(self.secret[-16:], redact(line))
            self.assertNotIn(self.secret, redact(line))
