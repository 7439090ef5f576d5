"""Roles, and the one question."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import OPEN, Principal, Role, may
from camsvc.errors import AuthenticationFailed, NotFound, PermissionDenied
from tests.support.samples import principal


class RoleTests(SynchronousTestCase):
    """Each includes the ones before."""

    def test_words(self) -> None:
        """There and back; other words name no role."""
        for role in Role:
            self.assertIs(Role.of(role.word), role)
        for word in ("", "Admin", "root", "VIEWER"):
            self.assertIsNone(Role.of(word))

    def test_permissions(self) -> None:
        """Cumulative."""
        self.assertEqual(Role.VIEWER.permissions, ["view"])
        self.assertEqual(Role.OPERATOR.permissions, ["view", "control"])
        self.assertEqual(Role.ADMIN.permissions, ["view", "control", "admin"])


class MayTests(SynchronousTestCase):
    """``may``."""

    def who(self, role: Role = Role.OPERATOR, **keys: object) -> Principal:
        return principal(role, **{"expires_at": 100.0, **keys})

    def test_open(self) -> None:
        """Anybody, nobody too."""
        self.assertIsNone(may(None, OPEN, 0))

    def test_not_logged_in(self) -> None:
        """The message contains auth_required, and so does the reason."""
        with self.assertRaises(AuthenticationFailed) as caught:
            may(None, Role.VIEWER, 0)
        self.assertIn("auth_required", caught.exception.message)
        self.assertEqual(caught.exception.data["reason"], "auth_required")

    def test_expiry(self) -> None:
        """Just before it holds, at the second itself it does not."""
        self.assertEqual(may(self.who(), Role.VIEWER, 99.9), self.who())
        with self.assertRaises(AuthenticationFailed) as caught:
            may(self.who(), Role.VIEWER, 100.0)
        self.assertIn("auth_required", caught.exception.message)

    def test_every_pair_of_roles(self) -> None:
        """Passes exactly when the role is high enough; else both are named."""
        for have in Role:
            for need in Role:
                if have >= need:
                    self.assertIsNotNone(may(self.who(have), need, 0))
                    continue
                with self.assertRaises(PermissionDenied) as caught:
                    may(self.who(have), need, 0)
                data = caught.exception.data
                self.assertEqual((data["required_role"], data["have_role"]), (need.word, have.word))

    def test_scope(self) -> None:
        """A camera outside the scope is not there; without a scope every camera is."""
        scoped = self.who(cameras=frozenset({"camera1"}))
        self.assertIsNotNone(may(scoped, Role.VIEWER, 0, "camera1"))
        self.assertIsNotNone(may(scoped, Role.VIEWER, 0))
        self.assertIsNotNone(may(self.who(), Role.VIEWER, 0, "camera2"))
        self.assertRaises(NotFound, may, scoped, Role.VIEWER, 0, "camera2")
        self.assertRaises(NotFound, may, self.who(cameras=frozenset()), Role.VIEWER, 0, "camera2")
