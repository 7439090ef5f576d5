"""Who did what: every call that changes something and every refused login, in a table whose rows are chained.

Each row holds the SHA-256 of itself with the hash of the row before, and a row of its own holds the newest number and
hash: a row that is changed, deleted or moved breaks the chain, and :func:`verify` names it.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.errors import CamsvcError
from camsvc.model import iso
from camsvc.system.database import Database
from camsvc.system.redaction import redact
from camsvc.system.tasks import launch

FIRST = "0" * 64
"""What stands before the first row."""

AGAIN_S = 5.0
MOST_WAITING = 10_000
"""Rows that wait for a disk that takes none; the oldest go then, and a row says how many."""

_AT_ONCE = 200
_TEXT = 200
_ITEMS = 20
_PARAMS = 2000
_FAULTS = 100
_SECRET_NAME = re.compile(r"(?i)(?!.*_id\Z).*(?:passw|secret|token|credential|api_?key|\Akey\Z)")
_COLUMNS = "number, at, actor, address, method, params, result, previous, hash"


@frozen
class Entry:
    """A row to be written; ``at`` is ISO 8601 in UTC, ``params`` a JSON object without secrets."""

    at: str
    actor: str
    address: str
    method: str
    params: str
    result: str


@frozen
class Row:
    """A row as it stands in the table; ``previous`` and ``hash`` are SHA-256 in hex."""

    number: int
    at: str
    actor: str
    address: str
    method: str
    params: str
    result: str
    previous: str
    hash: str


@frozen
class Page:
    """Rows, newest first, and how many there are in all."""

    rows: tuple[Row, ...]
    total: int


@frozen
class ChainVerdict:
    """What :func:`verify` found.

    Attributes:
        rows: how many there are.
        number: the newest one's.
        hash: the newest one's; written down elsewhere, it proves later that nothing up to it was changed.
        faults: a sentence for each broken row, at most a hundred.
    """

    rows: int
    number: int
    hash: str
    faults: tuple[str, ...]


class Audit:
    """Writes the rows, in order, on the database's thread; nobody waits for it."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, database: Database, wall: Callable[[], float] = time.time) -> None:
        """Set up.

        Args:
            clock: for the next attempt when the disk takes nothing.
            database: holds the table.
            wall: seconds since the epoch.
        """
        self._clock = clock
        self._database = database
        self._wall = wall
        self._waiting: list[Entry] = []
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
        texts = (_plain(text) for text in (actor, address, method, _params(params), result))
        self._waiting.append(Entry(iso(self._wall()), *texts))
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[0]
            self._lost += 1
        self._write()

    def page(self, limit: int, offset: int, actor: str | None = None, method: str | None = None) -> Deferred[Page]:
        """Rows for people to read, newest first.

        Args:
            limit: at most so many.
            offset: after so many.
            actor: only this one's.
            method: only of this method.

        Raises:
            DependencyFailed: the database cannot be read.
        """
        return self._database.run(lambda db: _page(db, limit, offset, actor, method))

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
                await self._database.run(partial(append, entries=self._word_of(lost) + entries))
            except (CamsvcError, sqlite3.Error) as why:
                self._waiting = entries + self._waiting
                self._lost += lost
                self._failed(str(why))
                return
            if self.trouble is not None:
                self.trouble = None
                self._log.info("the audit log is written again")

    def _word_of(self, lost: int) -> list[Entry]:
        texts = ("camsvc", "", "audit.lost", f'{{"rows":{lost}}}', "the disk took none")
        return [Entry(iso(self._wall()), *texts)] if lost else []

    def _failed(self, why: str) -> None:
        if self.trouble is None:
            self._log.error("the audit log cannot be written: {why}; what happens meanwhile is kept in memory, "
                            "at most {most} rows", why=why, most=MOST_WAITING)  # fmt: skip
        self.trouble = why
        self._again = self._clock.callLater(AGAIN_S, self._try_again)

    def _try_again(self) -> None:
        self._again = None
        self._write()


def append(db: sqlite3.Connection, entries: list[Entry]) -> None:
    """Put rows at the end of the chain; in a transaction."""
    head = db.execute("SELECT number, hash FROM audit_head").fetchone() or (0, FIRST)
    number, previous = max(head[0], db.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()[0]), head[1]
    for entry in entries:
        number += 1
        texts = (entry.at, entry.actor, entry.address, entry.method, entry.params, entry.result)
        own = _hash(previous, number, *texts)
        db.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   (number, *texts, previous, own))  # fmt: skip
        previous = own
    db.execute("INSERT OR REPLACE INTO audit_head (one, number, hash) VALUES (1, ?, ?)", (number, previous))


def verify(db: sqlite3.Connection, number: int = 0, known: str = "") -> ChainVerdict:
    """Walk the chain.

    Args:
        db: only read.
        number: a row whose hash was written down earlier, 0 for none.
        known: that hash.
    """
    faults: list[str] = []
    rows, last, previous = 0, 0, FIRST
    seen = ""
    for values in db.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY number"):
        row = Row(*values)
        rows += 1
        faults += _faults(row, last, previous)
        if row.number == number:
            seen = row.hash
        last, previous = row.number, row.hash
    head = db.execute("SELECT number, hash FROM audit_head").fetchone() or (0, FIRST)
    if head[0] > last:
        faults.append(_missing(last + 1, head[0]))
    elif tuple(head) != (last, previous):
        faults.append(f"row {last} is not the newest that was written: row {head[0]} was")
    if number and seen != known.lower():
        faults.append(f"row {number} " + ("is not the one whose hash you gave" if seen else "is missing"))
    return ChainVerdict(rows, last, previous, tuple(faults[:_FAULTS]))


def _faults(row: Row, last: int, previous: str) -> list[str]:
    faults = []
    if row.number != last + 1:
        faults.append(_missing(last + 1, row.number - 1))
    elif row.previous != previous:
        before = f"row {last}: one of the two was replaced" if last else "nothing: it was the first"
        faults.append(f"row {row.number} ({row.at}, {row.method}) does not follow {before}")
    texts = (row.at, row.actor, row.address, row.method, row.params, row.result)
    if _hash(row.previous, row.number, *texts) != row.hash:
        faults.append(f"row {row.number} ({row.at}, {row.method}) was changed or moved")
    return faults


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"


def _hash(previous: str, number: int, *texts: str) -> str:
    return hashlib.sha256(msgspec.json.encode([previous, number, *texts])).hexdigest()


def _page(db: sqlite3.Connection, limit: int, offset: int, actor: str | None, method: str | None) -> Page:
    where = "WHERE (?1 IS NULL OR actor = ?1) AND (?2 IS NULL OR method = ?2)"
    total = db.execute(f"SELECT count(*) FROM audit {where}", (actor, method)).fetchone()[0]
    query = f"SELECT {_COLUMNS} FROM audit {where} ORDER BY number DESC LIMIT ?3 OFFSET ?4"
    return Page(tuple(Row(*values) for values in db.execute(query, (actor, method, limit, offset))), total)


def _params(params: Mapping[str, Any]) -> str:
    text = msgspec.json.encode(_safe(dict(params)), order="sorted").decode()
    return text if len(text) <= _PARAMS else msgspec.json.encode({"cut": text[: _PARAMS - 100]}).decode()


def _safe(value: Any, depth: int = 0) -> Any:
    """``value`` without secrets, and no longer than a person reads."""
    if isinstance(value, str):
        text = redact(_plain(value))
        return text if len(text) <= _TEXT else text[:_TEXT] + "…"
    if isinstance(value, bool | int | float | None):
        return value
    if depth > 3:
        return "…"
    if isinstance(value, Mapping):
        return {
            _plain(str(key))[:60]: "***" if _SECRET_NAME.match(str(key)) else _safe(each, depth + 1)
            for key, each in list(value.items())[:_ITEMS]
        }
    if isinstance(value, list | tuple):
        return [_safe(each, depth + 1) for each in value[:_ITEMS]]
    return _plain(str(value))[:_TEXT]


def _plain(text: str) -> str:
    """Half a surrogate pair cannot be stored."""
    return text.encode("utf-8", "replace").decode()
