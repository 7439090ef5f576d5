"""Secrets on the disk: rotated with an overlap, and read again when they change."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from unittest import SkipTest

import jwt
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.access.signing import (
    Seals,
    installed_secrets,
    old_file,
    read_secrets,
    rotate,
    session_claims,
    sign_hs256,
)
from camsvc.access.tokens import STREAM, Tokens
from camsvc.config.schema import Access
from camsvc.errors import AuthenticationFailed, StartError
from camsvc.system.reread import LOOK_EVERY_S
from tests.support.clocks import FakeClocks
from tests.support.samples import OTHER_SECRET, SECRET

NOW = 1_800_000_000.0


class SecretsTestCase(SynchronousTestCase):
    """With one installation."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        self.path = self.base / "jwt.key"
        self.write(SECRET)

    def write(self, secret: bytes, path: Path | None = None) -> None:
        path = path or self.path
        path.write_bytes(secret)
        path.chmod(0o600)

    def tokens(self) -> Tokens:
        """As the daemon has them."""
        return Tokens.of(Access(), self.path)


class RotateTests(SecretsTestCase):
    """``rotate``."""

    def test_overlap(self) -> None:
        """The old secret verifies until the overlap has passed, the new one signs at once."""
        running = self.tokens()
        before = running.issue("me", Role.VIEWER, NOW, 9000)
        rotate(self.path, 3600, NOW)
        after = running.issue("me", Role.VIEWER, NOW + LOOK_EVERY_S, 9000)
        for tokens in (running, self.tokens()):
            for token in (before, after):
                tokens.principal(token, NOW + 3599)
            tokens.principal(after, NOW + 3600)
            self.assertRaises(AuthenticationFailed, tokens.principal, before, NOW + 3600)
        self.assertRaises(AuthenticationFailed, Tokens(SECRET).principal, after, NOW)

    def test_tickets(self) -> None:
        """As session tokens."""
        running, who = self.tokens(), Principal("me", Role.VIEWER, NOW + 9000)
        ticket = running.ticket(STREAM, "camera0", who, NOW, 60)
        rotate(self.path, 3600, NOW)
        self.assertEqual(running.ticket_holder(STREAM, ticket, "camera0", NOW + 59).subject, "me")

    def test_seals(self) -> None:
        """As long as the secret that they were made with counts."""
        clocks = FakeClocks(wall=NOW)
        seals = Seals(self.tokens().secrets, clocks)
        seal = seals.seal("a")
        self.assertTrue(seals.fits(seal, "a"))
        for wrong, text in ((seal, "b"), ("", "a"), (seal[:-1], "a"), ("\ud800", "a"), (seal.upper() + "x", "a")):
            self.assertFalse(seals.fits(wrong, text))
        rotate(self.path, 3600, NOW)
        clocks.advance(3599)
        self.assertNotEqual(seals.seal("a"), seal)
        self.assertTrue(seals.fits(seal, "a"))
        clocks.advance(1)
        self.assertFalse(seals.fits(seal, "a"))

    def test_seen_at_once(self) -> None:
        """A token that another process has just signed with the new secret is let in, in the same instant."""
        running = self.tokens()
        running.issue("me", Role.VIEWER, NOW, 60)
        rotate(self.path, 3600, NOW)
        self.assertEqual(running.principal(self.tokens().issue("cli", Role.ADMIN, NOW, 60), NOW).subject, "cli")

    def test_none(self) -> None:
        """Without an overlap everything of before is worthless, what an earlier overlap kept too."""
        first = self.tokens().issue("me", Role.VIEWER, NOW, 9000)
        rotate(self.path, 3600, NOW)
        self.assertTrue(old_file(self.path).exists())
        second = self.tokens().issue("me", Role.VIEWER, NOW, 9000)
        rotate(self.path, 0, NOW + 1)
        for token in (first, second):
            self.assertRaises(AuthenticationFailed, self.tokens().principal, token, NOW + 1)
        self.assertFalse(old_file(self.path).exists())

    def test_twice(self) -> None:
        """Each secret has its own end."""
        first = self.tokens().issue("me", Role.VIEWER, NOW, 9000)
        rotate(self.path, 100, NOW)
        second = self.tokens().issue("me", Role.VIEWER, NOW, 9000)
        rotate(self.path, 500, NOW)
        tokens = self.tokens()
        tokens.principal(first, NOW + 99)
        tokens.principal(second, NOW + 499)
        for token, end in ((first, 100), (second, 500)):
            self.assertRaises(AuthenticationFailed, tokens.principal, token, NOW + end)

    def test_files(self) -> None:
        """Closed to others; nothing else is left behind."""
        rotate(self.path, 3600, NOW)
        self.assertEqual(sorted(entry.name for entry in self.base.iterdir()), ["jwt.key", "jwt.key.old"])
        for path in self.base.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertNotEqual(read_secrets(self.path).current, SECRET)
        self.assertEqual(read_secrets(self.path).old, ((SECRET, NOW + 3600),))

    def test_owner(self) -> None:
        """Root rotates for the daemon's user, who can read the files afterwards."""
        if os.geteuid() != 0:
            raise SkipTest("needs root")
        os.chown(self.path, 12345, 12346)
        rotate(self.path, 3600, NOW)
        for path in self.base.iterdir():
            self.assertEqual((path.stat().st_uid, path.stat().st_gid), (12345, 12346), path.name)

    def test_cannot(self) -> None:
        """No secret, no such folder, a file that others can read: nothing is changed."""
        self.assertRaises(FileNotFoundError, rotate, self.base / "none.key", 60, NOW)
        self.path.chmod(0o644)
        self.assertRaises(StartError, rotate, self.path, 60, NOW)
        self.assertEqual(self.path.read_bytes(), SECRET)
        self.path.chmod(0o600)
        old_file(self.path).mkdir()
        self.assertRaises(StartError, rotate, self.path, 60, NOW)


class ReadTests(SecretsTestCase):
    """``read_secrets``."""

    def test_bad_old_file(self) -> None:
        """One line that says what to do."""
        for text in ("x" * 40, f"never {'a' * 64}", f"{int(NOW)} short {'a' * 30}", f"{int(NOW)}{'a' * 64}"):
            self.write(text.encode(), old_file(self.path))
            why = self.assertRaises(StartError, read_secrets, self.path)
            self.assertIn("delete the file", why.message)

    def test_none_yet(self) -> None:
        """``installed_secrets`` says who makes them."""
        self.path.unlink()
        why = self.assertRaises(StartError, installed_secrets, self.path)
        self.assertEqual(why.message, f"{self.path}: no key yet; start the daemon once, it makes one")


class SignatureTests(SynchronousTestCase):
    """``session_claims`` and ``sign_hs256``."""

    def test_rfc(self) -> None:
        """A token whose signature PyJWT finds right, with the claims in it."""
        claims = session_claims("me", Role.OPERATOR, NOW + 0.25, 60, iss="", aud="cams", key=None)
        token = sign_hs256(claims, SECRET)
        self.assertEqual(jwt.get_unverified_header(token), {"alg": "HS256", "typ": "JWT"})
        read = jwt.decode(
            token, SECRET, ["HS256"], audience="cams", options={"verify_exp": False, "verify_iat": False}
        )
        self.assertEqual(len(read.pop("jti")), 16)
        self.assertEqual(
            read, {"user_id": "me", "role": "operator", "iat": NOW + 0.25, "exp": int(NOW) + 60, "aud": "cams"}
        )
        self.assertNotEqual(sign_hs256(claims, OTHER_SECRET), token)
