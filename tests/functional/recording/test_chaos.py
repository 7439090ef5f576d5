"""Every process of the chain killed and frozen at random moments of one recording: nothing is lost, nothing doubled.

``CAMSVC_CHAOS`` faults (16 by default), from the seed ``CAMSVC_CHAOS_SEED`` (random and printed by default).
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

from tests.support.daemon.daemon import CAMERA, Client, DaemonTestCase, RpcError, parts_folder, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, probe
from tests.support.procfs import sizes
from tests.support.spawned import eventually, pause, processes_mentioning

FAULTS = int(os.environ.get("CAMSVC_CHAOS", "16"))
SEED = int(os.environ.get("CAMSVC_CHAOS_SEED", str(random.randrange(10**6))))
HEAL_LIMIT_S = 45.0
FROZEN_CAMSVC_S = 3.0


class ChaosTests(DaemonTestCase):
    """One recording, many faults; its files are cut every 15 s, and the seconds before it are kept all the time."""

    cameras = f"{CAMERA}[recording]\nsegment_s = 15\npre_record_s = 3\n"
    timeout = 60 + FAULTS * 60

    async def test_recording_survives(self) -> None:
        """After each fault the recording grows again by itself; at the end it is one, and its files decode."""
        dice = random.Random(f"{SEED} {self.engine.name}")
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        began, away, told = time.monotonic(), 0.0, defaultdict[str, list[float]](list)
        for number in range(FAULTS):
            await pause(dice.uniform(0.3, 2.5))
            victim = dice.choice(("engine", "ffmpeg", "launcher", "camsvc"))
            kind = dice.choice((signal.SIGKILL, signal.SIGSTOP))
            healed = await self.fault(victim, kind, started["filename"])
            away += healed
            told[f"{kind.name} {victim}"].append(healed)
            self.say(f"{number + 1}/{FAULTS} {kind.name} {victim}: {healed:.1f} s")
            await eventually(lambda: self.alone() == [], 20)
        await eventually(self.daemon.ready, 20)
        elapsed = time.monotonic() - began
        client = await self.daemon.connect()
        await eventually(lambda: self.camera_fine(client), 20)
        stopped = await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", timeout_s=30)
        files = recorded_files(self.daemon)
        info = await client.call("get_recording_info", filename=started["filename"])
        names = [part["filename"] for part in info.get("parts", [info])]
        self.assertEqual(sorted(file.name for file in files), sorted(names))
        length = 0.0
        for file in files:
            length += float((await probe(self, file))["format"]["duration"])
            self.assertEqual((await decode(self, file)).errors, "")
        self.say(f"seed {SEED}, {FAULTS} faults in {elapsed:.0f} s: {length:.0f} s recorded, {away:.0f} s healing")
        for fault, times in sorted(told.items()):
            self.say(
                f"{fault}: {len(times)} times, healed in {statistics.median(times):.1f} s, {max(times):.1f} s at most"
            )
        self.assertLess(abs(length - stopped["duration"]), 1.0)
        self.assertGreater(length, elapsed - away - FAULTS * 1.5, "footage was lost beyond the gaps")
        listed = await client.call("list_recordings")
        self.assertEqual(listed["total"], 1)

    def say(self, text: str) -> None:
        """Print at once: a run that hangs has told its seed and its last fault."""
        print(f"    chaos, {self.engine.name}: {text}", file=sys.__stdout__, flush=True)

    async def fault(self, victim: str, kind: signal.Signals, filename: str) -> float:
        """Do it; the seconds until the recording grows by itself again."""
        pid = await eventually(lambda: self.pid(victim), 30)
        folder = parts_folder(self.daemon, filename)
        began = time.monotonic()
        os.kill(pid, kind)
        if victim == "camsvc":
            if kind == signal.SIGSTOP:
                await pause(FROZEN_CAMSVC_S)
                os.kill(pid, signal.SIGCONT)
            else:
                await self.daemon.process.when_ended()
                await self.daemon.start()
        await pause(0.3)
        before = self.newest(folder)
        await eventually(lambda: self.newest(folder) > before, HEAL_LIMIT_S)
        return time.monotonic() - began

    def newest(self, folder: Path) -> tuple[str, int]:
        """Name and size of the newest part: those before it go when they are in a file."""
        return max(((Path(name).name, size) for name, size in sizes(folder).items()), default=("", 0))

    def pid(self, victim: str) -> int:
        """Pid of a process of the chain; raises OSError while it is not there."""
        if victim == "camsvc":
            return self.daemon.process.pid
        if victim == "engine":
            return self.daemon.engine_pid()
        status = self.daemon.launcher()
        pid = status["pid"] if victim == "launcher" else status["ffmpeg_pid"]
        if pid is None:
            raise ProcessLookupError(victim)
        os.kill(pid, 0)
        return int(pid)

    def alone(self) -> list[str]:
        """What there is more than one of."""
        found = []
        for name, mark in (
            ("engines", str(self.daemon.runtime / "engine.yml")),
            ("launchers", f"--runtime-dir {self.daemon.runtime}"),
            ("publishers", f"{self.daemon.runtime}/camera0.jpg"),
        ):
            pids = processes_mentioning(mark)
            if len(pids) > 1:
                found.append(f"{name}: {pids}")
        return found

    async def camera_fine(self, client: Client) -> bool:
        """The camera is connected and recording."""
        try:
            camera = (await client.call("get_camera_list"))["cameras"][0]
        except RpcError:
            return False
        return camera["status"] == "CONNECTED" and camera["recording"]


per_engine(globals(), ChaosTests)
