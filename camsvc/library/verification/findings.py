"""What a verification can find, and what was done about it."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen


class FindingKind(StrEnum):
    """What is not as it should be.

    ORPHAN: a file that the index does not know. MISSING: an entry whose file is gone. OUTDATED: an entry that says
    something else than its file. TRUNCATED, DAMAGED: see ``Flaw``. FOREIGN: what is no file of ours, or not of the
    kind that its name says. UNREADABLE: it cannot be opened.
    """

    ORPHAN = "orphan"
    MISSING = "missing"
    OUTDATED = "outdated"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


@frozen
class LibraryFinding:
    """One thing that is not as it should be.

    Attributes:
        kind: of files: ``recordings``, ``snapshots`` or ``exports``.
        filename: its name.
        device: the camera; empty where that is not known.
        finding: what it is.
        detail: the same for people.
        action: what was done about it, for people.
    """

    kind: str
    filename: str
    device: str
    finding: FindingKind
    detail: str
    action: str = "left as it is"


MOST_FINDINGS = 1000
"""So many are named; more are counted."""


class Stage(StrEnum):
    """How far a verification is."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    ERROR = "ERROR"


@frozen
class Verdict:
    """What a verification has found so far.

    Attributes:
        number: which one; the first since the start is 1.
        stage: how far it is.
        total: files there are to look at, as far as is known.
        checked: files that were looked at.
        ok: those of them that are as they should be.
        findings: the first MOST_FINDINGS of all others.
        found: how many others there are.
    """

    number: int
    stage: Stage = Stage.RUNNING
    total: int = 0
    checked: int = 0
    ok: int = 0
    findings: tuple[LibraryFinding, ...] = field(default=())
    found: int = 0

    @property
    def progress(self) -> float:
        """0 to 1."""
        if self.stage is Stage.DONE:
            return 1.0
        return min(0.999, round(self.checked / self.total, 3)) if self.total else 0.0
