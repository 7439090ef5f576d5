"""The table of users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access import users
from camsvc.access.roles import Role
from camsvc.access.users import Change, User
from camsvc.errors import InvalidParams, InvalidState, NotFound
from tests.support.immediate import ImmediateDatabase


def user(name: str = "ann", role: Role = Role.ADMIN, **keys: Any) -> User:
    known = {"disabled": False, "must_change": False, "created_at": 5.0, "password_at": 5.0}
    return User(name, role, **{**known, **keys})


class UsersTests(SynchronousTestCase):
    """Through a real database."""

    def setUp(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        self.database = ImmediateDatabase(folder / "db")
        self.addCleanup(self.database.stop)

    def do(self, work: Any, *args: Any, **keys: Any) -> Any:
        return self.database.now(lambda db: work(db, *args, **keys))

    def change(self, name: str = "ann", **keys: Any) -> Any:
        return self.do(users.update, name, Change(**keys), 9.0)

    def test_add(self) -> None:
        """Is found with the hash; a second of that name is refused."""
        self.do(users.add, user(), "hash")
        self.assertEqual(self.do(users.find, "ann"), (user(), "hash"))
        self.assertIsNone(self.do(users.find, "Ann"))
        self.assertEqual(self.do(users.names), {"ann"})
        why = self.assertRaises(InvalidState, self.do, users.add, user(role=Role.VIEWER), "other")
        self.assertEqual(why.data["reason"], "user_exists")
        self.assertEqual(self.do(users.find, "ann"), (user(), "hash"))

    def test_page(self) -> None:
        """Newest first, so many, from there on."""
        for number in range(5):
            self.do(users.add, user(f"u{number}", created_at=float(number)), "hash")
        found, total = self.do(users.page, 2, 1)
        self.assertEqual(([each.name for each in found], total), (["u3", "u2"], 5))

    def test_update(self) -> None:
        """What is not named stays."""
        self.do(users.add, user(), "hash")
        self.do(users.add, user("ben", Role.VIEWER), "hash")
        self.assertEqual(self.change("ben", role=Role.OPERATOR), user("ben", Role.OPERATOR))
        self.assertEqual(self.change("ben", disabled=True), user("ben", Role.OPERATOR, disabled=True))
        changed = user("ben", Role.OPERATOR, disabled=True, must_change=True, password_at=9.0)
        self.assertEqual(self.change("ben", password="new", must_change=True), changed)
        self.assertEqual(self.do(users.find, "ben"), (changed, "new"))
        self.assertEqual(self.do(users.find, "ann"), (user(), "hash"))
        self.assertRaises(NotFound, self.change, "eve", role=Role.ADMIN)

    def test_last_admin(self) -> None:
        """Cannot be demoted, disabled or deleted, though disabled admins and others are there."""
        self.do(users.add, user(), "hash")
        self.do(users.add, user("off", disabled=True), "hash")
        self.do(users.add, user("ben", Role.OPERATOR), "hash")
        for keys in ({"role": Role.OPERATOR}, {"disabled": True}):
            why = self.assertRaises(InvalidState, self.change, **keys)
            self.assertEqual(why.data["reason"], "last_admin")
        self.assertRaises(InvalidState, self.do, users.delete, "ann")
        self.assertEqual(self.do(users.find, "ann"), (user(), "hash"))
        self.change(password="new")
        self.do(users.delete, "off")
        self.change("ben", role=Role.ADMIN)
        self.change(role=Role.VIEWER)
        self.do(users.delete, "ann")
        self.assertRaises(InvalidState, self.do, users.delete, "ben")
        self.assertRaises(NotFound, self.do, users.delete, "ann")

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("role", "on", "off", "delete", "add")),
                              st.sampled_from(list(Role))), max_size=30))  # fmt: skip
    def test_an_admin_is_left(self, steps: list[tuple[str, str, Role]]) -> None:
        """Whatever is done, in whatever order."""

        def run(db: Any) -> None:
            db.execute("DELETE FROM user")
            users.add(db, user("a"), "hash")
            for name, step, role in steps:
                try:
                    if step == "add":
                        users.add(db, user(name, role), "hash")
                    elif step == "delete":
                        users.delete(db, name)
                    elif step == "role":
                        users.update(db, name, Change(role=role), 1.0)
                    else:
                        users.update(db, name, Change(disabled=step == "off"), 1.0)
                except (InvalidState, NotFound):
                    pass
                left, _ = users.page(db, 10, 0)
                self.assertTrue(any(each.role is Role.ADMIN and not each.disabled for each in left))

        self.database.now(run)


class NameTests(SynchronousTestCase):
    """What a user may be called."""

    def test_good(self) -> None:
        for name in ("a", "ann", "ann.b", "ann@example.org", "0-x_y", "x" * 64):
            users.require_name(name)

    def test_bad(self) -> None:
        """Too long, upper case, blanks, control characters, other letters; the command line's."""
        for name in ("", "Ann", "ann b", " ann", "ann\n", "-ann", ".", "x" * 65, "änn", "a/b", "a\x00", "cli"):
            why = self.assertRaises(InvalidParams, users.require_name, name)
            self.assertEqual(why.data["param"], "username")

    def test_typed(self) -> None:
        """A phone's capital letter and a blank at the end are no other user."""
        self.assertEqual(users.name_of(" Ann "), "ann")
