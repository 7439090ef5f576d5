"""What a check has found, and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from attrs import asdict, frozen


class Level(StrEnum):
    """How bad it is; later is worse."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class KnownFault(StrEnum):
    """Rows of docs/faults.rst that a check can know of."""

    NONE = ""
    ENGINE = "engine killed"
    OLD_ENGINE = "an older engine left running"
    CAMSVC = "camsvc killed"
    SILENT = "a camera without frames"
    UNPLUGGED = "camera unplugged"
    FULL = "state folder full"
    READ_ONLY = "state folder read-only"
    CLOCK = "clock stepped"


@frozen
class Finding:
    """One thing that was looked at.

    Attributes:
        check: which part of the machine, such as ``disk``.
        level: how bad it is.
        text: what is so, in a sentence.
        advice: what to do; a command where there is one. Whatever is worse than OK has one.
        fault: what of docs/faults.rst applies now.
    """

    check: str
    level: Level
    text: str
    advice: str = ""
    fault: KnownFault = KnownFault.NONE

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {name: str(value) for name, value in asdict(self).items()}


def exit_code(findings: list[Finding]) -> int:
    """0 where nothing needs a hand, 1 for warnings, 2 for problems."""
    levels = {finding.level for finding in findings}
    return 2 if Level.PROBLEM in levels else 1 if Level.WARNING in levels else 0
