"""Credentials that were refused outside a login, told to the audit log: each at once or in a sum, never a flood.

``authenticate`` and ``POST /api/login`` write a row for each failure, as they make who fails wait. The other entry
points (HTTP headers and cookies, the WebSocket's handshake, the engine's question) refuse without a wait, a token or
a key being too long to guess; a player with an old token that comes again every second must not fill the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime

from camsvc.audit.log import Record
from camsvc.audit.summed_refusals import SummedRefusals
from camsvc.errors import AuthenticationFailed


class RefusedCredentials:
    """Of strangers all: a credential that is worth nothing names nobody."""

    def __init__(self, clock: IReactorTime, record: Record) -> None:
        """Set up.

        Args:
            clock: for the rounds.
            record: the audit log's.
        """
        self._refusals = SummedRefusals(clock, record)

    def tell(self, entry_point: str, address: str, why: AuthenticationFailed, params: Mapping[str, Any]) -> None:
        """Count that a credential was shown and refused.

        Args:
            entry_point: stands in the log as the method: ``http``, ``websocket``, ``stream``.
            address: IP address of who has shown it.
            why: what it was answered, or would have been.
            params: what it was for; nothing of the credential.
        """
        self._refusals.record("", address, entry_point, params, f"{why.code} {why.data['reason']}")

    def stop(self) -> None:
        """Tell what is not told yet."""
        self._refusals.stop()
