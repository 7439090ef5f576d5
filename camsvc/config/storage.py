"""The configuration's ``[storage]`` table: where files are, and how much room stays free beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from camsvc.kinds.kind import Table


class Storage(Table, frozen=True):
    """Folders, and how much room stays free."""

    state_dir: str = "/var/lib/camsvc"
    runtime_dir: str = ""
    recordings_dir: str = ""
    snapshots_dir: str = ""
    archive_dir: str = ""
    archive_after_hours: Annotated[float, Meta(ge=0, le=876000)] = 0
    reserve_bytes: Annotated[int, Meta(ge=0)] = 1 << 30
    reserve_percent: Annotated[float, Meta(ge=0, le=50)] = 5.0

    @property
    def recordings(self) -> Path:
        """The folder of finished recordings; parts stand in ``.rec`` below it."""
        return Path(self.recordings_dir or Path(self.state_dir, "recordings"))

    @property
    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return Path(self.snapshots_dir or Path(self.state_dir, "snapshots"))

    @property
    def thumbnails(self) -> Path:
        """The folder of thumbnails of both; they can be made again."""
        return Path(self.state_dir, "thumbnails")

    @property
    def archive(self) -> Path | None:
        """The second folder of recordings; None where there is none."""
        return Path(self.archive_dir) if self.archive_dir else None

    @property
    def media_folders(self) -> dict[str, str]:
        """The folders that files are handed out of, by their keys."""
        first = {"storage.recordings_dir": str(self.recordings), "storage.snapshots_dir": str(self.snapshots)}
        return first | ({"storage.archive_dir": self.archive_dir} if self.archive_dir else {})

    def reserve_of(self, total: int) -> int:
        """Bytes that stay free on a file system of ``total`` bytes: the smaller of both limits."""
        return min(self.reserve_bytes, int(total * self.reserve_percent / 100))


def anchored(table: Storage, at: Callable[[str], str]) -> Storage:
    """The table with every folder absolute.

    Args:
        table: as it was read.
        at: makes a folder absolute; leaves an empty one.
    """
    return msgspec.structs.replace(
        table,
        state_dir=at(table.state_dir),
        runtime_dir=at(table.runtime_dir),
        recordings_dir=at(table.recordings_dir),
        snapshots_dir=at(table.snapshots_dir),
        archive_dir=at(table.archive_dir),
    )
