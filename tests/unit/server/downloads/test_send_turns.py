"""How downloads share the reactor's turns, on a reactor whose turns are taken by hand."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from camsvc.server.downloads import send_turns
from camsvc.server.downloads.send_turns import SendTurns


class Turns:
    """A reactor: what is called later is called in the next turn, as Twisted's own does."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def callLater(self, delay_s: float, work: Callable[[], None]) -> object:
        """Call it in the next turn."""
        self.waiting.append(work)
        return work

    def turn(self) -> None:
        """Take one."""
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()


class SendTurnsTests(SynchronousTestCase):
    """``SendTurns``, with a turn that is over after each send."""

    def setUp(self) -> None:
        self.patch(send_turns, "TURN_S", 0.0)
        self.reactor = Turns()
        self.turns = SendTurns(self.reactor, lambda *_: self.fail("nothing blocks"))
        self.sent: list[str] = []

    def download(self, name: str) -> Callable[[], None]:
        """One that always has more to send."""

        def send() -> None:
            self.sent.append(name)
            self.turns.ask(send)

        return send

    def test_one_turn_each(self) -> None:
        """However many ask while one sends, a turn of the reactor has one turn of theirs, and each gets its own."""
        for name in "abc":
            self.turns.ask(self.download(name))
        for turn in range(1, 8):
            self.reactor.turn()
            self.assertEqual((len(self.sent), len(self.reactor.waiting)), (turn, 1))
        self.assertEqual("".join(self.sent), "abcabca")

    def test_nobody_waits(self) -> None:
        """Nothing is left to be called once all have sent, and who asks later is served."""
        for _ in range(2):
            self.turns.ask(lambda: self.sent.append("x"))
            self.reactor.turn()
            self.assertEqual(self.reactor.waiting, [])
        self.assertEqual(self.sent, ["x", "x"])
