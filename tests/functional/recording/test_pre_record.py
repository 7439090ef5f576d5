"""The seconds before the call are in the recording, and it is as long as the clock on the wall says."""

from __future__ import annotations

import os
import signal
from collections.abc import Set
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from camsvc.library.parts import began_at
from tests.support.daemon.daemon import CAMERA, DaemonTestCase, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, packet_times, probe
from tests.support.spawned import eventually


class PreRecordTests(DaemonTestCase):
    """Five seconds of a camera that nobody watches."""

    cameras = f"{CAMERA}[recording]\npre_record_s = 5\n"

    async def kept(self, before: Set[str] = frozenset()) -> None:
        """Wait until there is as much as is kept, not counting what was there before: after a gap it is kept anew."""

        def enough() -> bool:
            times = sorted(began_at(path) for path in self.parts() if path.name not in before)
            return bool(times) and times[-1] - times[0] > 6

        await eventually(enough, 60)

    def parts(self) -> list[Path]:
        """What is kept now."""
        return list((self.daemon.state / "recordings" / ".rec" / "camera0" / "0").glob("*.mp4"))

    async def test_before_the_call(self) -> None:
        """Five seconds, and up to a key frame more, then what was asked for; no gap, and nothing twice."""
        await self.kept()
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0", duration=4)
        stopped = await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        asked, first = (datetime.fromisoformat(each) for each in (started["start_time"], stopped["first_sample"]))
        before_s = (asked - first).total_seconds()
        self.assertTrue(4.998 < before_s < 7, before_s)
        (file,) = recorded_files(self.daemon)
        length_s = float((await probe(self, file))["format"]["duration"])
        self.assertLess(abs(length_s - before_s - 4), 0.5)
        self.assertEqual((await decode(self, file)).errors, "")
        times = await packet_times(self, file, "v")
        steps = [later - earlier for earlier, later in pairwise(times)]
        self.assertLess(max(steps), 0.3)
        self.assertGreater(min(steps), 0.005)

    async def test_over_restarts(self) -> None:
        """It is kept on when camsvc and the engine are killed: what was before the call is in the next recording."""
        await self.kept()
        for victim in ("camsvc", "engine"):
            if victim == "camsvc":
                os.kill(self.daemon.process.pid, signal.SIGKILL)
                await self.daemon.process.when_ended()
                await self.daemon.start()
            else:
                os.kill(self.daemon.engine_pid(), signal.SIGKILL)
            await self.kept({path.name for path in self.parts()})
            client = await self.daemon.connect()
            started = await client.call("start_recording", device="camera0", duration=2)
            stopped = await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
            asked, first = (datetime.fromisoformat(each) for each in (started["start_time"], stopped["first_sample"]))
            before_s = (asked - first).total_seconds()
            self.assertTrue(4.998 < before_s < 7, f"{victim}: {before_s}")

    async def test_set_by_the_schedule(self) -> None:
        """Off for one camera: it sleeps; a recording of it begins as any other. On again: it is kept again."""
        client = await self.daemon.connect()
        await self.kept()
        answer = await client.call("set_recording_schedule", device="camera0", mode="off", pre_record_s=0)
        self.assertEqual(answer["pre_record_s"], 0)
        ring = self.daemon.state / "recordings" / ".rec" / "camera0" / "0"
        await eventually(lambda: not ring.exists(), 20)
        await eventually(lambda: self.daemon.publishers() == [], 60)
        await client.call("set_recording_schedule", device="camera0", mode="off", pre_record_s=3)
        await self.kept()


per_engine(globals(), PreRecordTests)
