"""Recording one stream: which track, under which file names, and what happens when the disk fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path as FilePath
from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.relay import wall_time
from camsvc.relay.media.depacketizer import select_tracks
from camsvc.relay.media.segmenter import Segmenter, SegmentLengths, SegmentOutput, SegmentStart
from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.paths.options import RelayPathOptions
from camsvc.system.clocks import Clocks

#: Pause after a failed write, seconds (MediaMTX's).
RETRY_S = 2.0
#: A failure that lasts is logged so often, seconds.
REPEAT_S = 60.0


class FileOpener(Protocol):
    """Opens files that write themselves in threads."""

    def open(self, path: FilePath, failed: Callable[[OSError], None]) -> SegmentOutput:
        """A new file."""


def file_name(pattern: str, path: str, started: datetime) -> FilePath:
    """A file's full name.

    Args:
        pattern: ``recordPath``, with %path and strftime codes.
        path: the path's name.
        started: wall time of the first sample, in the zone that names are in.
    """
    return FilePath(started.strftime(pattern.replace("%path", path)) + ".mp4")


class FileRecorder:
    """Records the first video and the first sound of a stream (a sink)."""

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        clocks: Clocks,
        disk: FileOpener,
        name: str,
        options: RelayPathOptions,
        stream: Stream,
    ) -> None:
        """Start with the key frame that is kept: the moment at which a recording was asked for is in it.

        Args:
            clock: for the pause after failures.
            clocks: what time it is, for the files' names.
            disk: opens the files.
            name: the path's name.
            options: the path's options.
            stream: what to record.
        """
        self._clock = clock
        self._clocks = clocks
        self._disk = disk
        self._name = name
        self._pattern = options.recordPath
        self._stream = stream
        self._retry_at = self._arrived_s = 0.0
        self._logged_at: float | None = None
        self._stopped = False
        self._depacketizers = select_tracks(stream.tracks)
        if not self._depacketizers:
            self._log.error("path {path} has nothing that can be recorded: H.264, AAC, Opus, G.711", path=name)
            return
        left_out = [track.name for at, track in enumerate(stream.tracks) if at not in self._depacketizers]
        if left_out:
            self._log.warn("path {path} is recorded without {tracks}", path=name, tracks=", ".join(left_out))
        lengths = SegmentLengths(options.recordPartDuration, options.recordSegmentDuration)
        self._segmenter = Segmenter(self._depacketizers, lambda: stream.clocks, lengths, self._open, standalone=True)
        stream.join(self)

    def _open(self, start: SegmentStart) -> SegmentOutput:
        began = wall_time.local(self._clocks, ago_s=self._clock.seconds() - self._arrived_s)
        return self._disk.open(file_name(self._pattern, self._name, began), self._on_failed)

    def deliver(self, unit: Unit) -> None:
        """Record a unit of one of the tracks."""
        depacketizer = self._depacketizers.get(unit.track)
        now = self._clock.seconds()
        if depacketizer is None or not unit.media or now < self._retry_at:
            return
        self._arrived_s = unit.arrived_s
        for sample in depacketizer.take(unit):
            self._segmenter.add(unit.track, sample, unit.arrived_s)

    def _on_failed(self, why: OSError) -> None:
        self._segmenter.abandon()
        now = self._clock.seconds()
        self._retry_at = now + RETRY_S
        if self._logged_at is None or now - self._logged_at >= REPEAT_S:
            self._logged_at = now
            self._log.error("path {path} cannot be recorded: {why}", path=self._name, why=why)

    def ended(self) -> None:
        """The stream is over."""
        self.stop()

    def stop(self) -> None:
        """Write what is held and close the file."""
        if not self._stopped and self._depacketizers:
            self._stopped = True
            self._stream.leave(self)
            self._segmenter.close()
