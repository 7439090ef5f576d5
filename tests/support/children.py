"""Programs that a test has started through the reactor: none may outlive it, or the next test is told of it."""

from __future__ import annotations

from typing import Any

from twisted.internet import process
from twisted.internet.task import deferLater


async def all_ended(limit_s: float = 10.0) -> None:
    """Wait until no child is left, and no pipe to one; add it as the first clean-up, as the last added runs first."""
    from twisted.internet import reactor

    real: Any = reactor
    deadline = real.seconds() + limit_s
    while process.reapProcessHandlers or any(
        isinstance(each, process.ProcessReader | process.ProcessWriter)
        for each in (*real.getReaders(), *real.getWriters())
    ):
        if real.seconds() > deadline:
            raise AssertionError(f"still there after {limit_s} s: {process.reapProcessHandlers}")
        await deferLater(real, 0.01)
