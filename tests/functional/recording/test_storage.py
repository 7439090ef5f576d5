"""A state folder that fills up or turns read-only while a recording runs: told in words, healed by itself."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import TestCase

from camsvc.system.processes import run
from tests.support.daemon.daemon import Client, Daemon, RpcError, recorded_files
from tests.support.engine.engines import Engine, per_engine
from tests.support.media.ffmpeg import decode
from tests.support.spawned import clock

_SUDO = () if os.geteuid() == 0 else ("/usr/bin/sudo", "-n")


async def mount(*arguments: str) -> None:
    """mount(8), as root."""
    output = await run(clock(), [*_SUDO, "/bin/mount", *arguments], timeout_s=10)
    assert output.code == 0, output.err


class StorageTests(TestCase):
    """The state folder is a small file system of its own."""

    engine: Engine
    timeout = 120

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine, state="state")
        self.small = self.daemon.folder / "state"
        self.small.mkdir()
        await mount("-t", "tmpfs", "-o", f"size=32m,mode=0750,uid={os.geteuid()}", "camsvc-test", str(self.small))
        self.addCleanup(self.unmount)
        self.addCleanup(self.daemon.end)
        await self.daemon.start()

    async def unmount(self) -> None:
        """umount(8)."""
        await run(clock(), [*_SUDO, "/bin/umount", "-l", str(self.small)], timeout_s=10)

    async def test_full(self) -> None:
        """No room: told with the reason; lists go on; with room again the recording goes on, and its file plays."""
        client = await self.daemon.connect()
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        filler = self.small / "filler"
        _fill(filler)
        await client.sees("recording_status_update", reason="no_space", timeout_s=30)
        self.assertEqual((await client.call("list_recordings"))["total"], 1)
        with self.assertRaises(RpcError) as caught:
            await client.call("take_snapshot", device="camera0")
        self.assertEqual((caught.exception.code, caught.exception.data["dependency"]), (-32050, "storage"))
        filler.unlink()
        await client.sees("recording_status_update", reason="resumed", timeout_s=30)
        await self.stop_and_play(client)

    async def test_read_only(self) -> None:
        """A read-only folder takes no recording and says so; once it can be written to again it does."""
        client = await self.daemon.connect()
        recordings = self.small / "recordings"
        await mount("-t", "tmpfs", "-o", f"size=32m,mode=0750,uid={os.geteuid()}", "camsvc-test", str(recordings))
        self.addCleanup(run, clock(), [*_SUDO, "/bin/umount", "-l", str(recordings)], timeout_s=10)
        await mount("-o", "remount,ro", str(recordings))
        with self.assertRaises(RpcError) as caught:
            await client.call("start_recording", device="camera0")
        self.assertEqual((caught.exception.code, caught.exception.data["reason"]), (-32050, "read_only"))
        await mount("-o", "remount,rw", str(recordings))
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        await self.stop_and_play(client)

    async def stop_and_play(self, client: Client) -> None:
        """Stop; what was recorded decodes."""
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", timeout_s=30)
        files = recorded_files(self.daemon)
        self.assertTrue(files)
        for file in files:
            self.assertEqual((await decode(self, file)).errors, "")


def _fill(path: Path) -> None:
    """Take all room there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


per_engine(globals(), StorageTests)
