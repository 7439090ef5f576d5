"""How a mistake in the configuration is told: one line with the key, its value and what is allowed there."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect

from camsvc.system.redaction import hide_login
from camsvc.validate import explain, nearest, steps

_LONGEST = 60


def mistake(document: dict[str, Any], why: msgspec.ValidationError, root: type) -> str:
    """What is wrong with a document; passwords of URLs are left out.

    Args:
        document: as it was read.
        why: msgspec's error about it.
        root: the struct that it should have been.
    """
    fault = explain(why)
    if fault.rule == "required":
        allowed = _allowed(document, fault.path, root)
        return f"{fault.path} is missing" + (f"; allowed is {allowed}" if allowed else "")
    told = f"{fault.path} = {_value(document, fault.path)}"
    if fault.rule == "unknown":
        table, _, key = fault.path.rpartition(".")
        known = _keys(document, table, root)
        near = nearest(key, known)
        hint = f"did you mean {near}?" if near else f"allowed are: {', '.join(known)}"
        return f"{told}: unknown key; {hint}"
    allowed = _allowed(document, fault.path, root) if fault.text.startswith("invalid") else ""
    return f"{told}: {f'allowed is {allowed}' if allowed else fault.text}"


def one_line(text: str) -> str:
    """``text`` with whatever cannot be printed as an escape."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _value(document: Any, path: str) -> str:
    for step in steps(path):
        try:
            document = document[int(step)] if isinstance(document, list) else document[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return "?"
    text = hide_login(msgspec.json.encode(document, enc_hook=str).decode())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _structs(document: Any, path: str, root: type) -> list[inspect.StructType]:
    """The structs that may stand at ``path``; the one that its tag names, where it names one."""
    kinds: list[inspect.Type] = [inspect.type_info(root)]
    for step in steps(path):
        try:
            document = document[int(step)] if isinstance(document, list) else document[step]
        except (KeyError, IndexError, ValueError, TypeError):
            document = None
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    found = [kind for kind in kinds if isinstance(kind, inspect.StructType)]
    named = [kind for kind in found if isinstance(document, dict) and document.get(kind.tag_field) == kind.tag]
    return named or found


def _inside(kind: inspect.Type, step: str) -> list[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        inner = [field.type for field in kind.fields if field.encode_name == step]
    else:
        inner = [kind.item_type] if isinstance(kind, inspect.ListType) else []
    return [each for one in inner for each in (one.types if isinstance(one, inspect.UnionType) else (one,))]


def _keys(document: Any, table: str, root: type) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for kind in _structs(document, table, root):
        keys |= dict.fromkeys([*filter(None, [kind.tag_field]), *(field.encode_name for field in kind.fields)])
    return tuple(keys)


def _allowed(document: Any, path: str, root: type) -> str:
    """The words that may stand at ``path``, as ``"a" or "b"``; empty where it is no choice of words."""
    table, _, key = path.rpartition(".")
    words: list[object] = []
    for kind in _structs(document, table, root):
        if key == kind.tag_field:
            words.append(kind.tag)
        for field in kind.fields:
            if field.encode_name == key and isinstance(field.type, inspect.LiteralType):
                words += field.type.values
    return " or ".join(f'"{word}"' for word in words)
