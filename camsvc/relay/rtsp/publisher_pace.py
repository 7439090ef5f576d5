"""How long a publisher may be silent: as the configuration says, longer for one that sends a picture now and then."""

from __future__ import annotations

from collections import deque

#: Longest silence of any publisher, and the longest while its pace is not known yet, seconds: one picture in 30 s.
LONGEST_S = 75.0
AT_FIRST_S = 35.0
#: Silence is over the usual when it lasts so many times the pauses before it.
_TIMES = 2.5
#: Pauses that are remembered: a stall is forgotten with the next pictures.
_PAUSES = 4
#: Nothing is known of the pace of who has sent for less than this, seconds: its first picture may take some packets.
_FIRST_S = 1.0


class PublisherPace:
    """When media came from one publisher."""

    def __init__(self, read_timeout_s: float) -> None:
        """Nothing came; ``read_timeout_s`` is for all whose pictures come more often than that."""
        self._read_timeout_s = read_timeout_s
        self._first_at: float | None = None
        self._last_at = 0.0
        self._pauses: deque[float] = deque(maxlen=_PAUSES)

    def note(self, now: float) -> None:
        """Media came, at ``now`` in monotonic seconds."""
        if self._first_at is None:
            self._first_at = now
        elif now > self._last_at:
            self._pauses.append(now - self._last_at)
        self._last_at = now

    def silence_s(self) -> float:
        """How long it may be silent, seconds."""
        if self._first_at is None:
            return self._read_timeout_s
        if self._last_at - self._first_at < _FIRST_S:
            return max(self._read_timeout_s, AT_FIRST_S)
        return max(self._read_timeout_s, min(_TIMES * max(self._pauses), LONGEST_S))
