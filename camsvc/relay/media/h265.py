"""H.265 inside RTP (RFC 7798): with which pictures a reader can begin."""

from __future__ import annotations

from camsvc.relay.media.h264 import payload_at

# ITU-T H.265, table 7-1: pictures that need none before them (IRAP).
_IRAP = range(16, 24)
_AGGREGATION = 48
_FRAGMENT = 49


def _kind(header: int) -> int:
    return header >> 1 & 63


def carries_irap(frame: bytes) -> bool:
    """Whether a frame's packet holds a picture to begin with, or a piece of one: alone, aggregated, in fragments."""
    at = payload_at(frame)
    if at + 3 > len(frame):
        return False
    kind = _kind(frame[at])
    if kind == _FRAGMENT:
        return frame[at + 2] & 63 in _IRAP
    if kind != _AGGREGATION:
        return kind in _IRAP
    at += 2
    while at + 3 < len(frame):
        if _kind(frame[at + 2]) in _IRAP:
            return True
        at += 2 + (frame[at] << 8 | frame[at + 1])
    return False
