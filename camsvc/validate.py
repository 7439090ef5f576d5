"""msgspec's validation messages taken apart: which field, what is wrong, what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import msgspec
from attrs import frozen

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`\Z", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`\Z", re.DOTALL)
_SIGNS = (
    ("pattern", re.compile(r" matching regex ")),
    ("length", re.compile(r" of length ")),
    ("range", re.compile(r" (?:[<>]=?) -?[\d.]|that's a multiple of|out of range")),
    ("enum", re.compile(r"\AInvalid enum value")),
    ("format", re.compile(r"\AInvalid (?!enum|value)|timezone component")),
)


@frozen
class Fault:
    """One broken rule.

    Attributes:
        path: the field, dotted, with indices (``camera[0].width``); empty for the whole.
        rule: ``unknown``, ``required``, ``type``, ``range``, ``length``, ``pattern``, ``enum`` or ``format``.
        text: what is allowed, as a phrase.
    """

    path: str
    rule: str
    text: str


def explain(error: msgspec.ValidationError) -> Fault:
    """Take a validation error of msgspec apart (its messages are its only interface; each form has a test)."""
    text = str(error)
    at = _AT.search(text)
    path = at["path"].lstrip(".") if at else ""
    text = _AT.sub("", text)
    if unknown := _UNKNOWN.match(text):
        return Fault(_join(path, unknown["name"]), "unknown", "not known")
    if missing := _MISSING.match(text):
        return Fault(_join(path, missing["name"]), "required", "required")
    rule = next((rule for rule, sign in _SIGNS if sign.search(text)), "type")
    return Fault(path, rule, text[0].lower() + text[1:] if text else "invalid")


def steps(path: str) -> list[str]:
    """The names and indices of a path."""
    return [step for step in path.replace("[", ".").replace("]", "").split(".") if step]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, for "did you mean"."""
    return next(iter(difflib.get_close_matches(name[:100], list(known), 1, 0.6)), None)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
