"""HLS of one path: made at the first request, gone some time after the last; it survives a change of publisher."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.relay import wall_time
from camsvc.relay.hls.playlist import MEDIA, MULTIVARIANT, HlsPlaylist, OpenSegment
from camsvc.relay.media.depacketizer import PLAYED_SOUND, Depacketizer, select_tracks
from camsvc.relay.media.segmenter import Segmenter, SegmentLengths, SegmentStart
from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.request_errors import PathNotFound, RequestError
from camsvc.system.clocks import Clocks

#: It is given up so long after the last request, seconds (MediaMTX 1.5.1's closeAfterInactivity).
IDLE_S = 60.0
#: Longest wait of a request for a first segment, seconds.
CONTENT_S = 20.0
#: Without a stream the list stands still; after so many seconds players are told that nobody publishes.
ABSENT_S = 10.0
#: Largest segment, bytes: without key frames it ends here.
MAX_SEGMENT = 16 << 20


@frozen
class MuxerContext:
    """What every muxer is given.

    Attributes:
        clock: for its timers.
        clocks: what time it is.
        segment_count: segments in a playlist.
        segment_s: shortest segment, seconds.
    """

    clock: IReactorTime
    clocks: Clocks
    segment_count: int
    segment_s: float


class HlsMuxer:
    """A reader of a path that stays when its stream ends (a subscriber), and takes its units (a sink)."""

    _log = Logger()
    kind = "hlsMuxer"
    id = ""

    def __init__(self, context: MuxerContext, path: RelayPath, on_end: Callable[[HlsMuxer], None]) -> None:
        """Read from now on.

        Args:
            context: clocks and sizes.
            path: what to read; an on-demand path is kept running.
            on_end: called once, when it ends.

        Raises:
            RequestError: the path takes no more readers.
        """
        self.path = path
        self.created = wall_time.utc(context.clocks)
        self.last_request = self.created
        self.bytes_sent = 0
        self.closed = False
        self._context = context
        self._on_end = on_end
        self._playlist = HlsPlaylist(context.segment_count, secrets.token_hex(6), context.clocks, self._on_changed)
        self._waiting: list[Deferred[None]] = []
        self._stream: Stream | None = None
        self._depacketizers: dict[int, Depacketizer] = {}
        self._segmenter: Segmenter | None = None
        self._open_segment: OpenSegment | None = None
        self._end_s = 0.0
        self._touched_at = self._absent_since = context.clock.seconds()
        self._check: IDelayedCall = context.clock.callLater(IDLE_S, self._check_idle)
        try:
            self._gone = path.subscribe(self)
        except RequestError:
            self._check.cancel()
            raise
        _ = self._gone.addCallbacks(lambda _: self.close(), lambda _: None)

    # -- the path

    def started(self, stream: Stream) -> None:
        """There is a stream: go on with it."""
        self._depacketizers = select_tracks(stream.tracks, PLAYED_SOUND)
        self._stream = stream
        if not self._depacketizers:
            self._log.warn("path {path} has nothing that HLS can show: H.264, AAC, Opus", path=self.path.name)
            return
        lengths = SegmentLengths(float("inf"), self._context.segment_s)
        self._segmenter = Segmenter(
            self._depacketizers, lambda: stream.clocks, lengths, self._begin, standalone=False, from_s=self._end_s
        )
        stream.join(self)

    def stopped(self) -> None:
        """The stream has ended; what there is of it stays to be asked for."""
        if self._stream is None:
            return
        self._stream.leave(self)
        self._stream = None
        self._absent_since = self._context.clock.seconds()
        if self._segmenter is not None:
            self._segmenter.close()
            self._end_s = self._segmenter.end_s
            self._segmenter = None

    def ended(self) -> None:
        """The stream has ended."""
        self.stopped()

    def deliver(self, unit: Unit) -> None:
        """Take a unit of a track."""
        depacketizer = self._depacketizers.get(unit.track)
        if depacketizer is None or self._segmenter is None or not unit.media:
            return
        for sample in depacketizer.take(unit):
            self._segmenter.add(unit.track, sample, unit.arrived_s)
        if self._open_segment is not None and self._open_segment.size > MAX_SEGMENT:
            self._log.warn("path {path} sends no key frame; its HLS waits for one", path=self.path.name)
            self._segmenter.close()

    def note_sent(self, size_bytes: int) -> None:
        """Count what a reader was given.

        Args:
            size_bytes: of a playlist or a segment.
        """
        self.bytes_sent += size_bytes

    def close(self) -> None:
        """End: nobody asks any more, or the path is gone."""
        if self.closed:
            return
        self.closed = True
        self.stopped()
        if self._check.active():
            self._check.cancel()
        if not self._gone.called:
            self._gone.cancel()
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done.errback(PathNotFound())
        self._on_end(self)

    # -- requests

    def _begin(self, start: SegmentStart) -> OpenSegment:
        self._open_segment = self._playlist.begin(start)
        return self._open_segment

    def _on_changed(self) -> None:
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done.callback(None)

    def _check_idle(self) -> None:
        left_s = self._touched_at + IDLE_S - self._context.clock.seconds()
        if left_s <= 0 and not self._waiting:
            self.close()
        else:
            self._check = self._context.clock.callLater(max(left_s, 1.0), self._check_idle)

    async def file(self, name: str) -> bytes | None:
        """What a request for a file gets; None when there is no such file.

        Raises:
            RequestError: 404 without a stream, or with one that HLS cannot show; 500 when no segment came in time.
        """
        self._touched_at = self._context.clock.seconds()
        self.last_request = wall_time.utc(self._context.clocks)
        if name not in (MULTIVARIANT, MEDIA):
            return self._playlist.file(name)
        if self._stream is None and self._touched_at - self._absent_since > ABSENT_S:
            raise RequestError(f"no one is publishing to path '{self.path.name}'", 404)
        if self._stream is not None and not self._depacketizers:
            raise RequestError("the stream doesn't contain any supported codec", 404)
        if not self._playlist.listed:
            await self._when_changed()
        return (self._playlist.multivariant() if name == MULTIVARIANT else self._playlist.media()).encode()

    async def _when_changed(self) -> None:
        changed: Deferred[None] = Deferred(lambda done: self._waiting.remove(done))
        self._waiting.append(changed)
        try:
            await changed.addTimeout(CONTENT_S, self._context.clock)
        except TimeoutError as why:
            raise RequestError(f"path '{self.path.name}' gave no segment in time", 500) from why
