"""The zone of the clock on the wall: a named one, or the machine's (localtime(5))."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")

_FOLDER = "/zoneinfo/"


def zone_named(name: str) -> tzinfo | None:
    """The zone of a name such as ``Europe/Berlin``; None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def zone_of(name: str) -> Callable[[], tzinfo]:
    """What tells the zone to go by: the one of this name, or the machine's where it is empty, which may change."""
    zone = zone_named(name) if name else None
    return machine_zone if zone is None else lambda: zone


def machine_zone() -> tzinfo:
    """The machine's zone as it is now, by TZ or /etc/localtime; UTC where neither says one."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named and (zone := zone_named(named)) is not None:
        return zone
    target = os.path.realpath(LOCALTIME)
    if _FOLDER in target and (zone := zone_named(target.rpartition(_FOLDER)[2])) is not None:
        return zone
    try:
        with LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file, "localtime")
    except (OSError, ValueError):
        return UTC
