"""The chain of audit rows: how they are appended, read and verified in the table; no clock, no thread.

Each row holds the SHA-256 of itself with the hash of the row before, and a row of its own holds the newest number and
hash: a row that is changed, deleted or moved breaks the chain, and :func:`verify` names it.
"""

from __future__ import annotations

import hashlib
import sqlite3

import msgspec
from attrs import frozen

FIRST = "0" * 64
"""What stands before the first row."""

_FAULTS = 100
_COLUMNS = "number, at, actor, address, method, params, result, previous, hash"


@frozen
class ChainEntry:
    """A row to be written; ``at`` is ISO 8601 in UTC, ``params`` a JSON object without secrets."""

    at: str
    actor: str
    address: str
    method: str
    params: str
    result: str


@frozen
class AuditRow:
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
class AuditPage:
    """Rows, newest first, and how many there are in all."""

    rows: tuple[AuditRow, ...]
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


def append(db: sqlite3.Connection, entries: list[ChainEntry]) -> None:
    """Put rows at the end of the chain; in a transaction."""
    head = db.execute("SELECT number, hash FROM audit_head").fetchone() or (0, FIRST)
    number, previous = max(head[0], db.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()[0]), head[1]
    for entry in entries:
        number += 1
        texts = (entry.at, entry.actor, entry.address, entry.method, entry.params, entry.result)
        own = hash_of(previous, number, *texts)
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
        row = AuditRow(*values)
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


def _faults(row: AuditRow, last: int, previous: str) -> list[str]:
    faults = []
    if row.number != last + 1:
        faults.append(_missing(last + 1, row.number - 1))
    elif row.previous != previous:
        before = f"row {last}: one of the two was replaced" if last else "nothing: it was the first"
        faults.append(f"row {row.number} ({row.at}, {row.method}) does not follow {before}")
    texts = (row.at, row.actor, row.address, row.method, row.params, row.result)
    if hash_of(row.previous, row.number, *texts) != row.hash:
        faults.append(f"row {row.number} ({row.at}, {row.method}) was changed or moved")
    return faults


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"


def hash_of(previous: str, number: int, *texts: str) -> str:
    """The hash of a row: of its number, its texts and the hash of the row before."""
    return hashlib.sha256(msgspec.json.encode([previous, number, *texts])).hexdigest()


def page(db: sqlite3.Connection, limit: int, offset: int, actor: str | None, method: str | None) -> AuditPage:
    """Rows, newest first: at most ``limit`` after ``offset``, of one actor or one method where these are given."""
    where = "WHERE (?1 IS NULL OR actor = ?1) AND (?2 IS NULL OR method = ?2)"
    total = db.execute(f"SELECT count(*) FROM audit {where}", (actor, method)).fetchone()[0]
    query = f"SELECT {_COLUMNS} FROM audit {where} ORDER BY number DESC LIMIT ?3 OFFSET ?4"
    return AuditPage(tuple(AuditRow(*values) for values in db.execute(query, (actor, method, limit, offset))), total)
