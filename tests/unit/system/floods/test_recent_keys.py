"""Tables by keys that strangers choose."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import camsvc
import tests.support.strategies  # noqa: F401
from camsvc.system.floods.recent_keys import LONGEST, RecentKeys

KEYS = st.tuples(st.text(max_size=3 * LONGEST), st.text(max_size=3))


class RecentKeysTests(SynchronousTestCase):
    """``RecentKeys``."""

    def test_newest(self) -> None:
        """The oldest go; what is put again is new."""
        table: RecentKeys[int] = RecentKeys(2)
        for number, key in enumerate(("a", "b", "a", "c")):
            table.put(number, key)
        self.assertEqual([table.get(key) for key in "abc"], [2, None, 3])
        self.assertEqual((table.pop("a"), table.pop("a"), len(table)), (2, None, 1))

    @given(st.lists(st.tuples(KEYS, st.integers()), max_size=30))
    def test_as_a_dict(self, rows: list[tuple[tuple[str, str], int]]) -> None:
        """Keys of any length and any characters are told apart, and none is kept longer than it may be."""
        table: RecentKeys[int] = RecentKeys(100)
        known: dict[tuple[str, str], int] = {}
        for key, value in rows:
            table.put(value, *key)
            known[key] = value
        self.assertEqual({key: table.get(*key) for key in known}, known)
        self.assertEqual(len(table), len(known))
        self.assertLessEqual(table.characters, (LONGEST + 3) * len(known))

    def test_no_other_table(self) -> None:
        """Nothing else drops its oldest keys by hand: a table that bounds their number and forgets their length."""
        base = Path(camsvc.__file__).parent
        found = set()
        for path in base.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr == "popitem":
                    found.add(str(path.relative_to(base)))
        # Two are by connections that are open and by addresses of those; the last is by tokens that were right.
        others = {"system/floods/flood_guard.py", "server/routes/callback.py", "outward/onvif/username_token.py"}
        self.assertEqual(found, {"system/floods/recent_keys.py", *others})
