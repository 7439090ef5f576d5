"""What was taken back, in memory; over a restart see test_rights."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.revocations import Revocations


class RevocationsTests(SynchronousTestCase):
    """Users up to a moment, tokens by id."""

    def setUp(self) -> None:
        self.revocations = Revocations([("user", "me", 100.0), ("token", "t1", 500.0)])

    def test_user(self) -> None:
        """What was signed up to then, to the very moment; not what came after, nor of others."""
        self.assertTrue(self.revocations.covers_user("me", 99.0))
        self.assertTrue(self.revocations.covers_user("me", 100.0))
        self.assertFalse(self.revocations.covers_user("me", 100.001))
        self.assertFalse(self.revocations.covers_user("you", 99.0))

    def test_never_taken_back_itself(self) -> None:
        """An earlier revocation does not undo a later one, as when the clock was set back."""
        self.revocations.revoke_user("me", 50.0)
        self.assertTrue(self.revocations.covers_user("me", 100.0))

    def test_token(self) -> None:
        """By its id; one without an id is never meant."""
        self.revocations.revoke_token("t2", 600.0)
        self.assertEqual([self.revocations.covers_token(token) for token in ("t1", "t2", "t3", None, "me")],
                         [True, True, False, False, False])  # fmt: skip

    def test_forgotten(self) -> None:
        """When the token would have ended anyway, and not before; users are kept."""
        self.revocations.forget_ended(499.9)
        self.assertTrue(self.revocations.covers_token("t1"))
        self.revocations.forget_ended(500.0)
        self.assertFalse(self.revocations.covers_token("t1"))
        self.assertTrue(self.revocations.covers_user("me", 100.0))
