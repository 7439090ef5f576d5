"""The rounds that keep the engine's paths equal to the cameras and recordings there are, and read how they run."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.engine.path_reconciler import PathReconciler
from camsvc.engine.supervisor import Engine
from camsvc.errors import DependencyFailed
from camsvc.model import camera_of
from camsvc.streams.delayed_changes import DelayedChanges
from camsvc.streams.stream_states import StreamStates
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

ROUND_S = 2.0
FOUND_WITHIN_S = 10.0
"""So long after the start a camera may not have been found yet: its path, with its viewers, is left alone."""


class PathRounds:
    """A round every two seconds, and at once when something is wanted.

    Attributes:
        completed: told, without arguments, after each round that the engine has answered.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        engine: Engine,
        paths: PathReconciler,
        states: StreamStates,
        delayed: DelayedChanges,
    ) -> None:
        """Set up; no round is taken yet.

        Args:
            clock: time.
            engine: nothing is asked of it while it is down.
            paths: makes them equal.
            states: refreshed in each round.
            delayed: tells of cameras whose paths are taken.
        """
        self._clock = clock
        self._engine = engine
        self._paths = paths
        self._states = states
        self._delayed = delayed
        self._answered = False
        self._all_found_at = 0.0
        self._rounds = Repeater(clock, ROUND_S, self.take, self._log, "making the engine's paths equal to ours")
        self.completed: Subscribers[[]] = Subscribers("telling of a round over the engine's paths", self._log)
        paths.desired.changes.add(self._rounds.nudge)
        engine.changes.add(self._on_engine_changed)

    @property
    def in_step(self) -> bool:
        """The engine is up and took every path that we want."""
        return self._engine.up and self._answered and self._paths.equal

    def start(self) -> None:
        """Begin."""
        self._all_found_at = self._clock.seconds() + FOUND_WITHIN_S
        self._rounds.start()

    def stop(self) -> None:
        """End."""
        self._rounds.stop()
        self._delayed.stop()

    async def take(self) -> None:
        """One round; what fails, the next one makes up for."""
        if not self._engine.up:
            return
        searching = self._clock.seconds() < self._all_found_at
        try:
            await self._paths.make_equal(lambda name: searching and camera_of(name) is not None)
            self._delayed.tell_settled()
            await self._states.refresh()
        except DependencyFailed as why:
            self._answered = False
            self._log.debug("round not finished: {why}", why=why.message)
            return
        self._answered = True
        self.completed.tell()

    def _on_engine_changed(self, up: bool) -> None:
        self._paths.forget()
        if up:
            self._rounds.nudge()
        else:
            self._delayed.tell_settled()
