"""What somebody wants of a camera's controls, checked as a whole before anything is set; and what became of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from typing import NoReturn

from attrs import frozen

from camsvc.devices.controls.control import Control, Given, Raw, parsed, shown
from camsvc.devices.controls.ordering import ControlOutcome, freed_by
from camsvc.errors import DependencyFailed, InvalidParams, InvalidState
from camsvc.validate import nearest


@frozen
class ControlRequest:
    """What is to be set.

    Attributes:
        values: by the control's id.
        given_back: ids of those that are kept no longer.
    """

    values: dict[int, Raw]
    given_back: frozenset[int] = frozenset()


@frozen
class Applied:
    """What became of a request.

    Attributes:
        taken: by id, what the camera has now.
        adjusted: by name, what was asked for where the camera made something else of it.
        refused: by name, why the camera has not taken it.
    """

    taken: dict[int, Raw | None]
    adjusted: dict[str, Given]
    refused: dict[str, str]

    @property
    def trouble(self) -> str:
        """What the camera has not done as asked, in words; empty where it has done all."""
        made = [f"{name}: the camera makes something else of {asked}" for name, asked in self.adjusted.items()]
        return "; ".join([*made, *(f"{name}: {why}" for name, why in self.refused.items())])


def requested(controls: Mapping[int, Control], wanted: Mapping[str, Given]) -> ControlRequest:
    """Values by name, as the camera takes them; None is the default, and that nothing is kept any more.

    A control that is not there, or a value that it does not take, is an InvalidParams. One that nobody can set, or
    that an automatic one has which is not switched off in the same request, is an InvalidState.
    """
    by_name = {control.name: control for control in controls.values()}
    values: dict[int, Raw] = {}
    given_back = set()
    for name, given in wanted.items():
        control = by_name.get(name)
        if control is None:
            _refuse_unknown(name, by_name)
        if given is None:
            given_back.add(control.ident)
            if control.default is None or control.read_only or control.inactive:
                continue
        values[control.ident] = parsed(control, given)
    for name, given in wanted.items():
        control = by_name[name]
        if control.inactive and given is not None:
            _require_freed(control, controls, values)
    return ControlRequest(values, frozenset(given_back))


def applied(controls: Mapping[int, Control], wanted: Mapping[int, Raw], outcome: ControlOutcome) -> Applied:
    """What became of values, by the names of their controls.

    Args:
        controls: of the camera.
        wanted: what was asked for; one that the camera has not got any more is refused.
        outcome: what the camera has said.
    """
    refused = {controls[ident].name: reason_of(number) for ident, number in outcome.refused.items()}
    refused |= {controls[ident].name: _why_inactive(controls[ident], controls) for ident in outcome.inactive}
    adjusted = {
        controls[ident].name: shown(controls[ident], wanted[ident])
        for ident, value in outcome.taken.items()
        if value is not None and value != wanted[ident]
    }
    return Applied(outcome.taken, adjusted, refused)


def reason_of(number: int) -> str:
    """Why a camera has refused a value, in words.

    Args:
        number: of errno(3), from VIDIOC_S_EXT_CTRLS.
    """
    return _REASONS.get(number) or f"the camera refuses it ({os.strerror(number)})"


_REASONS = {
    errno.EBUSY: "the camera cannot change it while it streams, or another program holds it",
    errno.EACCES: "the camera does not let it be set now",
    errno.ERANGE: "the camera does not take this value",
    errno.EINVAL: "the camera does not take this value",
    errno.EIO: "the camera does not do it; it may be one that it only pretends to have",
    errno.ETIMEDOUT: "the camera does not answer",
}


def require_some(done: Applied) -> None:
    """Fail where nothing was taken of what was asked for.

    Raises:
        DependencyFailed: with the camera's reasons.
    """
    if done.refused and not done.taken:
        raise DependencyFailed("camera", done.trouble, reason="refused")


def _require_freed(control: Control, controls: Mapping[int, Control], values: Mapping[int, Raw]) -> None:
    found = freed_by(control, controls)
    if found is None:
        if len(values) == 1:
            raise InvalidState(f"{control.name} does nothing now: {_why_inactive(control, controls)}",
                               reason="inactive", state="inactive", allowed_states=["active"])  # fmt: skip
        return  # another one of the request may free it, which the camera will say
    master, freeing = found
    if values.get(master.ident, master.value) not in freeing:
        raise InvalidState(
            f"{control.name} does nothing now: {_why_inactive(control, controls)}",
            reason="inactive",
            state="inactive",
            allowed_states=["active"],
            freed_by={master.name: [shown(master, value) for value in freeing]},
            suggestion=f"set {master.name} to {_freeing_words(master, freeing)} in the same call",
        )


def _why_inactive(control: Control, controls: Mapping[int, Control]) -> str:
    found = freed_by(control, controls)
    if found is None:
        return "another control of the camera has it, an automatic one mostly"
    master, freeing = found
    return f"{master.name} has it, until that is {_freeing_words(master, freeing)}"


def _freeing_words(master: Control, freeing: Iterable[int]) -> str:
    labels = dict(master.items)
    words = [
        f"{value} ({labels[value]})" if value in labels else str(shown(master, value)).lower() for value in freeing
    ]
    return " or ".join(words)


def _refuse_unknown(name: str, known: Mapping[str, Control]) -> NoReturn:
    near = nearest(name, known)
    hint = f"did you mean {near}? " if near else ""
    listed = ", ".join(sorted(known)) or "none"
    raise InvalidParams(f"Invalid params: the camera has no control {name[:60]!r}", param=name[:60], rule="enum",
                         hint=f"{hint}its controls: {listed}")  # fmt: skip
