"""All methods by name, and the way of a call: frame, method, its checks, answer, a row of the audit log.

Dispatch is txjsonrpc-ng's, whose ``_getFunction`` and ``_listFunctions`` are there to be overridden; envelopes and
errors are ours (``jsonrpc``, ``errors``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from txjsonrpc_ng.jsonrpc import BaseSubhandler, Introspection
from txjsonrpc_ng.jsonrpclib import NoSuchFunction

from camsvc.access.roles import OPEN, Role, may
from camsvc.api import jsonrpc
from camsvc.api.calls import OpenCall
from camsvc.api.declaration import Method, declared
from camsvc.audit.log import Record
from camsvc.errors import (
    AuthenticationFailed,
    CamsvcError,
    InternalError,
    InvalidParams,
    MethodNotFound,
    NotFound,
    PermissionDenied,
    RateLimited,
)
from camsvc.system.clocks import Clocks
from camsvc.validate import nearest

Answer = bytes | Deferred[bytes | None] | None
RateLimit = Callable[[], float]

REFUSALS = (AuthenticationFailed, InvalidParams, NotFound, PermissionDenied, RateLimited)
"""What a caller can bring about at will, and again and again: nothing was changed, and the audit log sums it up."""


def _unlimited() -> float:
    return 0.0


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


class Registry(_Branch):
    """All methods, and how a frame becomes an answer.

    Attributes:
        introspection: txjsonrpc-ng's, of these methods.
    """

    _log = Logger()

    def __init__(
        self,
        *topics: object,
        record: Record | None = None,
        record_refusal: Record | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        """Collect the declared methods of ``topics``.

        Args:
            topics: objects with declared methods.
            record: told of each call that changes something.
            record_refusal: told of those that were refused, which whoever calls can repeat; ``record`` if None.
            clocks: by which logins run out; the kernel's where none are given.
        """
        super().__init__()
        self._record = record
        self._record_refusal = record if record_refusal is None else record_refusal
        self._clocks = Clocks() if clocks is None else clocks
        self.introspection = Introspection(self)
        for topic in topics:
            self.add(topic)

    def add(self, topic: object) -> None:
        """Take in the declared methods of one more object; two methods of one name are a TypeError."""
        for each in declared(type(topic)):
            self._add_method(each.bound(topic))

    def _add_method(self, each: Method) -> None:
        prefix, _, key = each.name.rpartition(".")
        branch: _Branch = self
        if prefix:
            if prefix not in self.getSubHandlerPrefixes():
                self.putSubHandler(prefix, _Branch())
            branch = self.getSubHandler(prefix)
        if branch.methods.setdefault(key, each) is not each:
            raise TypeError(f"{each.name}: two methods of this name")

    def all(self) -> Iterator[Method]:
        """Go through the methods.

        Yields:
            each, in the order of their topics.
        """
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

    def run(self, name: str, call: OpenCall, given: dict[str, Any]) -> Any:
        """Run one method outside a frame.

        Returns:
            the result, or a coroutine that gives it.
        """
        return self.find(name).run(call, given, self._clocks.wall_s())

    def answer(self, frame: bytes, call: OpenCall, rate_limit: RateLimit = _unlimited) -> Answer:
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

    def _execute(self, request: jsonrpc.Request, call: OpenCall, rate_limit: RateLimit) -> Answer:
        audited: Method | None = None
        try:
            if wait_s := rate_limit():
                raise RateLimited("Rate limited: too many calls", retry_after_ms=math.ceil(wait_s * 1000))
            found = self._find_for(request.method, call)
            audited = None if found.reads else found
            value = found.run(call, request.params, self._clocks.wall_s())
            if isinstance(value, Coroutine):
                done = Deferred.fromCoroutine(value).addCallback(self._on_result, request, call, audited)
                return done.addErrback(self._on_failure, request, call, audited)
            return self._on_result(value, request, call, audited)
        except Exception:
            return self._on_failure(Failure(), request, call, audited)

    def _find_for(self, name: str, call: OpenCall) -> Method:
        """The method of that name; who is not logged in does not learn which names there are.

        Raises:
            MethodNotFound: there is none, for somebody who is logged in.
        """
        try:
            found = self.find(name)
        except MethodNotFound:
            may(call.principal, Role.VIEWER, self._clocks.wall_s())
            raise
        if found.role is not OPEN:
            may(call.principal, Role.VIEWER, self._clocks.wall_s(), before_change=True)
        return found

    def _on_result(
        self, value: Any, request: jsonrpc.Request, call: OpenCall, audited: Method | None
    ) -> bytes | None:
        frame = jsonrpc.result(request.ident, value) if request.answered else None
        self._audit(self._record, audited, request, call, "ok")
        return frame

    def _on_failure(
        self, failure: Failure, request: jsonrpc.Request, call: OpenCall, audited: Method | None
    ) -> bytes | None:
        why = failure.value
        if isinstance(why, CancelledError):
            # Whoever leaves cannot hide what was begun; but what all may call, they may call without end.
            record = self._record_refusal if audited is not None and audited.role is Role.VIEWER else self._record
            self._audit(record, audited, request, call, "the client left before the answer")
            return None
        if not isinstance(why, CamsvcError):
            self._log.failure("{method} failed, request {request_id}", failure=failure,
                              method=request.method[:60], request_id=call.request_id)  # fmt: skip
            why = InternalError("Internal error", request_id=call.request_id, suggestion="the log says more")
        record = self._record_refusal if isinstance(why, REFUSALS) else self._record
        self._audit(record, audited, request, call, f"{why.code} {why.data['reason']}")
        return jsonrpc.error(request.ident, why) if request.answered else None

    @staticmethod
    def _audit(
        record: Record | None, audited: Method | None, request: jsonrpc.Request, call: OpenCall, result: str
    ) -> None:
        if audited is not None and record is not None:
            actor = call.principal.actor if call.principal is not None else ""
            record(actor, call.address, audited.name, audited.params.shown(request.params), result)
