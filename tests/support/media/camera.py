"""A camera that ffmpeg's test picture stands in for: published at once, or on demand by a launcher."""

from __future__ import annotations

import signal
import stat
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import PUBLISHER, EngineTestCase
from tests.support.media.ffmpeg import encode, publish, to_rtsp
from tests.support.spawned import Spawned, eventually

FPS = 10


@frozen
class Run:
    """One start of a launcher.

    Attributes:
        pid: of the launcher, then of the ffmpeg that takes its place.
        arguments: as they arrived.
        path: ``MTX_PATH`` in its environment.
        rtsp_port: ``RTSP_PORT`` in its environment.
    """

    pid: int
    arguments: list[str]
    path: str
    rtsp_port: str


class Launcher:
    """A script for ``runOnDemand`` or ``runOnInit`` that notes how it was started and becomes an ffmpeg."""

    def __init__(self, folder: Path, publishes: bool = True) -> None:
        """Write the script, into a folder with a space in its name.

        Args:
            folder: the test's.
            publishes: otherwise it does nothing for a minute.
        """
        self._notes = folder / "launcher"
        self._notes.mkdir(parents=True)
        script = folder / "my scripts" / "launch"
        script.parent.mkdir()
        url = f"rtsp://{PUBLISHER[0]}:{PUBLISHER[1]}@127.0.0.1:$RTSP_PORT/$MTX_PATH"
        argv = " ".join(["ffmpeg", "-hide_banner", "-nostdin", *encode(fps=FPS), *to_rtsp(f'"{url}"')])
        program = f'exec {argv} 2> "{self._notes}/$$.log"' if publishes else "exec sleep 60"
        note = f'printf \'%s\\n\' "$MTX_PATH" "$RTSP_PORT" "$@" > "{self._notes}/$$.tmp"'
        script.write_text(f'#!/bin/sh\n{note}\nmv "{self._notes}/$$.tmp" "{self._notes}/$$"\n{program}\n')
        script.chmod(stat.S_IRWXU)
        self.command = f'"{script}" camera0 "two words"'

    def runs(self) -> list[Run]:
        """Each start so far, in order."""
        found = [entry for entry in self._notes.iterdir() if not entry.suffix]
        runs = []
        for entry in sorted(found, key=lambda one: one.stat().st_mtime_ns):
            path, port, *arguments = entry.read_text().splitlines()
            runs.append(Run(int(entry.name), arguments, path, port))
        return runs

    def ended_by(self, run: Run, signum: int = signal.SIGINT) -> bool:
        """Whether the ffmpeg of a run says that a signal ended it."""
        return f"received signal {int(signum)}." in (self._notes / f"{run.pid}.log").read_text(errors="replace")


class CameraTestCase(EngineTestCase):
    """A test with a camera called ``camera0``."""

    async def publish(self, path: str = "camera0", **options: Any) -> Spawned:
        """Publish a test picture and wait until the path is ready."""
        process = publish(self, self.server.rtsp_url(path, PUBLISHER), **options)
        await eventually(lambda: self.is_ready(path))
        return process

    async def is_ready(self, path: str = "camera0") -> bool:
        """Whether a stream is there."""
        return bool((await self.server.path(path))["ready"])

    async def grows(self, client: RtspClient) -> None:
        """Wait until a client gets media that it has not got now."""
        before = client.packets
        await eventually(lambda: client.packets > before + 3)

    async def describe(self, path: str, credential: tuple[str, str] | None, query: str = "") -> int:
        """The status of a DESCRIBE; 0 where the engine closed the connection instead."""
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(credential)
        try:
            url = self.server.rtsp_url(path, None, query)
            return (await client.ask("DESCRIBE", url, {"Accept": "application/sdp"})).status
        except ConnectionError:
            return 0

    async def no_readers(self) -> bool:
        """Whether camera0 has no reader."""
        return not (await self.server.path("camera0"))["readers"]


class WatchedTestCase(CameraTestCase):
    """A test of what one client does to an engine that others use."""

    async def watched(self) -> RtspClient:
        """A viewer of a published camera, which must not notice what the test does."""
        await self.server.add("camera0")
        await self.publish()
        client = await play(self, self.server.rtsp_url("camera0"))
        await self.grows(client)
        return client

    async def assert_serves(self, watcher: RtspClient) -> None:
        """The viewer goes on, a new one is let in, and the API answers."""
        self.assertFalse(watcher.closed)
        await self.grows(watcher)
        await self.grows(await play(self, self.server.rtsp_url("camera0")))
        self.assertTrue((await self.server.path("camera0"))["ready"])
