"""For any method, parameters that name a camera, and such as name none; made from the types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from camsvc.api.declaration import Method
from tests.support.bad_params import good


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
