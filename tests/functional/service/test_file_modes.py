"""What other users of the machine may read, whatever the umask was that camsvc was started with: nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from tests.support import procfs
from tests.support.daemon.daemon import CAMERA, Daemon, DaemonTestCase, recorded_files
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import read_frames
from tests.support.spawned import eventually


class OpenDaemon(Daemon):
    """One that was started with umask 000."""

    def argv(self) -> list[str]:
        return ["/bin/sh", "-c", 'umask 000; exec "$@"', "sh", *super().argv()]


def below(folder: Path) -> Iterator[Path]:
    """A folder and all in it.

    Yields:
        each path, links not followed.
    """
    yield folder
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            yield from below(entry)
        else:
            yield entry


class FileModeTests(DaemonTestCase):
    """While a camera is watched and recorded, and afterwards."""

    async def setUp(self) -> None:
        self.daemon = OpenDaemon(self, self.engine, CAMERA, state="deep/state")
        await self.daemon.start()
        self.addCleanup(self.show_log)

    def closed(self) -> int:
        """Nothing is open to others, nor to be written by the group; how many files there are."""
        found = [path for root in (self.daemon.folder / "deep", self.daemon.runtime) for path in below(root)]
        wrong = {}
        for path in found:
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:  # it has gone meanwhile
                continue
            if stat.S_IMODE(mode) & 0o027:
                wrong[str(path.relative_to(self.daemon.folder))] = oct(stat.S_IMODE(mode))
        self.assertEqual(wrong, {})
        return len(found)

    async def test_files(self) -> None:
        """Recordings, their parts, snapshots, thumbnails, database, secrets, status, what the engine writes."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        watched = await read_frames(self, self.daemon.rtsp_url("camera0"), 5, 30)
        self.assertEqual(watched.frames, 5, watched.errors)
        await client.call("take_snapshot", device="camera0")
        self.assertGreater(self.closed(), 20)
        umasks = {pid: procfs.umask(pid) for pid in procfs.descendants(self.daemon.process.pid)}
        self.assertGreaterEqual(len(umasks), 2)
        self.assertEqual({each for each in umasks.values() if each is not None}, {0o027}, umasks)
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        thumbnails = self.daemon.state / "thumbnails"
        await eventually(lambda: len(list(thumbnails.iterdir())) == 2)
        self.assertEqual(len(recorded_files(self.daemon)), 1)
        self.closed()


per_engine(globals(), FileModeTests)
