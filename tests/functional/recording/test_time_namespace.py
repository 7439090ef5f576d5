"""Recordings of a machine that is up for long and has slept: camsvc in a time namespace (time_namespaces(7))."""

from __future__ import annotations

import os
import signal

import msgspec

from tests.support.daemon.daemon import CAMERA, Daemon, DaemonTestCase, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, probe
from tests.support.procfs import command_line
from tests.support.spawned import eventually, pause

YEAR_S = 365 * 86400
HOUR_S = 3600


class NamespaceDaemon(Daemon):
    """A camsvc, with all that it starts, whose clocks begin elsewhere.

    Attributes:
        boot_s: seconds that CLOCK_BOOTTIME is ahead.
        monotonic_s: seconds that CLOCK_MONOTONIC is ahead, which stands still while the machine sleeps.
    """

    boot_s = 10 * YEAR_S
    monotonic_s = YEAR_S

    def argv(self) -> list[str]:
        own_user = [] if os.geteuid() == 0 else ["--map-root-user"]
        ahead = ["--boottime", str(self.boot_s), "--monotonic", str(self.monotonic_s)]
        return ["/usr/bin/unshare", *own_user, "--time", *ahead, *super().argv()]


class TimeNamespaceTests(DaemonTestCase):
    """Ten years up, and nine of them asleep."""

    daemon: NamespaceDaemon

    async def setUp(self) -> None:
        self.daemon = NamespaceDaemon(self, self.engine, CAMERA)
        await self.daemon.start()
        self.addCleanup(self.show_log)

    async def length_s(self) -> float:
        """Of the one recording that there is, all of which decodes."""
        (file,) = recorded_files(self.daemon)
        self.assertEqual((await decode(self, file)).errors, "")
        return float((await probe(self, file))["format"]["duration"])

    async def test_timed(self) -> None:
        """It has its length."""
        client = await self.daemon.connect()
        await client.call("start_recording", device="camera0", duration=4)
        stopped = await client.sees("recording_status_update", status="STOPPED")
        length_s = await self.length_s()
        self.assertLess(abs(length_s - 4), 1.0)
        self.assertLess(abs(length_s - stopped["duration"]), 0.5)

    async def test_over_a_restart(self) -> None:
        """After a kill the same recording goes on, and is one file."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        await self.daemon.process.when_ended()
        await self.daemon.start()
        client = await self.daemon.connect()

        async def goes_on() -> bool:
            status = await client.call("get_recording_status", device="camera0")
            return bool(status["recording"] and status["filename"] == started["filename"])

        await eventually(goes_on)
        await pause(2)
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        self.assertGreater(await self.length_s(), 2.0)

    async def test_slept_beyond_its_end(self) -> None:
        """A timed recording whose end went by while the machine slept is ended, with what there is of it."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0", duration=300)
        await client.sees("recording_status_update", confirmed=True)
        await pause(2)
        engine = int(msgspec.json.decode((self.daemon.runtime / "engine.json").read_bytes())["pid"])
        for pid in (self.daemon.process.pid, engine):  # seen from another namespace, it began at another time
            os.kill(pid, signal.SIGKILL)
        await self.daemon.process.when_ended()
        await eventually(lambda: not command_line(engine))
        self.daemon.boot_s += HOUR_S
        await self.daemon.start()
        client = await self.daemon.connect()

        async def finished() -> bool:
            (file,) = (await client.call("list_recordings"))["files"]
            return bool(file["status"] == "FINISHED" and file["filename"] == started["filename"])

        await eventually(finished, 60)
        self.assertTrue(1.0 < await self.length_s() < 60)


per_engine(globals(), TimeNamespaceTests)
