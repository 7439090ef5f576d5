"""``camsvc rotate-secret``."""

from __future__ import annotations

import time

from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.errors import AuthenticationFailed
from camsvc.system.secret_files import stored_secret
from tests.unit.cli.test_main import CliTestCase


class RotateSecretTests(CliTestCase):
    """As an operator calls it."""

    def tokens(self) -> Tokens:
        """As the daemon has them now."""
        config = self.config()
        return Tokens.of(config.access, config.jwt_secret_file)

    def test_default(self) -> None:
        """The old one is accepted for a day, and the answer says until when."""
        secret = stored_secret(self.key)
        token = Tokens(secret).issue("me", Role.VIEWER, time.time(), 7 * 86400)
        status, out, err = self.run_it("rotate-secret")
        self.assertEqual((status, err, out.count("\n")), (0, "", 1))
        self.assertIn("accepted until", out)
        self.assertNotEqual(stored_secret(self.key), secret)
        self.assertNotIn(secret.decode(), out)
        tokens = self.tokens()
        tokens.principal(token, time.time() + 86000)
        self.assertRaises(AuthenticationFailed, tokens.principal, token, time.time() + 86401)

    def test_overlap(self) -> None:
        """As long as asked for; 0 for not at all."""
        secret = stored_secret(self.key)
        token = Tokens(secret).issue("me", Role.VIEWER, time.time(), 86400)
        self.assertEqual(self.run_it("rotate-secret", "--overlap", "30m")[0], 0)
        self.assertRaises(
            AuthenticationFailed,
            self.tokens().principal,
            token,
            time.time() + 1801,
        )
        token = self.run_it("token")[1].strip()
        status, out, _ = self.run_it("rotate-secret", "--overlap", "0")
        self.assertEqual(status, 0)
        self.assertIn("worthless", out)
        self.assertRaises(
            AuthenticationFailed,
            self.tokens().principal,
            token,
            time.time(),
        )

    def test_mistakes(self) -> None:
        """No secret yet, and spans that are none."""
        status, _, err = self.run_it("rotate-secret")
        self.assertEqual((status, err.count("\n")), (77, 1))
        self.assertIn("start the daemon once", err)
        for span in ("-1", "1w", "soon", "400d"):
            self.assertEqual(self.run_it("rotate-secret", f"--overlap={span}")[0], 2)
