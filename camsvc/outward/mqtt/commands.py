"""What Home Assistant may have done: calls of the API as a principal of its own, checked and audited like any."""

from __future__ import annotations

import secrets

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.access.roles import NEVER, Principal, Role
from camsvc.access.users import MQTT_USER
from camsvc.api.calls import OpenCall
from camsvc.api.registry import Registry
from camsvc.system.token_bucket import TokenBucket

COMMANDS_A_SECOND, BURST = 2, 20

_WHO = Principal(MQTT_USER, Role.OPERATOR, NEVER)


class Commands:
    """Calls methods, so many in a second."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, registry: Registry, host: str) -> None:
        """Set up.

        Args:
            clock: for how many in a second.
            registry: has the methods.
            host: the broker's; stands in the audit log as where the call is from.
        """
        self._clock = clock
        self._registry = registry
        self._host = host
        self._bucket = TokenBucket.full(COMMANDS_A_SECOND, BURST, clock.seconds())

    async def run(self, method: str, device: str) -> None:
        """Call a method for a camera; an error is logged."""
        call = OpenCall(principal=_WHO, address=self._host, request_id=secrets.token_hex(6), base_url="")
        frame = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"device": device}})
        found = self._registry.answer(frame, call, lambda: self._bucket.take(self._clock.seconds()))
        answer = await found if isinstance(found, Deferred) else found
        error = msgspec.json.decode(answer).get("error") if answer is not None else None
        if error is not None:
            self._log.warn("mqtt: {method} of {device}: {why}", method=method, device=device, why=error["message"])
