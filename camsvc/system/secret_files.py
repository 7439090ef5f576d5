"""Secret files: made at first start, 0600, read back ever after."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from camsvc.errors import StartError


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
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(value + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return read_secret(path)
    except OSError as why:
        raise StartError(f"{path}: the secret cannot be made: {why.strerror}") from None
    finally:
        with suppress(OSError):
            temporary.unlink()
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
