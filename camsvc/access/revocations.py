"""What was taken back before its end: the logins of a user up to a moment, and single session tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

_USER, _TOKEN = "user", "token"

Row = tuple[str, str, float]


class Revocations:
    """In memory: asked on every call. A key that was revoked is not here; it is simply not there any more."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Set up.

        Args:
            rows: what :func:`load` has read.
        """
        self._users: dict[str, float] = {}
        self._tokens: dict[str, float] = {}
        for kind, subject, at in rows:
            (self._users if kind == _USER else self._tokens)[subject] = at

    def revoke_user(self, user: str, at: float) -> None:
        """Whatever was signed for this user up to ``at`` (seconds since the epoch) counts no more."""
        self._users[user] = max(at, self._users.get(user, at))

    def revoke_token(self, token_id: str, until: float) -> None:
        """This session token counts no more; it would have ended at ``until``, seconds since the epoch."""
        self._tokens[token_id] = until

    def covers_user(self, user: str, issued_at: float) -> bool:
        """Whether what was signed for this user at that time was taken back."""
        at = self._users.get(user)
        return at is not None and issued_at <= at

    def covers_token(self, token_id: str | None) -> bool:
        """Whether this session token was taken back."""
        return token_id in self._tokens

    def forget_ended(self, now: float) -> None:
        """Drop tokens that would have ended by now anyway."""
        for token_id, until in tuple(self._tokens.items()):
            if until <= now:
                del self._tokens[token_id]


def load(db: sqlite3.Connection, now: float) -> list[Row]:
    """What the database has, less the tokens that have ended meanwhile."""
    db.execute("DELETE FROM revocation WHERE kind = ? AND at <= ?", (_TOKEN, now))
    return db.execute("SELECT kind, subject, at FROM revocation").fetchall()


def store_user(db: sqlite3.Connection, user: str, at: float) -> None:
    """Keep that a user's logins were taken back."""
    _store(db, (_USER, user, at))


def store_token(db: sqlite3.Connection, token_id: str, until: float) -> None:
    """Keep that a token was taken back."""
    _store(db, (_TOKEN, token_id, until))


def _store(db: sqlite3.Connection, row: Row) -> None:
    db.execute(
        "INSERT INTO revocation (kind, subject, at) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, subject) DO UPDATE SET at = max(at, excluded.at)",
        row,
    )
