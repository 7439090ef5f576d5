"""HLS in memory (RFC 8216): the segments that can be asked for, what begins each presentation, and the playlists."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import frozen

from camsvc.relay import wall_time
from camsvc.relay.media import fmp4
from camsvc.relay.media.segmenter import SegmentStart
from camsvc.system.clocks import Clocks

#: Segments that are no longer listed stay as many: who has the last list may still fetch them (RFC 8216, 6.2.2).
SPARE = 3
#: All segments together, bytes; above it fewer are kept.
MAX_BYTES = 64 << 20
#: Segments follow each other in time unless this clock has left the camera's by more, seconds.
MAX_DRIFT_S = 0.5
#: The playlist that players begin with, and the one that they ask for again and again (MediaMTX's names).
MULTIVARIANT = "index.m3u8"
MEDIA = "stream.m3u8"


@frozen
class HlsSegment:
    """A segment.

    Attributes:
        number: of all that were made, from 0.
        name: of its file.
        data: its bytes.
        seconds: how long it is.
        began_at: wall time of its first picture.
        header: name of the file that its presentation begins with.
        gap: footage is missing before it, or the formats differ.
        gaps: how many had one, this one included.
    """

    number: int
    name: str
    data: bytes
    seconds: float
    began_at: datetime
    header: str
    gap: bool
    gaps: int


class OpenSegment:
    """A segment under way (an output of the segmenter); it goes into the playlist when it is closed."""

    def __init__(self, done: Callable[[bytes, float], None]) -> None:
        """Empty; ``done`` takes its bytes and seconds."""
        self._done = done
        self._parts: list[bytes] = []
        self._seconds = 0.0
        self.size = 0

    def append(self, data: bytes, seconds: float) -> None:
        """Add a part."""
        self._parts.append(data)
        self._seconds += seconds
        self.size += len(data)

    def close(self) -> None:
        """It is complete."""
        if self._parts:
            self._done(b"".join(self._parts), self._seconds)
            self._parts = []


class HlsPlaylist:
    """The newest segments."""

    def __init__(self, count: int, prefix: str, clocks: Clocks, changed: Callable[[], None]) -> None:
        """Empty.

        Args:
            count: segments that are listed.
            prefix: begins the names of files, so that no cache mixes two runs.
            clocks: what time it is.
            changed: called when there is one more.
        """
        self._count = count
        self._prefix = prefix
        self._clocks = clocks
        self._changed = changed
        self._segments: deque[HlsSegment] = deque()
        self._headers: dict[str, bytes] = {}
        self._formats: tuple[fmp4.SampleFormat, ...] = ()
        self._header = ""
        self._made = 0
        self._gaps = 0

    @property
    def listed(self) -> list[HlsSegment]:
        """What the playlist names."""
        return list(self._segments)[-self._count :]

    @property
    def size(self) -> int:
        """Memory that segments take, bytes."""
        return sum(len(segment.data) for segment in self._segments)

    def begin(self, start: SegmentStart) -> OpenSegment:
        """A segment that grows; ``start`` says how it begins."""
        if start.formats != self._formats:
            self._formats = start.formats
            self._header = f"{self._prefix}_init{self._made}.mp4"
            self._headers[self._header] = fmp4.init_segment(start.formats)
        header, gap = self._header, not start.seamless and self._made > 0
        return OpenSegment(lambda data, seconds: self._add(data, seconds, header, gap))

    def _began(self, seconds: float, gap: bool) -> datetime:
        """When the segment began that has just ended."""
        began = wall_time.utc(self._clocks) - timedelta(seconds=seconds)
        if self._segments and not gap:
            last = self._segments[-1]
            expected = last.began_at + timedelta(seconds=last.seconds)
            if abs((began - expected).total_seconds()) <= MAX_DRIFT_S:
                return expected
        return began

    def _add(self, data: bytes, seconds: float, header: str, gap: bool) -> None:
        self._gaps += gap
        name = f"{self._prefix}_seg{self._made}.mp4"
        began_at = self._began(seconds, gap)
        self._segments.append(HlsSegment(self._made, name, data, seconds, began_at, header, gap, self._gaps))
        self._made += 1
        while len(self._segments) > self._count + SPARE or (self.size > MAX_BYTES and len(self._segments) > 1):
            self._segments.popleft()
        used = {segment.header for segment in self._segments} | {self._header}
        self._headers = {name: content for name, content in self._headers.items() if name in used}
        self._changed()

    def file(self, name: str) -> bytes | None:
        """A segment or header by its name; None when it is unknown, or gone."""
        for segment in self._segments:
            if segment.name == name:
                return segment.data
        return self._headers.get(name)

    def multivariant(self) -> str:
        """The playlist that says what the stream is (RFC 8216, 4.3.4); a segment must be there."""
        rates = [8 * len(segment.data) / max(segment.seconds, 0.001) for segment in self.listed]
        codecs = ",".join(form.codec for form in self._formats)
        about = [
            f"BANDWIDTH={max(rates):.0f}",
            f"AVERAGE-BANDWIDTH={sum(rates) / len(rates):.0f}",
            f'CODECS="{codecs}"',
        ]
        about += [f"RESOLUTION={form.width}x{form.height}" for form in self._formats if form.is_video]
        return (
            f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:{','.join(about)}\n{MEDIA}\n"
        )

    def media(self) -> str:
        """The playlist of segments (RFC 8216, 4.3.3); a segment must be there."""
        listed = self.listed
        first = listed[0]
        target = max(1, *(round(segment.seconds) for segment in listed))
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{target}",
            f"#EXT-X-MEDIA-SEQUENCE:{first.number}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.gaps - first.gap}",
        ]
        header = ""
        for segment in listed:
            if segment.gap:
                lines.append("#EXT-X-DISCONTINUITY")
            if segment.header != header:
                header = segment.header
                lines.append(f'#EXT-X-MAP:URI="{header}"')
            began = segment.began_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{began}", f"#EXTINF:{segment.seconds:.5f},", segment.name]
        return "\n".join([*lines, ""])
