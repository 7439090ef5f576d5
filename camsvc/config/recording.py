"""The configuration's ``[recording]`` table: how recordings are made."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from camsvc.kinds.kind import Table


class RecordingRules(Table, frozen=True):
    """How long the files of a long recording are."""

    segment_s: Annotated[int, Meta(ge=1, le=86400)] = 3600
