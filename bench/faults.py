"""How long a recording stands still after each fault, on each engine found: the figures of ``docs/faults.rst``.

Run as ``.venv/bin/python -m bench.faults``. A file grows once a second while all is well, so one second of each
figure is no loss.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from twisted.internet.task import react

from bench.main_job import Run
from tests.support.daemon.daemon import Daemon, parts_folder
from tests.support.engine.engines import Engine, find_engines
from tests.support.spawned import eventually, pause

WATCHED_S = 16.0
FROZEN_CAMSVC_S = 3.0


async def stand_still(run: Run, engine: Engine, victim: str, kind: signal.Signals) -> float:
    """The longest time without growth in the 16 s after a fault, in seconds."""
    daemon = Daemon(run, engine)  # type: ignore[arg-type]
    await daemon.start()
    client = await daemon.connect()
    started = await client.call("start_recording", device="camera0")
    await client.sees("recording_status_update", confirmed=True)
    await pause(5.5)  # a launcher's pauses begin anew after a run of 5 s
    folder = parts_folder(daemon, started["filename"])
    pids = {"camsvc": daemon.process.pid, "engine": daemon.engine_pid(), "launcher": daemon.launcher()["pid"],
            "ffmpeg": await daemon.running_ffmpeg()}  # fmt: skip
    os.kill(pids[victim], kind)
    began = grew = time.monotonic()
    size, longest = 0, 0.0
    restarted = victim != "camsvc"
    while time.monotonic() - began < WATCHED_S:
        now_size = sum(file.stat().st_size for file in folder.iterdir())
        if now_size > size:
            longest, grew, size = max(longest, time.monotonic() - grew), time.monotonic(), now_size
        if not restarted and kind == signal.SIGKILL:
            restarted = True
            await daemon.process.when_ended()
            await daemon.start()
        elif not restarted and time.monotonic() - began > FROZEN_CAMSVC_S:
            restarted = True
            os.kill(pids[victim], signal.SIGCONT)
        await pause(0.02)
    await eventually(daemon.ready)
    await daemon.end()
    return longest


async def main(_reactor: Any) -> None:
    """Print the table."""
    engines = find_engines()
    print(f"{'':<18}" + "".join(f"{engine.name:>18}" for engine in engines))
    for victim in ("ffmpeg", "launcher", "engine", "camsvc"):
        for kind in (signal.SIGKILL, signal.SIGSTOP):
            run = Run()
            row = []
            try:
                for engine in engines:
                    row.append(await stand_still(run, engine, victim, kind))
            finally:
                await run.clean_up()
            name = f"{victim} {'killed' if kind == signal.SIGKILL else 'frozen'}"
            print(f"{name:<18}" + "".join(f"{value:>16.1f} s" for value in row), flush=True)


if __name__ == "__main__":
    react(main)
