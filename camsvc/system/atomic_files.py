"""Files that are written whole or not at all: under a name of their own first, then renamed (rename(2)).

The standard library alone, and little of it: the launcher imports this on its way to the first frame.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

UMASK = 0o027
"""Files are 0640, folders 0750: other users of the machine have no business with pictures."""


def keep_from_others() -> None:
    """Make files and folders by ``UMASK`` from now on, here and in what is started, whatever it was (umask(2))."""
    os.umask(UMASK)


def write_draft(
    path: str | os.PathLike[str],
    data: bytes,
    mode: int = 0o640,
    durable: bool = True,
    owner: tuple[int, int] | None = None,
) -> str:
    """Write ``data`` beside ``path``, hidden by a dot; the caller renames or removes it.

    An OSError (no room, no right) leaves no draft.

    Args:
        path: what the file will be called.
        data: all of it.
        mode: of the file, whatever the umask.
        durable: have it on the disk before this returns (fsync(2)).
        owner: user and group of the file, where it is not to be ours: root writes for the daemon's user.

    Returns:
        the draft's path.
    """
    folder, name = os.path.split(os.fspath(path))
    draft = os.path.join(folder, f".{name[:200]}.{os.urandom(4).hex()}.part")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(fd, "wb") as file:
            os.fchmod(fd, mode)
            if owner is not None and owner[0] != os.geteuid():
                os.fchown(fd, *owner)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(fd)
    except BaseException:
        os.unlink(draft)
        raise
    return draft


def replace(
    path: str | os.PathLike[str],
    data: bytes,
    mode: int = 0o640,
    durable: bool = True,
    owner: tuple[int, int] | None = None,
) -> None:
    """Make ``data`` the content of ``path`` in one step: a reader sees the old file or the new one.

    An OSError (no room, no right) leaves the old file as it was.

    Args:
        path: the file, there or not.
        data: all of it.
        mode: of the new file, whatever the umask.
        durable: see ``write_draft``.
        owner: see ``write_draft``.
    """
    draft = write_draft(path, data, mode, durable, owner)
    try:
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def create(path: str | os.PathLike[str], data: bytes, mode: int = 0o640) -> None:
    """Make a file in one step, on the disk, where there is none yet; of several who try, one succeeds (link(2)).

    The others get a FileExistsError.

    Args:
        path: the file.
        data: all of it.
        mode: whatever the umask.
    """
    draft = write_draft(path, data, mode)
    try:
        os.link(draft, path)
    finally:
        os.unlink(draft)


def create_first(paths: Iterable[str | os.PathLike[str]], data: bytes, mode: int = 0o640) -> str:
    """Make a file under the first of several names that is free, on file systems without links too.

    A name that is taken is an empty file until ``data`` stands there.

    Args:
        paths: all in one folder, in the order in which they are tried.
        data: all of it.
        mode: whatever the umask.

    Returns:
        the name that was free.

    Raises:
        FileExistsError: none was.
        OSError: no room, or no right; then no name is taken.
    """
    draft = ""
    try:
        for path in paths:
            draft = draft or write_draft(path, data, mode)
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
            except FileExistsError:
                continue
            try:
                os.replace(draft, path)
            except OSError:
                os.unlink(path)
                raise
            draft = ""
            return os.fspath(path)
        raise FileExistsError(f"{draft}: every name is taken")
    finally:
        if draft:
            os.unlink(draft)


def publish(draft: str | os.PathLike[str], path: str | os.PathLike[str], mode: int = 0o640) -> None:
    """Give a file that some program has written its name, once all of it is on the disk.

    Args:
        draft: in the same folder; it is gone then.
        path: what is there is replaced.
        mode: of the file, whatever it was made with.
    """
    os.chmod(draft, mode)
    sync(draft)
    os.replace(draft, path)
    sync(os.path.dirname(os.fspath(path)) or ".")


def sync(path: str | os.PathLike[str], data_alone: bool = False) -> None:
    """Have a file or a folder on the disk (fsync(2)).

    Args:
        path: the file or folder.
        data_alone: not the times in its inode (fdatasync(2)).
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        (os.fdatasync if data_alone else os.fsync)(fd)
    finally:
        os.close(fd)
