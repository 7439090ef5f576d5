"""How far a recording is, seen from its files on disk: whether they grow, pause, or never came."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.library.parts import Growth
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch, sleep

CHECK_SOON_S, CHECK_LATER_S = 0.2, 2.0
WRITE_OUT_S = 4.0
"""Engines never sync; Linux alone would hold footage back for up to 35 s (vm.dirty_expire_centisecs and
vm.dirty_writeback_centisecs), which a loss of power takes with it."""

NOTHING_AFTER_S = 15.0
GAP_AFTER_S = 5.0
TAIL_S = 1.5
"""What was on its way when the camera went may still be written for so long."""


class GrowthEvent(Enum):
    """What the files of a recording can show."""

    BEGAN = "the first sample is there"
    PART = "another file is there"
    GROWS = "the file has grown twice"
    PAUSED = "nothing came for some seconds"
    RESUMED = "it grows again"
    NOTHING = "nothing came at all"


class GrowthWatch:
    """Watches the files of one recording: every 200 ms until they grow, and every 2 s from then on.

    Attributes:
        grows: the files have grown twice, so this is a recording and no accident.
        first_sample: CLOCK_BOOTTIME seconds of the first sample; None before it.
        names: of the files, in the order they came.
        began_at: wall time of the first sample, seconds since the epoch; None before it.
    """

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        read_sizes: Callable[[], Deferred[Growth]],
        write_out: Callable[[], Deferred[None]],
        gap_after_s: Callable[[], float | None],
        on_event: Callable[[GrowthEvent], None],
        began_at: float | None = None,
    ) -> None:
        """Set up; nothing is watched yet.

        Args:
            runtime: time.
            read_sizes: reads names and sizes of the files, in a thread.
            write_out: has what was written so far put on the disk, in a thread; never called twice at once.
            gap_after_s: files that have not grown for so long have a gap; None while the engine is down: nothing can
                come but the tail of a part, and nothing is missed.
            on_event: called with each event, once a change.
            began_at: wall time of the first sample, where that is known already.
        """
        self._reactor = runtime.reactor
        self._clocks = runtime.clocks
        self._read_sizes = read_sizes
        self._write_out = write_out
        self._on_event = on_event
        self._gap_after_s = gap_after_s
        self._writing: Deferred[Any] | None = None
        self._wrote_at = self._began = self._clocks.boot_s()
        self._grew_at = 0.0
        self._times_grown = 0
        self._paused = False
        self._paused_at = 0.0
        self._gaps_s = 0.0
        self._nothing_told = False
        self._work: Deferred[Any] | None = None
        self._sizes: dict[str, int] = {}
        self.began_at = began_at
        self.grows = False
        self.first_sample: float | None = None
        self.names: list[str] = []

    @property
    def size_bytes(self) -> int:
        """Of what was seen in all, files that are gone by now included."""
        return sum(self._sizes.values())

    @property
    def age_s(self) -> float:
        """Seconds since the first sample, less gaps; 0 before it."""
        if self.first_sample is None:
            return 0.0
        now = self._grew_at if self._paused else self._clocks.boot_s()
        return max(0.0, now - self.first_sample - self._gaps_s)

    @property
    def unbroken(self) -> bool:
        """It has never paused, nor begun another file."""
        return len(self.names) == 1 and not self._paused_at

    def start(self) -> None:
        """Begin to watch."""
        self._work = launch(self._keep_checking(), self._log, "watching a recording grow")

    def source_gone(self) -> None:
        """Tell of the pause now, as the camera is gone, not when the files have been still for a while."""
        if self.grows and not self._paused:
            self._pause()

    def stop(self) -> None:
        """Watch no more."""
        if self._work is not None:
            self._work.cancel()

    async def _keep_checking(self) -> None:
        while True:
            try:
                self.update(await self._read_sizes())
            except OSError as why:
                self._log.error("the files of a recording cannot be read: {why}", why=str(why))
            self._write_out_when_due()
            await sleep(self._reactor, CHECK_LATER_S if self.grows and not self._paused else CHECK_SOON_S)

    def _write_out_when_due(self) -> None:
        """Have it written every few seconds; what is due while a slow disk writes is done at the next check."""
        now = self._clocks.boot_s()
        if self._writing is None and self._sizes and now - self._wrote_at >= WRITE_OUT_S:
            self._wrote_at = now
            self._writing = launch(self._write(), self._log, "writing a recording to the disk")

    async def _write(self) -> None:
        try:
            await self._write_out()
        except OSError as why:
            self._log.warn("what is recorded cannot be written to the disk now: {why}", why=str(why))
        finally:
            self._writing = None

    def update(self, growth: Growth) -> None:
        """Take in what was seen of the files."""
        now = self._clocks.boot_s()
        gap_after_s = self._gap_after_s()
        if gap_after_s is None:
            self._began = now
        if self.first_sample is None and growth.began_at is not None:
            self.began_at = growth.began_at if self.began_at is None else self.began_at
            self.first_sample = now - max(0.0, self._clocks.wall_s() - self.began_at)
            self._on_event(GrowthEvent.BEGAN)
        for name, _ in growth.files:
            if name not in self.names:
                self.names.append(name)
                self._on_event(GrowthEvent.PART)
        before = self.size_bytes
        self._sizes |= {name: max(size, self._sizes.get(name, 0)) for name, size in growth.files}
        if self.size_bytes > before:
            if self._paused:
                self._gaps_s += now - self._grew_at
            self._grew_at = now
            self._times_grown += 1
            if self._times_grown >= 2 and not self.grows:
                self.grows = True
                self._on_event(GrowthEvent.GROWS)
            elif self._paused and now - self._paused_at > TAIL_S and gap_after_s is not None:
                self._paused = False
                self._on_event(GrowthEvent.RESUMED)
        elif self.grows and not self._paused and now - self._grew_at > (gap_after_s or GAP_AFTER_S):
            self._pause()
        elif not self.grows and not self._nothing_told and now - self._began > NOTHING_AFTER_S:
            self._nothing_told = True
            self._on_event(GrowthEvent.NOTHING)

    def _pause(self) -> None:
        self._paused, self._paused_at = True, self._clocks.boot_s()
        self._on_event(GrowthEvent.PAUSED)
