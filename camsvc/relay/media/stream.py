"""One live stream: how its packets become access units, who gets them, and since which key frame they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.logger import Logger

from camsvc.relay.media import h264, h265
from camsvc.relay.media.rtp_clocks import TrackClocks
from camsvc.relay.media.tracks import Track

#: Most that is kept since the last key frame, and since the one before, bytes.
MAX_CACHE = 4 << 20
#: So long after a key frame what is before it is kept for those who want to begin before it, seconds.
KEPT_ON_S = 5.0
#: Largest access unit, bytes; a publisher that never ends one is broken.
MAX_UNIT = 8 << 20
_SHORTEST_RTP = 4 + 12 + 1
_MARKER = 0x80
#: Codecs whose packets are collected into pictures, and how a picture that a reader can begin with is known.
_BEGINS = {"h264": h264.begins_decoding, "h265": h265.begins_decoding}


class OverlongUnit(Exception):
    """The publisher sends an access unit without end."""


class Unit:
    """What is sent in one go: an access unit of H.264 or H.265 video, else one packet.

    Attributes:
        track: index of its track.
        frames: interleaved frames as the publisher sent them.
        data: the same, joined.
        media: True for RTP, False for RTCP.
        key: True when a reader can begin here.
        arrived_s: when it was complete, by the clock of its stream: who gets it out of what is kept gets it later.
    """

    __slots__ = ("_payloads", "arrived_s", "data", "frames", "key", "media", "track")

    def __init__(
        self, track: int, frames: Sequence[bytes], key: bool = False, media: bool = True, arrived_s: float = 0.0
    ) -> None:
        self.track = track
        self.frames = frames
        self.data = frames[0] if len(frames) == 1 else b"".join(frames)
        self.key = key
        self.media = media
        self.arrived_s = arrived_s
        self._payloads: tuple[bytes, ...] | None = None

    def packetized(self, packetize: Callable[[Unit], tuple[bytes, ...]]) -> tuple[bytes, ...]:
        """What WebRTC sends of it: made once for all viewers, by the first of them.

        Args:
            packetize: makes the payloads.
        """
        if self._payloads is None:
            self._payloads = packetize(self)
        return self._payloads

    @property
    def marked(self) -> bool:
        """Whether its last packet has RTP's marker bit."""
        return bool(self.frames[-1][5] & _MARKER)

    @property
    def timestamp(self) -> int:
        """RTP timestamp of a media unit."""
        return int.from_bytes(self.frames[0][8:12], "big")


class Sink(Protocol):
    """Who takes units: a reader's connection, a recorder, a path that pulls."""

    def deliver(self, unit: Unit) -> None:
        """Take one unit; must not block."""

    def ended(self) -> None:
        """The stream is over, or this sink failed; nothing follows."""


class _Assembler:
    """Collects the packets of a video track until its access unit is complete (RFC 6184, 5.1: marker bit)."""

    __slots__ = ("begins", "frames", "key", "size", "stamp")

    def __init__(self, begins: Callable[[bytes], bool]) -> None:
        self.begins = begins
        self.frames: list[bytes] = []
        self.key = False
        self.size = 0
        self.stamp = b""

    def take(self, track: int, now_s: float) -> Unit:
        unit = Unit(track, self.frames, self.key, arrived_s=now_s)
        self.frames = []
        self.key = False
        self.size = 0
        return unit


class Stream:
    """Fans units out to its sinks; a failing sink harms nobody else."""

    _log = Logger()

    def __init__(self, tracks: tuple[Track, ...], seconds: Callable[[], float]) -> None:
        """Nothing has come.

        Args:
            tracks: what its packets are of.
            seconds: the time that units are stamped with, monotonic seconds.
        """
        self.tracks = tracks
        self.clocks = TrackClocks(tracks)
        self._seconds = seconds
        self.bytes_received = 0
        self.bytes_sent = 0
        self._assemblers = [_Assembler(_BEGINS[track.codec]) if track.codec in _BEGINS else None for track in tracks]
        self._keyed: int | None = next((at for at, assembler in enumerate(self._assemblers) if assembler), None)
        self._live: list[Sink] = []
        self._waiting: list[Sink] = []
        self._cache: list[Unit] = []
        self._before: list[Unit] = []
        self._cached_bytes = self._before_bytes = 0
        self._reports: dict[int, Unit] = {}
        self._over = False

    def follow_clocks(self, clocks: TrackClocks) -> None:
        """Take the clocks of the stream whose units these are.

        Args:
            clocks: that stream's.
        """
        self.clocks = clocks

    def packet(self, channel: int, frame: bytes) -> None:
        """Take an interleaved frame from the publisher.

        Args:
            channel: twice the track's index, plus one for RTCP.
            frame: its bytes with the interleave header.

        Raises:
            OverlongUnit: the publisher is to be closed.
        """
        track = channel >> 1
        if channel & 1:
            self.relay(Unit(track, (frame,), media=False, arrived_s=self._seconds()))
            return
        if len(frame) < _SHORTEST_RTP:
            return
        assembler = self._assemblers[track]
        if assembler is None:
            self.relay(Unit(track, (frame,), key=self._keyed is None, arrived_s=self._seconds()))
            return
        stamp = frame[8:12]
        if assembler.frames and stamp != assembler.stamp:
            self.relay(assembler.take(track, self._seconds()))
        assembler.stamp = stamp
        assembler.frames.append(frame)
        assembler.size += len(frame)
        if not assembler.key and track == self._keyed:
            assembler.key = assembler.begins(frame)
        if frame[5] & _MARKER:
            self.relay(assembler.take(track, self._seconds()))
        elif assembler.size > MAX_UNIT:
            raise OverlongUnit

    def relay(self, unit: Unit) -> None:
        """Give a unit to every sink, and to those that waited for a key frame."""
        if self._over:
            return
        self.bytes_received += len(unit.data)
        if unit.media:
            self._keep(unit)
            if unit.key and self._waiting:
                self._begin(*self._waiting)
        else:
            self.clocks.report(unit.track, unit.data)
            self._reports[unit.track] = unit
        for sink in tuple(self._live):
            self._deliver(sink, unit)

    def _begin(self, *sinks: Sink) -> None:
        """Make sinks live, with what they would learn seconds later: how the tracks' clocks belong together."""
        for sink in sinks:
            if sink in self._waiting:
                self._waiting.remove(sink)
            self._live.append(sink)
            for unit in tuple(self._reports.values()):
                if sink in self._live:
                    self._deliver(sink, unit)

    def _deliver(self, sink: Sink, unit: Unit) -> None:
        try:
            sink.deliver(unit)
            self.bytes_sent += len(unit.data)
        except Exception:
            self._log.failure("a sink failed and is left out")
            self.leave(sink)
            with self._log.failuresHandled("while ending a failed sink"):
                sink.ended()

    def _keep(self, unit: Unit) -> None:
        if self._keyed is None:
            return
        if unit.key:
            self._before, self._before_bytes = self._cache, self._cached_bytes
            self._cache = []
            self._cached_bytes = 0
        elif not self._cache:
            return
        self._cached_bytes += len(unit.data)
        if self._cached_bytes > MAX_CACHE:
            self._cache = []
        else:
            self._cache.append(unit)
        old = bool(self._cache) and unit.arrived_s - self._cache[0].arrived_s > KEPT_ON_S
        if old or self._before_bytes + self._cached_bytes > MAX_CACHE:
            self._before, self._before_bytes = [], 0

    def _kept(self, since_s: float | None) -> tuple[Unit, ...]:
        before = self._before if since_s is not None and self._before and self._cache else []
        if before and before[0].arrived_s <= (since_s or 0.0) < self._cache[0].arrived_s:
            return (*before, *self._cache)
        return tuple(self._cache)

    def join(self, sink: Sink, *, cached: bool = True, since_s: float | None = None) -> None:
        """Add a sink; it begins with a key frame.

        Args:
            sink: is given units until it leaves.
            cached: begin at once with what is kept since the last key frame, if that is known.
            since_s: a moment that is to be in it, by the clock that units are stamped with: where it is between the
                last two key frames, begin with the first of those.
        """
        self.leave(sink)
        if self._over:
            sink.ended()
        elif self._keyed is None:
            self._begin(sink)
        elif cached and self._cache:
            self._begin(sink)
            for unit in self._kept(since_s):
                if sink in self._live:
                    self._deliver(sink, unit)
        else:
            self._waiting.append(sink)

    def leave(self, sink: Sink) -> None:
        """Take a sink out, wherever it is."""
        if sink in self._live:
            self._live.remove(sink)
        if sink in self._waiting:
            self._waiting.remove(sink)

    def end(self) -> None:
        """Tell every sink that the stream is over."""
        self._over = True
        sinks, self._live, self._waiting = (*self._live, *self._waiting), [], []
        self._cache, self._before = [], []
        for sink in sinks:
            with self._log.failuresHandled("while ending a sink"):
                sink.ended()
