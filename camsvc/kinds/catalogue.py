"""The kinds of camera that there are: every module of this room that has a ``KIND``; no list names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Union

from attrs import evolve

import camsvc.kinds
from camsvc.kinds import kind as protocol
from camsvc.kinds.kind import Kind, NamedKind
from camsvc.kinds.pipeline import Pipeline
from camsvc.kinds.usb import UsbCamera, usb_table
from camsvc.model import Camera


def _modules() -> Iterator[Any]:
    for module in iter_modules(camsvc.kinds.__path__, "camsvc.kinds."):
        if module.name != __name__:
            yield import_module(module.name)


KINDS: Mapping[str, Kind[Any]] = {
    module.KIND.name: module.KIND for module in _modules() if isinstance(getattr(module, "KIND", None), Kind)
}
"""Every kind, by its name."""

NAMED: Mapping[str, NamedKind[Any]] = {name: kind for name, kind in KINDS.items() if isinstance(kind, NamedKind)}
"""Those whose cameras the configuration names, by the word behind ``kind``."""

_BY_TABLE = {kind.table: kind for kind in NAMED.values()}

if TYPE_CHECKING:
    CameraTable = protocol.CameraTable
else:
    CameraTable = Union[tuple(_BY_TABLE)]  # noqa: UP007  # of as many as there are
    """What may stand in ``[[camera]]``: the table that its ``kind`` names."""


def kind_of(table: protocol.CameraTable) -> NamedKind[Any]:
    """The kind whose table this is."""
    return _BY_TABLE[type(table)]


def table_of(
    cameras: Iterable[protocol.CameraTable], usb: Sequence[UsbCamera], camera: Camera
) -> protocol.EncodedTable | None:
    """What the configuration says of a camera; None for nothing.

    Args:
        cameras: the ``[[camera]]`` tables of the configuration.
        usb: its ``[[usb]]`` tables.
        camera: any.
    """
    named = {kind_of(table).found(table).key: table for table in cameras}
    return named.get(camera.key) or usb_table(usb, camera.device, camera.key)


def pipeline_of(
    cameras: Iterable[protocol.CameraTable], usb: Sequence[UsbCamera], ffmpeg: str, camera: Camera
) -> Pipeline:
    """What the launcher of a camera runs.

    Args:
        cameras: the ``[[camera]]`` tables of the configuration.
        usb: its ``[[usb]]`` tables.
        ffmpeg: the program.
        camera: one that is there.
    """
    table = table_of(cameras, usb, camera)
    made = KINDS[camera.kind].pipeline(camera, table)
    return evolve(made, ffmpeg=ffmpeg, otherwise=made.otherwise and evolve(made.otherwise, ffmpeg=ffmpeg))


def problems(cameras: Iterable[protocol.CameraTable], usb: Sequence[UsbCamera]) -> Iterator[str]:
    """Find what is wrong beyond single values.

    Yields:
        A line for each mistake, without passwords.
    """
    names: set[str] = set()
    for index, camera in enumerate(cameras):
        at = f"camera[{index}]"
        if camera.name in names:
            yield f'{at}.name = "{camera.name}": used twice; a name is what such a camera is known by'
        names.add(camera.name)
        yield from (f"{at}{wrong}" for wrong in kind_of(camera).problems(camera))
    known: set[str] = set()
    for index, table in enumerate(usb):
        at = f"usb[{index}]"
        yield from (f"{at}{wrong}" for wrong in KINDS["usb"].problems(table))
        if table.device in known:
            yield f'{at}.device = "{table.device}": used twice; put both tables into one'
        known.add(table.device)
