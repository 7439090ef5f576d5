"""Where files or segments and their parts begin and end: at which key frame, after how long, with which times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen
from twisted.logger import Logger

from camsvc.relay.media import fmp4
from camsvc.relay.media.depacketizer import Sampler, Taken
from camsvc.relay.media.rtp_clocks import Clocks
from camsvc.relay.media.track_timeline import Lane

#: Steps of the RTP timestamp that make a new file: back by more, or ahead by more, seconds.
MAX_BACK_S = 1.0
MAX_AHEAD_S = 60.0
#: Sender reports that are off by more than this from how two tracks arrive are not believed, seconds.
MAX_SKEW_S = 5.0
#: Largest part, bytes; a publisher's picture without end would make it so.
MAX_PART = 16 << 20


class Output(Protocol):
    """A file or segment under way."""

    def append(self, data: bytes, seconds: float) -> None:
        """Add a part, which shows so many seconds; never blocks."""

    def close(self) -> None:
        """Nothing follows."""


@frozen
class Start:
    """How a file or segment begins.

    Attributes:
        formats: of its tracks, in their order.
        seamless: it follows the last one without a gap and with the same formats.
    """

    formats: tuple[fmp4.Format, ...]
    seamless: bool


@frozen
class Lengths:
    """When something ends, seconds.

    Attributes:
        part_s: a part ends with the first picture after so long.
        file_s: a file or segment ends before the first key frame after so long.
    """

    part_s: float
    file_s: float


class Cutter:
    """Turns samples into files or segments of parts; knows no clock but those of RTP and of arrival.

    Attributes:
        end_s: where the times of the last file or segment that was closed ended, seconds.
    """

    _log = Logger()

    def __init__(
        self,
        samplers: dict[int, Sampler],
        clocks: Callable[[], Clocks],
        lengths: Lengths,
        begin: Callable[[Start], Output],
        *,
        standalone: bool,
        from_s: float = 0.0,
    ) -> None:
        """Begin with the next key frame of the leading track.

        Args:
            samplers: of the tracks to write, by index, the leading one first.
            clocks: how their timestamps belong together, as far as it is known by now.
            lengths: when parts and files end.
            begin: called for the first sample of each file or segment.
            standalone: each is a file of its own, with a header and times from 0; else they are segments of one
                presentation, with times that go on.
            from_s: where the times of such a presentation begin.
        """
        self._samplers = samplers
        self._clocks = clocks
        self._lengths = lengths
        self._open = begin
        self._standalone = standalone
        self._lead = next(iter(samplers))
        self._formats: tuple[fmp4.Format, ...] = ()
        self._lead_at = (0, 0.0)
        self._start_s = self._file_at_s = self._part_at_s = 0.0
        self.end_s = from_s
        self._forget()

    def _forget(self) -> None:
        """No file is under way."""
        self._file: Output | None = None
        self._lanes: dict[int, Lane] = {}
        self._sequence = 0
        self._told = False

    def _formats_now(self) -> tuple[fmp4.Format, ...] | None:
        found = [sampler.format for sampler in self._samplers.values()]
        return None if None in found else tuple(form for form in found if form is not None)

    def add(self, track: int, taken: Taken, arrived_s: float) -> None:
        """Take the next sample; without a key frame of the leading track nothing begins.

        Args:
            track: index of its track.
            taken: the sample.
            arrived_s: when it came, monotonic seconds.
        """
        if track == self._lead:
            self._add_leading(taken, arrived_s)
        elif self._file is not None:
            self._add_other(track, taken, arrived_s)

    # -- the leading track, which decides

    def _add_leading(self, taken: Taken, arrived_s: float) -> None:
        lane = self._lanes.get(self._lead)
        if lane is None:
            self._begin(taken, arrived_s)
            return
        step = lane.step(taken)
        if -MAX_BACK_S * lane.sampler.rate <= step <= 0:
            self._tell_disorder(step)
            return
        if step < 0 or step > MAX_AHEAD_S * lane.sampler.rate:
            self.close()
            self._begin(taken, arrived_s)
            return
        lane.finish(step)
        self._lead_at = (taken.timestamp, arrived_s)
        if taken.key and (self._is_long_enough(lane) or self._formats_now() != self._formats):
            self._next(taken, arrived_s)
        elif lane.seconds - self._part_at_s >= self._lengths.part_s or self._waiting_bytes() > MAX_PART:
            self._flush()
        if self._file is not None:  # else it failed in this very moment
            self._lanes[self._lead].hold(taken)

    def _is_long_enough(self, lane: Lane) -> bool:
        # A tenth less will do: key frames each second come at 0.999 s as well, and the next would be at 2 s.
        spare = 1.0 if self._standalone else 0.9
        return lane.seconds - self._file_at_s >= self._lengths.file_s * spare

    def _waiting_bytes(self) -> int:
        return sum(lane.waiting_bytes for lane in self._lanes.values())

    def _tell_disorder(self, step: int) -> None:
        if not self._told:
            self._told = True
            self._log.error("pictures out of order are left out, first by {step} ticks", step=step)

    def _begin(self, taken: Taken, arrived_s: float) -> None:
        formats = self._formats_now()
        if not taken.key or formats is None:
            return
        self._formats = formats
        self._lanes = {track: Lane(sampler) for track, sampler in self._samplers.items()}
        at_s = 0.0 if self._standalone else self.end_s
        self._lanes[self._lead].begin(taken, at_s)
        self._lead_at = (taken.timestamp, arrived_s)
        self._start_s = self._file_at_s = self._part_at_s = at_s
        self._file = self._open(Start(formats, seamless=False))

    def _next(self, taken: Taken, arrived_s: float) -> None:
        """End the file or segment and begin another at this very key frame."""
        if self._standalone or self._formats_now() != self._formats:
            self.close()
            self._begin(taken, arrived_s)
            return
        self._flush()
        if self._file is not None:
            self._file.close()
            self._file_at_s = self._lanes[self._lead].seconds
            self._file = self._open(Start(self._formats, seamless=True))

    # -- the others, which follow

    def _add_other(self, track: int, taken: Taken, arrived_s: float) -> None:
        lane = self._lanes[track]
        if lane.begun:
            step = lane.step(taken)
            if -MAX_BACK_S * lane.sampler.rate <= step <= 0:
                return
            if 0 < step <= MAX_AHEAD_S * lane.sampler.rate:
                lane.finish(step)
                lane.hold(taken)
                return
            lane.finish_last()
        at_s = self._place(track, taken, arrived_s)
        if at_s >= self._start_s:
            lane.begin(taken, at_s)

    def _place(self, track: int, taken: Taken, arrived_s: float) -> float:
        """Where a sample of another track belongs, seconds from the start of the presentation."""
        timestamp, lead_arrived_s = self._lead_at
        apart_s = arrived_s - lead_arrived_s
        told_s = self._clocks().between((self._lead, timestamp), (track, taken.timestamp))
        if told_s is not None and abs(told_s - apart_s) <= MAX_SKEW_S:
            apart_s = told_s
        return self._lanes[self._lead].seconds + apart_s

    # -- ends

    def _flush(self) -> None:
        if self._file is None:
            return
        found = [lane.run(number) for number, lane in enumerate(self._lanes.values(), 1)]
        runs = [run for run in found if run is not None]
        if not runs:
            return
        now_s = self._lanes[self._lead].seconds
        seconds, self._part_at_s = now_s - self._part_at_s, now_s
        start = fmp4.init_segment(self._formats) if self._standalone and not self._sequence else b""
        self._sequence += 1
        self._file.append(start + fmp4.fragment(self._sequence, runs), seconds)

    def close(self) -> None:
        """Write what is held and end the file; the next key frame begins another."""
        for lane in self._lanes.values():
            lane.finish_last()
        self._flush()
        self.abandon()

    def abandon(self) -> None:
        """Forget what is held: the file failed."""
        if self._lanes:
            self.end_s = self._lanes[self._lead].seconds
        if self._file is not None:
            self._file.close()
        self._forget()
