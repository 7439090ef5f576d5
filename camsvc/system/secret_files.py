"""Secret files: made at first start, 0600, read back ever after."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

from camsvc.errors import StartError
from camsvc.system import atomic_files


def stored_secret(path: Path) -> bytes:
    """The secret in ``path``; made there, 0600, when there is none.

    Returns:
        64 hexadecimal digits (256 bits).

    Raises:
        StartError: the file can be read by others, is too short, or cannot be made.
    """
    try:
        return read_secret(path)
    except FileNotFoundError:
        pass
    value = secrets.token_hex(32).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_files.create(path, value + b"\n", 0o600)
    except FileExistsError:
        return read_secret(path)
    except OSError as why:
        raise StartError(f"{path}: the secret cannot be made: {why.strerror}") from None
    return value


def read_secret(path: Path) -> bytes:
    """The secret in ``path``.

    Raises:
        FileNotFoundError: there is none.
        StartError: others can read it, it is too short, or we cannot read it.
    """
    try:
        mode = path.stat().st_mode
        value = path.read_bytes().strip()
    except FileNotFoundError:
        raise
    except OSError as why:
        raise StartError(f"{path}: the secret cannot be read: {why.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise StartError(f"{path}: others can read this secret; chmod 600 it, or delete it to have a new one made")
    if len(value) < 32:
        raise StartError(f"{path}: shorter than 32 bytes; delete it to have a new one made")
    return value


def stored_password(path: Path) -> str:
    """The password in ``path``; made there, 0600, when there is none.

    Raises:
        StartError: it cannot be made, or as of :func:`read_password`.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_files.create(path, f"{secrets.token_urlsafe(15)}\n".encode(), 0o600)
        except FileExistsError:
            pass
        except OSError as why:
            raise StartError(f"{path}: the password cannot be made: {why.strerror}") from None
    return read_password(path)


def read_password(path: Path) -> str:
    """The password in ``path``: the text of its first line.

    Raises:
        StartError: there is none, others can read it, or we cannot.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as why:
        raise StartError(
            f"{path}: the password cannot be read: {getattr(why, 'strerror', 'it is no text')}"
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise StartError(f"{path}: others can read this password; chmod 600 it")
    if not text:
        raise StartError(f"{path}: is empty; write the password into it")
    return text
