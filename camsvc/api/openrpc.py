"""The API described for programs: an OpenRPC 1.3 document (https://spec.open-rpc.org), made from the registry.

JSON Schema of the types is msgspec's; what the server sends of its own accord is under ``x-notifications``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

import camsvc
from camsvc import errors
from camsvc.access.roles import OPEN
from camsvc.api.declaration import Method
from camsvc.api.notifications.topics import EVENTS
from camsvc.api.views import CameraView, RecordingUpdate, StorageUpdate
from camsvc.errors import CamsvcError

_REF = "#/components/schemas/{name}"

NOTIFICATIONS: dict[str, tuple[type[Struct], str]] = {
    "camera_status_update": (CameraView, "A camera changed; to every connection that is logged in."),
    "recording_status_update": (RecordingUpdate, "A recording changed; to every connection that is logged in."),
    "storage_status_update": (
        StorageUpdate,
        "The recordings' disk is in another state; to every connection that is logged in.",
    ),
    **{topic: (kind, f"{text} To those who subscribed.") for topic, (kind, text) in EVENTS.items()},
}
"""Type of the params and meaning of each notification."""

ERRORS: tuple[type[CamsvcError], ...] = (
    errors.ParseError,
    errors.InvalidRequest,
    errors.MethodNotFound,
    errors.InvalidParams,
    errors.InternalError,
    errors.AuthenticationFailed,
    errors.PermissionDenied,
    errors.NotFound,
    errors.InvalidState,
    errors.Unsupported,
    errors.RateLimited,
    errors.DependencyFailed,
)
"""What can stand in an answer."""


def document(methods: Iterable[Method]) -> dict[str, Any]:
    """The OpenRPC document.

    Args:
        methods: all that there are.

    Returns:
        what JSON can hold; the same for the same methods, whatever their order.
    """
    known = sorted(methods, key=lambda each: each.name)
    structs = {each.name: each.params.struct for each in known}
    kinds = [*structs.values(), *(each.result for each in known), *(kind for kind, _ in NOTIFICATIONS.values())]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    results = dict(zip(structs, schemas[len(known) :], strict=False))
    params = {name: components[_name(schema)] for name, schema in zip(structs, schemas, strict=False)}
    described = [_method(each, params[each.name], results[each.name]) for each in known]
    used = set(_references([results, components, [each["params"] for each in described]]))
    for name in {_name(schema) for schema in schemas[: len(known)]} - used:
        components.pop(name)
    found = {
        "openrpc": "1.3.2",
        "info": {
            "title": "camsvc",
            "version": camsvc.__version__,
            "description": "Cameras, their streams, recordings and snapshots, by JSON-RPC 2.0 over a WebSocket at "
            "/ws or POST /rpc.",
        },
        "servers": [{"name": "WebSocket", "url": "/ws"}, {"name": "HTTP", "url": "/rpc"}],
        "methods": described,
        "components": {
            "schemas": dict(sorted(components.items())),
            "errors": {kind.__name__: {"code": kind.code, "message": title(kind)} for kind in ERRORS},
        },
        "x-notifications": [
            {"name": name, "description": text, "params": {"$ref": _REF.format(name=kind.__name__)}}
            for name, (kind, text) in NOTIFICATIONS.items()
        ],
    }
    made: dict[str, Any] = _for_json(found)
    return made


def title(kind: type[CamsvcError]) -> str:
    """The message that an error has where it says nothing more exact."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f" {letter[0].lower()}", kind.__name__)


def _method(each: Method, schema: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    summary = re.split(r"[.;:] ", each.help, maxsplit=1)[0].rstrip(".")
    refused = ["AuthenticationFailed", "PermissionDenied"] if each.role is not OPEN else []
    possible = ["InvalidParams", *refused, "InternalError", "RateLimited"]
    return {
        "name": each.name,
        "summary": summary,
        "description": each.help,
        "paramStructure": "by-name",
        "params": [
            {
                "name": parameter.name,
                "description": parameter.description,
                "required": parameter.required,
                "schema": schema["properties"][parameter.name],
            }
            for parameter in each.params.all
        ],
        "result": {"name": f"{each.name} result", "schema": result},
        "errors": [{"$ref": f"#/components/errors/{name}"} for name in possible],
        "x-role": each.role.word,
        "x-audited": not each.reads,
    }


def _references(value: Any) -> Iterator[str]:
    """Find the types that are referred to somewhere within.

    Yields:
        their names.
    """
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield _name(value)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"].rpartition("/")[2])


def _for_json(value: Any) -> Any:
    r"""``\Z`` of Python's regular expressions is ``$`` of ECMA-262's, which JSON Schema has."""
    if isinstance(value, dict):
        return {
            key: each.replace("\\Z", "$") if key == "pattern" and isinstance(each, str) else _for_json(each)
            for key, each in value.items()
        }
    return [_for_json(each) for each in value] if isinstance(value, list) else value
