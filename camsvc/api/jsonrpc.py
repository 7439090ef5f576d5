"""JSON-RPC 2.0 envelopes as bytes: what comes in is checked here, what goes out is built here.

Shapes: https://www.jsonrpc.org/specification and the contract's sections 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from attrs import frozen

from camsvc.errors import CamsvcError, InvalidParams, InvalidRequest, ParseError

MAX_DEPTH = 32
MAX_BATCH = 50

# Possessive, and a string may lack its end: each byte is looked at once, whatever is sent.
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+|[\[{]|[\]}]', re.DOTALL)
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


@frozen
class Request:
    """A valid call. ``ident`` is UNSET for a notification; ``params`` an object, or an array."""

    method: str
    params: dict[str, Any] | list[Any]
    ident: str | int | float | msgspec.UnsetType | None = msgspec.UNSET

    @property
    def answered(self) -> bool:
        """False for a notification: it is executed and never answered."""
        return self.ident is not msgspec.UNSET


class Refused(Exception):
    """A frame that is no valid call; ``answer`` is the frame to send back, None for a notification."""

    def __init__(self, why: CamsvcError, ident: Any = None) -> None:
        super().__init__(why.message)
        self.why = why
        self.answer = None if ident is msgspec.UNSET else error(ident, why)


@frozen
class Batch:
    """Several calls of one frame; those that are none stand among them, each with its answer."""

    calls: tuple[Request | Refused, ...]


def parse(frame: bytes) -> Request | Batch:
    """Read one frame.

    Raises:
        Refused: with the answer the contract asks for (-32700, -32600 or -32602).
    """
    if _too_deep(frame):
        raise Refused(InvalidRequest(f"Invalid Request: nested deeper than {MAX_DEPTH}", hint="flatten the params"))
    try:
        message = _decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as why:
        raise Refused(ParseError("Parse error: the text is not JSON", detail=str(why)[:200])) from None
    if not isinstance(message, list):
        return _request(message)
    if not 0 < len(message) <= MAX_BATCH:
        raise Refused(InvalidRequest(f"Invalid Request: a batch of {len(message)}", hint=f"1 to {MAX_BATCH} calls"))
    return Batch(tuple(_of_batch(each) for each in message))


def _of_batch(message: Any) -> Request | Refused:
    try:
        return _request(message)
    except Refused as refused:
        return refused


def _request(message: Any) -> Request:
    if not isinstance(message, dict):
        raise Refused(InvalidRequest("Invalid Request: a call is a JSON object", hint='{"jsonrpc": "2.0", …}'))
    ident = message.get("id", msgspec.UNSET)
    if not isinstance(ident, str | int | float | msgspec.UnsetType | None) or isinstance(ident, bool):
        raise Refused(InvalidRequest("Invalid Request: id", hint="id is a string, a number or null"))
    known = None if ident is msgspec.UNSET else ident
    if message.get("jsonrpc") != "2.0":
        raise Refused(InvalidRequest("Invalid Request: jsonrpc", hint='jsonrpc must be "2.0"'), known)
    method = message.get("method")
    if not isinstance(method, str):
        raise Refused(InvalidRequest("Invalid Request: method", hint="method is a string"), known)
    params = message.get("params", {})
    if not isinstance(params, dict | list):
        why = InvalidParams("Invalid params", param="params", rule="type", hint="params is an object")
        raise Refused(why, ident)
    return Request(method, params, ident)


def _too_deep(frame: bytes) -> bool:
    if frame.count(b"[") + frame.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKENS.finditer(frame):
        first = frame[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def result(ident: Any, value: Any) -> bytes:
    """The answer to a call that went well."""
    return _encode({"jsonrpc": "2.0", "result": value, "id": ident})


def error(ident: Any, why: CamsvcError) -> bytes:
    """The answer to a call that did not."""
    body = {"code": why.code, "message": why.message, "data": why.data}
    return _encode({"jsonrpc": "2.0", "error": body, "id": ident})


def batch(answers: Iterable[bytes | None]) -> bytes | None:
    """The answer to a batch; None where none of its calls wants one."""
    wanted = [answer for answer in answers if answer is not None]
    return b"[" + b",".join(wanted) + b"]" if wanted else None


def notification(method: str, params: Any) -> bytes:
    """A message from the server that wants no answer."""
    return _encode({"jsonrpc": "2.0", "method": method, "params": params})
