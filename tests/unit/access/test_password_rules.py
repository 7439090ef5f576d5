"""Which passwords are taken."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access.password_rules import LONGEST, SHORTEST, one_time_password, require_good
from camsvc.errors import InvalidParams


class RuleTests(SynchronousTestCase):
    """``require_good``."""

    def rule(self, password: str, user: str = "ann") -> str:
        why = self.assertRaises(InvalidParams, require_good, password, user, "new_password")
        self.assertEqual(why.data["param"], "new_password")
        self.assertNotIn(password or "?", str(why.data) + why.message)
        return str(why.data["rule"])

    def test_good(self) -> None:
        """Words, in any language, with spaces; an own password too."""
        for password in (
            "correct horse",
            "пароль из слов",
            "x" * 6 + "abcd",
            "ann-lives-in-rome",
            one_time_password(),
        ):
            require_good(password, "ann")

    def test_length(self) -> None:
        """Both ends, counted in characters."""
        for password in ("", "abcdefghi", "é" * (SHORTEST - 1), "abcde" * 52):
            self.assertEqual(self.rule(password), "length", password)
        require_good("abcdefghij", "ann")
        require_good(("abcde" * 52)[:LONGEST], "ann")

    def test_user_name(self) -> None:
        """Not the name, in any case, nor the name and a few characters."""
        for password in ("alexandra-b", "Alexandra-B", "alexandra-b2024", "alexandra-balexandra-b"):
            self.assertEqual(self.rule(password, "alexandra-b"), "user_name", password)

    def test_repetition(self) -> None:
        """A few characters again and again."""
        for password in ("aaaaaaaaaaaa", "abababababab", "121212121212"):
            self.assertEqual(self.rule(password), "repetition", password)

    @given(st.text(max_size=400), st.text(max_size=70))
    def test_any(self, password: str, user: str) -> None:
        """Is taken or refused with a rule, and never crashes."""
        try:
            require_good(password, user)
        except InvalidParams as why:
            self.assertIn(why.data["rule"], ("length", "user_name", "repetition"))
        else:
            self.assertTrue(SHORTEST <= len(unicodedata.normalize("NFC", password)) <= LONGEST)

    def test_one_time(self) -> None:
        """Each is another; easy to type."""
        made = {one_time_password() for _ in range(100)}
        self.assertEqual(len(made), 100)
        for password in made:
            self.assertRegex(password, r"^([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}\Z")
