"""A file copied to another file system, and believed only when it was read back from there; blocking throughout."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from camsvc.system import atomic_files

_AT_ONCE = 1 << 20
_MODE = 0o640


class CopyDiffers(OSError):
    """What was read back is not what was written, or the file changed meanwhile."""


def copy(source: Path, target: Path, progress: Callable[[int], None]) -> None:
    """Copy a file under a hidden name, read it back, and give it its name when it is the same; fails with OSError.

    Where ``target`` is there already, from a copy that was broken off after that, it must be the same.

    Args:
        source: a plain file; a link is not followed.
        target: what it is called then.
        progress: called with the bytes that are done, of twice the size.

    Raises:
        CopyDiffers: it is not the same.
    """
    draft = target.with_name(f".{target.name}.part")
    with open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        before = os.fstat(file.fileno())
        if target.exists():
            digest = _digest(file.fileno(), lambda _: None)
        else:
            digest = _write(file.fileno(), draft, before, progress)
        after = os.fstat(file.fileno())
    written = target if target.exists() else draft
    same = _read_back(written, lambda done: progress(before.st_size + done)) == (before.st_size, digest)
    if not same or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        draft.unlink(missing_ok=True)
        raise CopyDiffers(f"the copy of {source.name} is not the same")
    if written is draft:
        atomic_files.publish(draft, target)


def _write(source: int, draft: Path, facts: os.stat_result, progress: Callable[[int], None]) -> bytes:
    """Write what is read, and have it on the disk; its SHA-256."""
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        with open(fd, "wb") as file:

            def pass_on(block: bytes) -> None:
                file.write(block)
                progress(file.tell())

            digest = _digest(source, pass_on)
            file.flush()
            os.utime(fd, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            os.fsync(fd)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return digest


def _read_back(path: Path, progress: Callable[[int], None]) -> tuple[int, bytes]:
    """Size and SHA-256 of what is there, from the disk rather than from memory (posix_fadvise(2))."""
    done = 0

    def count(block: bytes) -> None:
        nonlocal done
        done += len(block)
        progress(done)

    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        return os.fstat(fd).st_size, _digest(fd, count)
    finally:
        os.close(fd)


def _digest(fd: int, each: Callable[[bytes], None]) -> bytes:
    digest = hashlib.sha256()
    os.lseek(fd, 0, os.SEEK_SET)
    while block := os.read(fd, _AT_ONCE):
        digest.update(block)
        each(block)
    return digest.digest()
