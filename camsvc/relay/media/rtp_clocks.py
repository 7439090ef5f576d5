"""How the RTP clocks of a stream's tracks belong together, as its sender reports say (RFC 3550, 6.4.1)."""

from __future__ import annotations

from camsvc.relay.media import rtcp
from camsvc.relay.media.tracks import Track

_WRAP = 1 << 32
_INTERLEAVE = 4


def ticks_between(before: int, after: int) -> int:
    """Ticks from one RTP timestamp to another, over the 32-bit wrap; negative when it goes back."""
    return (after - before + _WRAP // 2) % _WRAP - _WRAP // 2


class TrackClocks:
    """The last sender report of each track."""

    def __init__(self, tracks: tuple[Track, ...]) -> None:
        """Nothing is known yet."""
        self._rates = [track.clock_rate for track in tracks]
        self._reports: dict[int, rtcp.ClockReading] = {}

    def report(self, track: int, frame: bytes) -> None:
        """Read a track's RTCP frame; what is no sender report changes nothing."""
        found = rtcp.sender_report(frame[_INTERLEAVE:]) if 0 <= track < len(self._rates) else None
        if found is not None:
            self._reports[track] = found

    def between(self, first: tuple[int, int], second: tuple[int, int]) -> float | None:
        """Seconds from one moment to another.

        Args:
            first: a track's index and an RTP timestamp of it.
            second: the same of any track.

        Returns:
            None while one of the tracks has not sent a report.
        """
        walls = []
        for track, timestamp in (first, second):
            report = self._reports.get(track)
            if report is None:
                return None
            walls.append(report.wall_s + ticks_between(report.rtp, timestamp) / self._rates[track])
        return walls[1] - walls[0]
