"""One control as a value: its name, what may be set, and how that stands in JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NoReturn

import msgspec
from attrs import evolve, frozen
from msgspec import Struct, field

from camsvc.errors import InvalidParams, InvalidState

Given = bool | int | str | None | list[int]
"""A value on the wire: see :func:`parsed` and :func:`shown`."""

Raw = int | str | list[int]
"""A value as V4L2 has it: of a boolean 0 or 1, of a menu the index of its item, of an array all its numbers."""


class ControlType(StrEnum):
    """Types of ``enum v4l2_ctrl_type`` (linux/videodev2.h), as they stand on the wire."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    MENU = "menu"
    BUTTON = "button"
    INTEGER64 = "integer64"
    STRING = "string"
    BITMASK = "bitmask"
    INTEGER_MENU = "integer_menu"
    ARRAY = "array"
    COMPOUND = "compound"


_TYPES = {
    **{1: ControlType.INTEGER, 2: ControlType.BOOLEAN, 3: ControlType.MENU, 4: ControlType.BUTTON},
    **{5: ControlType.INTEGER64, 7: ControlType.STRING, 8: ControlType.BITMASK, 9: ControlType.INTEGER_MENU},
}
_ELEMENTS = {1: "integer", 5: "integer64", 0x100: "u8", 0x101: "u16", 0x102: "u32"}
_DYNAMIC = 0x800  # V4L2_CTRL_FLAG_DYNAMIC_ARRAY
_MENUS = (ControlType.MENU, ControlType.INTEGER_MENU)
_GRABBED, _READ_ONLY, _UPDATE, _INACTIVE, _VOLATILE = 0x02, 0x04, 0x08, 0x10, 0x80  # V4L2_CTRL_FLAG_…


class Row(Struct, frozen=True):
    """A control as the program tells it."""

    ident: int = field(name="id")
    type: int
    flags: int
    name: str
    group: str
    minimum: int = field(name="min")
    maximum: int = field(name="max")
    step: int
    default: int
    array: bool
    dims: list[int]
    items: list[tuple[int, str]]
    value: Raw | None


@frozen
class Control:
    """A control of a camera.

    Attributes:
        ident: of V4L2, the same for every camera that has it.
        name: by which it is set, as v4l2-ctl(1) writes it: ``exposure_time_absolute``.
        label: as the driver calls it.
        group: its class, in the driver's words.
        type: what its value is.
        minimum: of a number; of a text its bytes.
        maximum: likewise.
        step: between two values.
        default: what it is before anybody sets it; None of a text, a button and an array.
        dims: of an array, how many numbers it has in each direction; in one list, the last direction fastest.
        element: of an array, what these are: ``u8``, ``u16``, ``u32``, ``integer`` or ``integer64``.
        dynamic: an array may have fewer of them.
        items: of a menu, index and label of each that this camera has.
        value: what it is; None where nobody can tell.
        read_only: nobody can set it.
        inactive: it does nothing now, as an automatic one has it.
        volatile: it changes by itself.
        busy: the camera cannot change it while it streams.
        updates: others may change with it.
    """

    ident: int
    name: str
    label: str
    group: str
    type: ControlType
    minimum: int
    maximum: int
    step: int
    default: int | None
    dims: tuple[int, ...] = ()
    element: str = ""
    dynamic: bool = False
    items: tuple[tuple[int, str], ...] = ()
    value: Raw | None = None
    read_only: bool = False
    inactive: bool = False
    volatile: bool = False
    busy: bool = False
    updates: bool = False

    @property
    def keeps(self) -> bool:
        """What is set stays until somebody sets it otherwise, so that it is worth keeping."""
        return not (self.read_only or self.volatile) and self.type is not ControlType.BUTTON


_WITHOUT_ONE_VALUE = (ControlType.ARRAY, ControlType.COMPOUND)


def controls_of(rows: Iterable[Row]) -> dict[int, Control]:
    """Controls by id, each with a name that no other has."""
    found: dict[int, Control] = {}
    taken: set[str] = set()
    for row in rows:
        control = _of(row)
        name, number = control.name, 2
        while name in taken:
            name, number = f"{control.name}_{number}", number + 1
        taken.add(name)
        found[row.ident] = evolve(control, name=name)
    return found


def updated(known: Mapping[int, Control], rows: Iterable[Row]) -> dict[int, Control]:
    """The controls of a camera of which some are told anew; their names and groups stay."""
    found = dict(known)
    for row in rows:
        before = known.get(row.ident)
        if before is not None:
            found[row.ident] = evolve(_of(row), name=before.name, group=before.group)
    return found


def _of(row: Row) -> Control:
    kind = _TYPES.get(row.type, ControlType.COMPOUND)
    element = _ELEMENTS.get(row.type, "") if row.dims else ""
    if row.array:
        kind = ControlType.ARRAY if element else ControlType.COMPOUND
    without_default = kind in (ControlType.STRING, ControlType.BUTTON, *_WITHOUT_ONE_VALUE)
    return Control(
        ident=row.ident,
        name=re.sub(r"[^a-z0-9]+", "_", row.name.lower()).strip("_") or f"control_{row.ident:x}",
        label=row.name,
        group=row.group,
        type=kind,
        minimum=row.minimum,
        maximum=row.maximum,
        step=row.step,
        default=None if without_default else row.default,
        dims=tuple(row.dims),
        element=element,
        dynamic=bool(row.flags & _DYNAMIC),
        items=tuple(row.items),
        value=row.value,
        read_only=bool(row.flags & _READ_ONLY) or (kind in _WITHOUT_ONE_VALUE and row.value is None),
        inactive=bool(row.flags & _INACTIVE),
        volatile=bool(row.flags & _VOLATILE),
        busy=bool(row.flags & _GRABBED),
        updates=bool(row.flags & _UPDATE),
    )


def shown(control: Control, raw: Raw | None) -> Given:
    """A value as it stands in JSON.

    Of a boolean true or false; of ``integer64`` a text, as numbers of JavaScript end at 2^53.
    """
    if control.type is ControlType.BOOLEAN and raw is not None:
        return bool(raw)
    return str(raw) if control.type is ControlType.INTEGER64 and raw is not None else raw


def parsed(control: Control, given: Given) -> Raw:
    """What is to be set for a value of JSON; a menu's item is known by its index, or by its label as a text.

    One that the control does not take is an InvalidParams whose hint says what it takes.

    Raises:
        InvalidState: nobody can set it.
    """
    if control.read_only:
        text = f"{control.name} is read-only: the camera says it, nobody sets it"
        raise InvalidState(text, reason="read_only", state="read_only", allowed_states=[])
    if control.type is ControlType.BUTTON:
        return 1
    if control.type is ControlType.STRING:
        return _text(control, given)
    if control.type is ControlType.ARRAY:
        return _elements(control, given)
    if given is None:
        return control.default or 0
    if control.type in _MENUS:
        return _item(control, given)
    number = int(given) if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,20}", given) else given
    if not isinstance(number, int) or (isinstance(number, bool) and control.type is not ControlType.BOOLEAN):
        _refuse(control, "type", f"{_short(given)} is no {_WORDS.get(control.type, 'number')}")
    number = int(number)
    if not control.minimum <= number <= control.maximum:
        _refuse(control, "range", f"{number} is out of range")
    if control.type is ControlType.BITMASK and number & ~control.maximum:
        _refuse(control, "range", f"{number} has bits that it has not got")
    return number


_WORDS = {ControlType.BOOLEAN: "true or false"}


def allowed(control: Control) -> str:
    """What may be set, in words."""
    if control.type is ControlType.BOOLEAN:
        text = "true or false"
    elif control.type is ControlType.BUTTON:
        text = "true presses it"
    elif control.type is ControlType.STRING:
        text = f"text of {control.minimum} to {control.maximum} bytes"
    elif control.type is ControlType.ARRAY:
        count = math.prod(control.dims)
        least = "1 to " if control.dynamic else ""
        text = f"a list of {least}{count} numbers from {control.minimum} to {control.maximum}"
    elif control.items:
        text = ", ".join(f"{index} ({label})" for index, label in control.items[:20])
    elif control.type is ControlType.BITMASK:
        text = f"bits of {control.maximum:#x}"
    else:
        text = f"{control.minimum} to {control.maximum}" + (
            f" in steps of {control.step}" if control.step > 1 else ""
        )
    return text if control.default is None else f"{text}; default {shown(control, control.default)}"


def _item(control: Control, given: Given) -> int:
    for index, label in control.items:
        if given == label or (given == index and not isinstance(given, bool)):
            return index
    _refuse(control, "enum", f"{_short(given)} is no item of it")


def _text(control: Control, given: Given) -> str:
    text = "" if given is None else given
    if not isinstance(text, str) or "\x00" in text:
        _refuse(control, "type", "it takes a text")
    size = len(text.encode())
    if not control.minimum <= size <= control.maximum or (size - control.minimum) % max(control.step, 1):
        _refuse(control, "length", f"{size} bytes are out of range")
    return text


def _elements(control: Control, given: Given) -> list[int]:
    if not isinstance(given, list):
        _refuse(control, "type", "it takes a list of numbers")
    count = math.prod(control.dims)
    if not (1 if control.dynamic else count) <= len(given) <= count:
        _refuse(control, "length", f"{len(given)} numbers do not fit")
    if not all(control.minimum <= number <= control.maximum for number in given):
        _refuse(control, "range", "one of them is out of range")
    return given


def _short(given: Given) -> str:
    return repr(given[:60] if isinstance(given, str) else given)


def _refuse(control: Control, rule: str, text: str) -> NoReturn:
    raise InvalidParams(f"Invalid params: {control.name}: {text}; it takes {allowed(control)}", param=control.name,
                         rule=rule, hint=f"{control.name}: {allowed(control)}")  # fmt: skip


class Report(msgspec.Struct, frozen=True):
    """What the program prints, as one line."""

    controls: list[Row] = []
    results: list[tuple[int, str, Raw | None]] = []
    changed: list[Row] | None = None
    errno: int | None = None
