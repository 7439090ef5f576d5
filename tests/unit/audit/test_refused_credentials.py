"""What the audit log is told of refused credentials, and how little of a flood."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.audit.summed_refusals import MOST_KINDS, SUM_AFTER_S
from camsvc.errors import AuthenticationFailed

BAD = AuthenticationFailed("no", reason="bad_credential")
OLD = AuthenticationFailed("no", reason="token_expired")
RPC = {"verb": "POST", "path": "/rpc"}


class RefusedCredentialsTests(SynchronousTestCase):
    """On a clock of our own."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.rows: list[tuple[Any, ...]] = []
        self.refused_credentials = RefusedCredentials(self.clock, lambda *row: self.rows.append(row))

    def test_first_at_once(self) -> None:
        """Nobody's name, the address, the door, what it was for, and why."""
        self.refused_credentials.tell("http", "10.0.0.9", BAD, RPC)
        self.assertEqual(self.rows, [("", "10.0.0.9", "http", RPC, "-32001 bad_credential")])

    def test_more_are_summed(self) -> None:
        """In one row, ten minutes after the first; then the next is a first one again."""
        for _ in range(1000):
            self.refused_credentials.tell("http", "10.0.0.9", BAD, RPC)
        self.clock.advance(SUM_AFTER_S - 1)
        self.assertEqual(len(self.rows), 1)
        self.clock.advance(1)
        self.assertEqual(self.rows[1:], [("", "10.0.0.9", "http", {"repeated": 999}, "-32001 bad_credential")])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.refused_credentials.tell("http", "10.0.0.9", BAD, RPC)
        self.assertEqual(self.rows[2], self.rows[0])

    def test_kinds(self) -> None:
        """Another address, door or reason has a row of its own; all of an IPv6 /64 are one."""
        for told in (
            ("http", "10.0.0.9", BAD),
            ("http", "10.0.0.8", BAD),
            ("stream", "10.0.0.9", BAD),
            ("http", "10.0.0.9", OLD),
            ("http", "2001:db8::1", BAD),
            ("http", "2001:db8::2", BAD),
        ):
            self.refused_credentials.tell(*told, {})
        self.assertEqual(len(self.rows), 5)
        self.clock.advance(SUM_AFTER_S)
        self.assertEqual(self.rows[5:], [("", "2001:db8::1", "http", {"repeated": 1}, "-32001 bad_credential")])

    def test_flood(self) -> None:
        """From however many addresses: so many rows in ten minutes and no more, and none is left uncounted."""
        for number in range(10 * MOST_KINDS):
            self.refused_credentials.tell("http", f"10.0.{number // 200}.{number % 200}", BAD, RPC)
            self.refused_credentials.tell("http", f"10.0.{number // 200}.{number % 200}", BAD, RPC)
        self.clock.advance(SUM_AFTER_S)
        self.assertEqual(len(self.rows), 2 * MOST_KINDS + 1)
        counted = MOST_KINDS + sum(sum(row[3].values()) for row in self.rows[MOST_KINDS:])
        self.assertEqual(counted, 20 * MOST_KINDS)
        self.assertEqual(self.rows[-1][:4], ("", "", "refused", {"from_others": 18 * MOST_KINDS}))

    def test_stop(self) -> None:
        """What is only counted is told then; no timer is left."""
        self.refused_credentials.stop()
        self.refused_credentials.tell("http", "10.0.0.9", BAD, RPC)
        self.refused_credentials.tell("http", "10.0.0.9", BAD, RPC)
        self.refused_credentials.stop()
        self.assertEqual(self.rows[1][3], {"repeated": 1})
        self.assertEqual(self.clock.getDelayedCalls(), [])
