"""What the scan of a library of 100,000 recordings takes of the reactor's turns, in a process of its own.

Run as ``.venv/bin/python -m bench.scan_turns``; ``CAMSVC_LIBRARY=10000`` takes so many. Of each turn its time on the
processor is told, which a busy machine adds nothing to, and how late a timer of 2 ms was; doing nothing is the peer.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from bench.library import COUNT, fill
from bench.main_job import Run
from bench.table import print_table
from camsvc.app.tap import THREADS_GIVE_WAY_S
from camsvc.library.media_folders import MediaFolders
from camsvc.library.protection import Protection
from camsvc.library.scan.library_scan import LibraryScan
from camsvc.system.database import Database
from camsvc.system.reactor_lag import loading
from tests.support.samples import runtime
from tests.support.spawned import pause, scratch

TICK_S = 0.002
IDLE_S = 5.0


class TimedPoll:
    """The reactor's poller; what lies between two of its polls is a turn.

    Attributes:
        turns: seconds on the processor, of the reactor's thread.
    """

    def __init__(self, poller: Any) -> None:
        self._poller = poller
        self._began = time.thread_time()
        self.turns: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poller, name)

    def poll(self, *args: Any) -> Any:
        """Wait for events, between two turns."""
        self.turns.append(time.thread_time() - self._began)
        found = self._poller.poll(*args)
        self._began = time.thread_time()
        return found


class Lateness:
    """A timer.

    Attributes:
        late: by so many seconds each time.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.late: list[float] = []

    def start(self) -> None:
        """Begin, and go on for ever."""
        self._due = time.perf_counter() + TICK_S
        self._reactor.callLater(TICK_S, self._tick)

    def _tick(self) -> None:
        self.late.append(time.perf_counter() - self._due)
        self.start()


def told(taken: list[float]) -> str:
    """Median, 99th percentile and the longest."""
    ordered = [1000 * each for each in sorted(taken)]
    return f"{ordered[len(ordered) // 2]:.2f} / {ordered[int(len(ordered) * 0.99)]:.2f} / {ordered[-1]:.2f} ms"


async def away(kind: str, location: str) -> bool:
    """The disk is there."""
    return False


async def scanned(folders: MediaFolders, database: Database, reactor: Any) -> None:
    """Read all folders from their first file to the last."""
    done: Deferred[None] = Deferred()
    protection = Protection(database, folders, away)
    scan = LibraryScan(runtime(reactor, database=database), folders, away, protection)
    scan.in_step.add(lambda: done.callback(None) if not done.called else None)
    scan.start()
    await done
    scan.stop()


async def measure(reactor: Any, run: Any) -> None:
    """Print the table."""
    base = scratch(run)
    for name in ("recordings", "snapshots", "thumbnails"):
        (base / name).mkdir()
    fill(base / "recordings")
    folders = MediaFolders(reactor, *(base / name for name in ("recordings", "snapshots", "thumbnails")))
    database = Database(base / "db")
    with loading():  # as the daemon does; what is imported is loaded already
        poll = reactor._poller = TimedPoll(reactor._poller)
    late = Lateness(reactor)
    folders.start()
    database.start(reactor)
    late.start()
    columns: dict[str, dict[str, str]] = {}
    for title in ("nothing", f"{COUNT}, not indexed", f"{COUNT}, indexed"):
        await pause(0.1)  # a turn that counts the last one's is none of this
        poll.turns.clear()
        late.late.clear()
        began, cpu = time.perf_counter(), time.process_time()
        if title == "nothing":
            await pause(IDLE_S)
        else:
            await scanned(folders, database, reactor)
        columns[title] = {
            "turns, on the processor": told(poll.turns),
            "a timer is late by": told(late.late),
            "all of it": f"{time.perf_counter() - began:.1f} s, CPU {time.process_time() - cpu:.1f} s",
        }
    print_table("median / p99 / longest", columns, 28)
    database.stop()
    folders.stop()


async def main(reactor: Any) -> None:
    """Measure, and clean up."""
    run = Run()
    sys.setswitchinterval(THREADS_GIVE_WAY_S)
    try:
        await Deferred.fromCoroutine(measure(reactor, run))
    finally:
        await run.clean_up()


if __name__ == "__main__":
    react(main)
