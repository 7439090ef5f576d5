"""What is made from the registry: that the files hold what they should, and how each kind of type looks."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tools.reference import ROOT, files
from tools.reference.typescript import kind, module


class FilesTests(SynchronousTestCase):
    """docs/ and web/."""

    def test_current(self) -> None:
        """Each file is what the registry says; "make generate" makes it so."""
        stale = []
        for path, text in files().items():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(str(path.relative_to(ROOT)))
        self.assertEqual(stale, [], "run: make generate")


class TypeScriptTests(SynchronousTestCase):
    """Types from JSON Schema."""

    def test_kinds(self) -> None:
        """Each kind."""
        for schema, text in (
            ({"$ref": "#/components/schemas/Camera"}, "Camera"),
            ({"enum": ["a", 1]}, '"a" | 1'),
            ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "number | null"),
            ({"type": "array", "items": {"type": "string"}}, "string[]"),
            ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
            ({"type": "array"}, "unknown[]"),
            ({"type": "object"}, "Record<string, unknown>"),
            ({"type": "object", "additionalProperties": {"type": "number"}}, "Record<string, number>"),
            ({"type": "boolean"}, "boolean"),
            ({}, "unknown"),
        ):
            self.assertEqual(kind(schema), text)

    def test_module(self) -> None:
        """Optional fields, names that are none in TypeScript, comments that cannot end early."""
        document: dict[str, Any] = {
            "components": {
                "schemas": {
                    "Word": {"description": "One of two.", "enum": ["A", "B"]},
                    "Thing": {
                        "description": "Ends */ here.",
                        "properties": {"a": {"type": "string"}, "b-c": {"type": "integer", "description": "x"}},
                        "required": ["a"],
                    },
                },
                "errors": {"NotFound": {"code": -32010, "message": "Not found"}},
            },
            "methods": [
                {
                    "name": "rpc.do",
                    "description": "Does.",
                    "params": [{"name": "p", "required": True, "schema": {"type": "string"}}],
                    "result": {"schema": {"$ref": "#/components/schemas/Thing"}},
                    "x-role": "admin",
                }
            ],
            "x-notifications": [
                {"name": "a.b", "description": "When.", "params": {"$ref": "#/components/schemas/Thing"}}
            ],
        }
        text = module(document)
        for part in (
            '/** Ends * / here. */\nexport interface Thing {\n  a: string;\n  /** x */\n  "b-c"?: number;\n}',
            '/** One of two. */\nexport type Word = "A" | "B";',
            '  "rpc.do": {\n    params: {\n      p: string;\n    };\n    result: Thing;\n  };',
            '  "a.b": Thing;',
            '  "rpc.do": "admin",',
            "  NotFound: -32010,",
        ):
            self.assertIn(part, text)
