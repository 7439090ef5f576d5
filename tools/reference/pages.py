"""The method reference and the table of rights, in reStructuredText."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

from msgspec import NODEFAULT, UNSET, inspect

from camsvc.access.roles import OPEN, Role
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import Method
from camsvc.api.parameters import Parameter, words

Topics = Sequence[tuple[ModuleType, Sequence[Method]]]

_MADE = '.. Made from the method registry by "make generate"; changes belong there.\n'
_SINGLE = re.compile(r"(?<![`:])`([^`]+)`(?!`)")

_INTRODUCTION = """\
JSON-RPC 2.0, one message a text frame, at ``ws://HOST:8002/ws``; the same methods at ``POST /rpc``, with
``Authorization: Bearer TOKEN`` or ``X-API-Key: KEY``, a call or a batch of up to 50 in a request. From a shell on the
same machine: ``camsvc call METHOD key=value``. ``docs/openrpc.json`` holds all of this for programs, as does
``rpc.discover``.

Times are ISO 8601 in UTC, sizes bytes, durations seconds. Parameters go by name; an unknown one is an error.
"""


def reference(topics: Topics, document: dict[str, Any]) -> str:
    """``docs/methods.rst``: every method, notification, type and error."""
    parts = [_MADE, _title("Methods", "="), _INTRODUCTION]
    described = {each["name"]: each for each in document["methods"]}
    for module, methods in topics:
        parts.append(_title(_topic(module), "-"))
        parts += [_method(each, described[each.name]) for each in methods]
    parts += [_title("Notifications", "-"), _notifications(document["x-notifications"])]
    parts += [_title("Types", "-"), *(_type(*each) for each in document["components"]["schemas"].items())]
    parts += [_title("Errors", "-"), _errors(document["components"]["errors"])]
    return "\n".join(parts)


def authorization(topics: Topics) -> str:
    """``docs/authorization.rst``: who may call what."""
    rows = []
    for each in sorted((each for _, methods in topics for each in methods), key=lambda each: each.name):
        may = ["yes" if each.role is OPEN or role >= each.role else "" for role in Role]
        nobody = "yes" if each.role is OPEN else ""
        cameras = each.cameras.value if isinstance(each.cameras, CameraScope) else "that of what it names"
        rows.append((f"``{each.name}``", nobody, *may, cameras, "" if each.reads else "yes"))
    head = ("Method", "No login", *(role.word for role in Role), "Cameras", "In the audit log")
    text = (
        "A role includes the ones before it. To an API key for some cameras alone the others do not exist: a call\n"
        "that names one is answered as if it were not there, lists leave it out, and what is about all cameras is\n"
        "refused. The audit log has every call of what may change something.\n"
    )
    return "\n".join([_MADE, _title("Who may call what", "="), text, _table(head, rows)])


def example(method: Method) -> dict[str, Any]:
    """A call of a method: the parameters that are needed, and the first of the others that has an example."""
    others = (each for each in method.params.all if not each.required and each.examples)
    extra = next(others, None)
    params = {each.name: _example(each) for each in method.params.all if each.required or each is extra}
    return {"jsonrpc": "2.0", "id": 1, "method": method.name, **({"params": params} if params else {})}


def _example(parameter: Parameter) -> Any:
    if parameter.examples:
        return parameter.examples[0]
    kind = parameter.type
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.BoolType):
        return True
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return kind.ge if kind.ge is not None else 1
    return [] if isinstance(kind, inspect.ListType) else {} if isinstance(kind, inspect.StructType) else "text"


def _topic(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2].replace("_", " ").capitalize()


def _method(method: Method, described: dict[str, Any]) -> str:
    who = "Open to everybody" if method.role is OPEN else f"Role: {method.role.word}"
    parts = [_title(method.name, "~"), f"{_text(method.help)} *{who}.*\n"]
    if method.params.all:
        rows = [_parameter(each) for each in _flat(method.params.all)]
        parts.append(_table(("Parameter", "", "Value", "Meaning"), rows))
    if method.params.ignored:
        parts.append(f"Accepted and ignored: {', '.join(f'``{each}``' for each in sorted(method.params.ignored))}.\n")
    parts.append(f"Result: {_kind(described['result']['schema'])}.\n")
    parts.append(f"::\n\n    {json.dumps(example(method), ensure_ascii=False)}\n")
    return "\n".join(parts)


def _flat(parameters: Iterable[Parameter], before: str = "") -> Iterable[tuple[str, Parameter]]:
    for each in parameters:
        yield before + each.name, each
        yield from _flat(each.inner, f"{before}{each.name}.")


def _parameter(named: tuple[str, Parameter]) -> tuple[str, ...]:
    name, each = named
    need = "needed" if each.required else ""
    if not each.required and each.default not in (NODEFAULT, UNSET, "", []):
        need = f"default {json.dumps(each.default)}"
    return f"``{name}``", need, words(each.type), _text(each.description)


def _notifications(known: list[dict[str, Any]]) -> str:
    rows = [(f"``{each['name']}``", _kind(each["params"]), _text(each["description"])) for each in known]
    return _table(("Name", "Params", "When"), rows)


def _type(name: str, schema: dict[str, Any]) -> str:
    if "properties" not in schema:
        return "\n".join([_target(name), f"{_text(schema.get('description', ''))} {_kind(schema)}.\n"])
    required = schema.get("required", [])
    rows = [
        (f"``{field}``" + ("" if field in required else " ?"), _kind(each), _text(each.get("description", "")))
        for field, each in schema["properties"].items()
    ]
    if not any(row[2] for row in rows):
        rows = [row[:2] for row in rows]
    head = ("Field", "Value", "Meaning")[: len(rows[0])] if rows else ()
    text = _text(schema.get("description", ""))
    return "\n".join([_target(name), f"{text}\n", *([_table(head, rows)] if rows else [])])


def _target(name: str) -> str:
    """A type's title, and what references lead to, as a topic may have the same title."""
    return f".. _{name}:\n\n{_title(name, '~')}"


def _errors(known: dict[str, Any]) -> str:
    rows = [(str(each["code"]), each["message"]) for each in known.values()]
    text = (
        "``data.reason`` is a word for programs and always there; ``data.suggestion`` and ``data.hint`` are text.\n"
    )
    return f"{text}\n" + _table(("Code", "Message"), rows)


def _kind(schema: dict[str, Any]) -> str:
    """A JSON schema in words; types of ours are links."""
    if "$ref" in schema:
        return f"{schema['$ref'].rpartition('/')[2]}_"
    if "enum" in schema:
        return " or ".join(f"``{value}``" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"object of {_kind(values)} by name" if isinstance(values, dict) and values else "object"
    simple = {"string": "text", "boolean": "true or false", "integer": "integer", "number": "number"}
    return simple.get(schema.get("type", ""), "any value")


def _title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'*' if not index else ' '} - {cell}".rstrip() for index, cell in enumerate(row)]
    return "\n".join([*lines, ""])


def _text(text: str) -> str:
    """``text`` with code in the backticks that reStructuredText wants."""
    return _SINGLE.sub(r"``\1``", " ".join(text.split()))
