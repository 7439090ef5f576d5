"""How many streams each viewer may watch at a time, so that none takes what others, recordings and cameras need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from attrs import frozen
from twisted.logger import Logger

from camsvc.config.schema import Limits
from camsvc.errors import RateLimited

WEBRTC, RTSP, HLS = "webrtc", "rtsp", "hls"


class ShareUsedUp(RateLimited):
    """Somebody watches as many streams as one may."""

    def __init__(self, protocol: str, most: int) -> None:
        super().__init__(
            f"Too many {protocol.upper()} streams are watched by this login or key, or from this address",
            reason="viewer_limit",
            retry_after_ms=5000,
            suggestion=f"close some of them: {most} is the limit; see [limits] in the configuration",
        )


@frozen
class Viewing:
    """A stream that is watched.

    Attributes:
        protocol: as the engine names it; of those over TLS the plain one counts.
        holders: whose it is: a name for the user or key, an address where it tells anything.
    """

    protocol: str
    holders: frozenset[str]


class ViewerShares:
    """Counts by protocol and holder: what the engine has listed last, and who was let in since."""

    _log = Logger()

    def __init__(self, limits: Limits) -> None:
        """Set up.

        Args:
            limits: how many each may.
        """
        self._most = {WEBRTC: limits.viewer_webrtc_streams, RTSP: limits.viewer_streams, HLS: limits.viewer_streams}
        self._listed: Counter[tuple[str, str]] = Counter()
        self._since: Counter[tuple[str, str]] = Counter()
        self._told: set[tuple[str, str]] = set()

    def set_listed(self, viewings: Iterable[Viewing]) -> None:
        """What is watched by now; who was let in before is among them, or has left."""
        keys = [key for viewing in viewings for key in _keys(viewing)]
        self._listed = Counter(keys)
        self._since.clear()
        self._told &= {key for key in self._told if self._listed[key] >= self._most[key[0]]}

    def require(self, viewing: Viewing) -> None:
        """See that each holder may watch one more.

        Raises:
            ShareUsedUp: one may not.
        """
        for key in _keys(viewing):
            most = self._most[key[0]]
            if self._listed[key] + self._since[key] >= most:
                if key not in self._told:
                    self._told.add(key)
                    self._log.warn("{who} watches {most} streams by {protocol}; no more are given",
                                   who=key[1], most=most, protocol=key[0])  # fmt: skip
                raise ShareUsedUp(key[0], most)

    def add(self, viewing: Viewing) -> None:
        """Count one more until the next list, or raise the error of :meth:`require`."""
        self.require(viewing)
        self._since.update(_keys(viewing))


def _keys(viewing: Viewing) -> list[tuple[str, str]]:
    protocol = viewing.protocol if viewing.protocol in (WEBRTC, HLS) else RTSP
    return [(protocol, holder) for holder in sorted(viewing.holders)]
