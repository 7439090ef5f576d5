"""Certificate and key: what is told of a pair, and every way in which one is none."""

from __future__ import annotations

import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from camsvc.errors import ConfigError
from camsvc.server.http.tls import Certificates, load_pair
from tests.support.certificates import make_pair


class TlsTests(SynchronousTestCase):
    """``load_pair`` and ``Certificates``."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        self.certificate, self.key = make_pair(self.base)

    def refused(self) -> str:
        with self.assertRaises(ConfigError) as caught:
            load_pair(self.certificate, self.key)
        self.assertTrue(caught.exception.message.isprintable())
        return caught.exception.message

    def test_pair(self) -> None:
        """For which names, until when; nothing is wrong with it."""
        pair = load_pair(self.certificate, self.key)
        self.assertEqual(pair.names, ("cam.example", "localhost", "127.0.0.1"))
        self.assertIn("for cam.example, localhost, 127.0.0.1, until 20", pair.words)
        self.assertIsNone(pair.trouble(time.time()))
        self.assertEqual(len(pair.fingerprint), 64)
        self.assertEqual(pair.certificate, self.certificate.read_bytes())

    def test_chain(self) -> None:
        """The server's own stands first; what follows is handed out with it."""
        other, _ = make_pair(self.base, "ca.example", stem="ca")
        self.certificate.write_bytes(self.certificate.read_bytes() + other.read_bytes())
        self.assertEqual(load_pair(self.certificate, self.key).names[0], "cam.example")
        self.certificate.write_bytes(other.read_bytes() + self.certificate.read_bytes())
        self.assertIn("is not the key of the first certificate", self.refused())

    def test_no_renegotiation(self) -> None:
        """A client cannot have keys made again and again on one connection (TLS 1.2)."""
        pair = load_pair(self.certificate, self.key)
        self.assertTrue(pair.context.set_options(0) & SSL.OP_NO_RENEGOTIATION)

    def test_time(self) -> None:
        """Expired, soon expired, not valid yet: a warning, no refusal."""
        now = time.time()
        for days, words in (((-3, -1), "has expired on"), ((-1, 10.5), "expires in 10 days"), ((1, 90), "not valid")):
            pair = load_pair(*make_pair(self.base, from_days=days[0], to_days=days[1]))
            self.assertIn(words, pair.trouble(now) or "")

    def test_missing(self) -> None:
        """Each file by its key."""
        self.key.unlink()
        self.assertRegex(self.refused(), r'^server.tls_key = ".*tls.key": no such file\Z')
        self.certificate.unlink()
        self.assertRegex(self.refused(), r'^server.tls_cert = ".*tls.crt": no such file\Z')
        self.certificate.mkdir()
        self.assertIn("cannot be read: Is a directory", self.refused())

    def test_no_pem(self) -> None:
        """A file of something else; the two mixed up."""
        for text in (b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            self.certificate.write_bytes(text)
            self.assertIn("no certificate in PEM", self.refused())
        make_pair(self.base)
        self.key.write_bytes(b"\x00\xff")
        self.assertIn("no private key in PEM", self.refused())
        make_pair(self.base)
        self.certificate, self.key = self.key, self.certificate
        self.assertIn("no certificate in PEM", self.refused())

    def test_another_key(self) -> None:
        """A key of another certificate, of another kind, and one that cannot be asked."""
        private = rsa.generate_private_key(65537, 2048)
        for key in (ec.generate_private_key(ec.SECP256R1()), private):
            self.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            self.assertIn("is not the key of", self.refused())
        locked = BestAvailableEncryption(b"x")
        self.key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        self.assertIn("is locked by a password", self.refused())

    def test_open_key(self) -> None:
        """A key that everybody can read is told of."""
        certificates = Certificates(self.certificate, self.key)
        self.assertFalse(certificates.key_is_open)
        self.key.chmod(0o644)
        self.assertTrue(certificates.key_is_open)

    def test_reload(self) -> None:
        """Another pair takes over; the same one changes nothing; a broken one leaves the old."""
        certificates = Certificates(self.certificate, self.key)
        first = certificates.pair
        self.assertFalse(certificates.reload())
        self.assertIs(certificates.pair, first)
        make_pair(self.base, "new.example")
        self.assertTrue(certificates.reload())
        self.assertEqual(certificates.pair.names[0], "new.example")
        self.certificate.write_text("broken")
        with self.assertRaises(ConfigError):
            certificates.reload()
        self.assertEqual(certificates.pair.names[0], "new.example")
