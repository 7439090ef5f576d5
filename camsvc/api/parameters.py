"""What a method's type says of its parameters: which there are, what may stand there, what for; and the checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from attrs import frozen
from msgspec import NODEFAULT, Struct, inspect

from camsvc.errors import InvalidParams
from camsvc.system.redaction import HIDDEN
from camsvc.validate import explain, nearest, steps

SECRET = {"secret": True}
"""``Meta(extra=SECRET)``: a parameter whose value no log shows."""


@frozen
class Parameter:
    """One parameter.

    Attributes:
        name: on the wire.
        required: it cannot be left out.
        description: what it is for, as the type says it; a phrase.
        secret: no log may show its value.
        type: what may stand there.
        default: what counts when it is left out; NODEFAULT where nothing does.
        examples: values that it may have.
    """

    name: str
    required: bool
    description: str
    secret: bool
    type: inspect.Type
    default: Any
    examples: tuple[Any, ...] = ()

    @property
    def inner(self) -> tuple[Parameter, ...]:
        """The parameters within it, where it is an object of known ones."""
        return _fields_of(self.type) if isinstance(self.type, inspect.StructType) else ()

    @property
    def hint(self) -> str:
        """What may stand there and what for, for people."""
        return f"{words(self.type)}; {self.description}"


@frozen
class Parameters:
    """All parameters of a method.

    Attributes:
        struct: what they become.
        kind: type of the struct, with what each field's type says.
        all: one by one, in order.
        ignored: names that old clients send besides, accepted and ignored; the struct's class attribute IGNORED.
    """

    struct: type[Struct]
    kind: inspect.StructType
    all: tuple[Parameter, ...]
    ignored: frozenset[str] = frozenset()

    @classmethod
    def of(cls, struct: type[Struct]) -> Parameters:
        """The parameters that a struct declares.

        Raises:
            TypeError: it is no struct, or a parameter has no description (``Annotated[…, Meta(description=…)]``).
        """
        kind = inspect.type_info(struct)
        if not isinstance(kind, inspect.StructType):
            raise TypeError(f"{struct}: parameters are a Struct")
        found = _fields_of(kind)
        for parameter in _walk(found):
            if not parameter.description:
                raise TypeError(f"{struct.__name__}.{parameter.name}: a parameter without a description")
        return cls(struct, kind, found, frozenset(getattr(struct, "IGNORED", ())))

    @property
    def names(self) -> tuple[str, ...]:
        """As they stand on the wire."""
        return tuple(each.name for each in self.all)

    def convert(self, given: dict[str, Any] | list[Any]) -> Struct:
        """What came, as the struct.

        Raises:
            InvalidParams: -32602, with ``param``, ``rule`` and ``hint``.
        """
        if isinstance(given, list):
            if given or self.all:
                raise InvalidParams("Invalid params: send an object, by name", param="params", rule="type",
                                    hint=", ".join(self.names) or "it takes none")  # fmt: skip
            given = {}
        known = {key: value for key, value in given.items() if key not in self.ignored}
        try:
            return msgspec.convert(known, self.struct)
        except msgspec.ValidationError as why:
            raise self._mistake(why) from None

    def shown(self, given: dict[str, Any] | list[Any]) -> dict[str, Any]:
        """What came as a log may show it: nothing secret, of unknown ones the name alone."""
        if isinstance(given, list):
            return {"params": "[…]"} if given else {}
        secret = {each.name: each.secret for each in self.all} | dict.fromkeys(self.ignored, False)
        return {name: HIDDEN if secret.get(name) else given[name] if name in secret else "?" for name in given}

    def _mistake(self, why: msgspec.ValidationError) -> InvalidParams:
        fault = explain(why)
        path = fault.path[:60]
        if fault.rule == "unknown":
            table, _, name = fault.path.rpartition(".")
            around = self._find(table)
            names = [each.name for each in (around.inner if around is not None else self.all)]
            near = nearest(name, names)
            hint = f"did you mean {near}?" if near else f"parameters are: {', '.join(names) or 'none'}"
            return InvalidParams(f"Invalid params: {path} is not known", param=path, rule="unknown", hint=hint)
        parameter = self._find(fault.path)
        hint = parameter.hint if parameter is not None else fault.text
        # A regular expression says less than what the parameter is for.
        text = hint if fault.rule == "pattern" else fault.text
        return InvalidParams(f"Invalid params: {path}: {text}", param=path, rule=fault.rule, hint=hint)

    def _find(self, path: str) -> Parameter | None:
        """The parameter that a path names (``filters.device``, ``topics[0]``), or the nearest around it."""
        found, parameters = None, self.all
        for step in steps(path):
            inner = next((each for each in parameters if each.name == step), None)
            if inner is None:
                break
            found, parameters = inner, inner.inner
        return found


def words(kind: inspect.Type) -> str:
    """What a type takes, in words."""
    if isinstance(kind, inspect.Metadata):
        return words(kind.type)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return ("integer" if isinstance(kind, inspect.IntType) else "number") + _range(kind)
    if isinstance(kind, inspect.StrType):
        return "text" + (f" of at most {kind.max_length} characters" if kind.max_length else "")
    if isinstance(kind, inspect.LiteralType):
        return _join_with_or([str(value) for value in kind.values])
    if isinstance(kind, inspect.ListType):
        return f"list of {words(kind.item_type)}"
    if isinstance(kind, inspect.UnionType):
        return _join_with_or([words(each) for each in kind.types])
    if isinstance(kind, inspect.StructType):
        return f"object with {_join_with_or([field.encode_name for field in kind.fields])}"
    simple = {
        inspect.BoolType: "true or false",
        inspect.DateTimeType: "time in ISO 8601, as 2026-01-31T12:00:00Z",
        inspect.DictType: "object",
        inspect.NoneType: "null",
    }
    return simple.get(type(kind), "any value")


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    low, high = (None if each is None else f"{each:.15g}" for each in (kind.ge, kind.le))
    if kind.gt is not None:
        return f" above {kind.gt:.15g}" + (f", at most {high}" if high is not None else "")
    if low is None:
        return ""
    return f", {low} or more" if high is None or len(high) > 9 else f", {low} to {high}"


def _join_with_or(options: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(options[:-1]), options[-1]])) if options else "nothing"


def _fields_of(kind: inspect.StructType) -> tuple[Parameter, ...]:
    return tuple(_parameter(field) for field in kind.fields)


def _parameter(field: inspect.Field) -> Parameter:
    kind, secret = field.type, False
    described: dict[str, Any] = {}
    if isinstance(kind, inspect.Metadata):
        described = kind.extra_json_schema or {}
        secret = bool((kind.extra or {}).get("secret"))
        kind = kind.type
    default = field.default_factory() if field.default_factory is not NODEFAULT else field.default
    text, examples = described.get("description", ""), tuple(described.get("examples", ()))
    return Parameter(field.encode_name, field.required, text, secret, kind, default, examples)


def _walk(parameters: tuple[Parameter, ...]) -> Iterator[Parameter]:
    for parameter in parameters:
        yield parameter
        yield from _walk(parameter.inner)
