"""Where files or segments and their parts begin and end: at which key frame, after how long, with which times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen
from twisted.logger import Logger

from camsvc.relay.media import fmp4
from camsvc.relay.media.depacketizer import Depacketizer, RtpSample
from camsvc.relay.media.rtp_clocks import TrackClocks
from camsvc.relay.media.track_timeline import TrackTimeline

#: Steps of the RTP timestamp that make a new file: back by more, or ahead by more, seconds.
MAX_BACK_S = 1.0
MAX_AHEAD_S = 60.0
#: Sender reports that are off by more than this from how two tracks arrive are not believed, seconds.
MAX_SKEW_S = 5.0
#: Largest part, bytes; a publisher's picture without end would make it so.
MAX_PART = 16 << 20


class SegmentOutput(Protocol):
    """A file or segment under way."""

    def append(self, data: bytes, seconds: float) -> None:
        """Add a part, which shows so many seconds; never blocks."""

    def close(self) -> None:
        """Nothing follows."""


@frozen
class SegmentStart:
    """How a file or segment begins.

    Attributes:
        formats: of its tracks, in their order.
        seamless: it follows the last one without a gap and with the same formats.
    """

    formats: tuple[fmp4.SampleFormat, ...]
    seamless: bool


@frozen
class SegmentLengths:
    """When something ends, seconds.

    Attributes:
        part_s: a part ends with the first picture after so long.
        file_s: a file or segment ends before the first key frame after so long.
    """

    part_s: float
    file_s: float


class Segmenter:
    """Turns samples into files or segments of parts; knows no clock but those of RTP and of arrival.

    Attributes:
        end_s: where the times of the last file or segment that was closed ended, seconds.
    """

    _log = Logger()

    def __init__(
        self,
        depacketizers: dict[int, Depacketizer],
        clocks: Callable[[], TrackClocks],
        lengths: SegmentLengths,
        begin: Callable[[SegmentStart], SegmentOutput],
        *,
        standalone: bool,
        from_s: float = 0.0,
    ) -> None:
        """Begin with the next key frame of the leading track.

        Args:
            depacketizers: of the tracks to write, by index, the leading one first.
            clocks: how their timestamps belong together, as far as it is known by now.
            lengths: when parts and files end.
            begin: called for the first sample of each file or segment.
            standalone: each is a file of its own, with a header and times from 0; else they are segments of one
                presentation, with times that go on.
            from_s: where the times of such a presentation begin.
        """
        self._depacketizers = depacketizers
        self._clocks = clocks
        self._lengths = lengths
        self._open = begin
        self._standalone = standalone
        self._lead = next(iter(depacketizers))
        self._formats: tuple[fmp4.SampleFormat, ...] = ()
        self._lead_at = (0, 0.0)
        self._start_s = self._file_at_s = self._part_at_s = 0.0
        self.end_s = from_s
        self._forget()

    def _forget(self) -> None:
        """No file is under way."""
        self._file: SegmentOutput | None = None
        self._timelines: dict[int, TrackTimeline] = {}
        self._sequence = 0
        self._disorder_logged = False

    def _formats_now(self) -> tuple[fmp4.SampleFormat, ...] | None:
        found = [depacketizer.format for depacketizer in self._depacketizers.values()]
        return None if None in found else tuple(form for form in found if form is not None)

    def add(self, track: int, sample: RtpSample, arrived_s: float) -> None:
        """Take the next sample; without a key frame of the leading track nothing begins.

        Args:
            track: index of its track.
            sample: the sample.
            arrived_s: when it came, monotonic seconds.
        """
        if track == self._lead:
            self._add_leading(sample, arrived_s)
        elif self._file is not None:
            self._add_other(track, sample, arrived_s)

    # -- the leading track, which decides

    def _add_leading(self, sample: RtpSample, arrived_s: float) -> None:
        timeline = self._timelines.get(self._lead)
        if timeline is None:
            self._begin(sample, arrived_s)
            return
        step = timeline.ticks_since_held(sample)
        if -MAX_BACK_S * timeline.depacketizer.rate <= step <= 0:
            self._log_disorder(step)
            return
        if step < 0 or step > MAX_AHEAD_S * timeline.depacketizer.rate:
            self.close()
            self._begin(sample, arrived_s)
            return
        timeline.finish(step)
        self._lead_at = (sample.timestamp, arrived_s)
        if sample.key and (self._is_long_enough(timeline) or self._formats_now() != self._formats):
            self._begin_next(sample, arrived_s)
        elif timeline.seconds - self._part_at_s >= self._lengths.part_s or self._waiting_bytes() > MAX_PART:
            self._flush()
        if self._file is not None:  # else it failed in this very moment
            self._timelines[self._lead].hold(sample)

    def _is_long_enough(self, timeline: TrackTimeline) -> bool:
        # A tenth less will do: key frames each second come at 0.999 s as well, and the next would be at 2 s.
        spare = 1.0 if self._standalone else 0.9
        return timeline.seconds - self._file_at_s >= self._lengths.file_s * spare

    def _waiting_bytes(self) -> int:
        return sum(timeline.waiting_bytes for timeline in self._timelines.values())

    def _log_disorder(self, step: int) -> None:
        if not self._disorder_logged:
            self._disorder_logged = True
            self._log.error("pictures out of order are left out, first by {step} ticks", step=step)

    def _begin(self, sample: RtpSample, arrived_s: float) -> None:
        formats = self._formats_now()
        if not sample.key or formats is None:
            return
        self._formats = formats
        self._timelines = {track: TrackTimeline(depacketizer) for track, depacketizer in self._depacketizers.items()}
        at_s = 0.0 if self._standalone else self.end_s
        self._timelines[self._lead].begin(sample, at_s)
        self._lead_at = (sample.timestamp, arrived_s)
        self._start_s = self._file_at_s = self._part_at_s = at_s
        self._file = self._open(SegmentStart(formats, seamless=False))

    def _begin_next(self, sample: RtpSample, arrived_s: float) -> None:
        """End the file or segment and begin another at this very key frame."""
        if self._standalone or self._formats_now() != self._formats:
            self.close()
            self._begin(sample, arrived_s)
            return
        self._flush()
        if self._file is not None:
            self._file.close()
            self._file_at_s = self._timelines[self._lead].seconds
            self._file = self._open(SegmentStart(self._formats, seamless=True))

    # -- the others, which follow

    def _add_other(self, track: int, sample: RtpSample, arrived_s: float) -> None:
        timeline = self._timelines[track]
        if timeline.begun:
            step = timeline.ticks_since_held(sample)
            if -MAX_BACK_S * timeline.depacketizer.rate <= step <= 0:
                return
            if 0 < step <= MAX_AHEAD_S * timeline.depacketizer.rate:
                timeline.finish(step)
                timeline.hold(sample)
                return
            timeline.finish_last()
        at_s = self._position_of(track, sample, arrived_s)
        if at_s >= self._start_s:
            timeline.begin(sample, at_s)

    def _position_of(self, track: int, sample: RtpSample, arrived_s: float) -> float:
        """Where a sample of another track belongs, seconds from the start of the presentation."""
        timestamp, lead_arrived_s = self._lead_at
        apart_s = arrived_s - lead_arrived_s
        reported_s = self._clocks().between((self._lead, timestamp), (track, sample.timestamp))
        if reported_s is not None and abs(reported_s - apart_s) <= MAX_SKEW_S:
            apart_s = reported_s
        return self._timelines[self._lead].seconds + apart_s

    # -- ends

    def _flush(self) -> None:
        if self._file is None:
            return
        found = [timeline.run(number) for number, timeline in enumerate(self._timelines.values(), 1)]
        runs = [run for run in found if run is not None]
        if not runs:
            return
        now_s = self._timelines[self._lead].seconds
        seconds, self._part_at_s = now_s - self._part_at_s, now_s
        start = fmp4.init_segment(self._formats) if self._standalone and not self._sequence else b""
        self._sequence += 1
        self._file.append(start + fmp4.fragment(self._sequence, runs), seconds)

    def close(self) -> None:
        """Write what is held and end the file; the next key frame begins another."""
        for timeline in self._timelines.values():
            timeline.finish_last()
        self._flush()
        self.abandon()

    def abandon(self) -> None:
        """Forget what is held: the file failed."""
        if self._timelines:
            self.end_s = self._timelines[self._lead].seconds
        if self._file is not None:
            self._file.close()
        self._forget()
