"""Durations as Go's package ``time`` writes and reads them, the form of MediaMTX's configuration and API."""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS_NS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PIECE = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
_DAYS = re.compile(r"(\d{1,6})d(.*)", re.S)
_DAY_S = 86400.0
_MAX_NS = (1 << 63) - 1


def parse(text: str) -> float:
    """Seconds of a duration such as ``1h30m``, ``100ms`` or ``0``; negative ones are refused.

    Raises:
        ValueError: with Go's own text (package time, ParseDuration).
    """
    if text == "0":
        return 0.0
    at = total = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            break
        total += int(Decimal(piece[1]) * _UNITS_NS[piece[2]])
        at = piece.end()
    if not text or at < len(text) or total > _MAX_NS:
        raise ValueError(f'time: invalid duration "{text}"')
    return total / 10**9


def parse_with_days(text: str) -> float:
    """As :func:`parse`, and days before that, as in ``1d12h`` (MediaMTX since 1.11, which writes zero as ``""``)."""
    if text == "":
        return 0.0
    days = _DAYS.fullmatch(text)
    if days is None:
        return parse(text)
    return int(days[1]) * _DAY_S + (parse(days[2]) if days[2] else 0.0)


def written(seconds: float) -> str:
    """A duration in Go's canonical form: ``24h0m0s``, ``1m30s``, ``1.5s``, ``100ms``, ``0s``."""
    total_ns = round(seconds * 10**9)
    if total_ns == 0:
        return "0s"
    if total_ns < 10**9:
        unit = next(unit for unit in ("ms", "µs", "ns") if total_ns >= _UNITS_NS[unit])
        return _decimal(total_ns, _UNITS_NS[unit]) + unit
    minutes, rest_ns = divmod(total_ns, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    text = _decimal(rest_ns, 10**9) + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)
