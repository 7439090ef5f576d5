"""How a method is declared, with all that is to be said of it; and what is checked before it runs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve, frozen
from msgspec import Struct

from camsvc.access.roles import Open, Role, may
from camsvc.api.calls import Call, OpenCall
from camsvc.api.camera_scope import CameraScope, Resource, cameras_in, require_scope, scope_of
from camsvc.api.parameters import Parameters

Body = Callable[..., Any]

_SECTIONS = re.compile(r"^\s*(?:Args|Returns|Raises):$", re.MULTILINE)
"""Where a docstring goes on for those who read the code."""


class NoParams(Struct, forbid_unknown_fields=True, frozen=True):
    """For methods that take none."""


@frozen
class Method:
    """A declared method.

    Attributes:
        name: on the wire.
        role: the least role that may call it, or OPEN.
        params: its parameters.
        result: what it gives.
        reads: it changes nothing, so that the audit log need not know of it.
        cameras: which cameras it is about.
        body: called with the call, the parameters and the thing that the Resource finds, if it is about one.
        help: for people, from the docstring.
        before_password_change: also for those who must change their password first.
    """

    name: str
    role: Role | Open
    params: Parameters
    result: Any
    reads: bool
    cameras: CameraScope | Resource
    body: Body
    help: str
    before_password_change: bool = False

    @property
    def signature(self) -> list[list[str]]:
        """For ``system.methodSignature``: result type, then each parameter's name."""
        return [[getattr(self.result, "__name__", str(self.result)), *self.params.names]]

    def bound(self, topic: object) -> Method:
        """The method of an object of the class that declares it."""
        cameras = self.cameras.bound(topic) if isinstance(self.cameras, Resource) else self.cameras
        return evolve(self, body=self.body.__get__(topic), cameras=cameras)

    def run(self, call: OpenCall, given: dict[str, Any] | list[Any], now: float) -> Any:
        """Check role, parameters and cameras, then run.

        Args:
            call: who calls.
            given: the parameters as they came.
            now: seconds since the epoch.

        Returns:
            the result, or a coroutine that gives it.
        """
        if isinstance(self.role, Open):
            return self.body(call, self.params.convert(given))
        who = may(call.principal, self.role, now, before_change=self.before_password_change)
        params = self.params.convert(given)
        require_scope(who, self.cameras, cameras_in(self.params.kind, params))
        known = Call.of(call, who)
        if isinstance(self.cameras, Resource):
            return self._run_on(self.cameras, known, params)
        return self.body(known, params)

    async def _run_on(self, resource: Resource, call: Call, params: Any) -> Any:
        found = resource.find(params)
        if isinstance(found, Awaitable):
            found = await found
        if found is None or not call.principal.sees(resource.camera(found)):
            raise resource.not_found(params)
        value = self.body(call, params, found)
        return await value if isinstance(value, Awaitable) else value


def method(
    name: str,
    *,
    role: Role | Open,
    params: type[Struct] = NoParams,
    result: Any,
    reads: bool = False,
    cameras: CameraScope | Resource | None = None,
) -> Callable[[Any], Any]:
    """Declare a function as a method; its docstring, up to Args, Returns and Raises, is what clients read of it.

    Args:
        name: on the wire.
        role: the least role that may call it, or OPEN.
        params: its parameters, each with a description.
        result: what it gives.
        reads: it changes nothing; each call of one that does not say so stands in the audit log.
        cameras: which cameras it is about, where its parameters do not always name one.

    Raises:
        TypeError: no role, no docstring, a parameter without a description, or cameras that nobody would check.
    """
    if not isinstance(role, Role | Open):
        raise TypeError(f"{name}: a method without a role cannot be declared; one for everybody is OPEN")
    taken = Parameters.of(params)
    scope = scope_of(name, taken.kind, CameraScope.NONE if isinstance(role, Open) else cameras)

    def declare(body: Any) -> Any:
        if not body.__doc__:
            raise TypeError(f"{name}: a method without a docstring cannot be declared")
        text = " ".join(_SECTIONS.split(body.__doc__, maxsplit=1)[0].split())
        early = getattr(body, "before_password_change", False)
        body.declared = Method(name, role, taken, result, reads, scope, body, text, early)
        return body

    return declare


def before_password_change(body: Any) -> Any:
    """Let those call a method too who must change their password first; stands below ``method``."""
    body.before_password_change = True
    return body


def declared(kind: type) -> list[Method]:
    """The methods that a class declares, their bodies still without an object."""
    return [each.declared for each in vars(kind).values() if hasattr(each, "declared")]
