"""Why a connection is not read."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.server.read_pauses import ReadPauses


class ReadPausesTests(SynchronousTestCase):
    """It is paused with the first reason, and resumed when the last is gone."""

    def test_reasons(self) -> None:
        """Each counts once, and one that is none is not removed."""
        done: list[str] = []
        pauses = ReadPauses(lambda: done.append("pause"), lambda: done.append("resume"))
        pauses.remove("a")
        pauses.add("a")
        pauses.add("b")
        pauses.add("a")
        self.assertEqual((done, pauses.paused), (["pause"], True))
        pauses.remove("a")
        self.assertEqual((done, pauses.paused), (["pause"], True))
        pauses.remove("b")
        pauses.remove("b")
        self.assertEqual((done, pauses.paused), (["pause", "resume"], False))
