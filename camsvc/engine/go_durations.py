"""Durations as MediaMTX writes them: Go's ``24h0m0s``, ``100ms``, and days since v1.11 (``1d``)."""

from __future__ import annotations

import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d*)?)(ms|us|µs|ns|d|h|m|s)")


def seconds(text: str) -> float | None:
    """Seconds of a duration; None when it is none. Newer MediaMTX reads zero back as ``""``."""
    if text in ("", "0"):
        return 0.0
    if "".join(part.group() for part in _PART.finditer(text)) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
