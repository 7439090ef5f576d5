"""A camsvc for tests that are written for Node.js: a program that does what standard input says, a JSON line each.

``python -m tests.support.browser.stand ENGINE``, ENGINE being the label of one of ``find_engines()``. Each line is
``{"id": …, "do": NAME, …}`` and is answered by ``{"id": …, "ok": VALUE}`` or ``{"id": …, "error": TEXT}``. It and all
that it has started ends with standard input.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.protocols.basic import LineOnlyReceiver

from tests.support.daemon.daemon import Daemon
from tests.support.daemon.plugged import FilmedCamera, PluggedDaemon
from tests.support.daemon.plugging import Plugs
from tests.support.engine.engines import find_engines
from tests.support.spawned import eventually
from tests.support.usb.fake_node import FakeDevice, webcam


class DaemonWithHardware(Daemon):
    """Its cameras have controls and a silent microphone, see ``camsvc_with_hardware``."""

    def argv(self) -> list[str]:
        """In place of the program of the other."""
        module, device = "tests.support.browser.camsvc_with_hardware", str(device_folder(self) / "device.json")
        return [sys.executable, "-m", module, device, *super().argv()[1:]]


def device_folder(daemon: Daemon) -> Path:
    """Where the fake driver's files are."""
    return daemon.folder / "device"


class Stand:
    """What can be done with the camsvc; it stands in for the test case that a ``Daemon`` is made for."""

    def __init__(self, label: str) -> None:
        self._engine = next(engine for engine in find_engines() if engine.label == label)
        self._cleanups: list[tuple[Any, Any, Any]] = []
        self._daemon: Daemon | None = None
        self._device: FakeDevice | None = None
        self._film: FilmedCamera | None = None
        self._plugs: Plugs | None = None

    def addCleanup(self, work: Any, *args: Any, **kwargs: Any) -> None:
        self._cleanups.append((work, args, kwargs))

    async def clean_up(self) -> None:
        """Do what was asked to be done at the end, the last first."""
        for work, args, kwargs in reversed(self._cleanups):
            await maybeDeferred(work, *args, **kwargs)

    @property
    def daemon(self) -> Daemon:
        assert self._daemon is not None, "do begin first"
        return self._daemon

    async def do_begin(
        self, cameras: str = "", extra: str = "", server: str = "", second: bool = False, hardware: bool = False
    ) -> Any:
        """Write a configuration and start; see ``Daemon`` for the parameters.

        With ``second`` there is a second folder; with ``hardware`` cameras have controls and a silent microphone.
        """
        kind = DaemonWithHardware if hardware else Daemon
        self._daemon = kind(self, self._engine, cameras, extra=extra, server=server)  # type: ignore[arg-type]
        if second:
            (self._daemon.folder / "second").mkdir()
            text = self._daemon.config.read_text()
            self._daemon.config.write_text(text.replace("[storage]\n", '[storage]\narchive_dir = "second"\n'))
        if hardware:
            self._device = FakeDevice(device_folder(self._daemon), webcam())
            self.addCleanup(self._device.close)
        return await self._begun()

    async def do_begin_with_ports(self, cameras: str = "", extra: str = "", server: str = "") -> Any:
        """The same with USB ports, at first empty, into which a camera can be plugged."""
        test: Any = self
        self._film, self._plugs = await FilmedCamera.make(test), await Plugs.open(test)
        self._daemon = daemon = PluggedDaemon(test, self._engine, cameras, self._film.media + extra, server=server)
        daemon.plugs = self._plugs
        daemon.nodes_answer(**self._film.answers)
        return await self._begun()

    async def _begun(self) -> Any:
        await self.daemon.start()
        return {"url": self.daemon.base, "state": str(self.daemon.state), "engine": self._engine.name}

    async def do_plug(self) -> None:
        """Plug the camera in: a Logitech C270, by what udev says."""
        assert self._film is not None and self._plugs is not None, "do begin_with_ports first"
        await self._plugs.plug(*self._film.nodes)

    async def do_unplug(self) -> None:
        """Take it out."""
        assert self._film is not None and self._plugs is not None, "do begin_with_ports first"
        await self._plugs.unplug(*self._film.nodes)

    async def do_rpc(self, method: str, params: Any, role: str = "admin") -> Any:
        """A call; its answer as it is on the wire."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return await self.daemon.rpc(call, role)

    async def do_kill_camsvc(self) -> None:
        """As a crash does: the engine and its streams go on."""
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()

    async def do_start_camsvc(self) -> None:
        """Again, until it is ready."""
        await self.daemon.start()

    async def do_kill_engine(self) -> None:
        """As a crash does; camsvc starts another, which is waited for."""
        before = self.daemon.engine_pid()
        os.kill(before, signal.SIGKILL)
        await eventually(lambda: self.daemon.engine_pid() != before, 30)

    async def do_set_elsewhere(self, control: int, value: Any) -> None:
        """Another program sets a control of the cameras, by its number in V4L2."""
        assert self._device is not None, "begin with hardware"
        self._device.set_elsewhere(control, value)

    async def do_controls_set(self) -> list[tuple[int, Any]]:
        """What has been set at the cameras so far: number of the control and value."""
        assert self._device is not None, "begin with hardware"
        return self._device.calls

    async def do_log(self) -> str:
        """What camsvc and its engine have logged."""
        return self.daemon.log()


class Commands(LineOnlyReceiver):
    """Standard input and output."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 20

    def __init__(self, stand: Stand, over: Deferred[None]) -> None:
        self._stand, self._over = stand, over

    def lineReceived(self, line: bytes) -> None:
        Deferred.fromCoroutine(self._do(json.loads(line)))

    def connectionLost(self, reason: Any = None) -> None:
        self._over.callback(None)

    async def _do(self, command: dict[str, Any]) -> None:
        number, name = command.pop("id"), command.pop("do")
        answer: dict[str, Any]
        try:
            answer = {"ok": await getattr(self._stand, f"do_{name}")(**command)}
        except BaseException as why:  # told to whoever asked
            answer = {"error": f"{name}: {why!r}"}
        self.sendLine(json.dumps({"id": number, **answer}).encode())


async def main(_reactor: Any) -> None:
    """Serve until standard input ends."""
    stand = Stand(sys.argv[1] if len(sys.argv) > 1 else "Relay")
    over: Deferred[None] = Deferred()
    StandardIO(Commands(stand, over))
    try:
        await over
    finally:
        await stand.clean_up()


if __name__ == "__main__":
    react(main)
