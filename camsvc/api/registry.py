"""The method registry: each method declared once, with role, parameters, result and text; and the way a call takes.

Dispatch and ``system.*`` introspection are txjsonrpc-ng's; envelopes and errors are ours (``wire``, ``errors``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec
from attrs import frozen
from msgspec import Struct
from twisted.internet.defer import CancelledError, Deferred, gatherResults, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from txjsonrpc_ng.jsonrpc import BaseSubhandler, Introspection
from txjsonrpc_ng.jsonrpclib import NoSuchFunction

from camsvc import wire
from camsvc.access.roles import Call, Role, may
from camsvc.errors import CamsvcError, InternalError, InvalidParams, MethodNotFound, RateLimited
from camsvc.validate import explain, nearest

Body = Callable[[Call, Any], Any]
Answer = bytes | Deferred[bytes | None] | None
Toll = Callable[[], float]
Record = Callable[[str, str, str, Mapping[str, Any], str], None]
"""As :meth:`camsvc.access.audit.Audit.record`."""

SECRET = {"secret": True}
"""``Meta(extra=SECRET)``: a parameter whose value no log shows."""


def _free() -> float:
    return 0.0


class NoParams(Struct, forbid_unknown_fields=True, frozen=True):
    """For methods that take none."""


@frozen
class Method:
    """A declared method.

    Attributes:
        name: on the wire.
        role: the least role that may call it; None when it is open.
        params: its parameters.
        result: what it gives.
        ignored: parameters that old clients send, accepted and ignored.
        reads: it changes nothing, so that the audit log need not know of it.
        body: called with the Call and the parameters; gives a result or a coroutine.
        help: for people, from the docstring.
    """

    name: str
    role: Role | None
    params: type[Struct]
    result: Any
    body: Body
    help: str
    ignored: frozenset[str] = frozenset()
    reads: bool = False

    @property
    def signature(self) -> list[list[str]]:
        """For ``system.methodSignature``: result type, then each parameter's name."""
        return [[getattr(self.result, "__name__", str(self.result)), *self.fields]]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of its parameters, as they stand on the wire."""
        return self.params.__struct_encode_fields__

    def __call__(self, call: Call, params: dict[str, Any] | list[Any]) -> Any:
        """Check role and parameters, then run.

        Raises:
            CamsvcError: -32001, -32002 or -32602, or what the method raises.
        """
        may(call.principal, self.role, time.time())
        return self.body(call, self._converted(params))

    def shown(self, params: dict[str, Any] | list[Any]) -> dict[str, Any]:
        """The parameters of a call as a log may show them: nothing secret, of unknown ones the name alone."""
        if isinstance(params, list):
            return {"params": "[…]"} if params else {}
        secret = {
            field.encode_name
            for field in msgspec.inspect.type_info(self.params).fields  # type: ignore[attr-defined]
            if isinstance(field.type, msgspec.inspect.Metadata) and (field.type.extra or {}).get("secret")
        }
        return {
            name: "***" if name in secret else value if name in self.fields or name in self.ignored else "?"
            for name, value in params.items()
        }

    def _converted(self, params: dict[str, Any] | list[Any]) -> Struct:
        if isinstance(params, list):
            if params or self.fields:
                raise InvalidParams("Invalid params: send an object, by name", param="params", rule="type",
                                    hint=", ".join(self.fields))  # fmt: skip
            params = {}
        known = {key: value for key, value in params.items() if key not in self.ignored}
        try:
            return msgspec.convert(known, self.params)
        except msgspec.ValidationError as why:
            raise self._mistake(why) from None

    def _mistake(self, why: msgspec.ValidationError) -> InvalidParams:
        fault = explain(why)
        if fault.rule == "unknown":
            near = nearest(fault.path, self.fields)
            hint = f"did you mean {near}?" if near else f"parameters are: {', '.join(self.fields) or 'none'}"
            return InvalidParams(f"Invalid params: {fault.path[:60]} is not known", param=fault.path[:60],
                                 rule="unknown", hint=hint)  # fmt: skip
        return InvalidParams(
            f"Invalid params: {fault.path}: {fault.text}", param=fault.path, rule=fault.rule, hint=fault.text
        )


def method(
    name: str,
    *,
    role: Role | None,
    params: type[Struct] = NoParams,
    result: Any,
    ignored: tuple[str, ...] = (),
    reads: bool = False,
) -> Callable[[Any], Any]:
    """Declare a function as a method; its docstring is what clients read of it.

    One that does not say that it only ``reads`` stands in the audit log with each of its calls.
    """

    def declare(body: Any) -> Any:
        if not body.__doc__:
            raise TypeError(f"{name}: a method without a docstring cannot be declared")
        body.declared = (name, role, params, result, frozenset(ignored), reads)
        return body

    return declare


class _Branch(BaseSubhandler):
    """A tree of declared methods, as txjsonrpc-ng walks it."""

    def __init__(self) -> None:
        super().__init__()
        self.methods: dict[str, Method] = {}

    def _getFunction(self, functionPath: str) -> Any:  # noqa: N803
        if self.separator in functionPath:
            return super()._getFunction(functionPath)
        try:
            return self.methods[functionPath]
        except KeyError:
            raise NoSuchFunction(-32601, functionPath) from None

    def _listFunctions(self) -> list[str]:  # noqa: N802
        return list(self.methods)


class MethodParam(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a method."""

    method: str


class _System(_Branch):
    """``system.*``: what there is and how it is called."""

    def __init__(self, root: Registry) -> None:
        super().__init__()
        self._root = root
        self._introspection = Introspection(root)

    @method("listMethods", role=Role.VIEWER, result=list[str], reads=True)
    def list_methods(self, call: Call, params: NoParams) -> Any:
        """Names of all methods."""
        return self._introspection.jsonrpc_listMethods()

    @method("methodHelp", role=Role.VIEWER, params=MethodParam, result=str, reads=True)
    def method_help(self, call: Call, params: MethodParam) -> Any:
        """What a method is for."""
        self._root.find(params.method)
        return self._introspection.jsonrpc_methodHelp(params.method)

    @method("methodSignature", role=Role.VIEWER, params=MethodParam, result=list[list[str]], reads=True)
    def method_signature(self, call: Call, params: MethodParam) -> Any:
        """Type of a method's result, then the names of its parameters."""
        self._root.find(params.method)
        return self._introspection.jsonrpc_methodSignature(params.method)


class Registry(_Branch):
    """All methods, and how a frame becomes an answer."""

    _log = Logger()

    def __init__(self, *topics: object, record: Record | None = None) -> None:
        """Collect the declared methods of ``topics``.

        Args:
            topics: objects with declared methods.
            record: told of each call that changes something.
        """
        super().__init__()
        self._record = record
        system = _System(self)
        self.putSubHandler("system", system)
        _collect(system, system)
        for topic in topics:
            _collect(self, topic)

    def find(self, name: str) -> Method:
        """The method of that name.

        Raises:
            MethodNotFound: with the nearest name as hint.
        """
        try:
            found: Method = self._getFunction(name)
            return found
        except NoSuchFunction:
            names = [*self.methods, *(f"system.{name}" for name in self.getSubHandler("system").methods)]
            near = nearest(name, names)
            hint = f"did you mean {near}?" if near else "system.listMethods names them all"
            raise MethodNotFound("Method not found", hint=hint) from None

    def answer(self, frame: bytes, call: Call, toll: Toll = _free) -> Answer:
        """Execute one frame, a call or a batch of them.

        Args:
            frame: as it came.
            call: who calls; all calls of a batch are those of who was logged in when it came.
            toll: asked for each call; seconds to wait where there were too many, else 0.

        Returns:
            the frame to send back, None where none is wanted, or a Deferred of either; it never fails.
        """
        try:
            parsed = wire.parse(frame)
        except wire.Refused as refused:
            toll()
            return refused.answer
        if isinstance(parsed, wire.Request):
            return self._execute(parsed, call, toll)
        answers: list[Answer] = []
        for each in parsed.calls:
            if isinstance(each, wire.Request):
                answers.append(self._execute(each, call, toll))
            else:
                toll()
                answers.append(each.answer)
        waits = [answer if isinstance(answer, Deferred) else succeed(answer) for answer in answers]
        return gatherResults(waits).addCallback(wire.batch)

    def _execute(self, request: wire.Request, call: Call, toll: Toll) -> Answer:
        audited: Method | None = None
        try:
            if wait_s := toll():
                raise RateLimited("Rate limited: too many calls", retry_after_ms=math.ceil(wait_s * 1000))
            if request.method not in ("ping", "authenticate"):
                may(call.principal, Role.VIEWER, time.time())
            found = self.find(request.method)
            audited = None if found.reads else found
            value = found(call, request.params)
            if isinstance(value, Coroutine):
                done = Deferred.fromCoroutine(value).addCallback(self._answered, request, call, audited)
                return done.addErrback(self._failed, request, call, audited)
            return self._answered(value, request, call, audited)
        except Exception:
            return self._failed(Failure(), request, call, audited)

    def _answered(self, value: Any, request: wire.Request, call: Call, audited: Method | None) -> bytes | None:
        frame = wire.result(request.ident, value) if request.answered else None
        self._audit(audited, request, call, "ok")
        return frame

    def _failed(self, failure: Failure, request: wire.Request, call: Call, audited: Method | None) -> bytes | None:
        why = failure.value
        if isinstance(why, CancelledError):
            self._audit(audited, request, call, "the client left before the answer")
            return None
        if not isinstance(why, CamsvcError):
            self._log.failure("{method} failed, request {request_id}", failure=failure,
                              method=request.method[:60], request_id=call.request_id)  # fmt: skip
            why = InternalError("Internal error", request_id=call.request_id, suggestion="the log says more")
        self._audit(audited, request, call, f"{why.code} {why.data['reason']}")
        return wire.error(request.ident, why) if request.answered else None

    def _audit(self, audited: Method | None, request: wire.Request, call: Call, result: str) -> None:
        if audited is not None and self._record is not None:
            actor = call.principal.subject if call.principal is not None else ""
            self._record(actor, call.address, audited.name, audited.shown(request.params), result)


def _collect(branch: _Branch, topic: object) -> None:
    for attribute in vars(type(topic)).values():
        if not hasattr(attribute, "declared"):
            continue
        name, role, params, result, ignored, reads = attribute.declared
        text = " ".join(attribute.__doc__.split())
        body = attribute.__get__(topic)
        branch.methods[name] = Method(name, role, params, result, body, text, ignored, reads)
