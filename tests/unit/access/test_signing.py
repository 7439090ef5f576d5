"""Secrets on the disk: rotated with an overlap, and read again when they change."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.access.signing import LOOK_EVERY_S, Reread, old_file, read_secrets, rotate
from camsvc.access.tokens import STREAM, Tokens
from camsvc.config.schema import Access
from camsvc.errors import AuthenticationFailed, StartError
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
        """As session tokens; one that has let somebody in is still known, as long as the secret counts."""
        running, who = self.tokens(), Principal("me", Role.VIEWER, NOW + 9000)
        ticket = running.ticket(STREAM, "camera0", who, NOW, 60)
        rotate(self.path, 3600, NOW)
        self.assertEqual(running.ticket_holder(STREAM, ticket, "camera0", NOW + 59).subject, "me")
        self.assertEqual(running.opened_by(STREAM, ticket, NOW + 3599).subject, "me")
        self.assertRaises(AuthenticationFailed, running.opened_by, STREAM, ticket, NOW + 3600)

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
    """``read_secrets`` and ``Reread``."""

    def test_bad_old_file(self) -> None:
        """One line that says what to do."""
        for text in ("x" * 40, f"never {'a' * 64}", f"{int(NOW)} short {'a' * 30}", f"{int(NOW)}{'a' * 64}"):
            self.write(text.encode(), old_file(self.path))
            why = self.assertRaises(StartError, read_secrets, self.path)
            self.assertIn("delete the file", why.message)

    def test_goes_on(self) -> None:
        """What cannot be read leaves all as it was, and is said once."""
        said: list[Any] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        watched = Reread(read_secrets, self.path, old_file(self.path))
        for number, spoil in enumerate(
            (lambda: self.path.chmod(0o644) or os.utime(self.path), lambda: self.write(b"short"), self.path.unlink), 1
        ):
            spoil()
            for _ in range(3):
                self.assertEqual(watched.value(NOW + 10 * number).current, SECRET)
                watched.look(NOW + 10 * number)
            errors = [event for event in said if event["log_level"].name == "error"]
            self.assertEqual(len(errors), number)
        self.write(OTHER_SECRET)
        self.assertEqual(watched.value(NOW + 100).current, OTHER_SECRET)

    def test_looked_at_once_a_second(self) -> None:
        """And by the wall clock set back, too."""
        watched = Reread(read_secrets, self.path)
        self.assertEqual(watched.value(NOW).current, SECRET)
        self.write(OTHER_SECRET)
        self.assertEqual(watched.value(NOW + 0.9).current, SECRET)
        self.assertEqual(watched.value(NOW - 3600).current, OTHER_SECRET)

    def test_nothing_new(self) -> None:
        """``look`` says so."""
        watched = Reread(read_secrets, self.path)
        self.assertFalse(watched.look(NOW))
        self.write(OTHER_SECRET)
        self.assertTrue(watched.look(NOW))
        self.assertFalse(watched.look(NOW))
