"""How a camera's controls look on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from camsvc.devices.controls.camera_controls import ControlChange
from camsvc.devices.controls.control import Control, ControlType, Given, shown
from camsvc.devices.controls.control_request import Applied
from camsvc.devices.controls.controls_table import Kept
from camsvc.devices.controls.ordering import freed_by


class MenuItem(Struct, frozen=True):
    """An item of a menu."""

    value: int
    label: str


class FreedBy(Struct, frozen=True):
    """The automatic control that has an inactive one, and the values of it with which it does not."""

    name: str
    values: list[int | bool]


class ControlView(Struct, frozen=True):
    """A control, with V4L2's types and flags; values of ``integer64`` are texts, as JavaScript's numbers end at 2^53.

    ``value`` is missing where nobody can tell it. ``kept`` is what camsvc sets again whenever the camera comes, and
    missing where nothing was set here. ``inactive``: an automatic one has it; ``busy``: not while the camera streams;
    ``volatile``: it changes by itself. An ``array`` has its numbers as one list, ``min`` to ``max`` each, ``dims`` as
    many in each direction, the last one fastest; what is ``compound`` is a structure, which is only named here.
    """

    name: str
    label: str
    group: str
    type: str
    value: Given | UnsetType = UNSET
    default: Given | UnsetType = UNSET
    min: int | str | UnsetType = UNSET
    max: int | str | UnsetType = UNSET
    step: int | str | UnsetType = UNSET
    menu: list[MenuItem] | UnsetType = UNSET
    element: str | UnsetType = UNSET
    dims: list[int] | UnsetType = UNSET
    kept: Given | UnsetType = UNSET
    read_only: bool = False
    inactive: bool = False
    volatile: bool = False
    busy: bool = False
    freed_by: FreedBy | UnsetType = UNSET


class AdjustedView(Struct, frozen=True):
    """A control of which the camera made another value than was asked for."""

    name: str
    asked: Given


class RefusedView(Struct, frozen=True):
    """A control that the camera has not taken, and why."""

    name: str
    reason: str


class ControlsChanged(Struct, frozen=True):
    """``control.change``: the controls that are not as they were.

    ``source``: ``call`` (somebody has set them here), ``kept`` (the camera came, and has got what was kept for it) or
    ``camera`` (another program, or the camera itself).
    """

    device: str
    source: str
    controls: list[ControlView]
    adjusted: list[AdjustedView]
    refused: list[RefusedView]


_RANGED = (ControlType.INTEGER, ControlType.INTEGER64, ControlType.STRING, ControlType.BITMASK, ControlType.ARRAY)


def control_view(control: Control, controls: Mapping[int, Control], kept: Kept | None) -> ControlView:
    """A control as clients see it.

    Args:
        control: one of a camera.
        controls: all of that camera.
        kept: what is kept of it.
    """
    ranged, wide = control.type in _RANGED, control.type is ControlType.INTEGER64
    least, most, step = (str(each) if wide else each for each in (control.minimum, control.maximum, control.step))
    value, default = shown(control, control.value), shown(control, control.default)
    return ControlView(
        name=control.name,
        label=control.label,
        group=control.group,
        type=control.type.value,
        value=UNSET if value is None else value,
        default=UNSET if default is None else default,
        min=least if ranged else UNSET,
        max=most if ranged else UNSET,
        step=step if ranged and control.type is not ControlType.BITMASK else UNSET,
        menu=[MenuItem(*each) for each in control.items] if control.items else UNSET,
        element=control.element or UNSET,
        dims=list(control.dims) or UNSET,
        kept=UNSET if kept is None else shown(control, kept.value),
        read_only=control.read_only,
        inactive=control.inactive,
        volatile=control.volatile,
        busy=control.busy,
        freed_by=_freed_by(control, controls) if control.inactive else UNSET,
    )


def change_view(change: ControlChange) -> ControlsChanged:
    """A change as clients are told it."""
    done = change.applied
    return ControlsChanged(
        change.device,
        change.source,
        [control_view(each, change.all, change.kept.get(each.ident)) for each in change.controls],
        [] if done is None else adjusted_views(done),
        [] if done is None else refused_views(done),
    )


def adjusted_views(done: Applied) -> list[AdjustedView]:
    """Of which the camera made something else."""
    return [AdjustedView(name, asked) for name, asked in done.adjusted.items()]


def refused_views(done: Applied) -> list[RefusedView]:
    """What the camera has not taken."""
    return [RefusedView(name, why) for name, why in done.refused.items()]


def _freed_by(control: Control, controls: Mapping[int, Control]) -> FreedBy | UnsetType:
    found = freed_by(control, controls)
    if found is None:
        return UNSET
    master, values = found
    return FreedBy(master.name, [bool(each) if master.type is ControlType.BOOLEAN else each for each in values])
