"""Cameras plugged in by a program: a stand-in for /sys, /dev and udev's events, made by umockdev.

``Plugs`` is for tests. Run as a program, under umockdev-wrapper, this is what it talks to: it reads a JSON line for
each thing to do, and answers with a line when that is done.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SkipTest, TestCase

from tests.support import CHECKOUT
from tests.support.spawned import Spawned, clock
from tests.support.usb.udev_samples import bare

WRAPPER = "umockdev-wrapper"


class Plugs(Spawned):
    """A machine's ports, empty at first."""

    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self._answers: list[Deferred[dict[str, Any]]] = []
        self._text = b""

    @classmethod
    async def open(cls, test: TestCase) -> Plugs:
        """Ports that go with the test, which is skipped where umockdev is not installed."""
        if shutil.which(WRAPPER) is None:
            raise SkipTest("umockdev is not installed")
        self = cls()
        ready = self._next()
        argv = [WRAPPER, sys.executable, "-m", "tests.support.daemon.plugging"]
        reactor: Any = clock()
        path = str(CHECKOUT)
        reactor.spawnProcess(self, shutil.which(WRAPPER), argv, {"PATH": "/usr/bin:/bin", "PYTHONPATH": path})
        test.addCleanup(self.close)
        self.root = (await ready)["root"]
        return self

    async def close(self) -> None:
        """Let the program end by itself, which removes its folder."""
        if self.transport is not None and self.running:
            self.transport.closeStdin()
            timer = clock().callLater(10, self.send, signal.SIGKILL)
            await self.when_ended()
            if timer.active():
                timer.cancel()

    def env(self) -> dict[str, str]:
        """What a program under umockdev-wrapper needs to see these ports."""
        return {"UMOCKDEV_DIR": self.root}

    async def plug(self, *nodes: Mapping[str, str]) -> float:
        """Plug in a camera with these nodes.

        Returns:
            the time just before the first event, in seconds of CLOCK_MONOTONIC.
        """
        times = [await self._do("add", dict(node)) for node in nodes]
        return times[0]

    async def unplug(self, *nodes: Mapping[str, str]) -> float:
        """Unplug it; the time as with :meth:`plug`."""
        times = [await self._do("remove", bare(dict(node))) for node in nodes]
        return times[0]

    async def change(self, node: Mapping[str, str]) -> float:
        """Have udev tell of a node that is there."""
        return await self._do("change", bare(dict(node)))

    def outReceived(self, data: bytes) -> None:
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            self._answers.pop(0).callback(json.loads(line))

    def _next(self) -> Deferred[dict[str, Any]]:
        answer: Deferred[dict[str, Any]] = Deferred()
        self._answers.append(answer)
        return answer

    async def _do(self, action: str, properties: dict[str, str]) -> float:
        answer = self._next()
        assert self.transport is not None
        self.transport.write(json.dumps([action, properties]).encode() + b"\n")
        at: float = (await answer)["at"]
        return at


def main() -> None:
    """Do what standard input says until it ends."""
    library = ctypes.CDLL("libumockdev.so.0")
    library.umockdev_testbed_new.restype = ctypes.c_void_p
    library.umockdev_testbed_get_root_dir.restype = ctypes.c_char_p
    testbed = ctypes.c_void_p(library.umockdev_testbed_new())
    _say(root=library.umockdev_testbed_get_root_dir(testbed).decode())
    for line in sys.stdin:
        action, properties = json.loads(line)
        path = f"/sys{properties['DEVPATH']}".encode()
        at = time.monotonic()
        if action == "add":
            library.umockdev_testbed_add_from_string(testbed, _described(properties).encode(), None)
        else:
            library.umockdev_testbed_uevent(testbed, path, action.encode())
        if action == "remove":
            library.umockdev_testbed_remove_device(testbed, path)
        _say(at=at)
    ctypes.CDLL("libgobject-2.0.so.0").g_object_unref(testbed)


def _described(properties: Mapping[str, str]) -> str:
    """A device in umockdev's format (umockdev's README, "umockdev-record").

    Without ``N:``, a device node, as umockdev 0.17 aborts when one comes a second time.
    """
    rest = [f"E: {key}={value}" for key, value in properties.items() if key != "DEVPATH"]
    return "\n".join([f"P: {properties['DEVPATH']}", *rest, "", ""])


def _say(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
