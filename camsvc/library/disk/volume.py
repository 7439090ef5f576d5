"""Whether a folder is on the volume that it should be on: a marker in it, and what the database knows of that.

A folder on a volume of its own must hold the marker that was written when it was first used. Where the volume is
away, its mount point is an empty folder of the system's disk, and holds none.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

import msgspec
from attrs import frozen

from camsvc.model import RING
from camsvc.system import atomic_files

MARKER = ".camsvc-volume"
"""Name of the file in the folder; it holds 32 hexadecimal digits."""


class KnownVolume(msgspec.Struct, frozen=True):
    """What the database knows of a folder's volume.

    Attributes:
        ident: in the marker.
        own: it was another file system than that of the state folder, so that it can be away while camsvc runs.
    """

    ident: str
    own: bool


@frozen
class SeenVolume:
    """A folder as it was found.

    Attributes:
        trouble: ``gone``, ``foreign`` (not the volume it should be) or ``read_only``; None where it can be used.
        free_bytes: what an ordinary user may take (statvfs(3)).
        total_bytes: of the file system.
        ident: in the marker; None where there is none.
        own: it is another file system than that of the state folder.
        parts_bytes: of parts that are in no file yet: to be joined, they need their size once more.
    """

    trouble: str | None = None
    free_bytes: int = 0
    total_bytes: int = 0
    ident: str | None = None
    own: bool = False
    parts_bytes: int = 0


def known(db: sqlite3.Connection, folder: Path) -> KnownVolume | None:
    """What is known of a folder's volume; None before it was first used."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (_name(folder),)).fetchone()
    return msgspec.json.decode(row[0], type=KnownVolume) if row else None


def save(db: sqlite3.Connection, folder: Path, volume: KnownVolume) -> None:
    """Store which volume a folder is on."""
    values = (_name(folder), msgspec.json.encode(volume).decode())
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", values)


def look(folder: Path, state_dir: Path, expected: KnownVolume | None) -> SeenVolume:
    """See how a folder is (blocking).

    Args:
        folder: of recordings.
        state_dir: on the disk that is not to be filled in its place.
        expected: what is known of it; None before it was first used.
    """
    try:
        read_only, free, total = _figures(folder)
        ident = _read(folder)
        own = _on_own_disk(folder, state_dir)
    except OSError:
        return SeenVolume("gone")
    other = expected is not None and ident != expected.ident and (expected.own or ident is not None)
    trouble = "foreign" if other else "read_only" if read_only else None
    return SeenVolume(trouble, free, total, ident, own, 0 if other else parts_bytes(folder))


def mark(folder: Path, seen: SeenVolume) -> KnownVolume:
    """Take a folder as the one to use (blocking): write a marker into it unless it has one; fails with OSError."""
    ident = seen.ident or secrets.token_hex(16)
    if seen.ident is None:
        atomic_files.replace(folder / MARKER, ident.encode())
    return KnownVolume(ident, seen.own)


def is_away(seen: SeenVolume) -> bool:
    """Whether what lies in the folder is not ours to list or delete."""
    return seen.trouble in ("gone", "foreign")


def parts_bytes(folder: Path) -> int:
    """Bytes of the parts of recordings (blocking), without what is pre-recorded and what goes meanwhile."""
    size = 0
    for path in folder.glob(".rec/camera*/*/*.mp4"):
        try:
            size += path.stat().st_size if path.parent.name != str(RING) else 0
        except FileNotFoundError:
            continue
    return size


def _figures(folder: Path) -> tuple[bool, int, int]:
    """Whether the file system is read-only, bytes that an ordinary user may take, and bytes in all (statvfs(3))."""
    found = os.statvfs(folder)
    size = found.f_frsize
    return bool(found.f_flag & os.ST_RDONLY), found.f_bavail * size, found.f_blocks * size


def _on_own_disk(folder: Path, state_dir: Path) -> bool:
    return os.stat(folder).st_dev != os.stat(state_dir).st_dev


def _read(folder: Path) -> str | None:
    try:
        text = (folder / MARKER).read_bytes()[:64].decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    return text or None


def _name(folder: Path) -> str:
    return f"volume:{folder}"
