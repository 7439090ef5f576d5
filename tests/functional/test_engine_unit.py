"""An engine that systemd runs as a unit of its own: no stop of camsvc touches it."""

from __future__ import annotations

import signal

from twisted.trial.unittest import TestCase

from tests.functional.daemon import Daemon, parts_folder, recorded_files
from tests.functional.engines import Engine, per_engine
from tests.functional.ffmpeg import decode, frames_of, reader
from tests.functional.spawned import Spawned, eventually


class EngineUnitTests(TestCase):
    """``media.run = false``."""

    engine: Engine
    timeout = 120

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine)
        text = self.daemon.config.read_text()
        lines = [line for line in text.splitlines() if not line.startswith(("engine =", "mediamtx ="))]
        self.daemon.config.write_text("\n".join(lines).replace("[media]", "[media]\nrun = false") + "\n")
        await self.daemon.launch_only()
        file = self.daemon.runtime / "engine.yml"
        await eventually(file.exists)
        self.unit = Spawned.start(self.engine.argv(file), self.engine.env(), self.daemon.folder / "unit.log")
        self.addCleanup(self.unit.end, signal.SIGINT)
        await eventually(self.daemon.ready, 20)

    async def test_stopped_and_started(self) -> None:
        """Over a stop and a start of camsvc viewer and recording go on, in one part, and camsvc knows them again."""
        client = await self.daemon.connect()
        viewer = reader(self, self.daemon.rtsp_url())
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", status="RECORDING")
        self.assertTrue(await self.daemon.process.end(signal.SIGTERM, 10), "it ends by itself")
        self.assertTrue(self.unit.running)
        before = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > before + 20)
        await self.daemon.start()
        again = await self.daemon.connect()

        async def recording() -> bool:
            return bool((await again.call("get_camera_list"))["cameras"][0]["recording"])

        await eventually(recording)
        self.assertEqual(len(list(parts_folder(self.daemon, started["filename"]).iterdir())), 1)
        await again.call("stop_recording", device="camera0")
        await again.sees("recording_status_update", status="STOPPED")
        files = recorded_files(self.daemon)
        self.assertEqual([file.name for file in files], [started["filename"]])
        self.assertEqual((await decode(self, files[0])).errors, "")
        await viewer.end()


per_engine(globals(), EngineUnitTests)
