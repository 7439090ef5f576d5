"""What systemd is told, on a real socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.systemd.notify import ServiceManager


class NotifyTests(SynchronousTestCase):
    """``ServiceManager``, by the environment that systemd gives."""

    def setUp(self) -> None:
        self.path = str(Path(self.mktemp()))
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.settimeout(5)
        self.manager.bind(self.path)

    def test_told(self) -> None:
        """One datagram, a line for each field, none for what is in a value."""
        ServiceManager({"NOTIFY_SOCKET": self.path}).tell(READY="1", STATUS="two\ncameras")
        self.assertEqual(self.manager.recv(1000), b"READY=1\nSTATUS=two cameras")

    def test_abstract(self) -> None:
        """A name that begins with @ is one of Linux' abstract sockets."""
        name = f"camsvc-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("\0" + name)
            manager.settimeout(5)
            ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).tell(WATCHDOG="1")
            self.assertEqual(manager.recv(100), b"WATCHDOG=1")

    def test_watchdog(self) -> None:
        """Its time, where it is ours to feed."""
        named = {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": "30000000"}
        self.assertEqual(ServiceManager({**named, "WATCHDOG_PID": str(os.getpid())}).watchdog_s, 30.0)
        self.assertEqual(ServiceManager(dict(named)).watchdog_s, 30.0)
        self.assertIsNone(ServiceManager({**named, "WATCHDOG_PID": "1"}).watchdog_s)
        self.assertIsNone(ServiceManager({**named, "WATCHDOG_USEC": "x"}).watchdog_s)

    def test_no_child_tells(self) -> None:
        """The names are gone from the environment, which children get."""
        environ = {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/"}
        ServiceManager(environ)
        self.assertEqual(environ, {"HOME": "/"})

    def test_nobody(self) -> None:
        """Without systemd, and with one that is gone: nothing is raised."""
        alone = ServiceManager({})
        self.assertEqual((alone.listens, alone.watchdog_s), (False, None))
        alone.tell(READY="1")
        ServiceManager({"NOTIFY_SOCKET": self.path + "-gone"}).tell(READY="1")
