"""What retention deletes or would delete, summed by the limit that it is beyond, and as rows of the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field

from camsvc.library.retention.limits import Due

MOST_LISTED = 1000
"""Of a preview."""

_IN_A_ROW = 20
_NAMES_IN_A_ROW = 1500
"""Characters: what the audit log takes of a list, and of the parameters of a row."""


@define
class Total:
    """Files and bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, size_bytes: int) -> None:
        """Count a file."""
        self.files += 1
        self.bytes += size_bytes


@define
class Outcome:
    """What went, or what would.

    Attributes:
        total: all of it.
        by_policy: by the limit that they were beyond.
        files: the first MOST_LISTED.
        in_use: files that stay for now, as somebody reads them.
        refused: files that the file system does not let go, kind and name, each with the reason.
    """

    total: Total = field(factory=Total)
    by_policy: dict[str, Total] = field(factory=dict)
    files: list[Due] = field(factory=list)
    in_use: int = 0
    refused: dict[tuple[str, str], str] = field(factory=dict)

    def add(self, each: Due) -> None:
        """Count a file."""
        for total in (self.total, self.by_policy.setdefault(each.policy, Total())):
            total.add(each.file.size_bytes)
        if len(self.files) < MOST_LISTED:
            self.files.append(each)


def audit_rows(gone: list[Due]) -> Iterator[dict[str, Any]]:
    """Sum files up by the limit that they were beyond.

    Yields:
        parameters of a row of the audit log, with the names of all its files.
    """
    for policy in dict.fromkeys(each.policy for each in gone):
        row: list[Due] = []
        for each in (each for each in gone if each.policy == policy):
            length = sum(len(known.file.filename) for known in row) + len(each.file.filename)
            if row and (len(row) == _IN_A_ROW or length > _NAMES_IN_A_ROW):
                yield _row(policy, row)
                row = []
            row.append(each)
        yield _row(policy, row)


def _row(policy: str, gone: list[Due]) -> dict[str, Any]:
    return {
        "policy": policy,
        "files": len(gone),
        "bytes": sum(each.file.size_bytes for each in gone),
        "names": [each.file.filename for each in gone],
    }
