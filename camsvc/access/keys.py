"""API keys: how one looks, how it is told from a wrong one, and the table that keeps what must be known of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import sqlite3

from attrs import evolve, frozen

from camsvc.access.roles import NEVER, Principal, Role

_KEY = re.compile(r"csk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}\Z")
_NOBODY = hashlib.sha256(b"").digest()


@frozen
class ApiKey:
    """A key as camsvc keeps it: all but the secret.

    Attributes:
        ident: the part of the key that names it; 12 hexadecimal digits, never used twice.
        name: for people; unique among the keys there are.
        digest: SHA-256 of the whole key.
        role: what it lets do.
        cameras: the only cameras that it shows; None for all.
        created_at: seconds since the epoch.
        created_by: who made it.
        expires_at: seconds since the epoch; NEVER where it has no end.
        used_at: seconds since the epoch of the last use; None before the first.
    """

    ident: str
    name: str
    digest: bytes
    role: Role
    cameras: frozenset[str] | None
    created_at: float
    created_by: str
    expires_at: float = NEVER
    used_at: float | None = None

    @property
    def principal(self) -> Principal:
        """Who shows it."""
        return Principal(self.name, self.role, self.expires_at, self.cameras, key_id=self.ident)


def make(ident: str) -> str:
    """A new key, ``csk_<ident>_<secret>``: shown once and not kept."""
    return f"csk_{ident}_{secrets.token_urlsafe(32)}"


def new_ident() -> str:
    """An id for a new key."""
    return secrets.token_hex(6)


def digest(key: str) -> bytes:
    """What is kept of a key.

    One round of SHA-256 is right here, unlike for passwords: the secret has 256 random bits, so that nobody can try
    out what it may have been, and a slow hash would cost every call without making that any harder.
    """
    return hashlib.sha256(key.encode()).digest()


def looks_like_key(credential: str) -> bool:
    """Whether it has the form of a key; a session token never has."""
    return _KEY.match(credential) is not None


class ApiKeys:
    """The keys there are, in memory: asked on every call."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._used: dict[str, float] = {}

    def add(self, key: ApiKey) -> None:
        """Let it in from now on."""
        self._keys[key.ident] = key

    def remove(self, ident: str) -> ApiKey | None:
        """Remove a key and return it."""
        self._used.pop(ident, None)
        return self._keys.pop(ident, None)

    def get(self, ident: str) -> ApiKey | None:
        """The key of that id."""
        return self._keys.get(ident)

    def named(self, name: str) -> ApiKey | None:
        """The key of that name."""
        return next((key for key in self._keys.values() if key.name == name), None)

    def all(self) -> tuple[ApiKey, ...]:
        """Every key, the newest first."""
        return tuple(sorted(self._keys.values(), key=lambda key: key.created_at, reverse=True))

    def made_by(self, actor: str, now: float) -> tuple[ApiKey, ...]:
        """The keys that somebody made and that are good still, those that were made with such a key among them.

        Args:
            actor: as ``Principal.actor`` names them.
            now: seconds since the epoch.
        """
        makers, found = {actor}, dict[str, ApiKey]()
        for key in sorted(self._keys.values(), key=lambda key: key.created_at):
            if key.created_by in makers and key.expires_at > now:
                found[key.ident] = key
                makers.add(key.principal.actor)
        return tuple(reversed(found.values()))

    def find(self, credential: str, now: float) -> ApiKey | None:
        """The key that somebody shows; None where there is no such one. Wrong ones all take the same time."""
        matched = _KEY.match(credential)
        key = self._keys.get(matched[1]) if matched is not None else None
        good = hmac.compare_digest(key.digest if key is not None else _NOBODY, digest(credential))
        if key is None or not good:
            return None
        self._used[key.ident] = now
        key = self._keys[key.ident] = evolve(key, used_at=now)
        return key

    def take_used(self) -> dict[str, float]:
        """The times of last use, by id, of the keys that were used since it was asked before."""
        used, self._used = self._used, {}
        return used


def load(db: sqlite3.Connection) -> list[ApiKey]:
    """The keys that the database has."""
    columns = "id, name, digest, role, cameras, created_at, created_by, expires_at, used_at"
    return [
        ApiKey(
            ident,
            name,
            digest,
            Role.of(role) or Role.VIEWER,
            None if cameras is None else frozenset(json.loads(cameras)),
            created_at,
            created_by,
            NEVER if expires_at is None else expires_at,
            used_at,
        )
        for ident, name, digest, role, cameras, created_at, created_by, expires_at, used_at in db.execute(
            f"SELECT {columns} FROM api_key"
        )
    ]


def insert(db: sqlite3.Connection, key: ApiKey) -> bool:
    """Keep a new key; False where there is one of its name."""
    done = db.execute(
        "INSERT INTO api_key (id, name, digest, role, cameras, created_at, created_by, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            key.ident,
            key.name,
            key.digest,
            key.role.word,
            None if key.cameras is None else json.dumps(sorted(key.cameras)),
            key.created_at,
            key.created_by,
            None if key.expires_at == NEVER else key.expires_at,
        ),
    )
    return done.rowcount == 1


def delete(db: sqlite3.Connection, ident: str) -> None:
    """Forget a key: what hangs on it finds nothing to hang on."""
    db.execute("DELETE FROM api_key WHERE id = ?", (ident,))


def store_used(db: sqlite3.Connection, used: dict[str, float]) -> None:
    """Keep the times of last use."""
    db.executemany("UPDATE api_key SET used_at = ? WHERE id = ?", [(at, ident) for ident, at in used.items()])
