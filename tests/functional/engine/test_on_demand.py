"""What camsvc relies on in an engine's commands: MediaMTX's path keys ``runOnDemand`` and ``runOnInit``."""

from __future__ import annotations

import os
import signal
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.streams.camera_starter import CameraStarter
from camsvc.streams.keep_alive import KeepAlive
from camsvc.system.processes import start_time
from tests.support.engine.control_api_stub import FakeEngine
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import INTERNAL, VIEWER
from tests.support.media.camera import CameraTestCase, Launcher
from tests.support.spawned import clock, eventually, pause


class OnDemandTests(CameraTestCase):
    """Commands that publish when somebody wants to see."""

    async def demand(self, publishes: bool = True, **keys: Any) -> Launcher:
        """Configure ``camera0`` with a launcher; it closes 20 s after the last reader unless told otherwise."""
        launcher = Launcher(self.folder, publishes)
        usual = {
            "runOnDemandRestart": True,
            "runOnDemandStartTimeout": "10s",
            "runOnDemandCloseAfter": "20s",
        }
        await self.server.add("camera0", runOnDemand=launcher.command, **{**usual, **keys})
        return launcher

    def view(self) -> Deferred[RtspClient]:
        """A reader, under way."""
        return Deferred.fromCoroutine(play(self, self.server.rtsp_url("camera0")))

    async def test_first_reader_starts_it(self) -> None:
        """DESCRIBE waits until the command publishes; two readers at once start it once."""
        launcher = await self.demand()
        await pause(0.5)
        self.assertEqual(launcher.runs(), [])
        for client in await gatherResults([self.view(), self.view()]):
            await self.grows(client)
        await self.grows(await self.view())
        self.assertEqual(len(launcher.runs()), 1)

    async def test_how_the_command_is_started(self) -> None:
        """Split as a shell would, but without one; MTX_PATH and RTSP_PORT in its environment."""
        launcher = await self.demand()
        await self.view()
        run = launcher.runs()[0]
        self.assertEqual(run.arguments, ["camera0", "two words"])
        self.assertEqual((run.path, run.rtsp_port), ("camera0", str(self.server.rtsp_port)))

    async def test_it_is_stopped_after_the_last_reader(self) -> None:
        """By SIGINT, ``runOnDemandCloseAfter`` after; the next reader starts it again."""
        launcher = await self.demand(runOnDemandCloseAfter="1s")
        first, second = await gatherResults([self.view(), self.view()])
        await first.close()
        await pause(1.5)
        await self.grows(second)
        left = clock().seconds()
        await second.close()
        run = launcher.runs()[0]
        await eventually(lambda: start_time(run.pid) is None)
        self.assertGreater(clock().seconds() - left, 0.9)
        self.assertTrue(launcher.ended_by(run, signal.SIGINT))
        await eventually(self.is_idle)
        await self.grows(await self.view())
        self.assertEqual(len(launcher.runs()), 2)

    async def is_idle(self) -> bool:
        """Whether nothing publishes."""
        return not await self.is_ready()

    async def test_reader_in_time_keeps_it(self) -> None:
        """A reader that comes before ``runOnDemandCloseAfter`` is over finds the stream running, and keeps it so."""
        launcher = await self.demand(runOnDemandCloseAfter="1s")
        await (await self.view()).close()
        await pause(0.4)
        client = await self.view()
        await pause(1.5)
        await self.grows(client)
        self.assertEqual(len(launcher.runs()), 1)

    async def test_woken_by_a_description(self) -> None:
        """A DESCRIBE alone starts the camera, which runs on for ``runOnDemandCloseAfter``: so snapshots start it."""
        launcher = await self.demand(runOnDemandCloseAfter="3s")
        rtsp = LoopbackRtsp(clock(), self.server.rtsp_port, INTERNAL[1])
        await CameraStarter(clock(), FakeEngine(), rtsp).start_camera("camera0")  # type: ignore[arg-type]
        began = clock().seconds()
        self.assertTrue(await self.is_ready())
        await pause(1.5)
        self.assertTrue(await self.is_ready())
        await eventually(self.is_idle)
        self.assertLess(clock().seconds() - began, 10)
        self.assertEqual(len(launcher.runs()), 1)

    async def test_killed_command_runs_again(self) -> None:
        """About 5 s after its end (``runOnDemandRestart``) when a reader is there; the reader before it is closed."""
        launcher = await self.demand()
        client = await self.view()
        killed = clock().seconds()
        os.kill(launcher.runs()[0].pid, signal.SIGKILL)
        await client.when_closed(5)
        await self.grows(await eventually(self.try_to_view, 20))
        runs = launcher.runs()
        self.assertEqual(len(runs), 2)
        self.assertGreater(clock().seconds() - killed, 4)
        self.assertIsNone(start_time(runs[0].pid))

    async def try_to_view(self) -> RtspClient | None:
        """A reader, as a client that tries again gets one; None when it was refused."""
        try:
            return await play(self, self.server.rtsp_url("camera0"))
        except (AssertionError, ConnectionError):
            return None

    async def test_command_that_never_publishes(self) -> None:
        """DESCRIBE is refused with 400 when ``runOnDemandStartTimeout`` is over, and the command is stopped."""
        launcher = await self.demand(publishes=False, runOnDemandStartTimeout="1s")
        asked = clock().seconds()
        self.assertEqual(await self.describe("camera0", VIEWER), 400)
        self.assertGreater(clock().seconds() - asked, 0.9)
        run = launcher.runs()[0]
        await eventually(lambda: start_time(run.pid) is None)

    async def test_refused_reader_starts_nothing(self) -> None:
        """The callback is asked first: a stranger cannot switch a camera on."""
        launcher = await self.demand()
        self.assertEqual(await self.describe("camera0", None), 401)
        self.assertEqual(await self.describe("camera0", ("viewer", "wrong")), 401)
        self.assertEqual(launcher.runs(), [])

    async def test_deleting_the_path_stops_it(self) -> None:
        """DELETE ends the command, and its viewers."""
        launcher = await self.demand()
        client = await self.view()
        await self.server.delete("camera0")
        await client.when_closed(5)
        run = launcher.runs()[0]
        await eventually(lambda: start_time(run.pid) is None)

    async def test_run_on_init(self) -> None:
        """``runOnInit`` starts with the path, without readers, and ends with it."""
        launcher = Launcher(self.folder)
        await self.server.add("camera0", runOnInit=launcher.command, runOnInitRestart=True)
        await eventually(self.is_ready)
        run = launcher.runs()[0]
        self.assertEqual((run.path, run.rtsp_port), ("camera0", str(self.server.rtsp_port)))
        await self.server.delete("camera0")
        await eventually(lambda: start_time(run.pid) is None)
        self.assertTrue(launcher.ended_by(run, signal.SIGINT))

    async def test_run_on_init_again(self) -> None:
        """About 5 s after its end (``runOnInitRestart``), readers or not: an always-on camera comes back."""
        launcher = Launcher(self.folder)
        await self.server.add("camera0", runOnInit=launcher.command, runOnInitRestart=True)
        await eventually(self.is_ready)
        killed = clock().seconds()
        os.kill(launcher.runs()[0].pid, signal.SIGKILL)
        await eventually(lambda: len(launcher.runs()) == 2)
        self.assertGreater(clock().seconds() - killed, 4)
        await eventually(self.is_ready)

    async def test_kept_running(self) -> None:
        """A session that is set up and never plays, and asks for OPTIONS, holds a camera past ``readTimeout``.

        It is a reader (``rtspSession``) as long as its connection is there, so previews need no video.
        """
        launcher = await self.demand(runOnDemandCloseAfter="1s")
        keep_alive = KeepAlive(clock(), LoopbackRtsp(clock(), self.server.rtsp_port, INTERNAL[1]))
        self.addCleanup(keep_alive.stop)
        keep_alive.hold("camera0")
        await eventually(self.is_ready)
        await pause(17)  # readTimeout is 10 s, and it asks each 15 s
        readers = (await self.server.path("camera0"))["readers"]
        self.assertEqual([reader["type"] for reader in readers], ["rtspSession"])
        keep_alive.stop()
        await eventually(self.is_idle)
        self.assertEqual(len(launcher.runs()), 1)

    async def test_engine_end_stops_it(self) -> None:
        """SIGINT to the engine ends it within 5 s and its commands soon after, by signal or by broken pipe."""
        launcher = await self.demand()
        await self.view()
        run = launcher.runs()[0]
        self.assertTrue(await self.server.process.end(signal.SIGINT, 5.0))
        await eventually(lambda: start_time(run.pid) is None)


per_engine(globals(), OnDemandTests)
