"""Who was let in under which id, and that it is known again."""

from __future__ import annotations

import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.admitted_sessions import FRESH_S, MOST_EACH, AdmittedSessions
from camsvc.access.roles import Principal, Role
from tests.support.clocks import FakeClocks

WHO = Principal("me", Role.VIEWER, 5000.0, None, "t1", 100.0)
KEY = Principal("door", Role.OPERATOR, 6000.0, frozenset(["camera1"]), key_id="0123456789ab")


class AdmittedSessionsTests(SynchronousTestCase):
    """In a file."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.clocks = FakeClocks(boot=1000.0)
        self.admitted = self.open()

    def open(self) -> AdmittedSessions:
        opened = AdmittedSessions(self.path, self.clocks)
        self.addCleanup(opened.close)
        return opened

    def who(self, *idents: str) -> Principal | None:
        (entry,) = self.admitted.find(idents, "camera0")
        return entry.principal

    def lines(self) -> int:
        return len(self.path.read_text().splitlines())

    def test_found(self) -> None:
        """By any of a session's ids; camsvc itself is nobody, and an id that was not noted is not found."""
        self.admitted.add("a", "camera0", WHO)
        self.admitted.add("b", "camera0", KEY)
        self.admitted.add("c", "camera0", None)
        self.admitted.add("", "camera0", WHO)
        self.assertEqual(self.who("x", "a"), WHO)
        self.assertEqual((self.who("b") or WHO).key_id, KEY.key_id)
        self.assertIsNone(self.who("c"))
        self.assertEqual(self.admitted.find(["x", ""], "camera0"), [])
        self.assertFalse(self.admitted.empty)

    def test_all_are_kept(self) -> None:
        """A later admission under the same id hides no earlier one; each is of its path alone."""
        self.admitted.add("a", "camera0", WHO)
        self.admitted.add("a", "camera0", KEY)
        self.admitted.add("a", "camera1", None)
        self.admitted.add("b", "camera0", None)
        found = self.admitted.find(["a", "b"], "camera0")
        self.assertEqual([entry.subject for entry in found], ["me", "door", ""])
        self.assertEqual([entry.principal for entry in self.admitted.find(["a", "b"], "camera1")], [None])
        self.assertEqual(self.admitted.find(["a", "b"], "camera2"), [])

    def test_bounded(self) -> None:
        """So many different ones under an id and no more; those that are known pass all the same."""
        for number in range(MOST_EACH):
            self.assertTrue(self.admitted.add("a", f"camera{number}", WHO))
        self.assertFalse(self.admitted.add("a", "another", WHO))
        self.assertTrue(self.admitted.add("a", "camera0", WHO))
        self.assertTrue(self.admitted.add("b", "another", WHO))
        self.assertEqual(self.lines(), MOST_EACH + 1)

    def test_repeated(self) -> None:
        """An engine that asks at each request costs one line."""
        for _ in range(5):
            self.admitted.add("a", "camera0", KEY)
            self.admitted.add("c", "camera0", None)
        self.assertEqual(self.lines(), 2)

    def test_known_again(self) -> None:
        """After a restart, but for a line that was not written whole."""
        self.admitted.add("a", "camera0", WHO)
        self.admitted.add("c", "camera0", None)
        self.admitted.close()
        with self.path.open("ab") as file:
            file.write(b'{"id": "d", "at"')
        self.admitted = self.open()
        self.assertEqual((self.who("a"), self.who("c"), self.admitted.find(["d"], "camera0")), (WHO, None, []))
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.admitted.add("d", "camera0", KEY)
        self.admitted.close()
        self.admitted = self.open()
        self.assertEqual([(self.who(name) or WHO).subject for name in "ad"], ["me", "door"])

    def test_kept(self) -> None:
        """Who is there, and who has just come; the others are forgotten."""
        self.admitted.add("old", "camera0", WHO)
        self.admitted.add("there", "camera0", WHO)
        self.clocks.advance(FRESH_S)
        self.admitted.add("new", "camera0", WHO)
        self.admitted.keep(frozenset(["there"]))
        self.assertEqual(
            [bool(self.admitted.find([name], "camera0")) for name in ("old", "there", "new")], [False, True, True]
        )

    def test_file_stays_small(self) -> None:
        """However many come and go."""
        for number in range(1000):
            self.admitted.add(f"n{number}", "camera0", WHO)
            self.clocks.advance(1)
            self.admitted.keep(frozenset(["n0"]))
        self.assertLess(self.lines(), 500)
        self.admitted.close()
        self.admitted = self.open()
        self.assertEqual(self.who("n0"), WHO)
        self.assertEqual(self.who("n999"), WHO)

    def test_no_room(self) -> None:
        """Who comes is let in and known all the same."""
        self.path.write_text("{}\n" * 10_000)
        self.admitted = self.open()  # so many lines of nobody are written anew at the next chance
        self.path.unlink()
        self.path.mkdir()
        self.admitted.add("a", "camera0", WHO)
        self.assertEqual(self.who("a"), WHO)
        self.admitted.keep(frozenset(["a"]))
        self.assertEqual(self.who("a"), WHO)
