"""What tokens are signed with, as it lies on the disk: read again when it changes; how one secret follows another.

The secret stands in its file; those before it, which still verify for a while, stand in the file of the same name
with ``.old``: a line each, the last second that it counts (since the epoch) and the secret.
"""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import frozen
from twisted.logger import Logger

from camsvc.errors import StartError
from camsvc.system import atomic_files
from camsvc.system.secret_files import read_secret

LOOK_EVERY_S = 1.0

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_OLD = re.compile(r"(\d{1,12}) (\S{32,})\Z")

T = TypeVar("T")


@frozen
class Secrets:
    """Secrets of HS256.

    Attributes:
        current: signs and verifies.
        old: verify until a time, seconds since the epoch.
    """

    current: bytes
    old: tuple[tuple[bytes, float], ...] = ()

    def valid(self, now: float) -> tuple[bytes, ...]:
        """All that verify now, the current one first."""
        return (self.current, *(secret for secret, until in self.old if until > now))


@frozen
class Key:
    """A key of RS256, ES256 or EdDSA; ``signing`` is None where the file has its public half alone."""

    signing: Any
    verifying: Any


class Reread(Generic[T]):
    """What some files hold, read again when one of them has changed."""

    _log = Logger()

    def __init__(self, read: Callable[[Path], T], path: Path, *besides: Path) -> None:
        """Read it for the first time; whatever ``read`` raises is raised.

        Args:
            read: reads ``path``, and what is ``besides``.
            path: must be there.
            besides: other files, which need not.
        """
        self._read = read
        self._path = path
        self._besides = besides
        self._seen = self._stats()
        self._value = read(path)
        self._looked_at: float | None = None

    def value(self, now: float) -> T:
        """What they hold, at most one second old."""
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY_S:
            self.look(now)
        return self._value

    def look(self, now: float) -> bool:
        """Look at once; True when there is something new. What cannot be read leaves all as it was."""
        self._looked_at = now
        stats = self._stats()
        if stats == self._seen:
            return False
        self._seen = stats
        try:
            self._value = self._read(self._path)
        except (OSError, StartError) as why:
            words = why.message if isinstance(why, StartError) else f"{self._path}: {why.strerror}"
            self._log.error("{why}; going on with what was there before", why=words)
            return False
        self._log.info("{path} has changed and is in force", path=self._path)
        return True

    def _stats(self) -> tuple[Any, ...]:
        return tuple(_stat(path) for path in (self._path, *self._besides))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def old_file(path: Path) -> Path:
    """Where the predecessors of the secret in ``path`` stand."""
    return path.with_name(f"{path.name}.old")


def read_secrets(path: Path) -> Secrets:
    """The secret in ``path``, and its predecessors; FileNotFoundError is raised where there is none.

    Raises:
        StartError: one of the files can be read by others, or is not as it should be.
    """
    current, old = read_secret(path), old_file(path)
    try:
        text = read_secret(old).decode("ascii", "replace")
    except FileNotFoundError:
        return Secrets(current)
    found = []
    for line in text.splitlines():
        matched = _OLD.match(line.strip())
        if matched is None:
            raise StartError(f"{old}: a line that is not TIME SECRET; delete the file to end all old secrets at once")
        found.append((matched[2].encode(), float(matched[1])))
    return Secrets(current, tuple(found))


def rotate(path: Path, overlap_s: float, now: float) -> None:
    """Put a new secret into ``path``; FileNotFoundError is raised where there is none yet.

    Args:
        path: the file.
        overlap_s: the secret that was there verifies for so many seconds more; with 0 neither it nor any before does.
        now: seconds since the epoch.

    Raises:
        StartError: a file cannot be read or written.
    """
    known = read_secrets(path)
    kept = [(secret, until) for secret, until in known.old if until > now and overlap_s > 0]
    if overlap_s > 0:
        kept.append((known.current, now + overlap_s))
    try:
        if kept:
            _replace(old_file(path), path, "".join(f"{int(until)} {secret.decode()}\n" for secret, until in kept))
        else:
            old_file(path).unlink(missing_ok=True)
        _replace(path, path, secrets.token_hex(32) + "\n")
    except OSError as why:
        raise StartError(f"{path}: the secret cannot be changed: {why.strerror}") from None


def _replace(path: Path, like: Path, text: str) -> None:
    """Write a file in one step, 0600, for the owner that ``like`` has: root may do it for the daemon's user."""
    owner = like.stat()
    atomic_files.replace(path, text.encode("ascii"), 0o600, owner=(owner.st_uid, owner.st_gid))


def read_keys(path: Path, prepared: Callable[[bytes], Key]) -> tuple[Key, ...]:
    """The keys in a PEM file (RFC 7468), one after the other; the first of them signs, if it is a private one.

    Args:
        path: the file.
        prepared: makes a key of a PEM block; ValueError tells what is wrong with it.

    Raises:
        FileNotFoundError: there is none.
        StartError: it holds no key, or one of another kind, or a private one that others can read.
    """
    try:
        mode, text = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as why:
        raise StartError(f"{path}: the key cannot be read: {why.strerror}") from None
    blocks = [found for found in _BLOCK.finditer(text) if found[1] != b"EC PARAMETERS"]
    if any(b"PRIVATE" in found[1] for found in blocks) and stat.S_IMODE(mode) & 0o077:
        raise StartError(f"{path}: others can read this private key; chmod 600 it")
    try:
        keys = tuple(prepared(found[0] + b"\n") for found in blocks)
    except ValueError as why:
        raise StartError(f"{path}: {why}") from None
    if not keys:
        raise StartError(f"{path}: holds no key in PEM; it begins with -----BEGIN PUBLIC KEY----- or PRIVATE KEY")
    return keys
