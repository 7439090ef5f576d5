"""Which finished files retention may delete, as the database knows them; every function runs inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from camsvc.library.index import MEDIA
from camsvc.library.retention.limits import Candidate
from camsvc.model import MediaFile

_FROM = (
    " FROM media_file LEFT JOIN recording ON recording.id = media_file.recording"
    " WHERE NOT media_file.protected AND +kind IN ('recordings', 'snapshots')"
)
"""The plus has SQLite go by the index of time, which needs no sorting, rather than by that of the kind."""

_IS_RING = "coalesce(recording.trigger = 'continuous', 0)"


def held(db: sqlite3.Connection) -> dict[tuple[str, bool], int]:
    """Bytes of all candidates, by camera and whether a continuous recording made them."""
    query = f"SELECT media_file.device, {_IS_RING}, sum(size_bytes){_FROM} GROUP BY 1, 2"
    return {(device, bool(ring)): size for device, ring, size in db.execute(query)}


def oldest_first(db: sqlite3.Connection, near: Iterable[str]) -> Iterator[Candidate]:
    """Go through the candidates.

    Args:
        db: only as many rows are read as are taken.
        near: kinds of files that are on the recordings' disk, where they have not been moved elsewhere.

    Yields:
        each, oldest first.
    """
    on_disk = frozenset(near)
    query = (
        "SELECT kind, filename, media_file.device, size_bytes, created_at, coalesce(duration_s, 0), location,"
        f" {_IS_RING}{_FROM} ORDER BY created_at, filename"
    )
    for kind, filename, device, size, created, length_s, location, ring in db.execute(query):
        file = MediaFile(filename, device, size, created, created + length_s, location=location)
        yield Candidate(kind, file, created + length_s, bool(ring), kind in on_disk and location == MEDIA)
