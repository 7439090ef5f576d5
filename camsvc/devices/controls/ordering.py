"""In which order controls are set: an automatic one before what it frees, and after what it takes over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from attrs import field, frozen

from camsvc.devices.controls.control import Control, ControlType, Raw

# linux/v4l2-controls.h
_EXPOSURE_AUTO, _AUTOGAIN, _AUTO_WHITE_BALANCE, _HUE_AUTO = 0x009A0901, 0x00980912, 0x0098090C, 0x00980919
_FOCUS_AUTO, _AUTOBRIGHTNESS, _ISO_AUTO, _CHROMA_AGC = 0x009A090C, 0x00980920, 0x009A0918, 0x0098091D
_MANUAL, _SHUTTER_PRIORITY, _APERTURE_PRIORITY = 1, 2, 3  # enum v4l2_exposure_auto_type

FREED_BY: Mapping[int, tuple[int, tuple[int, ...]]] = {
    0x009A0902: (_EXPOSURE_AUTO, (_MANUAL, _SHUTTER_PRIORITY)),  # exposure time, absolute
    0x00980911: (_EXPOSURE_AUTO, (_MANUAL, _SHUTTER_PRIORITY)),  # exposure
    0x009A0911: (_EXPOSURE_AUTO, (_MANUAL, _APERTURE_PRIORITY)),  # iris, absolute
    0x009A0912: (_EXPOSURE_AUTO, (_MANUAL, _APERTURE_PRIORITY)),  # iris, relative
    0x00980913: (_AUTOGAIN, (0,)),  # gain
    0x0098091A: (_AUTO_WHITE_BALANCE, (0,)),  # white balance temperature
    0x0098090D: (_AUTO_WHITE_BALANCE, (0,)),  # do white balance
    0x0098090E: (_AUTO_WHITE_BALANCE, (0,)),  # red balance
    0x0098090F: (_AUTO_WHITE_BALANCE, (0,)),  # blue balance
    0x00980903: (_HUE_AUTO, (0,)),  # hue
    0x009A090A: (_FOCUS_AUTO, (0,)),  # focus, absolute
    0x009A090B: (_FOCUS_AUTO, (0,)),  # focus, relative
    0x00980900: (_AUTOBRIGHTNESS, (0,)),  # brightness
    0x009A0917: (_ISO_AUTO, (0,)),  # ISO sensitivity
    0x00980924: (_CHROMA_AGC, (0,)),  # chroma gain
}
"""Which automatic control makes which inactive, and the values with which it frees it."""

_AUTOMATIC: Mapping[int, tuple[int, ...]] = {
    master: tuple({value for other, values in FREED_BY.values() if other == master for value in values})
    for master, _ in FREED_BY.values()
}


@frozen
class ControlOutcome:
    """What became of values.

    Attributes:
        taken: by id, as they were read back; None where nothing can be.
        refused: by id, an errno.
        inactive: ids of those that an automatic control has.
    """

    taken: dict[int, Raw | None] = field(factory=dict)
    refused: dict[int, int] = field(factory=dict)
    inactive: frozenset[int] = frozenset()


Put = Callable[[Sequence[tuple[int, Raw]]], Awaitable[Sequence[tuple[int, str, Raw | None]]]]
"""Sets values one after the other; gives id, ``set``, ``inactive`` or ``refused``, and value or errno of each."""


def freed_by(control: Control, controls: Mapping[int, Control]) -> tuple[Control, tuple[int, ...]] | None:
    """The automatic control that makes another inactive, and those of its values with which it frees it."""
    master, values = FREED_BY.get(control.ident, (0, ()))
    found = controls.get(master)
    if found is None or found.read_only:
        return None
    offered = [index for index, _ in found.items] or list(values)
    return found, tuple(value for value in values if value in offered)


def ordered(controls: Mapping[int, Control], wanted: Mapping[int, Raw]) -> list[tuple[int, Raw]]:
    """Values in the order in which they are set.

    First automatic ones that free others, then what else may change others, then the rest; automatic ones that take
    others over come last, so that what they take over could be set.
    """

    def rank(ident: int) -> int:
        if ident in _AUTOMATIC:
            return 0 if wanted[ident] in _AUTOMATIC[ident] else 3
        return 1 if controls[ident].updates or controls[ident].type in _SWITCHES else 2

    return [(ident, wanted[ident]) for ident in sorted(wanted, key=lambda ident: (rank(ident), ident))]


_SWITCHES: Collection[ControlType] = (ControlType.BOOLEAN, ControlType.MENU, ControlType.INTEGER_MENU)


async def apply(put: Put, controls: Mapping[int, Control], wanted: Mapping[int, Raw]) -> ControlOutcome:
    """Set values in order; what was inactive is tried again for as long as others are taken.

    So a driver is served, too, whose dependencies nobody has listed here.

    Args:
        put: sets them.
        controls: of the camera.
        wanted: by ids of these.
    """
    outcome = ControlOutcome()
    left = ordered(controls, wanted)
    while left:
        results = await put(left)
        inactive = {ident for ident, state, _ in results if state == "inactive"}
        for ident, state, answer in results:
            if state == "set":
                outcome.taken[ident] = answer
            elif state == "refused":
                outcome.refused[ident] = answer if isinstance(answer, int) else 0
        if len(inactive) in (0, len(left)):
            return ControlOutcome(outcome.taken, outcome.refused, frozenset(inactive))
        left = [(ident, value) for ident, value in left if ident in inactive]
    return outcome
