"""Where a recording's files and parts begin and end: at which key frame, after how long, with which timestamps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen
from twisted.logger import Logger

from camsvc.relay import fmp4, h264
from camsvc.relay.h264 import ParameterSets

_WRAP = 1 << 32
#: Steps of the RTP timestamp that make a new file: back by more, or ahead by more, seconds.
MAX_BACK_S = 1.0
MAX_AHEAD_S = 60.0
_FIRST_GUESS_S = 0.04


class Output(Protocol):
    """A file under way."""

    def append(self, data: bytes) -> None:
        """Add a part; never blocks."""

    def close(self) -> None:
        """Nothing follows."""


@frozen
class _Picture:
    timestamp: int
    data: bytes
    key: bool


class Cutter:
    """Turns access units into files of parts; knows no clock but the one of RTP."""

    _log = Logger()

    def __init__(
        self,
        sets: ParameterSets,
        clock_rate: int,
        part_s: float,
        segment_s: float,
        open_file: Callable[[], Output],
    ) -> None:
        """Begin with the next key frame.

        Args:
            sets: parameter sets out of the SDP; those in band replace them.
            clock_rate: RTP ticks per second.
            part_s: a part ends with the first picture after so long.
            segment_s: a file ends before the first key frame after so long.
            open_file: called for the first sample of each file.
        """
        self._sets = sets
        self._file_sets = sets
        self._rate = clock_rate
        self._part = int(part_s * clock_rate)
        self._segment = int(segment_s * clock_rate)
        self._open_file = open_file
        self._last_step = int(_FIRST_GUESS_S * clock_rate)
        self._forget()

    def _forget(self) -> None:
        self._file: Output | None = None
        self._held: _Picture | None = None
        self._samples: list[fmp4.Sample] = []
        self._time = 0
        self._part_time = 0
        self._sequence = 0
        self._told = False

    def add(self, timestamp: int, units: Sequence[bytes], key: bool) -> None:
        """Take the next access unit; without a key frame no file begins.

        Args:
            timestamp: of RTP, 32 bits.
            units: its NAL units.
            key: whether it is an IDR picture.
        """
        self._sets = self._sets.updated(units)
        picture = _Picture(timestamp, h264.picture(units), key)
        if not picture.data:
            return
        if self._held is None:
            self._begin(picture)
            return
        step = (timestamp - self._held.timestamp + _WRAP // 2) % _WRAP - _WRAP // 2
        if -MAX_BACK_S * self._rate <= step <= 0:
            self._tell_disorder(step)
            return
        if step < 0 or step > MAX_AHEAD_S * self._rate:
            self.close()
            self._begin(picture)
            return
        self._finish_held(step)
        if key and (self._time >= self._segment or self._sets != self._file_sets):
            self._flush()
            self._end_file()
            self._begin(picture)
            return
        if self._time - self._part_time >= self._part:
            self._flush()
        if self._file is not None:  # else it failed in this very moment
            self._held = picture

    def _tell_disorder(self, step: int) -> None:
        if not self._told:
            self._told = True
            self._log.error("pictures out of order are left out of the recording, first by {step} ticks", step=step)

    def _begin(self, picture: _Picture) -> None:
        if picture.key and self._sets.complete:
            self._file = self._open_file()
            self._file_sets = self._sets
            self._held = picture

    def _finish_held(self, step: int) -> None:
        if self._held is not None:
            self._samples.append(fmp4.Sample(self._held.data, step, self._held.key))
            self._time += step
            self._last_step = step
            self._held = None

    def _flush(self) -> None:
        if not self._samples or self._file is None:
            return
        start = b"" if self._sequence else fmp4.init_segment(self._file_sets, self._rate)
        self._sequence += 1
        self._file.append(start + fmp4.fragment(self._sequence, self._part_time, self._samples))
        self._samples = []
        self._part_time = self._time

    def _end_file(self) -> None:
        if self._file is not None:
            self._file.close()
        self._forget()

    def close(self) -> None:
        """Write what is held and end the file; the next key frame begins another."""
        self._finish_held(self._last_step)
        self._flush()
        self._end_file()

    def abandon(self) -> None:
        """Forget what is held: the file failed."""
        self._end_file()
