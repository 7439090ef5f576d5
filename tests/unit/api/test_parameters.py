"""Parameters as their types declare them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType, inspect
from twisted.trial.unittest import SynchronousTestCase

from camsvc.api.parameters import SECRET, Parameters, words
from camsvc.errors import InvalidParams
from tests.support.strategies import JSON


class Inner(Struct, forbid_unknown_fields=True, frozen=True):
    size: Annotated[int, Meta(ge=1, le=9, description="how big")] = 5


class Bare(Struct, frozen=True):
    x: int


class Around(Struct, frozen=True):
    y: Annotated[Bare, Meta(description="fine")]


class Outer(Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from"}):
    IGNORED: ClassVar = ("old",)

    need: Annotated[str, Meta(max_length=5, pattern=r"^a", description="a word that begins with a")]
    since: Annotated[datetime, Meta(tz=True, description="from when")] | UnsetType = UNSET
    inner: Annotated[Inner, Meta(description="more")] | UnsetType = UNSET
    kind: Annotated[Literal["x", "y"], Meta(description="of which kind")] = "x"
    many: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(description="numbers")] = []
    word: Annotated[str, Meta(description="to get in", extra=SECRET)] = ""


PARAMETERS = Parameters.of(Outer)


def wrong(given: Any) -> dict[str, Any]:
    try:
        PARAMETERS.convert(given)
    except InvalidParams as why:
        return {"message": why.message, **why.data}
    raise AssertionError("valid")


class DeclareTests(SynchronousTestCase):
    """What a type tells."""

    def test_all(self) -> None:
        """Names as on the wire, which are needed, what for, what is secret."""
        self.assertEqual(PARAMETERS.names, ("need", "from", "inner", "kind", "many", "word"))
        first = PARAMETERS.all[0]
        self.assertEqual((first.required, first.description), (True, "a word that begins with a"))
        self.assertEqual([each.name for each in PARAMETERS.all if each.secret], ["word"])
        self.assertEqual((PARAMETERS.all[3].default, PARAMETERS.all[4].default), ("x", []))

    def test_undocumented(self) -> None:
        """One without a description cannot be declared, nor one within an object."""

        self.assertRaises(TypeError, Parameters.of, Bare)
        self.assertRaises(TypeError, Parameters.of, Around)

    def test_words(self) -> None:
        """Each kind of type."""
        for kind, text in (
            (int, "integer"),
            (Annotated[int, Meta(ge=1, le=9)], "integer, 1 to 9"),
            (Annotated[int, Meta(ge=0, le=1 << 40)], "integer, 0 or more"),
            (Annotated[float, Meta(ge=0)], "number, 0 or more"),
            (Annotated[float, Meta(gt=0, le=1_000_000)], "number above 0, at most 1000000"),
            (str, "text"),
            (Annotated[str, Meta(max_length=9)], "text of at most 9 characters"),
            (Literal["a"], "a"),
            (Literal["a", "b", "c"], "a, b or c"),
            (list[bool], "list of true or false"),
            (Annotated[datetime, Meta(description="x")], "time in ISO 8601, as 2026-01-31T12:00:00Z"),
            (dict[str, int], "object"),
            (Inner, "object with size"),
            (int | None, "integer or null"),
            (Any, "any value"),
        ):
            self.assertEqual(words(inspect.type_info(kind)), text)


class ConvertTests(SynchronousTestCase):
    """What came."""

    def test_good(self) -> None:
        """The struct; what old clients send is left out."""
        self.assertEqual(PARAMETERS.convert({"need": "ab", "old": [1]}), Outer("ab"))

    def test_mistakes(self) -> None:
        """Name, rule, and a hint that says what is allowed."""
        for sent, param, rule, hint in (
            ({}, "need", "required", "a word that begins with a"),
            ({"need": 3}, "need", "type", "text of at most 5 characters"),
            ({"need": "abbbbb"}, "need", "length", "at most 5"),
            ({"need": "b"}, "need", "pattern", "a word that begins with a"),
            ({"need": "a", "from": "yesterday"}, "from", "format", "ISO 8601"),
            ({"need": "a", "from": "2026-01-31T12:00:00"}, "from", "format", "ISO 8601"),
            ({"need": "a", "kind": "z"}, "kind", "enum", "x or y"),
            ({"need": "a", "inner": {"size": 10}}, "inner.size", "range", "integer, 1 to 9; how big"),
            ({"need": "a", "inner": 3}, "inner", "type", "object with size"),
            ({"need": "a", "many": [1, 0]}, "many[1]", "range", "list of integer"),
            ({"need": "a", "inner": {"siz": 1}}, "inner.siz", "unknown", "did you mean size?"),
            ({"need": "a", "form": 1}, "form", "unknown", "did you mean from?"),
            ([1], "params", "type", "need, from"),
        ):
            found = wrong(sent)
            self.assertEqual((found["param"], found["rule"]), (param, rule), sent)
            self.assertIn(hint, found["hint"])
            self.assertIn(param, found["message"])

    def test_regular_expressions(self) -> None:
        """Are not shown to people."""
        self.assertNotIn("^", str(wrong({"need": "b"})))

    def test_shown(self) -> None:
        """Secrets and what is unknown never, the rest as it came."""
        given = {"need": "x", "word": "hunter2", "wrod": "hunter2", "old": 1, "from": {"any": "thing"}}
        shown = PARAMETERS.shown(given)
        self.assertEqual(shown, {"need": "x", "word": "***", "wrod": "?", "old": 1, "from": {"any": "thing"}})
        self.assertEqual(PARAMETERS.shown(["hunter2"]), {"params": "[…]"})

    @given(st.dictionaries(st.sampled_from(["need", "from", "inner", "kind", "many", "x"]), JSON) | st.lists(JSON))
    def test_anything(self, given: Any) -> None:
        """A struct, or one mistake with its keys."""
        try:
            self.assertIsInstance(PARAMETERS.convert(given), Outer)
        except InvalidParams as why:
            self.assertLessEqual({"reason", "param", "rule", "hint"}, set(why.data))
