"""H.265 inside RTP (RFC 7798): with which pictures a reader can begin."""

from __future__ import annotations

from camsvc.relay.media.h264 import is_recovery_point, payload_at

# ITU-T H.265, table 7-1: pictures that need none before them (IRAP).
_IRAP = range(16, 24)
_AGGREGATION = 48
_FRAGMENT = 49
_PREFIX_SEI = 39


def _kind(header: int) -> int:
    return header >> 1 & 63


def begins_decoding(frame: bytes) -> bool:
    """Whether a frame's packet belongs to a picture to begin with: alone, aggregated, in fragments.

    That is an IRAP picture, or a recovery point (H.265, D.3.8).
    """
    at = payload_at(frame)
    if at + 3 > len(frame):
        return False
    kind = _kind(frame[at])
    if kind == _FRAGMENT:
        return frame[at + 2] & 63 in _IRAP
    if kind != _AGGREGATION:
        return kind in _IRAP or (kind == _PREFIX_SEI and is_recovery_point(frame[at + 2 :]))
    at += 2
    while at + 3 < len(frame):
        size = frame[at] << 8 | frame[at + 1]
        kind = _kind(frame[at + 2])
        if kind in _IRAP or (kind == _PREFIX_SEI and is_recovery_point(frame[at + 4 : at + 2 + size])):
            return True
        at += 2 + size
    return False
