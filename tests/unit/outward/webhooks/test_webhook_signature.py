"""Secrets of webhooks in files, and the signatures that they make."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError
from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import StartError
from camsvc.outward.webhooks.webhook_signature import signed_headers, webhook_key

BODY = '{"type":"storage.low"}'
NOW = int(datetime.now(UTC).timestamp())


class SecretTests(SynchronousTestCase):
    """``webhook_key``."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def write(self, text: str, mode: int = 0o600) -> None:
        self.path.touch(mode)
        self.path.chmod(mode)
        self.path.write_text(text)

    def test_made(self) -> None:
        """Where there is none; its text, pasted into a receiver of another make, is the same key."""
        key = webhook_key(self.path)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(webhook_key(self.path), key)
        Verifier(self.path.read_text().strip()).verify(BODY, signed_headers(key, "evt_1", NOW, BODY.encode()))

    def test_given(self) -> None:
        """By the receiver, as these write them."""
        self.write("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        headers = signed_headers(webhook_key(self.path), "evt_1", NOW, BODY.encode())
        Verifier("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(BODY, headers)

    def test_no_secret(self) -> None:
        """Not base64, or for all to read: it does not start, and says which file."""
        for text, mode in (
            ("four little words that are long enough", 0o600),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0o644),
        ):
            self.write(text, mode)
            with self.assertRaises(StartError) as caught:
                webhook_key(self.path)
            self.assertIn(str(self.path), caught.exception.message)


class SignatureTests(SynchronousTestCase):
    """``signed_headers``."""

    def test_anything_changed(self) -> None:
        """Another body, id or time, or an old one, is refused by a receiver of another make."""
        key = bytes(32)
        verifier = Verifier("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        good = signed_headers(key, "evt_1", NOW, BODY.encode())
        verifier.verify(BODY, good)
        for changed in ({"webhook-id": "evt_2"}, {"webhook-timestamp": str(NOW + 1)}):
            self.assertRaises(WebhookVerificationError, verifier.verify, BODY, good | changed)
        self.assertRaises(WebhookVerificationError, verifier.verify, BODY + " ", good)
        old = signed_headers(key, "evt_1", NOW - 3600, BODY.encode())
        self.assertRaises(WebhookVerificationError, verifier.verify, BODY, old)
