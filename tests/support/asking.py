"""A call of a method through its registry, and the answer."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal
from camsvc.api.registry import Registry
from tests.support.samples import call_by


def ask(
    case: SynchronousTestCase, registry: Registry, who: Principal | None, method: str, params: Any = None, **keys: Any
) -> dict[str, Any]:
    """What ``who`` is answered, parsed; ``keys`` are further ones of the call.

    Raises:
        FailTest: there is no answer yet.
    """
    frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
    answer = registry.answer(frame, call_by(who, **keys))
    if isinstance(answer, Deferred):
        answer = case.successResultOf(answer)
    assert answer is not None
    found: dict[str, Any] = json.loads(answer)
    return found
