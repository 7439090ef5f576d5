"""The method registry: each method declared once, with role, parameters, result and text; and the way a call takes.

Dispatch and ``system.*`` introspection are txjsonrpc-ng's; envelopes and errors are ours (``wire``, ``errors``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any

from attrs import evolve, frozen
from msgspec import Meta, Struct
from twisted.internet.defer import CancelledError, Deferred, gatherResults, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from txjsonrpc_ng.jsonrpc import BaseSubhandler, Introspection
from txjsonrpc_ng.jsonrpclib import NoSuchFunction

from camsvc.access.roles import OPEN, Call, Open, Role, may
from camsvc.api import jsonrpc
from camsvc.api.parameters import Parameters
from camsvc.audit.log import Record
from camsvc.errors import CamsvcError, InternalError, MethodNotFound, RateLimited
from camsvc.validate import nearest

Body = Callable[[Call, Any], Any]
Answer = bytes | Deferred[bytes | None] | None
RateLimit = Callable[[], float]


def _free() -> float:
    return 0.0


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
        body: called with the Call and the parameters; gives a result or a coroutine.
        help: for people, from the docstring.
        before_change: also for those who must change their password first.
    """

    name: str
    role: Role | Open
    params: Parameters
    result: Any
    reads: bool
    body: Body
    help: str
    before_change: bool = False

    @property
    def signature(self) -> list[list[str]]:
        """For ``system.methodSignature``: result type, then each parameter's name."""
        return [[getattr(self.result, "__name__", str(self.result)), *self.params.names]]

    def __call__(self, call: Call, given: dict[str, Any] | list[Any]) -> Any:
        """Check role and parameters, then run.

        Raises:
            CamsvcError: -32001, -32002 or -32602, or what the method raises.
        """
        may(call.principal, self.role, time.time(), before_change=self.before_change)
        return self.body(call, self.params.convert(given))


def method(
    name: str,
    *,
    role: Role | Open,
    params: type[Struct] = NoParams,
    result: Any,
    ignored: tuple[str, ...] = (),
    reads: bool = False,
    before_change: bool = False,
) -> Callable[[Any], Any]:
    """Declare a function as a method; its docstring is what clients read of it.

    One that does not say that it only ``reads`` stands in the audit log with each of its calls.

    Raises:
        TypeError: no role, no docstring, or a parameter without a description.
    """
    if not isinstance(role, Role | Open):
        raise TypeError(f"{name}: a method without a role cannot be declared; one for everybody is OPEN")
    taken = Parameters.of(params, ignored)

    def declare(body: Any) -> Any:
        if not body.__doc__:
            raise TypeError(f"{name}: a method without a docstring cannot be declared")
        text = " ".join(body.__doc__.split())
        body.declared = Method(name, role, taken, result, reads, body, text, before_change)
        return body

    return declare


def declared(kind: type) -> list[Method]:
    """The methods that a class declares, their bodies still without an object."""
    return [each.declared for each in vars(kind).values() if hasattr(each, "declared")]


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

    method: Annotated[str, Meta(description="its name, as system.listMethods gives it", examples=["ping"])]


class SystemMethods:
    """``system.*``: what there is and how it is called."""

    def __init__(self, root: Registry) -> None:
        self._root = root
        self._introspection = Introspection(root)

    @method("system.listMethods", role=Role.VIEWER, result=list[str], reads=True)
    def list_methods(self, call: Call, params: NoParams) -> Any:
        """Names of all methods."""
        return self._introspection.jsonrpc_listMethods()

    @method("system.methodHelp", role=Role.VIEWER, params=MethodParam, result=str, reads=True)
    def method_help(self, call: Call, params: MethodParam) -> Any:
        """What a method is for."""
        self._root.find(params.method)
        return self._introspection.jsonrpc_methodHelp(params.method)

    @method("system.methodSignature", role=Role.VIEWER, params=MethodParam, result=list[list[str]], reads=True)
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

        Raises:
            TypeError: two methods have one name.
        """
        super().__init__()
        self._record = record
        for topic in (SystemMethods(self), *topics):
            for each in declared(type(topic)):
                self._put(evolve(each, body=each.body.__get__(topic)))

    def _put(self, each: Method) -> None:
        prefix, _, key = each.name.rpartition(".")
        branch: _Branch = self
        if prefix:
            if prefix not in self.getSubHandlerPrefixes():
                self.putSubHandler(prefix, _Branch())
            branch = self.getSubHandler(prefix)
        if branch.methods.setdefault(key, each) is not each:
            raise TypeError(f"{each.name}: two methods of this name")

    def all(self) -> Iterator[Method]:
        """Every method."""
        yield from self.methods.values()
        for prefix in self.getSubHandlerPrefixes():
            yield from self.getSubHandler(prefix).methods.values()

    def find(self, name: str) -> Method:
        """The method of that name.

        Raises:
            MethodNotFound: with the nearest name as hint.
        """
        try:
            found: Method = self._getFunction(name)
            return found
        except NoSuchFunction:
            near = nearest(name, [each.name for each in self.all()])
            hint = f"did you mean {near}?" if near else "system.listMethods names them all"
            raise MethodNotFound("Method not found", hint=hint) from None

    def answer(self, frame: bytes, call: Call, rate_limit: RateLimit = _free) -> Answer:
        """Execute one frame, a call or a batch of them.

        Args:
            frame: as it came.
            call: who calls; all calls of a batch are those of who was logged in when it came.
            rate_limit: asked for each call; seconds to wait where there were too many, else 0.

        Returns:
            the frame to send back, None where none is wanted, or a Deferred of either; it never fails.
        """
        try:
            parsed = jsonrpc.parse(frame)
        except jsonrpc.Refused as refused:
            rate_limit()
            return refused.answer
        if isinstance(parsed, jsonrpc.Request):
            return self._execute(parsed, call, rate_limit)
        answers: list[Answer] = []
        for each in parsed.calls:
            if isinstance(each, jsonrpc.Request):
                answers.append(self._execute(each, call, rate_limit))
            else:
                rate_limit()
                answers.append(each.answer)
        waits = [answer if isinstance(answer, Deferred) else succeed(answer) for answer in answers]
        return gatherResults(waits).addCallback(jsonrpc.batch)

    def _execute(self, request: jsonrpc.Request, call: Call, rate_limit: RateLimit) -> Answer:
        audited: Method | None = None
        try:
            if wait_s := rate_limit():
                raise RateLimited("Rate limited: too many calls", retry_after_ms=math.ceil(wait_s * 1000))
            found = self._known(request.method, call)
            audited = None if found.reads else found
            value = found(call, request.params)
            if isinstance(value, Coroutine):
                done = Deferred.fromCoroutine(value).addCallback(self._answered, request, call, audited)
                return done.addErrback(self._failed, request, call, audited)
            return self._answered(value, request, call, audited)
        except Exception:
            return self._failed(Failure(), request, call, audited)

    def _known(self, name: str, call: Call) -> Method:
        """The method of that name; who is not logged in does not learn which names there are."""
        try:
            found = self.find(name)
        except MethodNotFound:
            may(call.principal, Role.VIEWER, time.time())
            raise
        if found.role is not OPEN:
            may(call.principal, Role.VIEWER, time.time(), before_change=True)
        return found

    def _answered(self, value: Any, request: jsonrpc.Request, call: Call, audited: Method | None) -> bytes | None:
        frame = jsonrpc.result(request.ident, value) if request.answered else None
        self._audit(audited, request, call, "ok")
        return frame

    def _failed(self, failure: Failure, request: jsonrpc.Request, call: Call, audited: Method | None) -> bytes | None:
        why = failure.value
        if isinstance(why, CancelledError):
            self._audit(audited, request, call, "the client left before the answer")
            return None
        if not isinstance(why, CamsvcError):
            self._log.failure("{method} failed, request {request_id}", failure=failure,
                              method=request.method[:60], request_id=call.request_id)  # fmt: skip
            why = InternalError("Internal error", request_id=call.request_id, suggestion="the log says more")
        self._audit(audited, request, call, f"{why.code} {why.data['reason']}")
        return jsonrpc.error(request.ident, why) if request.answered else None

    def _audit(self, audited: Method | None, request: jsonrpc.Request, call: Call, result: str) -> None:
        if audited is not None and self._record is not None:
            actor = call.principal.actor if call.principal is not None else ""
            self._record(actor, call.address, audited.name, audited.params.shown(request.params), result)
