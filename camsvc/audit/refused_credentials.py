"""Credentials that were refused outside a login, told to the audit log: each at once or in a sum, never a flood.

``authenticate`` and ``POST /api/login`` write a row for each failure, as they make who fails wait. The other doors
(HTTP headers and cookies, the WebSocket's handshake, the engine's question) refuse without a wait, a token or a key
being too long to guess; a player with an old token that comes again every second must not fill the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from camsvc.audit.log import Record
from camsvc.errors import AuthenticationFailed
from camsvc.limits.connection_quota import neighbourhood

SUM_AFTER_S = 600.0
MOST_KINDS = 50
"""Kinds of refusal in one round that get rows of their own: 101 rows in ten minutes at most, about 30 kB."""

Kind = tuple[str, str, str]


@define
class _Seen:
    address: str
    repeated: int = 0


class RefusedCredentials:
    """Tells the first of each kind at once, and with a row later how many more there were.

    A kind is where it came from (see ``connection_quota.neighbourhood``), by which door, and why it was refused.
    """

    def __init__(self, clock: IReactorTime, record: Record) -> None:
        """Set up.

        Args:
            clock: for the rounds.
            record: the audit log's.
        """
        self._clock = clock
        self._record = record
        self._seen: dict[Kind, _Seen] = {}
        self._others = 0
        self._round: IDelayedCall | None = None

    def tell(self, door: str, address: str, why: AuthenticationFailed, params: Mapping[str, Any]) -> None:
        """A credential was shown and refused.

        Args:
            door: stands in the log as the method: ``http``, ``websocket``, ``stream``.
            address: IP address of who has shown it.
            why: what it was answered, or would have been.
            params: what it was for; nothing of the credential.
        """
        result = f"{why.code} {why.data['reason']}"
        kind = (door, neighbourhood(address), result)
        seen = self._seen.get(kind)
        if seen is not None:
            seen.repeated += 1
        elif len(self._seen) < MOST_KINDS:
            self._seen[kind] = _Seen(address)
            self._record("", address, door, params, result)
        else:
            self._others += 1
        if self._round is None:
            self._round = self._clock.callLater(SUM_AFTER_S, self._sum)

    def stop(self) -> None:
        """Tell what is not told yet."""
        if self._round is not None:
            self._round.cancel()
            self._sum()

    def _sum(self) -> None:
        self._round = None
        seen, self._seen = self._seen, {}
        for (door, _, result), each in seen.items():
            if each.repeated:
                self._record("", each.address, door, {"repeated": each.repeated}, result)
        others, self._others = self._others, 0
        if others:
            self._record("", "", "refused", {"from_others": others}, f"{AuthenticationFailed.code} too many to list")
