"""Wall time as dates: of one clock value, in the zone and the form that each place wants."""

from __future__ import annotations

from datetime import UTC, datetime

from camsvc.system.clocks import Clocks


def utc(clocks: Clocks) -> datetime:
    """Now, in UTC."""
    return datetime.fromtimestamp(clocks.wall_s(), UTC)


def local(clocks: Clocks, ago_s: float = 0.0) -> datetime:
    """Now, or some seconds ago, in this machine's zone."""
    return datetime.fromtimestamp(clocks.wall_s() - ago_s, UTC).astimezone()


def rfc3339(at: datetime | None) -> str | None:
    """A date in UTC as the API shows it; None stays None."""
    return at.isoformat().replace("+00:00", "Z") if at else None
