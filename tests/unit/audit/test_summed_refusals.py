"""Refusals in the audit log: the first of a kind, then a number; each actor by itself."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.audit.summed_refusals import MOST_KINDS, SUM_AFTER_S, SummedRefusals

LOW = "-32002 role_too_low"


class SummedRefusalsTests(SynchronousTestCase):
    """On a clock of our own."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.rows: list[tuple[Any, ...]] = []
        self.refusals = SummedRefusals(self.clock, lambda *row: self.rows.append(row))

    def test_kinds(self) -> None:
        """By who, what, where from and why; the first with its parameters, the sum with the number alone."""
        for told in (
            ("ann", "10.0.0.9", "delete_recording", {"filename": "a"}, LOW),
            ("ann", "10.0.0.9", "delete_recording", {"filename": "b"}, LOW),
            ("bob", "10.0.0.9", "delete_recording", {"filename": "c"}, LOW),
            ("ann", "10.0.0.9", "create_user", {}, LOW),
            ("ann", "10.0.0.8", "delete_recording", {}, LOW),
            ("ann", "10.0.0.9", "delete_recording", {}, "-32602 validation"),
        ):
            self.refusals.record(*told)  # type: ignore[arg-type]
        self.assertEqual([row[3] for row in self.rows], [{"filename": "a"}, {"filename": "c"}, {}, {}, {}])
        self.rows.clear()
        self.clock.advance(SUM_AFTER_S)
        self.assertEqual(self.rows, [("ann", "10.0.0.9", "delete_recording", {"repeated": 1}, LOW)])

    def test_shares(self) -> None:
        """Who tries many things hides nothing of what another tries, and is counted to the end."""
        for number in range(3 * MOST_KINDS):
            self.refusals.record("ann", "10.0.0.9", f"m{number}", {}, LOW)
        self.refusals.record("bob", "10.0.0.9", "create_user", {}, LOW)
        self.assertEqual(len(self.rows), MOST_KINDS + 1)
        self.assertEqual(self.rows[-1][0], "bob")
        self.clock.advance(SUM_AFTER_S)
        self.assertEqual(
            self.rows[MOST_KINDS + 1 :],
            [("ann", "", "refused", {"from_others": 2 * MOST_KINDS}, "-32002 too many to list")],
        )
