"""The two configuration files that come with camsvc: etc/camsvc.toml says every key, etc/checkout.toml starts."""

from __future__ import annotations

import itertools
import re
import tomllib
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import fields
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.files import load
from camsvc.config.schema import Config, parse
from tests.support import CHECKOUT

ETC = CHECKOUT / "etc"
KEY = re.compile(r"#(?P<line>[a-z_]+ = .*|\[\[[a-z_]+\]\])\Z")
"""A key or table that is commented out; prose has a space after its ``#``."""


def uncommented(text: str) -> str:
    """The file with every key in force."""
    return "\n".join(found["line"] if (found := KEY.match(line)) else line for line in text.splitlines())


def structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs that a type is made of: itself, or those of a list or a union."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in typing.get_args(kind):
        yield from structs(part)


def keys(struct: type[msgspec.Struct]) -> set[str]:
    """What may stand in a table."""
    tag = struct.__struct_config__.tag_field
    return {field.encode_name for field in fields(struct)} | ({tag} if tag else set())


def defaults(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Default by key; keys without one are left out."""
    values = {}
    for field in fields(struct):
        if field.default is not msgspec.NODEFAULT:
            values[field.encode_name] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            values[field.encode_name] = field.default_factory()
    return values


class ReferenceTests(SynchronousTestCase):
    """etc/camsvc.toml against camsvc.config.schema."""

    def setUp(self) -> None:
        self.text = (ETC / "camsvc.toml").read_text(encoding="utf-8")
        self.document = tomllib.loads(uncommented(self.text))

    def tables(self) -> Iterator[tuple[str, dict[str, Any], type[msgspec.Struct]]]:
        """Each table of the file: its name, what stands in it, what the code takes it for."""
        config = parse(self.document)
        for name, table in self.document.items():
            if isinstance(table, list):
                for entry, value in zip(table, getattr(config, name), strict=True):
                    yield name, entry, type(value)
            else:
                yield name, table, type(getattr(config, name))

    def test_as_it_is(self) -> None:
        """As it is installed, it changes nothing."""
        self.assertEqual(parse(tomllib.loads(self.text)), Config())

    def test_tables(self) -> None:
        """Each table of the configuration is in it once: an array of tables once for each form that it may have."""
        wanted = [
            (field.encode_name, struct)
            for field in fields(Config)
            for struct in structs(typing.get_type_hints(Config)[field.name])
        ]
        self.assertCountEqual([(name, struct) for name, _, struct in self.tables()], wanted)
        self.assertEqual([name for name, _, _ in self.tables()], [name for name, _ in wanted])

    def test_keys(self) -> None:
        """Each table has each of its keys (TOML allows none twice), in the order of the code."""
        for name, table, struct in self.tables():
            self.assertEqual(set(table), keys(struct), name)
            self.assertEqual(
                [key for key in table if key in struct.__struct_fields__], list(struct.__struct_fields__)
            )

    def test_defaults(self) -> None:
        """Each key that has a default is shown with it, in its type."""
        for name, table, struct in self.tables():
            for key, default in defaults(struct).items():
                self.assertEqual((type(table[key]), table[key]), (type(default), default), f"{name}.{key}")

    def test_described(self) -> None:
        """Prose stands right above each key."""
        for above, line in itertools.pairwise(self.text.splitlines()):
            if KEY.match(line):
                self.assertRegex(above, r"^# \S", line)


class CheckoutTests(SynchronousTestCase):
    """etc/checkout.toml, which ``make run`` copies to .state/camsvc.toml."""

    def setUp(self) -> None:
        self.config = load(ETC / "checkout.toml")

    def test_loopback(self) -> None:
        """Nothing of it can be reached from another machine."""
        self.assertEqual((self.config.server.listen, self.config.media.rtsp_listen), ("127.0.0.1", "127.0.0.1"))

    def test_state(self) -> None:
        """State is kept in the folder of the file."""
        self.assertEqual(self.config.state_dir.resolve(), ETC.resolve())

    def test_camera(self) -> None:
        """There is one camera, a test pattern."""
        self.assertEqual([camera.kind for camera in self.config.camera], ["test"])
