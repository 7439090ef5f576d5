"""What was found, as a person reads it in a terminal or a pipe."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from camsvc.doctor.finding import Finding, Level
from camsvc.system.redaction import plain

_COLOURS = {Level.OK: "32", Level.NOTE: "36", Level.WARNING: "33", Level.PROBLEM: "31"}
_INDENT = 12


def lines(findings: Sequence[Finding], width: int, colour: bool) -> Iterator[str]:
    """The report.

    Args:
        findings: in their order.
        width: columns of the terminal.
        colour: whether levels are coloured (ECMA-48, SGR).

    Yields:
        its lines.
    """
    for finding in findings:
        level = f"{finding.level.value:<8}"
        head = f"\x1b[{_COLOURS[finding.level]}m{level}\x1b[0m" if colour else level
        first, *rest = _wrapped(f"{finding.check}: {finding.text}", width)
        yield f"{head}  {first}"
        yield from (" " * 10 + line for line in rest)
        if finding.advice:
            yield from (" " * _INDENT + line for line in _wrapped(f"-> {finding.advice}", width - 2))
        if finding.fault:
            yield from (
                " " * _INDENT + line for line in _wrapped(f'see "{finding.fault}" in docs/faults.rst', width - 2)
            )
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    yield ""
    yield f"{counts[Level.PROBLEM]} problems, {counts[Level.WARNING]} warnings, {counts[Level.NOTE]} notes"


def _wrapped(text: str, width: int) -> list[str]:
    """Words are never cut, so that commands can be copied."""
    return textwrap.wrap(plain(text), max(width - 10, 30), break_long_words=False, break_on_hyphens=False) or [""]
