"""The OpenRPC document, against what OpenRPC 1.3 asks of one and against what the methods take."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from twisted.trial.unittest import SynchronousTestCase

from camsvc.api import openrpc
from camsvc.api.methods.service.introspection import IntrospectionMethods
from camsvc.api.notifications.topics import TOPICS
from camsvc.api.registry import Registry
from camsvc.errors import CamsvcError
from tests.support.bad_params import bad, good
from tests.support.samples import call_by, principal
from tests.unit.api.test_authorization import every_method

TEXT = {"type": "string"}
SCHEMA = {"type": "object"}
REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/components/"}},
    "additionalProperties": False,
}


def only(needed: list[str], /, **properties: Any) -> dict[str, Any]:
    """An object of these properties, and those that begin with ``x-``."""
    return {
        "type": "object",
        "required": needed,
        "properties": properties,
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }


DESCRIPTOR = only(["name", "schema"], name=TEXT, summary=TEXT, description=TEXT, required={"type": "boolean"},
                  deprecated={"type": "boolean"}, schema=SCHEMA)  # fmt: skip
ERROR = only(["code", "message"], code={"type": "integer"}, message=TEXT, data={})
METHOD = only(
    ["name", "params"],
    name={"type": "string", "minLength": 1},
    summary=TEXT,
    description=TEXT,
    paramStructure={"enum": ["by-name", "by-position", "either"]},
    params={"type": "array", "items": DESCRIPTOR},
    result=DESCRIPTOR,
    errors={"type": "array", "items": {"oneOf": [ERROR, REFERENCE]}},
)
META_SCHEMA = only(
    ["openrpc", "info", "methods"],
    openrpc={"type": "string", "pattern": r"^1\.3\.\d+$"},
    info=only(["title", "version"], title=TEXT, version=TEXT, description=TEXT),
    servers={"type": "array", "items": only(["url"], name=TEXT, url=TEXT)},
    methods={"type": "array", "items": METHOD},
    components=only([], schemas={"type": "object"}, errors={"type": "object", "additionalProperties": ERROR}),
)
"""What https://spec.open-rpc.org asks, as far as we use it; the spec's own schema allows more."""


class DocumentTests(SynchronousTestCase):
    """Of all methods there are."""

    document = openrpc.document(every_method())

    def test_meta_schema(self) -> None:
        """It is an OpenRPC document, and every schema in it one of JSON Schema, draft 7, as OpenRPC asks."""
        self.assertEqual([str(error) for error in Draft7Validator(META_SCHEMA).iter_errors(self.document)], [])
        for schema in self.schemas():
            Draft7Validator.check_schema(schema)

    def schemas(self) -> list[dict[str, Any]]:
        methods = self.document["methods"]
        return [
            *(param["schema"] for each in methods for param in each["params"]),
            *(each["result"]["schema"] for each in methods),
            *self.document["components"]["schemas"].values(),
        ]

    def test_references(self) -> None:
        """Everything that is referred to is there."""

        def walk(value: Any) -> list[str]:
            if isinstance(value, dict):
                own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
                return own + [each for inner in value.values() for each in walk(inner)]
            return [each for inner in value for each in walk(inner)] if isinstance(value, list) else []

        found = walk(self.document)
        self.assertGreater(len(found), 50)
        for reference in found:
            _, kind, part, name = reference.split("/")
            self.assertIn(name, self.document[kind][part])

    def test_names(self) -> None:
        """No two types have one name, nor two methods; names are those of a type, without its module."""
        names = [each["name"] for each in self.document["methods"]]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual([name for name in self.document["components"]["schemas"] if not name.isidentifier()], [])

    def test_same_mistakes(self) -> None:
        """The document refuses what the method refuses, and takes what it takes."""
        known = {each.name: each for each in every_method()}
        for described in self.document["methods"]:
            method = known[described["name"]]
            schema = {
                "type": "object",
                "properties": {param["name"]: param["schema"] for param in described["params"]},
                "required": [param["name"] for param in described["params"] if param["required"]],
                "additionalProperties": False,
                "components": self.document["components"],
            }
            validator = Draft7Validator(schema, format_checker=FormatChecker())
            self.assertTrue(validator.is_valid(good(method)), method.name)
            for params, _, rule in bad(method):
                if rule != "format" and not (params.get("filters") or {}):  # draft 7 looks at nothing beside a $ref
                    self.assertFalse(validator.is_valid(params), (method.name, params))

    def test_roles(self) -> None:
        """The role of each, and whether it stands in the audit log."""
        found = {each["name"]: (each["x-role"], each["x-audited"]) for each in self.document["methods"]}
        self.assertEqual(found["ping"], ("open", False))
        self.assertEqual(found["delete_recording"], ("admin", True))

    def test_no_python(self) -> None:
        """Regular expressions are those of ECMA-262."""
        self.assertNotIn("\\\\Z", json.dumps(self.document))
        self.assertIn('"^camera[0-9]+$"', json.dumps(self.document))

    def test_notifications(self) -> None:
        """Each topic, and the three that everybody gets."""
        names = {each["name"] for each in self.document["x-notifications"]}
        self.assertEqual(names, {*TOPICS, "camera_status_update", "recording_status_update", "storage_status_update"})

    def test_errors(self) -> None:
        """Each that an answer can hold; those of the start, the configuration and HTTP are not."""
        found = {each["code"]: each["message"] for each in self.document["components"]["errors"].values()}
        self.assertEqual(found[-32601], "Method not found")
        self.assertEqual(found[-32010], "Not found")
        own = [kind for kind in CamsvcError.__subclasses__() if kind.__module__ == CamsvcError.__module__]
        known = {kind.__name__ for kind in own} - {"ConfigError", "StartError", "MediaType"}
        self.assertEqual(set(self.document["components"]["errors"]), known)


class DiscoverTests(SynchronousTestCase):
    """rpc.discover."""

    def test_document(self) -> None:
        """Of the methods of its own registry, itself among them."""
        registry = Registry()
        registry.add(IntrospectionMethods(registry))
        frame = b'{"jsonrpc": "2.0", "id": 1, "method": "rpc.discover"}'
        answer = registry.answer(frame, call_by(principal()))
        assert isinstance(answer, bytes)
        found = json.loads(answer)["result"]
        names = [each["name"] for each in found["methods"]]
        self.assertEqual(names, ["rpc.discover", "system.listMethods", "system.methodHelp", "system.methodSignature"])
