"""The audit log: what is written, in which order, on which disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.audit import chain, log
from camsvc.audit.chain import FIRST, AuditRow, ChainVerdict
from camsvc.audit.log import Audit
from camsvc.errors import DependencyFailed
from tests.support.clocks import FakeClocks
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import runtime
from tests.support.strategies import JSON

T = TypeVar("T")


class FailingDatabase(ImmediateDatabase):
    """Takes nothing while ``full``; counts what it is asked."""

    full = False
    asked = 0

    def run(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> Deferred[T]:
        self.asked += 1
        return fail(DependencyFailed("storage", "disk full")) if self.full else super().run(work, durable=durable)


class AuditTestCase(SynchronousTestCase):
    """A log that is written at once."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.path = Path(self.mktemp())
        self.database = FailingDatabase(self.path)
        self.addCleanup(self.database.stop)
        self.audit = Audit(runtime(self.clock, database=self.database, clocks=FakeClocks(wall=1_800_000_000.0)))

    def record(self, actor: str = "anna", method: str = "stop_recording", **params: Any) -> None:
        self.audit.record(actor, "192.0.2.7", method, params, "ok")

    def rows(self, **keys: Any) -> tuple[AuditRow, ...]:
        return self.successResultOf(self.audit.page(**{"limit": 100, "offset": 0, **keys})).rows


class WritingTests(AuditTestCase):
    """``record`` and ``page``."""

    def test_row(self) -> None:
        """Everything that was said, with the time in UTC."""
        self.record(device="camera0", duration=3)
        (row,) = self.rows()
        self.assertEqual((row.number, row.at, row.previous), (1, "2027-01-15T08:00:00.000Z", FIRST))
        self.assertEqual((row.actor, row.address, row.method), ("anna", "192.0.2.7", "stop_recording"))
        self.assertEqual((json.loads(row.params), row.result), ({"device": "camera0", "duration": 3}, "ok"))

    def test_pages(self) -> None:
        """Newest first; of one actor, of one method; the total is of what was asked for."""
        for number in range(5):
            self.record("anna" if number % 2 else "key:door", "a" if number < 2 else "b")
        page = self.successResultOf(self.audit.page(2, 1))
        self.assertEqual(([row.number for row in page.rows], page.total), ([4, 3], 5))
        self.assertEqual([row.number for row in self.rows(actor="anna")], [4, 2])
        self.assertEqual([row.number for row in self.rows(method="b", actor="key:door")], [5, 3])
        self.assertEqual(self.successResultOf(self.audit.page(1, 0, "anna")).total, 2)

    def test_no_secrets(self) -> None:
        """Secret by name, or within a text; whatever is nested."""
        self.record(
            password="hunter2",
            api_key="hunter2",
            auth_token="hunter2",
            key="hunter2",
            stream_url="rtsp://me:hunter2@192.0.2.1/a?token=hunter2",
            more={"new_password": "hunter2", "list": [{"secret": "hunter2"}]},
        )
        text = self.rows()[0].params
        self.assertNotIn("hunter2", text)
        self.record(token_id="9f86")
        self.assertIn("9f86", self.rows()[0].params)
        self.assertIn("192.0.2.1", text)

    def test_long(self) -> None:
        """What a person would not read is cut, and is JSON all the same."""
        self.record(text="x" * 10_000, many=list(range(1000)), deep=[[[[[[1]]]]]])
        self.record(**{f"name{number}": "ü" * 300 for number in range(30)})
        for row in self.rows():
            self.assertLess(len(row.params), 2100)
            self.assertIsInstance(json.loads(row.params), dict)

    def test_odd_text(self) -> None:
        """Half a surrogate pair, NUL and other marks are stored as far as they can be."""
        self.audit.record("\ud800", "\x00", "a\n", {"\ud800": "\udfff", "b": object()}, "")
        self.assertEqual(self.rows()[0].actor, "?")
        self.assertEqual(self.verdict().faults, ())

    @given(st.dictionaries(st.text(), JSON, max_size=5))
    def test_any_params(self, params: dict[str, Any]) -> None:
        """A JSON object comes out, whatever goes in."""
        self.audit.record("", "", "", params, "")
        self.assertIsInstance(json.loads(self.rows(limit=1)[0].params), dict)

    def verdict(self) -> ChainVerdict:
        return self.database.now(chain.verify)


class DiskTests(AuditTestCase):
    """A disk that takes nothing."""

    def test_later(self) -> None:
        """It is told, once; the rows wait, and are written in order 5 s after the disk takes them again."""
        self.database.full = True
        self.record(n=1)
        self.record(n=2)
        self.assertIn("disk full", self.audit.trouble or "")
        self.assertEqual(self.database.asked, 1)
        self.clock.advance(log.AGAIN_S)
        self.database.full = False
        self.clock.advance(log.AGAIN_S - 0.1)
        self.assertEqual(self.rows(), ())
        self.clock.advance(0.1)
        self.assertEqual([json.loads(row.params)["n"] for row in self.rows()], [2, 1])
        self.assertIsNone(self.audit.trouble)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """Memory is bounded: the oldest go, and a row says how many."""
        self.patch(log, "MOST_WAITING", 3)
        self.database.full = True
        for number in range(5):
            self.record(n=number)
        self.database.full = False
        self.clock.advance(log.AGAIN_S)
        rows = self.rows()
        self.assertEqual([json.loads(row.params).get("n") for row in rows], [4, 3, 2, None])
        self.assertEqual((rows[-1].method, json.loads(rows[-1].params)), ("audit.lost", {"rows": 2}))

    def test_stop(self) -> None:
        """What waits is tried once more at the end; nothing is left running."""
        self.database.full = True
        self.record(n=1)
        self.record(n=2)
        self.database.full = False
        self.successResultOf(Deferred.fromCoroutine(self.audit.stop()))
        self.assertEqual(len(self.rows()), 2)
        self.database.full = True
        self.record(n=3)
        self.successResultOf(Deferred.fromCoroutine(self.audit.stop()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_together(self) -> None:
        """What comes while a row is written goes with the next ones in one transaction: a flood is few writes."""
        waiting: list[tuple[Any, Deferred[Any]]] = []

        def later(work: Any) -> Deferred[Any]:
            waiting.append((work, Deferred()))
            return waiting[-1][1]

        self.patch(self.database, "run", later)
        for number in range(100):
            self.record(n=number)
        self.assertEqual(len(waiting), 1)
        while waiting:
            work, done = waiting.pop(0)
            done.callback(self.database.now(work))
        self.assertEqual(self.database.now(chain.verify).rows, 100)
        self.assertEqual(self.database.now(chain.verify).faults, ())
