"""Refusals for the audit log: the first of each kind has a row at once, the others a number; never a flood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from camsvc.audit.log import Record
from camsvc.limits.connection_quota import neighbourhood

SUM_AFTER_S = 600.0
MOST_KINDS = 50
"""Kinds of refusal of one actor in one round that get rows of their own: 101 rows in ten minutes, about 30 kB."""

Kind = tuple[str, str, str]


@define
class _Repeated:
    address: str
    times: int = 0


@define
class _OfActor:
    kinds: dict[Kind, _Repeated] = field(factory=dict)
    others: int = 0
    code: str = ""


class SummedRefusals:
    """Tells the first of each kind at once, and with a row later how many more there were.

    A kind is what was asked, where it came from (see ``connection_quota.neighbourhood``), and why it was refused.
    Each actor, strangers together being one, has its own share of rows: nobody's flood hides what others try.
    """

    def __init__(self, clock: IReactorTime, record: Record) -> None:
        """Set up.

        Args:
            clock: for the rounds.
            record: the audit log's.
        """
        self._clock = clock
        self._record = record
        self._actors: dict[str, _OfActor] = {}
        self._round: IDelayedCall | None = None

    def record(self, actor: str, address: str, method: str, params: Mapping[str, Any], result: str) -> None:
        """Write a row or count it.

        Args:
            actor: who was refused; empty for a stranger.
            address: IP address of the caller.
            method: of the API, or the entry point.
            params: what it was called with.
            result: code and reason of the refusal.
        """
        mine = self._actors.setdefault(actor, _OfActor())
        kind = (method, neighbourhood(address), result)
        known = mine.kinds.get(kind)
        if known is not None:
            known.times += 1
        elif len(mine.kinds) < MOST_KINDS:
            mine.kinds[kind] = _Repeated(address)
            self._record(actor, address, method, params, result)
        else:
            mine.others += 1
            mine.code = result.partition(" ")[0]
        if self._round is None:
            self._round = self._clock.callLater(SUM_AFTER_S, self._write_sums)

    def stop(self) -> None:
        """Write the sums so far."""
        if self._round is not None:
            self._round.cancel()
            self._write_sums()

    def _write_sums(self) -> None:
        self._round = None
        actors, self._actors = self._actors, {}
        for actor, mine in actors.items():
            for (method, _, result), repeated in mine.kinds.items():
                if repeated.times:
                    self._record(actor, repeated.address, method, {"repeated": repeated.times}, result)
            if mine.others:
                self._record(actor, "", "refused", {"from_others": mine.others}, f"{mine.code} too many to list")
