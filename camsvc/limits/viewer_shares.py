"""How many streams each viewer may watch at a time, so that none takes what others, recordings and cameras need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable

from attrs import frozen
from twisted.logger import Logger

from camsvc.config.schema import Limits
from camsvc.errors import RateLimited
from camsvc.system.clocks import Clocks
from camsvc.system.subscribers import Subscribers

WEBRTC, RTSP, HLS = "webrtc", "rtsp", "hls"

PENDING_S = 15.0
"""So long somebody is awaited in the engine's list: a camera has to start for its first viewer."""

Key = tuple[str, str]


class ShareUsedUp(RateLimited):
    """Somebody watches as many streams as one may."""

    def __init__(self, protocol: str, most: int) -> None:
        super().__init__(
            f"Too many {protocol.upper()} streams are watched by this login or key, or from this address",
            reason="viewer_limit",
            retry_after_ms=5000,
            limit=most,
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
    """Counts by protocol and holder: what the engine has listed last, and who was let in and is not listed yet.

    MediaMTX 1.20 asks for one RTSP viewer under two ids; so two that are not listed count as one.

    Attributes:
        in_doubt: told when those who are not listed yet may be too many: the list should be read.
    """

    _log = Logger()

    def __init__(self, limits: Limits, clocks: Clocks) -> None:
        """Set up.

        Args:
            limits: how many each may.
            clocks: how long somebody is awaited in the list.
        """
        self._most = {WEBRTC: limits.viewer_webrtc_streams, RTSP: limits.viewer_streams, HLS: limits.viewer_streams}
        self._clocks = clocks
        self._listed: Counter[Key] = Counter()
        self._pending: dict[str, tuple[float, list[Key]]] = {}
        self._told: set[Key] = set()
        self.in_doubt: Subscribers[[]] = Subscribers("telling that a share is in doubt", self._log)

    def set_listed(self, viewings: Iterable[Viewing], ids: Container[str]) -> None:
        """Say what is watched.

        Args:
            viewings: all that the engine lists.
            ids: the engine's of these, and of the connections that they are on.
        """
        self._listed = Counter(key for viewing in viewings for key in _keys(viewing))
        since = self._clocks.monotonic_s() - PENDING_S
        self._pending = {
            ident: (at, keys) for ident, (at, keys) in self._pending.items() if ident not in ids and at > since
        }
        self._told = {key for key in self._told if self._listed[key] >= self._most[key[0]]}

    def require(self, viewing: Viewing) -> None:
        """See that each holder may watch one more.

        Raises:
            ShareUsedUp: one may not.
        """
        for key in _keys(viewing):
            most, pending = self._most[key[0]], self._pending_of(key)
            if self._listed[key] + (pending // 2 if key[0] == RTSP else pending) >= most:
                if key not in self._told:
                    self._told.add(key)
                    self._log.warn("{who} watches {most} streams by {protocol}; no more are given",
                                   who=key[1], most=most, protocol=key[0])  # fmt: skip
                raise ShareUsedUp(key[0], most)

    def add(self, ident: str, viewing: Viewing) -> None:
        """Count one more, or raise the error of :meth:`require`.

        Args:
            ident: under which the engine asks for it.
            viewing: whose it is.
        """
        self.require(viewing)
        keys = _keys(viewing)
        self._pending[ident] = self._clocks.monotonic_s(), keys
        if any(self._listed[key] + self._pending_of(key) >= self._most[key[0]] for key in keys):
            self.in_doubt.tell()

    def _pending_of(self, wanted: Key) -> int:
        return sum(wanted in keys for _, keys in self._pending.values())


def _keys(viewing: Viewing) -> list[Key]:
    protocol = viewing.protocol if viewing.protocol in (WEBRTC, HLS) else RTSP
    return [(protocol, holder) for holder in sorted(viewing.holders)]
