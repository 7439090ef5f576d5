"""Log lines in the journal: on a socket of ours, as journald reads them (systemd's JOURNAL_NATIVE_PROTOCOL)."""

from __future__ import annotations

import io
import os
import socket
import struct
from pathlib import Path

from twisted.logger import Logger, LogPublisher
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system import logs
from camsvc.system.systemd.journal import Journal, takes


def read_entry(data: bytes) -> dict[str, str]:
    """The fields of a datagram."""
    fields = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack_from("<Q", data)
            value, data = data[8 : 8 + length], data[9 + length :]
        fields[name.decode()] = value.decode()
    return fields


class JournalTests(SynchronousTestCase):
    """``Journal``, and ``logs.observer`` where the journal takes what is printed."""

    def setUp(self) -> None:
        self.path = str(Path(self.mktemp()))
        self.journald = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.journald.close)
        self.journald.settimeout(5)
        self.journald.bind(self.path)

    def entry(self) -> dict[str, str]:
        return read_entry(self.journald.recv(1 << 17))

    def test_fields(self) -> None:
        """Plain ones, and one of several lines."""
        self.assertTrue(Journal(self.path).send({"MESSAGE": "a\nb", "CAMERA": "camera0"}))
        self.assertEqual(self.entry(), {"MESSAGE": "a\nb", "CAMERA": "camera0"})

    def test_long(self) -> None:
        """Cut, so that it arrives."""
        self.assertTrue(Journal(self.path).send({"MESSAGE": "x" * 1_000_000}))
        self.assertGreater(len(self.entry()["MESSAGE"]), 10_000)

    def test_takes(self) -> None:
        """By device and inode of what is written to, as systemd names them."""
        with open(self.path + "-stdout", "w") as stream:
            found = os.fstat(stream.fileno())
            self.assertTrue(takes(stream, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}))
            self.assertFalse(takes(stream, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino + 1}"}))
            self.assertFalse(takes(stream, {}))
        self.assertFalse(takes(io.StringIO(), {"JOURNAL_STREAM": "1:2"}))

    def test_lines(self) -> None:
        """Message, priority, camera, peer and request, without a secret; nothing is printed as well."""
        self.patch(logs, "takes", lambda _: True)
        self.patch(logs, "Journal", lambda: Journal(self.path))
        stream = io.StringIO()
        log = Logger("camsvc.server.ws.Socket", observer=LogPublisher(logs.observer("info", "text", stream)))
        log.warn("{peer} asks for {device}", peer="192.0.2.7", device="camera0", request_id="ab12", token="s3cret")
        entry = self.entry()
        self.assertEqual(entry["MESSAGE"], "server.ws: 192.0.2.7 asks for camera0")
        self.assertEqual((entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]), ("4", "camsvc"))
        self.assertEqual((entry["CAMERA"], entry["PEER"], entry["REQUEST_ID"]), ("camera0", "192.0.2.7", "ab12"))
        self.assertNotIn("s3cret", str(entry))
        self.assertEqual(stream.getvalue(), "")

    def test_peer_without_port(self) -> None:
        """Who is the same on each of its connections is found by one value."""
        self.patch(logs, "takes", lambda _: True)
        self.patch(logs, "Journal", lambda: Journal(self.path))
        log = Logger("camsvc.relay", observer=LogPublisher(logs.observer("info", "text", io.StringIO())))
        for peer, known in (("192.0.2.7:5004", "192.0.2.7"), ("[2001:db8::1]:5004", "2001:db8::1"), ("::1", "::1")):
            log.info("{peer} closed", peer=peer)
            entry = self.entry()
            self.assertEqual((entry["PEER"], entry["MESSAGE"]), (known, f"relay: {peer} closed"))

    def test_journald_is_gone(self) -> None:
        """The line is printed."""
        self.patch(logs, "takes", lambda _: True)
        self.patch(logs, "Journal", lambda: Journal(self.path + "-gone"))
        stream = io.StringIO()
        Logger("camsvc.x", observer=LogPublisher(logs.observer("info", "text", stream))).info("still here")
        self.assertIn("still here", stream.getvalue())
