"""One export, as it is known while it is made and afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import define
from twisted.internet.defer import Deferred

from camsvc.model import MediaFile


class ExportState(StrEnum):
    """Where an export stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@define(eq=False)
class Export:
    """One export.

    Attributes:
        ident: its name in calls.
        device: the camera.
        since: what was asked for, seconds since the epoch.
        until: likewise.
        sources: the files that it is made of, in order.
        state: where it stands.
        progress: 0 to 1.
        file: what came of it.
        error: why nothing did.
    """

    ident: str
    device: str
    since: float
    until: float
    sources: tuple[MediaFile, ...]
    state: ExportState = ExportState.QUEUED
    progress: float = 0.0
    file: MediaFile | None = None
    error: str | None = None
    work: Deferred[None] | None = None

    @property
    def has_ended(self) -> bool:
        """Nothing more will come of it."""
        return self.state not in (ExportState.QUEUED, ExportState.RUNNING)

    @property
    def estimated_bytes(self) -> int:
        """What it will take, as far as its sources tell."""
        return sum(
            int(file.size_bytes * (piece[1] - piece[0]) / file.duration_s)
            for file, piece in zip(self.sources, self.ranges, strict=True)
            if file.duration_s
        )

    @property
    def ranges(self) -> Sequence[tuple[float, float]]:
        """From where to where in each of its files, seconds."""
        return [
            (max(0.0, self.since - file.created_at), min(file.duration_s or 0.0, self.until - file.created_at))
            for file in self.sources
        ]
