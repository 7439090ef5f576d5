"""TypeScript types from the OpenRPC document: one interface a type, and the methods by name."""

from __future__ import annotations

import json
import re
from typing import Any

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")
_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_HEAD = """\
// Made from the method registry by "make generate"; changes belong there.
/* eslint-disable */
"""


def module(document: dict[str, Any]) -> str:
    """The text of ``types.ts``."""
    parts = [_HEAD, *(_interface(name, schema) for name, schema in document["components"]["schemas"].items())]
    parts += [_methods(document["methods"]), _notifications(document["x-notifications"])]
    parts += [_roles(document["methods"]), _errors(document["components"]["errors"])]
    return "\n".join(parts)


def kind(schema: dict[str, Any]) -> str:
    """A JSON schema as a TypeScript type."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        inner = kind(schema.get("items", {}))
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if "properties" in schema:
        return _object(schema)
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {kind(values) if isinstance(values, dict) else 'unknown'}>"
    return _SIMPLE.get(schema.get("type", ""), "unknown")


def _object(schema: dict[str, Any], indent: str = "") -> str:
    required = schema.get("required", [])
    lines = []
    for name, each in schema["properties"].items():
        if "description" in each:
            lines.append(f"{indent}  /** {_text(each['description'])} */")
        lines.append(f"{indent}  {_key(name)}{'' if name in required else '?'}: {kind(each)};")
    return "{\n" + "\n".join(lines) + f"\n{indent}}}" if lines else "Record<string, never>"


def _interface(name: str, schema: dict[str, Any]) -> str:
    comment = f"/** {_text(schema.get('description', name))} */"
    if "properties" not in schema:
        return f"{comment}\nexport type {name} = {kind(schema)};\n"
    return f"{comment}\nexport interface {name} {_object(schema)}\n"


def _methods(methods: list[dict[str, Any]]) -> str:
    lines = ["/** Every method: what it takes and what it gives. */", "export interface Methods {"]
    for each in methods:
        params = {
            "properties": {param["name"]: param["schema"] for param in each["params"]},
            "required": [param["name"] for param in each["params"] if param["required"]],
        }
        lines += [
            f"  /** {_text(each['description'])} Role: {each['x-role']}. */",
            f"  {_key(each['name'])}: {{",
            f"    params: {_object(params, '    ')};",
            f"    result: {kind(each['result']['schema'])};",
            "  };",
        ]
    names = "\nexport type MethodName = keyof Methods;"
    return "\n".join([*lines, "}", names, ""])


def _notifications(known: list[dict[str, Any]]) -> str:
    lines = ["/** Every notification: what it tells. */", "export interface Notifications {"]
    for each in known:
        lines += [f"  /** {_text(each['description'])} */", f"  {_key(each['name'])}: {kind(each['params'])};"]
    return "\n".join([*lines, "}", "", "export type NotificationName = keyof Notifications;", ""])


def _roles(methods: list[dict[str, Any]]) -> str:
    rows = [f"  {_key(each['name'])}: {json.dumps(each['x-role'])}," for each in methods]
    return "\n".join(
        [
            'export type Role = "viewer" | "operator" | "admin";',
            "",
            "/** The least role that may call each method. */",
            'export const methodRoles: Readonly<Record<MethodName, Role | "open">> = {',
            *rows,
            "};",
            "",
        ]
    )


def _errors(known: dict[str, Any]) -> str:
    rows = [f"  {name}: {each['code']}," for name, each in known.items()]
    return "\n".join(
        [
            "/** Codes of JSON-RPC errors. */",
            "export const ErrorCode = {",
            *rows,
            "} as const;",
            "",
            "export interface RpcError {",
            "  code: number;",
            "  message: string;",
            "  data: { reason: string; suggestion?: string; hint?: string; [key: string]: unknown };",
            "}",
            "",
        ]
    )


def _key(name: str) -> str:
    return name if _IDENTIFIER.match(name) else json.dumps(name)


def _text(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("*/", "* /")
