"""Parameters for any method, made from their types: right ones, wrong ones, and such as name a camera."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from camsvc.api.declaration import Method
from camsvc.api.parameters import Parameter
from tools.reference import pages

_VALUES: tuple[tuple[tuple[type, ...], Any], ...] = (
    ((inspect.StrType, inspect.LiteralType, inspect.DateTimeType), "text"),
    ((inspect.IntType, inspect.FloatType), 3),
    ((inspect.FloatType,), 3.5),
    ((inspect.BoolType,), True),
    ((inspect.ListType,), []),
    ((inspect.StructType, inspect.DictType), {}),
    ((inspect.NoneType,), None),
)
"""A value of each kind, and the types that take it."""


def good(method: Method) -> dict[str, Any]:
    """Parameters that are right."""
    params: dict[str, Any] = pages.example(method).get("params", {})
    return params


def bad(method: Method) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Parameters with one mistake each, the name of the wrong one, and the rule that it breaks."""
    right = good(method)
    yield {**right, "no_such_parameter": 1}, "no_such_parameter", "unknown"
    for each in method.params.all:
        if each.required:
            yield {name: value for name, value in right.items() if name != each.name}, each.name, "required"
        for value, path, rule in _wrong(each):
            yield {**right, each.name: value}, path, rule


def _wrong(parameter: Parameter) -> Iterator[tuple[Any, str, str]]:
    kinds = parameter.type.types if isinstance(parameter.type, inspect.UnionType) else (parameter.type,)
    for takers, value in _VALUES:
        if not any(isinstance(kind, takers) for kind in kinds):
            yield value, parameter.name, "type"
    for kind in kinds:
        for value, rule in _beyond(kind):
            yield value, parameter.name, rule
    for inner in parameter.inner:
        for value, path, rule in _wrong(inner):
            yield {inner.name: value}, f"{parameter.name}.{path}", rule
    if parameter.inner:
        yield {"no_such_parameter": 1}, f"{parameter.name}.no_such_parameter", "unknown"


def _beyond(kind: inspect.Type) -> Iterator[tuple[Any, str]]:
    limits: tuple[tuple[Any, str], ...]
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        limits = (
            (None if kind.ge is None else kind.ge - 1, "range"),
            (kind.gt, "range"),
            (None if kind.le is None else int(kind.le) + 1, "range"),
        )
    elif isinstance(kind, inspect.StrType):
        limits = (
            (None if kind.max_length is None else "a" * (kind.max_length + 1), "length"),
            ("" if kind.min_length else None, "length"),
            ("\n" if kind.pattern is not None else None, "pattern"),
        )
    elif isinstance(kind, inspect.ListType):
        limits = ((None if kind.max_length is None else ["a"] * (kind.max_length + 1), "length"),)
    elif isinstance(kind, inspect.LiteralType):
        limits = (("no_such_word", "enum"),)
    elif isinstance(kind, inspect.DateTimeType):
        limits = (("yesterday", "format"), ("2026-01-31T12:00:00" if kind.tz else None, "format"))
    else:
        limits = ()
    yield from ((value, rule) for value, rule in limits if value is not None)


def naming(method: Method, camera: str) -> Iterator[dict[str, Any]]:
    """Parameters with ``camera`` at one of the places each where a camera can stand."""
    for field in method.params.kind.fields:
        for value in _values(field.type, camera):
            yield {**without_cameras(method), field.encode_name: value}


def without_cameras(method: Method) -> dict[str, Any]:
    """Parameters that are right, and name a camera nowhere."""
    places = {field.encode_name for field in method.params.kind.fields if list(_values(field.type, "camera0"))}
    return {name: value for name, value in good(method).items() if name not in places}


def _values(kind: inspect.Type, camera: str) -> Iterator[Any]:
    """Values of a type that name a camera."""
    if isinstance(kind, inspect.Metadata):
        if (kind.extra or {}).get("camera"):
            yield camera
        else:
            yield from _values(kind.type, camera)
    elif isinstance(kind, inspect.ListType):
        yield from ([value] for value in _values(kind.item_type, camera))
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from ({field.encode_name: value} for value in _values(field.type, camera))
