"""What puts cameras and recordings on an engine, wired as in the daemon, before a stub of the engine's API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from camsvc.app.wiring.streaming import Streaming
from camsvc.config.schema import Config, Media
from camsvc.config.storage import Storage
from camsvc.engine.api.api_client import ApiClient
from camsvc.engine.api.paths_api import PathsApi
from camsvc.model import Camera, Recording
from camsvc.system.reactor_lag import ReactorLag
from camsvc.system.runtime_dir import RuntimeDir
from tests.support.engine.control_api_stub import FakeEngine, StubApi
from tests.support.samples import runtime


class StreamingTestCase(TestCase):
    """With ``Streaming`` before a stub on loopback; a round is taken by hand."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.stub = StubApi()
        listener = self.reactor.listenTCP(0, self.stub.site(), interface="127.0.0.1")
        self.addCleanup(listener.stopListening)
        self.engine = FakeEngine()
        self.client = ApiClient(reactor, ReactorLag(reactor), f"127.0.0.1:{listener.getHost().port}", b"secret")
        self.folder = RuntimeDir(Path(self.mktemp()))
        self.streaming = self.wire()

    def wire(self, transcode: str = "auto") -> Streaming:
        """New parts, which know nothing yet of what was before, as after a restart of camsvc."""
        process = runtime(self.reactor, folder=self.folder, launcher=Path("/opt/my camsvc/camsvc-publish"))
        config = Config(storage=Storage(recordings_dir="/var/recordings"), media=Media(transcode=transcode))
        return Streaming(process, config, self.engine, PathsApi(self.client))  # type: ignore[arg-type]

    async def tearDown(self) -> None:  # type: ignore[override]
        self.streaming.rounds.stop()
        await self.client.close()

    async def round(self) -> None:
        await self.streaming.rounds.take()

    async def until(self, condition: Callable[[], Any]) -> None:
        while not condition():
            await deferLater(self.reactor, 0)

    def change(self, before: Camera | None, camera: Camera) -> None:
        """The inventory tells of a camera."""
        for part in (self.streaming.cameras, self.streaming.recordings, self.streaming.delayed):
            part.camera_changed(before, camera)

    async def record(self, recording: Recording) -> None:
        await self.streaming.recordings.add_recording(recording)

    @property
    def in_step(self) -> bool:
        return self.streaming.rounds.in_step

    @property
    def writes(self) -> list[str]:
        """What the engine was asked to change."""
        return [line for line in self.stub.seen if not line.startswith("GET")]
