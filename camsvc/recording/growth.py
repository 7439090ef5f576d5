"""How far a recording is, seen from its files on disk: whether they grow, pause, or never came."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.library.parts import Growth
from camsvc.system.processes import boottime_s
from camsvc.system.tasks import launch, sleep

LOOK_SOON_S, LOOK_LATER_S = 0.2, 2.0
WRITE_OUT_S = 4.0
"""Engines never sync; Linux alone would hold footage back for up to 35 s (vm.dirty_expire_centisecs and
vm.dirty_writeback_centisecs), which a loss of power takes with it."""

NOTHING_AFTER_S = 15.0
GAP_AFTER_S = 5.0
TAIL_S = 1.5
"""What was on its way when the camera went may still be written for so long."""


class News(Enum):
    """What a look can tell."""

    BEGAN = "the first sample is there"
    PART = "another file is there"
    GROWS = "the file has grown twice"
    PAUSED = "nothing came for some seconds"
    RESUMED = "it grows again"
    NOTHING = "nothing came at all"


class Footage:
    """The files of one recording, looked at every 200 ms until they grow and every 2 s from then on.

    Attributes:
        growth: what the last look saw.
        grows: the files have grown twice, so this is a recording and no accident.
        first_sample: CLOCK_BOOTTIME seconds of the first sample; None before it.
        names: of the files, in the order they came.
    """

    _log = Logger()

    def __init__(
        self,
        clock: Any,
        look: Callable[[], Deferred[Growth]],
        write_out: Callable[[], Deferred[None]],
        engine_up: Callable[[], bool],
        told: Callable[[News], None],
    ) -> None:
        """Set up.

        Args:
            clock: time between looks.
            look: stats the files, in a thread.
            write_out: has what was written so far put on the disk, in a thread; never called twice at once.
            engine_up: while it is not, nothing can come, and nothing is missed.
            told: called with each piece of news, once a change.
        """
        self._clock = clock
        self._look = look
        self._write_out = write_out
        self._engine_up = engine_up
        self._told = told
        self._writing: Deferred[Any] | None = None
        self._wrote_at = boottime_s()
        self._began = boottime_s()
        self._grew_at = 0.0
        self._times_grown = 0
        self._paused = False
        self._paused_at = 0.0
        self._told_nothing = False
        self._watch: Deferred[Any] | None = None
        self.growth = Growth()
        self.grows = False
        self.first_sample: float | None = None
        self.names: list[str] = []

    @property
    def age_s(self) -> float:
        """Seconds since the first sample; 0 before it."""
        return boottime_s() - self.first_sample if self.first_sample is not None else 0.0

    @property
    def unbroken(self) -> bool:
        """It has never paused, nor begun another file."""
        return len(self.names) == 1 and not self._paused_at

    def start(self) -> None:
        """Begin to look."""
        self._watch = launch(self._keep_looking(), self._log, "watching a recording grow")

    def source_gone(self) -> None:
        """The camera is gone: tell the pause now, not when the files have been still for a while."""
        if self.grows and not self._paused:
            self._pause()

    def stop(self) -> None:
        """Look no more."""
        if self._watch is not None:
            self._watch.cancel()

    async def _keep_looking(self) -> None:
        while True:
            try:
                self.seen(await self._look())
            except OSError as why:
                self._log.error("the files of a recording cannot be looked at: {why}", why=str(why))
            self._write_out_now_and_then()
            await sleep(self._clock, LOOK_LATER_S if self.grows and not self._paused else LOOK_SOON_S)

    def _write_out_now_and_then(self) -> None:
        """A slow disk holds nothing up: what is asked for while it writes is asked for again at the next look."""
        now = boottime_s()
        if self._writing is None and self.growth.size_bytes and now - self._wrote_at >= WRITE_OUT_S:
            self._wrote_at = now
            self._writing = launch(self._written(), self._log, "writing a recording to the disk")

    async def _written(self) -> None:
        try:
            await self._write_out()
        except OSError as why:
            self._log.warn("what is recorded cannot be written to the disk now: {why}", why=str(why))
        finally:
            self._writing = None

    def seen(self, growth: Growth) -> None:
        """Take in what a look saw."""
        now = boottime_s()
        if not self._engine_up():
            self._began = now
        if self.first_sample is None and growth.began_at is not None:
            self.first_sample = now - max(0.0, time.time() - growth.began_at)
            self._told(News.BEGAN)
        for name in growth.names:
            if name not in self.names:
                self.names.append(name)
                self._told(News.PART)
        if growth.size_bytes > self.growth.size_bytes:
            self._grew_at, self.growth = now, growth
            self._times_grown += 1
            if self._times_grown >= 2 and not self.grows:
                self.grows = True
                self._told(News.GROWS)
            elif self._paused and now - self._paused_at > TAIL_S:
                self._paused = False
                self._told(News.RESUMED)
        elif self.grows and not self._paused and now - self._grew_at > GAP_AFTER_S:
            self._pause()
        elif not self.grows and not self._told_nothing and now - self._began > NOTHING_AFTER_S:
            self._told_nothing = True
            self._told(News.NOTHING)

    def _pause(self) -> None:
        self._paused, self._paused_at = True, boottime_s()
        self._told(News.PAUSED)
