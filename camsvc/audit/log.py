"""Who did what: writes every call that changes something and every refused login at the end of the audit chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.audit import chain
from camsvc.audit.chain import AuditPage, ChainEntry
from camsvc.errors import CamsvcError
from camsvc.model import iso
from camsvc.system.redaction import redact_value, storable
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch

Record = Callable[[str, str, str, Mapping[str, Any], str], None]
"""As :meth:`Audit.record`: actor, address, method, params, result."""

AGAIN_S = 5.0
MOST_WAITING = 10_000
"""Rows that wait for a disk that takes none; the oldest go then, and a row says how many."""

_AT_ONCE = 200
_TEXT = 200
_PARAMS = 2000


class Audit:
    """Writes the rows, in order, on the database's thread; nobody waits for it."""

    _log = Logger()

    def __init__(self, runtime: Runtime) -> None:
        """Set up.

        Args:
            runtime: its database holds the table.
        """
        self._clock = runtime.reactor
        self._database = runtime.database
        self._clocks = runtime.clocks
        self._waiting: list[ChainEntry] = []
        self._lost = 0
        self._writing: Deferred[None] | None = None
        self._again: IDelayedCall | None = None
        self.trouble: str | None = None
        """Why rows are not on the disk, None while they are."""

    def record(self, actor: str, address: str, method: str, params: Mapping[str, Any], result: str) -> None:
        """Write one row, soon; returns at once, whatever the disk does.

        Args:
            actor: the subject of who called; what a refused login claimed to be, empty where it claimed nothing.
            address: IP address of the caller.
            method: of the API, or the route of a login.
            params: what it was called with; values that are secret by their name, passwords in URLs, tokens and
                tickets are left out, long ones cut.
            result: ``ok``, or the code and reason of the error.
        """
        who, where, what, answer = (storable(text)[:_TEXT] for text in (actor, address, method, result))
        self._waiting.append(ChainEntry(iso(self._clocks.wall_s()), who, where, what, _params(params), answer))
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[0]
            self._lost += 1
        self._write()

    def page(
        self, limit: int, offset: int, actor: str | None = None, method: str | None = None
    ) -> Deferred[AuditPage]:
        """Rows for people to read, newest first.

        Args:
            limit: at most so many.
            offset: after so many.
            actor: only this one's.
            method: only of this method.

        Returns:
            a Deferred that fails with DependencyFailed where the database cannot be read.
        """
        return self._database.run(lambda db: chain.page(db, limit, offset, actor, method))

    async def stop(self) -> None:
        """Write what waits, if the disk takes it."""
        self._end_pause()
        self._write()
        if self._writing is not None:
            await self._writing
        self._end_pause()

    def _end_pause(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _write(self) -> None:
        if self._writing is not None or self._again is not None:
            return

        def done(_: object) -> None:
            self._writing = None

        writing = self._writing = launch(self._drain(), self._log, "writing the audit log")
        _ = writing.addCallback(done)

    async def _drain(self) -> None:
        while self._waiting or self._lost:
            entries, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            lost, self._lost = self._lost, 0
            try:
                await self._database.run(partial(chain.append, entries=self._entry_of_lost(lost) + entries))
            except (CamsvcError, sqlite3.Error) as why:
                self._waiting = entries + self._waiting
                self._lost += lost
                self._wait_for_disk(str(why))
                return
            if self.trouble is not None:
                self.trouble = None
                self._log.info("the audit log is written again")

    def _entry_of_lost(self, lost: int) -> list[ChainEntry]:
        texts = ("camsvc", "", "audit.lost", f'{{"rows":{lost}}}', "the disk took none")
        return [ChainEntry(iso(self._clocks.wall_s()), *texts)] if lost else []

    def _wait_for_disk(self, why: str) -> None:
        if self.trouble is None:
            self._log.error("the audit log cannot be written: {why}; what happens meanwhile is kept in memory, "
                            "at most {most} rows", why=why, most=MOST_WAITING)  # fmt: skip
        self.trouble = why
        self._again = self._clock.callLater(AGAIN_S, self._write_again)

    def _write_again(self) -> None:
        self._again = None
        self._write()


def _params(params: Mapping[str, Any]) -> str:
    text = msgspec.json.encode(redact_value(dict(params)), order="sorted").decode()
    return text if len(text) <= _PARAMS else msgspec.json.encode({"cut": text[: _PARAMS - 100]}).decode()
