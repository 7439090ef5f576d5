"""The configuration's ``[recording]`` table: how recordings are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from camsvc.config.time_zone import zone_named
from camsvc.kinds.kind import Table


class RecordingRules(Table, frozen=True):
    """How long the files of a long recording are, and by which clock recordings are scheduled."""

    segment_s: Annotated[int, Meta(ge=1, le=86400)] = 3600
    pre_record_s: Annotated[int, Meta(ge=0, le=60)] = 0
    pre_record_dir: str = ""
    time_zone: Annotated[str, Meta(max_length=100)] = ""

    def rings_dir(self, recordings_dir: Path) -> Path:
        """Where the last seconds of cameras are kept, in ``.rec`` below it."""
        return Path(self.pre_record_dir) if self.pre_record_dir else recordings_dir


def problems(table: RecordingRules) -> Iterator[str]:
    """Find what does not fit.

    Yields:
        a line for each.
    """
    if table.time_zone and zone_named(table.time_zone) is None:
        yield f'recording.time_zone = "{table.time_zone}": no zone of that name, such as "Europe/Berlin"'
