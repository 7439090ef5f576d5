"""Clocks that a test sets."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from camsvc.system.clocks import Clocks


class FakeClocks(Clocks):
    """Wall, boot and monotonic time as the test says; ``advance`` moves all three.

    Attributes:
        wall: what ``wall_s`` answers.
        boot: what ``boot_s`` answers.
        monotonic: what ``monotonic_s`` answers.
    """

    def __init__(self, wall: float = 1_700_000_000.0, boot: float = 1000.0, monotonic: float = 500.0) -> None:
        self.wall, self.boot, self.monotonic = wall, boot, monotonic

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds
        self.monotonic += seconds

    def wall_s(self) -> float:
        return self.wall

    def boot_s(self) -> float:
        return self.boot

    def monotonic_s(self) -> float:
        return self.monotonic


class ClocksOf(Clocks):
    """Clocks that go as a test's reactor does, each from a beginning of its own.

    Attributes:
        boot: what ``boot_id`` answers.
    """

    def __init__(self, reactor: IReactorTime, wall: float = 1_700_000_000.0, boot_s: float = 0.0) -> None:
        self._reactor, self._wall, self._boot_s = reactor, wall, boot_s
        self.boot = "this boot"

    def step_wall(self, seconds: float) -> None:
        """Somebody sets the clock on the wall."""
        self._wall += seconds

    def wall_s(self) -> float:
        return self._wall + self._reactor.seconds()

    def boot_s(self) -> float:
        return self._boot_s + self._reactor.seconds()

    def boot_id(self) -> str:
        return self.boot

    def monotonic_s(self) -> float:
        return self._reactor.seconds()
