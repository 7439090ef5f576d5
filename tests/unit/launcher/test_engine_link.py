"""ffmpeg's way to the engine: what is put into its requests, whose connections pass, and every end."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.launcher import engine_link
from camsvc.launcher.engine_link import EngineLink, is_ours

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\n"
LOGIN = "_pub:camera0.60.abc"
SHOWN = b"Authorization: Basic " + base64.b64encode(LOGIN.encode())
MEDIA = os.urandom(1_000_000)


class FakeEngine:
    """Takes one connection; what it has got stands in ``received``."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.port: int = self.listener.getsockname()[1]
        self.received = b""
        self.ended = threading.Event()
        self.connection: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self.connection, _ = self.listener.accept()
            while data := self.connection.recv(65536):
                self.received += data
        self.ended.set()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # close alone does not end accept(2) in another thread
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.connection is not None:
            self.connection.close()


class EngineLinkTests(SynchronousTestCase):
    """``EngineLink``, with sockets."""

    def setUp(self) -> None:
        self.engine = FakeEngine()
        self.addCleanup(self.engine.close)
        self.told: list[str] = []
        self.link = EngineLink(self.engine.port, "camera0", lambda: LOGIN, self.told.append)
        self.addCleanup(self.link.close)

    def connect(self) -> socket.socket:
        port = int(self.link.url.removeprefix("rtsp://127.0.0.1:").removesuffix("/camera0"))
        client = socket.create_connection(("127.0.0.1", port), 10)
        self.addCleanup(client.close)
        return client

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), end)
            threading.Event().wait(0.005)

    def requests(self, url: str) -> list[bytes]:
        """What ffmpeg sends until media follow."""
        bodies = {"ANNOUNCE": SDP}
        return [
            f"{method} {url} RTSP/1.0\r\nCSeq: {number}\r\n".encode()
            + (b"Content-Length: %d\r\n" % len(body) if (body := bodies.get(method, b"")) else b"")
            + b"\r\n"
            + body
            for number, method in enumerate(("OPTIONS", "ANNOUNCE", "SETUP", "RECORD"), 1)
        ]

    def expected(self, requests: list[bytes]) -> bytes:
        return b"".join(first + b"\r\n" + SHOWN + b"\r\n" + rest for first, _, rest in
                        (each.partition(b"\r\n") for each in requests))  # fmt: skip

    def test_requests(self) -> None:
        """The login stands in each; bodies and what follows RECORD pass as they are, however they are cut."""
        requests = self.requests(self.link.url)
        data = b"".join(requests) + MEDIA
        client = self.connect()
        for size in (1,) * 200 + (7,) * 20:
            client.sendall(data[:size])
            data = data[size:]
        client.sendall(data)
        self.until(lambda: len(self.engine.received) >= len(self.expected(requests)) + len(MEDIA))
        self.assertEqual(self.engine.received, self.expected(requests) + MEDIA)

    def test_media_are_counted(self) -> None:
        """What follows RECORD, and no request."""
        client = self.connect()
        client.sendall(b"".join(self.requests(self.link.url)))
        self.until(lambda: b"RECORD" in self.engine.received)
        self.assertEqual(self.link.media_bytes, 0)
        for number in (1, 2):
            client.sendall(MEDIA)
            self.until(lambda number=number: self.link.media_bytes == number * len(MEDIA))

    def test_no_secret_in_the_url(self) -> None:
        """Nothing but a port."""
        self.assertRegex(self.link.url, r"^rtsp://127\.0\.0\.1:\d+/camera0$")

    def test_answers(self) -> None:
        """Come back as they are."""
        client = self.connect()
        client.sendall(self.requests(self.link.url)[0])
        self.until(lambda: self.engine.connection is not None and self.engine.received)
        assert self.engine.connection is not None
        self.engine.connection.sendall(b"RTSP/1.0 200 OK\r\n\r\n")
        self.assertEqual(client.recv(1000), b"RTSP/1.0 200 OK\r\n\r\n")

    def test_one_connection(self) -> None:
        """A second one is not taken."""
        self.connect().sendall(b"OPTIONS")
        self.until(lambda: self.engine.connection)
        with self.assertRaises(OSError):
            self.connect()

    def test_another_user(self) -> None:
        """Is closed without a word to the engine, and told of once; ffmpeg, which comes after, passes."""
        verdicts = [False, False, True]
        self.patch(engine_link, "is_ours", lambda port, to: verdicts.pop(0))
        for _ in range(2):
            stranger = self.connect()
            with contextlib.suppress(OSError):
                stranger.sendall(b"".join(self.requests(self.link.url)))
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(stranger.recv(100), b"")
        self.assertIsNone(self.engine.connection)
        self.connect().sendall(self.requests(self.link.url)[0])
        self.until(lambda: self.engine.received)
        self.assertEqual(len(self.told), 1)
        self.assertIn("another user", self.told[0])

    def test_ends(self) -> None:
        """Either side that goes takes the other with it; so does close."""
        client = self.connect()
        client.sendall(b"".join(self.requests(self.link.url)))
        self.until(lambda: self.engine.received)
        client.close()
        self.assertTrue(self.engine.ended.wait(10))

    def test_engine_goes(self) -> None:
        """ffmpeg finds its connection closed."""
        client = self.connect()
        client.sendall(b"".join(self.requests(self.link.url)))
        self.until(lambda: self.engine.received)
        assert self.engine.connection is not None
        self.engine.connection.shutdown(socket.SHUT_RDWR)
        self.assertEqual(client.recv(100), b"")

    def test_closed(self) -> None:
        """While media flow, and before anybody has come: nothing is left open, and nobody is taken."""
        client = self.connect()
        client.sendall(b"".join(self.requests(self.link.url)))
        self.until(lambda: self.engine.received)
        self.link.close()
        self.assertEqual(client.recv(100), b"")
        self.assertTrue(self.engine.ended.wait(10))
        early = EngineLink(self.engine.port, "camera0", lambda: LOGIN, self.told.append)
        url = early.url
        early.close()
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", int(url.split(":")[2].partition("/")[0])), 1)

    def test_no_engine(self) -> None:
        """ffmpeg's connection is closed."""
        self.engine.close()
        client = self.connect()
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(client.recv(100), b"")

    def test_no_rtsp(self) -> None:
        """A request without end, or none, is passed on to nobody."""
        for data in (b"x" * 100_000, b""):
            link = EngineLink(self.engine.port, "camera0", lambda: LOGIN, self.told.append)
            client = socket.create_connection(("127.0.0.1", int(link.url.split(":")[2].partition("/")[0])), 10)
            with contextlib.suppress(OSError):
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                client.recv(100)
            client.close()
            link.close()
        self.assertEqual(self.engine.received, b"")


class IsOursTests(SynchronousTestCase):
    """``is_ours``, by the kernel's table."""

    def setUp(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.port: int = self.listener.getsockname()[1]

    def test_own(self) -> None:
        """A connection of this process; not one that is half closed, or gone."""
        client = socket.create_connection(("127.0.0.1", self.port))
        self.addCleanup(client.close)
        port = client.getsockname()[1]
        self.assertTrue(is_ours(port, self.port))
        self.assertFalse(is_ours(port, port))
        client.shutdown(socket.SHUT_WR)
        self.assertFalse(is_ours(port, self.port))

    def test_of_another(self) -> None:
        """A connection of a process of another user."""
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root, to be another user")
        child = subprocess.Popen(
            [sys.executable, "-c", f"import os, socket; os.setuid(65534); c = socket.socket(); c.connect("
             f"('127.0.0.1', {self.port})); print(c.getsockname()[1], flush=True); input()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        assert child.stdout is not None and child.stdin is not None
        self.addCleanup(child.stdin.close)
        self.addCleanup(child.stdout.close)
        self.assertFalse(is_ours(int(child.stdout.readline()), self.port))
