"""The times of one track's samples in a presentation: how long each lasts, and what of it waits for the next part."""

from __future__ import annotations

from camsvc.relay.media import fmp4
from camsvc.relay.media.depacketizer import Depacketizer, RtpSample
from camsvc.relay.media.rtp_clocks import ticks_between


class TrackTimeline:
    """One track of a presentation; a sample is held until the next one tells how long it lasts.

    Attributes:
        time: ticks from the start of the presentation to the end of the last sample that is complete.
        waiting_bytes: size of the complete samples that no part has sample.
    """

    def __init__(self, depacketizer: Depacketizer) -> None:
        """Empty, at time 0."""
        self.depacketizer = depacketizer
        self.time = 0
        self.waiting_bytes = 0
        self._base = 0
        self._held: RtpSample | None = None
        self._samples: list[fmp4.Mp4Sample] = []
        self._last = depacketizer.usual

    @property
    def begun(self) -> bool:
        """Whether a sample is held."""
        return self._held is not None

    @property
    def seconds(self) -> float:
        """``time`` in seconds."""
        return self.time / self.depacketizer.rate

    def begin(self, sample: RtpSample, at_s: float) -> None:
        """Hold a first sample, which is shown at ``at_s`` seconds, or at once when that is past."""
        at = max(round(at_s * self.depacketizer.rate), self.time)
        if not self._samples:
            self._base = at
        elif at > self.time:
            last = self._samples.pop()
            self._samples.append(fmp4.Mp4Sample(last.data, last.duration + at - self.time, last.key))
        self.time = at
        self._held = sample

    def ticks_since_held(self, sample: RtpSample) -> int:
        """Ticks from the held sample to this one."""
        return ticks_between(self._held.timestamp, sample.timestamp) if self._held is not None else 0

    def finish(self, duration: int) -> None:
        """Complete the held sample."""
        if self._held is not None:
            self._samples.append(fmp4.Mp4Sample(self._held.data, duration, self._held.key))
            self.waiting_bytes += len(self._held.data)
            self.time += duration
            self._last = duration
            self._held = None

    def finish_last(self) -> None:
        """Complete the held sample, which no other follows: it lasts as long as the one before."""
        self.finish(self._last)

    def hold(self, sample: RtpSample) -> None:
        """Take the sample that follows the one completed."""
        self._held = sample

    def run(self, number: int) -> fmp4.TrackRun | None:
        """Hand over what is complete, as track ``number``; None when there is nothing."""
        if not self._samples:
            return None
        run = fmp4.TrackRun(number, self._base, tuple(self._samples))
        self._samples, self.waiting_bytes, self._base = [], 0, self.time
        return run
