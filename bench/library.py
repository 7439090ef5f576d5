"""What a library of 100,000 recordings costs: lists at any depth, start, memory, and whoever changes it by hand.

Run as ``.venv/bin/python -m bench.library``; ``CAMSVC_LIBRARY=10000`` takes so many. Lists are asked by a WebSocket,
each answer with its 50 entries and their tickets, and stand beside two peers of the same run that have no wire: SQL
over the same database with its indexes, and a look at every file of the folder. An empty library is the peer of start
and memory. Each figure is the fastest and the median, as the fastest is what a busy machine adds least to.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from bench.main_job import LIMITS, Run, p, timed
from bench.table import print_table
from camsvc.library import names
from camsvc.model import stamp
from camsvc.system.processes import resident_bytes
from tests.support.daemon.daemon import Client, Daemon
from tests.support.engine.engines import find_engines
from tests.support.spawned import eventually, pause

COUNT = int(os.environ.get("CAMSVC_LIBRARY", "100000"))
CAMERAS = 4
FIRST = 1_700_000_000
EVERY_S = 317
TIMES = 60
LINKS = 20_000
"""Names of one file: a file system allows no more than 65,000."""

_LAST = FIRST + COUNT * EVERY_S


def _iso(part: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST + part * COUNT * EVERY_S))


ASKED: dict[str, dict[str, Any]] = {
    "first page": {},
    "page in the middle": {"offset": COUNT // 2},
    "last page": {"offset": COUNT - 50},
    "one camera": {"device": "camera1"},
    "one camera, last page": {"device": "camera1", "offset": COUNT // CAMERAS - 50},
    "half of the time": {"from": _iso(0.25), "to": _iso(0.75)},
    "one camera, half of the time, deep": {
        "device": "camera2", "from": _iso(0.25), "to": _iso(0.75), "offset": COUNT // CAMERAS // 4
    },
    "search, one hit": {"search": f"_{COUNT * 7 // 9}."},
    "search, an eighth": {"search": "2024-1"},
    "search, all": {"search": "camera"},
    "search, one camera": {"search": "2024-1", "device": "camera1"},
}  # fmt: skip


def fill(folder: Path) -> None:
    """Make the recordings: names of ours, of a few small videos."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=1")
    for number in range(COUNT):
        if number % LINKS == 0:
            video = folder / f".video{number}.mp4"
            command = ("/usr/bin/ffmpeg", "-loglevel", "error", *source, "-c:v", "mjpeg", str(video))
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        camera, began = number % CAMERAS, FIRST + number * EVERY_S
        os.link(video, folder / f"camera{camera}_{stamp(began)}_{number}.mp4")


def naive(folder: Path, asked: dict[str, Any]) -> int:
    """What is asked, by a look at every file; gives how many there are in all."""
    found = []
    since, until = (
        time.mktime(time.strptime(asked[key], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone if key in asked else None
        for key in ("from", "to")
    )
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                continue
            size, began = entry.stat(follow_symlinks=False).st_size, names.time_of(entry.name) or 0.0
            wanted = asked.get("device") in (None, names.device_of(entry.name))
            wanted = wanted and asked.get("search", "") in entry.name
            if wanted and (since is None or began >= since) and (until is None or began < until):
                found.append((began, entry.name, size))
    found.sort(reverse=True)
    offset = asked.get("offset", 0)
    return len(found) if found[offset : offset + 50] else 0


def sql(db: sqlite3.Connection, asked: dict[str, Any]) -> int:
    """What is asked, by SQL over the index."""
    conditions = {
        "device": "device = :device",
        "from": "created_at >= unixepoch(:from)",
        "to": "created_at < unixepoch(:to)",
        "search": "instr(lower(filename), lower(:search)) > 0",
    }
    wanted = [text for key, text in conditions.items() if key in asked]
    where = " AND ".join(["kind = 'recordings' AND head", *wanted])
    total = int(db.execute(f"SELECT count(*) FROM media_file WHERE {where}", asked).fetchone()[0])
    page = f"SELECT * FROM media_file WHERE {where} ORDER BY created_at DESC, filename DESC LIMIT 50 OFFSET :offset"
    db.execute(page, {"offset": 0, **asked}).fetchall()
    return total


def best(taken: list[float]) -> str:
    """The fastest, and the median."""
    return f"{min(taken):.2f} / {statistics.median(taken):.2f} ms"


def timed_now(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each of so many calls."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def lists(daemon: Daemon, client: Client) -> dict[str, dict[str, str]]:
    """The columns of the lists.

    Raises:
        AssertionError: they do not find the same.
    """
    folder = daemon.state / "recordings"
    columns: dict[str, dict[str, str]] = {"camsvc": {}, "SQL": {}, "every file": {}}
    with closing(sqlite3.connect(f"file:{daemon.state / 'camsvc.sqlite'}?mode=ro", uri=True)) as db:
        for name, asked in ASKED.items():
            found = (await client.call("list_recordings", **asked))["total"]
            began = time.perf_counter()
            there = await deferToThread(naive, folder, asked)  # camsvc cuts who answers no ping for long
            columns["every file"][name] = f"{(time.perf_counter() - began) * 1000:.0f} ms"
            if not found == sql(db, asked) == there:
                raise AssertionError(f"{name}: {found}, {sql(db, asked)}, {there}")
            taken = await timed(lambda asked=asked: client.call("list_recordings", **asked), TIMES)  # type: ignore[misc]
            columns["camsvc"][name] = best(taken)
            columns["SQL"][name] = best(timed_now(lambda asked=asked: sql(db, asked), 9))  # type: ignore[misc]
    for method in ("ping", "get_storage_info"):
        columns["camsvc"][method] = best(await timed(lambda method=method: client.call(method), TIMES))  # type: ignore[misc]
    return columns


async def start(daemon: Daemon) -> tuple[str, Client, list[float], float]:
    """Start it: how long it takes to be ready, a client, the pings until all is indexed, and how long that takes."""
    began = time.perf_counter()
    await daemon.start()
    ready = f"{time.perf_counter() - began:.2f} s"
    client = await daemon.connect()
    pings: list[float] = []
    while (await client.call("list_recordings", limit=1))["indexing"]:
        pings += await timed(lambda: client.call("ping"), 5)
        await pause(0.2)
    return ready, client, pings, time.perf_counter() - began


async def noticed(daemon: Daemon, client: Client) -> str:
    """How long it takes until a file that was put there is listed, and one that was deleted is not."""
    taken = []
    folder = daemon.state / "recordings"
    video = next(folder.glob(".video*"))
    for number in range(5):
        path = folder / f"by_hand_{number}.mp4"

        async def listed(name: str = path.name) -> bool:
            return bool((await client.call("list_recordings", search=name))["total"])

        async def gone(listed: Callable[[], Any] = listed) -> bool:
            return not await listed()

        for change, check in ((lambda path=path: os.link(video, path), listed), (path.unlink, gone)):
            began = time.perf_counter()
            change()
            await eventually(check, interval_s=0.01)
            taken.append(time.perf_counter() - began)
    return f"{statistics.median(taken):.2f}, at most {max(taken):.2f} s"


def memory(daemon: Daemon) -> float:
    """MiB that camsvc takes."""
    return resident_bytes(daemon.process.pid) / (1 << 20)


async def measure(run: Run) -> None:
    """Print the tables."""
    engine = next(iter(find_engines()))
    daemon = Daemon(run, engine, extra=LIMITS)  # type: ignore[arg-type]
    rows: dict[str, dict[str, str]] = {"empty": {}, f"{COUNT}, not indexed": {}, f"{COUNT}, indexed": {}}
    base = 0.0
    await daemon.start()  # compiles what nobody has run yet, and makes the database: a cold start is no peer
    await daemon.end()
    for title, column in rows.items():
        if title.endswith("not indexed"):
            fill(daemon.state / "recordings")
        ready, client, pings, whole = await start(daemon)
        await pause(3)
        for asked in ASKED.values():
            await client.call("list_recordings", **asked)
        base = base or memory(daemon)
        column["start to ready"] = ready
        column["start to all listed"] = f"{whole:.2f} s"
        column["ping meanwhile"] = p(pings) if len(pings) > 1 else ""
        column["memory above empty"] = f"{memory(daemon) - base:.1f} MiB"
        if not title.startswith("empty"):
            column["noticed by hand"] = await noticed(daemon, client)
        if title.endswith(" indexed") and "not" not in title:
            print_table(f"{COUNT} recordings", await lists(daemon, client), 20)
            print()
        await daemon.end()
    print_table("", rows, 22)


async def main(_reactor: Any) -> None:
    """Measure, and clean up."""
    run = Run()
    try:
        await Deferred.fromCoroutine(measure(run))
    finally:
        await run.clean_up()


if __name__ == "__main__":
    react(main)
