"""An engine that systemd runs as a unit of its own: no stop of camsvc touches it."""

from __future__ import annotations

import hashlib
import re
import signal
import sys

from twisted.trial.unittest import TestCase

from camsvc.cli.pinned_https import own_certificate
from tests.functional.engine.test_rtsps import fingerprint_shown
from tests.support.certificates import make_pair
from tests.support.daemon.daemon import Daemon, parts_folder, recorded_files
from tests.support.engine.engines import Engine, per_engine
from tests.support.media.ffmpeg import decode, frames_of, read_frames, reader
from tests.support.spawned import Spawned, eventually


class EngineUnitTestCase(TestCase):
    """A daemon with ``media.run = false``, and its unit."""

    engine: Engine
    timeout = 120

    tls = False

    async def setUp(self) -> None:
        self.daemon = Daemon(self, self.engine, tls=self.tls)
        text = re.sub(r"(?m)^mediamtx = .*\n", "", self.daemon.config.read_text())
        self.daemon.config.write_text(text.replace("[media]", "[media]\nrun = false"))
        self.addCleanup(self.show_log)
        await self.daemon.launch_only()
        await eventually((self.daemon.runtime / "engine.yml").exists)
        self.start_unit()
        await eventually(self.daemon.ready, 20)

    def show_log(self) -> None:
        if not self._passed:
            unit = (self.daemon.folder / "unit.log").read_text(errors="replace")
            print(self.daemon.log(), "--- unit.log", unit, sep="\n", file=sys.__stdout__, flush=True)

    def start_unit(self) -> None:
        """As systemd would."""
        argv = self.engine.argv(self.daemon.runtime / "engine.yml")
        self.unit = Spawned.start(argv, self.engine.env(), self.daemon.folder / "unit.log")
        self.addCleanup(self.unit.end, signal.SIGINT)

    async def urls(self) -> dict[str, str]:
        """Those that are offered."""
        client = await self.daemon.connect("viewer")
        return dict((await client.call("get_stream_url", device="camera0"))["urls"])

    async def shown(self) -> str:
        """Fingerprint of the certificate on the RTSPS port."""
        return await fingerprint_shown(self.daemon)

    def own(self) -> str:
        """That of the public port."""
        return hashlib.sha256(own_certificate(self.daemon.folder / "tls.crt")).hexdigest()

    async def shows_own(self) -> bool:
        return await self.shown() == self.own()

    async def watched(self) -> None:
        """ffmpeg plays the RTSPS URL."""
        seen = await read_frames(self, (await self.urls())["rtsps"], 10, 30)
        self.assertEqual(seen.frames, 10, seen.errors)

    async def plays(self) -> bool:
        """Whether it can be watched; a MediaMTX that has read its file anew has no paths until camsvc sees that."""
        return (await read_frames(self, (await self.urls())["rtsps"], 10, 30)).frames == 10


class EngineUnitTests(EngineUnitTestCase):
    """What a unit is for."""

    async def test_stopped_and_started(self) -> None:
        """Over a stop and a start of camsvc viewer and recording go on, in one part, and camsvc knows them again."""
        client = await self.daemon.connect()
        viewer = reader(self, self.daemon.rtsp_url())
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
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


class PlainUnitTests(EngineUnitTestCase):
    """TLS comes later than the unit."""

    async def test_tls_is_turned_on(self) -> None:
        """RTSPS is offered once the engine serves it: MediaMTX reads its file anew, or its unit is started again."""
        self.assertNotIn("rtsps", await self.urls())
        with self.assertRaises(ConnectionRefusedError):
            await self.shown()
        await self.daemon.end_alone()
        certificate, key = make_pair(self.daemon.folder)
        text = self.daemon.config.read_text()
        tls = f'[server]\ntls_cert = "{certificate.name}"\ntls_key = "{key.name}"'
        self.daemon.config.write_text(text.replace("[server]", tls))
        self.daemon.scheme = "https"
        await self.daemon.start()
        if self.engine.kind == "relay":
            self.assertNotIn("rtsps", await self.urls())
            return

        async def offered() -> bool:
            return "rtsps" in await self.urls()

        await eventually(offered, 30)
        await eventually(self.daemon.ready)
        self.assertEqual(await self.shown(), self.own())
        await eventually(self.plays, 30)


class RtspsUnitTests(EngineUnitTestCase):
    """TLS is there from the start."""

    tls = True

    async def test_watched(self) -> None:
        """By the URL that is offered, with our certificate: the first, one after SIGHUP, one put there meanwhile."""
        if self.engine.kind == "relay":
            self.assertNotIn("rtsps", await self.urls())
            self.assertIn("RTSP is not encrypted", self.daemon.log())
            return
        self.assertEqual(await self.shown(), self.own())
        await self.watched()
        make_pair(self.daemon.folder, "new.example")
        self.daemon.process.send(signal.SIGHUP)
        await eventually(self.shows_own)
        await self.watched()
        await self.daemon.end_alone()
        make_pair(self.daemon.folder, "newest.example")
        await self.daemon.start()
        await eventually(self.shows_own)
        await self.watched()
        self.assertTrue(self.unit.running)


per_engine(globals(), EngineUnitTests, PlainUnitTests, RtspsUnitTests)
