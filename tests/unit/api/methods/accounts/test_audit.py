"""get_audit_log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.api.methods.accounts.audit import AuditMethods
from camsvc.api.registry import Registry
from camsvc.audit.log import Audit
from tests.support.clocks import FakeClocks
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import ask, principal, runtime


class AuditMethodsTests(SynchronousTestCase):
    """As an admin reads it."""

    def setUp(self) -> None:
        database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(database.stop)
        audit = Audit(runtime(Clock(), database=database, clocks=FakeClocks(wall=1_800_000_000.0)))
        self.registry = Registry(AuditMethods(audit))
        for number in range(3):
            audit.record("anna", "192.0.2.7", "delete_recording", {"filename": str(number)}, "ok")
        audit.record("ben", "192.0.2.8", "authenticate", {"auth_token": "x"}, "-32001 bad_credential")

    def ask(self, role: Role = Role.ADMIN, **params: Any) -> Any:
        found = ask(self, self.registry, principal(role), "get_audit_log", params)
        return found.get("result", found.get("error"))

    def test_all(self) -> None:
        """Newest first, with what is needed to check it."""
        found = self.ask()
        self.assertEqual((found["total"], found["limit"], found["offset"]), (4, 50, 0))
        first = found["entries"][0]
        self.assertEqual(len(first.pop("hash")), 64)
        self.assertEqual(
            first,
            {
                "number": 4,
                "timestamp": "2027-01-15T08:00:00.000Z",
                "actor": "ben",
                "address": "192.0.2.8",
                "method": "authenticate",
                "params": {"auth_token": "***"},
                "result": "-32001 bad_credential",
            },
        )

    def test_some(self) -> None:
        """A page; one actor; one method."""
        self.assertEqual([each["number"] for each in self.ask(limit=2, offset=1)["entries"]], [3, 2])
        self.assertEqual(self.ask(actor="ben")["total"], 1)
        self.assertEqual(self.ask(method="delete_recording")["total"], 3)
        self.assertEqual(self.ask(method="nothing")["entries"], [])

    def test_not_for_others(self) -> None:
        """-32002."""
        self.assertEqual(self.ask(Role.OPERATOR)["code"], -32002)
