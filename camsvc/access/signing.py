"""The signing secrets: how they are stored, how a new one replaces the old, and how each signs and verifies.

The standard library alone: the command line signs a token for each call, and shall not load OpenSSL for it.

The secret stands in its file; those before it, which still verify for a while, stand in the file of the same name
with ``.old``: a line each, the last second that it counts (since the epoch) and the secret.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import stat
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from camsvc.access.roles import Role
from camsvc.errors import StartError
from camsvc.system import atomic_files
from camsvc.system.clocks import Clocks
from camsvc.system.secret_files import read_secret

HS256 = "HS256"

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_OLD = re.compile(r"(\d{1,12}) (\S{32,})\Z")


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


class Seals:
    """Seals of names, made and verified with the signing secrets; nothing is stored, so a restart loses none."""

    def __init__(self, secrets_at: Callable[[float], Secrets], clocks: Clocks) -> None:
        """Set up.

        Args:
            secrets_at: those that count at a time, as ``Tokens.secrets``.
            clocks: what time it is.
        """
        self._secrets_at = secrets_at
        self._clocks = clocks

    def seal(self, text: str) -> str:
        """The seal of a text: 20 hexadecimal digits."""
        return _seal(self._secrets_at(self._clocks.wall_s()).current, text)

    def fits(self, seal: str, text: str) -> bool:
        """Whether it is the seal of that text; the comparison takes the same time for every wrong one."""
        now, shown = self._clocks.wall_s(), seal.encode("utf-8", "replace")
        return any(
            [hmac.compare_digest(_seal(each, text).encode(), shown) for each in self._secrets_at(now).valid(now)]
        )


def _seal(secret: bytes, text: str) -> str:
    return hmac.new(b"seal:" + secret, text.encode("utf-8", "replace"), "sha256").hexdigest()[:20]


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


def installed_secrets(path: Path) -> Secrets:
    """The secrets of an installation.

    Raises:
        StartError: there are none yet; or as ``read_secrets``.
    """
    try:
        return read_secrets(path)
    except FileNotFoundError:
        raise StartError(f"{path}: no key yet; start the daemon once, it makes one") from None


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


def session_claims(subject: str, role: Role, now: float, valid_s: float, **others: object) -> dict[str, Any]:
    """The claims the contract asks for in a session token: user_id, role, iat, exp; and a jti.

    ``iat`` has a fraction (RFC 7519, section 2: NumericDate), as revoking a user's tokens ends those that were
    signed before, and must not end a login that follows in the same second.

    Args:
        subject: user id, or the name of the key.
        role: what it lets do.
        now: seconds since the epoch.
        valid_s: how long it lasts.
        others: more claims; those that are empty are left out.
    """
    claims = {
        "user_id": subject,
        "role": role.word,
        "iat": now,
        "exp": int(now + valid_s),
        "jti": secrets.token_hex(8),
    }
    return claims | {name: value for name, value in others.items() if value}


def sign_hs256(claims: Mapping[str, Any], secret: bytes) -> str:
    """A JSON Web Token of claims (RFC 7515, section 7.1), signed by HMAC with SHA-256 (RFC 7518, section 3.2)."""
    signed = f"{_base64url(_json({'alg': HS256, 'typ': 'JWT'}))}.{_base64url(_json(claims))}"
    return f"{signed}.{_base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
