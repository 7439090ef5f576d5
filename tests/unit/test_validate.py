"""Each form of msgspec's messages that ``explain`` takes apart, made by msgspec itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.validate import Fault, explain, nearest


class Inner(Struct, forbid_unknown_fields=True):
    width: Annotated[int, Meta(ge=64, le=99)] = 64
    name: Annotated[str, Meta(min_length=2, max_length=3, pattern="^a")] = "ab"
    even: Annotated[int, Meta(multiple_of=2)] = 2


class Outer(Struct, forbid_unknown_fields=True):
    need: int
    inner: Inner | msgspec.UnsetType = msgspec.UNSET
    rows: list[Inner] = []
    word: Literal["x", "y"] = "x"
    when: datetime | msgspec.UnsetType = msgspec.UNSET
    table: dict[str, int] = {}


def fault(**document: Any) -> Fault:
    try:
        msgspec.convert({"need": 1, **document}, Outer)
    except msgspec.ValidationError as why:
        return explain(why)
    raise AssertionError("valid")


class ExplainTests(SynchronousTestCase):
    """One test for one form."""

    def test_unknown(self) -> None:
        """At the top, in a table, in a list."""
        self.assertEqual(fault(nope=1), Fault("nope", "unknown", "not known"))
        self.assertEqual(fault(inner={"nope": 1}).path, "inner.nope")
        self.assertEqual(fault(rows=[{}, {"nope": 1}]).path, "rows[1].nope")

    def test_unknown_with_marks_in_its_name(self) -> None:
        """Quotes and newlines in a key do not lead astray."""
        for name in ("a`b", "a\nb", "", "$.x", "a - at `$.b`"):
            self.assertEqual(fault(**{name: 1}).rule, "unknown", name)

    def test_required(self) -> None:
        """The field that is missing."""
        with self.assertRaises(msgspec.ValidationError) as caught:
            msgspec.convert({}, Outer)
        self.assertEqual(explain(caught.exception), Fault("need", "required", "required"))

    def test_type(self) -> None:
        """What is expected and what came."""
        self.assertEqual(fault(need="1"), Fault("need", "type", "expected `int`, got `str`"))
        self.assertEqual(fault(need=True).text, "expected `int`, got `bool`")
        self.assertEqual(fault(inner={"width": None}).path, "inner.width")
        self.assertEqual(fault(rows={}).text, "expected `array`, got `object`")

    def test_whole(self) -> None:
        """A document that is no object has no path."""
        with self.assertRaises(msgspec.ValidationError) as caught:
            msgspec.convert([], Outer)
        self.assertEqual(explain(caught.exception), Fault("", "type", "expected `object`, got `array`"))

    def test_range(self) -> None:
        """Bounds and multiples."""
        self.assertEqual(fault(inner={"width": 63}), Fault("inner.width", "range", "expected `int` >= 64"))
        self.assertEqual(fault(rows=[{"width": 100}]), Fault("rows[0].width", "range", "expected `int` <= 99"))
        self.assertEqual(
            fault(inner={"even": 3}), Fault("inner.even", "range", "expected `int` that's a multiple of 2")
        )

    def test_length_and_pattern(self) -> None:
        """Texts too short, too long, of another form."""
        self.assertEqual(fault(inner={"name": "a"}), Fault("inner.name", "length", "expected `str` of length >= 2"))
        self.assertEqual(fault(inner={"name": "aaaa"}).text, "expected `str` of length <= 3")
        self.assertEqual(
            fault(inner={"name": "bb"}), Fault("inner.name", "pattern", "expected `str` matching regex '^a'")
        )

    def test_word_and_time(self) -> None:
        """A word that is not one of those allowed, a time that is none."""
        self.assertEqual(fault(word="z"), Fault("word", "enum", "invalid enum value 'z'"))
        self.assertEqual(fault(when="yesterday"), Fault("when", "format", "invalid RFC3339 encoded datetime"))

    def test_zone(self) -> None:
        """A time without its zone, where one is wanted."""
        with self.assertRaises(msgspec.ValidationError) as caught:
            msgspec.convert("2026-01-01T00:00:00", Annotated[datetime, Meta(tz=True)])
        self.assertEqual(explain(caught.exception).rule, "format")

    def test_values_of_a_dict(self) -> None:
        """msgspec does not name the key of a free table."""
        self.assertEqual(fault(table={"a": "x"}).path, "table[...]")

    @given(st.text())
    def test_any_message(self, text: str) -> None:
        """Whatever a newer msgspec says gives a Fault."""
        self.assertIsInstance(explain(msgspec.ValidationError(text)), Fault)


class NearestTests(SynchronousTestCase):
    """Did you mean."""

    def test_nearest(self) -> None:
        """A likely one, or none."""
        self.assertEqual(nearest("durration", ("device", "duration")), "duration")
        self.assertIsNone(nearest("xyz", ("device", "duration")))
        self.assertIsNone(nearest("", ()))

    def test_long_names(self) -> None:
        """A huge name costs no time."""
        self.assertIsNone(nearest("q" * 1_000_000, ["duration"] * 100))
