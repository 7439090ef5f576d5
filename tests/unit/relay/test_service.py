"""The engine as a whole on free ports: it starts, serves, and leaves nothing behind; and its command line."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from collections.abc import Callable
from inspect import iscoroutine
from pathlib import Path
from typing import Any

import treq
from attrs import evolve
from twisted.application.service import Application, IServiceCollection, IServiceMaker
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.logger import ILogObserver
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc import __version__
from camsvc.errors import StartError
from camsvc.relay.hls.resource import HlsMuxers
from camsvc.relay.paths.path_table import CommandSlots, PathTable
from camsvc.relay.recording.disk_writer import DiskWriter
from camsvc.relay.rtsp.listener import RtspListener
from camsvc.relay.service import RelayService
from camsvc.relay.settings import load
from camsvc.relay.tap import RelayOptions, makeService
from camsvc.relay.webrtc.udp_mux import UdpMux
from camsvc.relay.webrtc.viewers import Viewers
from camsvc.system.clocks import Clocks
from camsvc.system.tasks import sleep
from tests.support.relay_media import IDR_NAL, SDP, SLICE_NAL, rtp

YAML = 'rtspAddress: "127.0.0.1:0"\napiAddress: "127.0.0.1:0"\nhlsAddress: "127.0.0.1:0"\nwebrtc: no\n'


class Publisher(Protocol):
    """Says everything at once, and sends media."""

    def connectionMade(self) -> None:
        url = "rtsp://127.0.0.1/cam"
        head = f"ANNOUNCE {url} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
        setup = f"SETUP {url}/streamid=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n"
        assert self.transport is not None
        self.transport.write((head + setup + f"RECORD {url} RTSP/1.0\r\nCSeq: 3\r\n\r\n").encode())
        for number in range(50):
            self.transport.write(rtp(SLICE_NAL if number % 25 else IDR_NAL, 3600 * number))


class ServiceTests(TestCase):
    """`RelayService`."""

    def make(self, text: str) -> RelayService:
        from twisted.internet import reactor

        self.addCleanup(os.umask, os.umask(0o022))
        return RelayService(reactor, load(text), Clocks())

    async def start(self, text: str) -> tuple[RelayService, int, str]:
        service = self.make(text)
        service.listen()
        service.startService()
        self.addCleanup(lambda: maybeDeferred(service.stopService) if service.running else None)
        rtsp, api, _ = (port.getHost().port for port in service.ports)
        return service, rtsp, f"http://127.0.0.1:{api}/v3/"

    async def test_records_until_it_is_stopped(self) -> None:
        """A publisher's video is whole on the disk when the engine has stopped."""
        from twisted.internet import reactor

        folder = Path(self.mktemp()).absolute()
        paths = f"paths: {{cam: {{record: true, recordPath: {folder}/%path/%f}}}}\n"
        service, rtsp, api = await self.start(YAML + paths)
        publisher = await connectProtocol(HostnameEndpoint(reactor, "127.0.0.1", rtsp), Publisher())
        assert publisher.transport is not None
        self.addCleanup(publisher.transport.loseConnection)
        for _ in range(200):
            answer = await treq.get(api + "paths/get/cam", persistent=False)
            state = await treq.json_content(answer)
            if state["bytesReceived"] >= 50 * 27:
                break
            await sleep(reactor, 0.02)  # type: ignore[arg-type]
        self.assertEqual((state["ready"], state["tracks"]), (True, ["H264"]))
        await maybeDeferred(service.stopService)
        (file,) = (folder / "cam").iterdir()
        self.assertEqual(file.read_bytes().count(b"moof"), 2)

    async def test_stops_all_where_a_part_fails(self) -> None:
        """Whichever part of the stop raises, the others are done in the same order, and the failure is logged."""
        parts: tuple[tuple[type, str], ...] = (
            (HlsMuxers, "stop"),
            (PathTable, "stop"),
            (DiskWriter, "when_closed"),
            (CommandSlots, "end"),
            (Viewers, "close_all"),
            (UdpMux, "close"),
            (RtspListener, "close_all"),
            (DiskWriter, "stop"),
        )
        done: list[tuple[type, str]] = []
        failing: tuple[type, str] | None = None

        def watched(part: tuple[type, str]) -> Callable[..., Any]:
            original = getattr(*part)

            def stop(*given: Any) -> Any:
                done.append(part)
                result = original(*given)
                if part != failing:
                    return result
                if iscoroutine(result):
                    result.close()
                raise RuntimeError(part[1])

            return stop

        for part in parts:
            self.patch(*part, watched(part))
        for part in parts:
            failing = part
            service, _, _ = await self.start(YAML)
            done.clear()
            await maybeDeferred(service.stopService)
            self.assertEqual(tuple(done), parts)
            self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    async def test_port_in_use(self) -> None:
        """The key and the holder are named."""
        _, rtsp, _ = await self.start(YAML)
        second = self.make(f'rtspAddress: "127.0.0.1:{rtsp}"\nhls: no\nwebrtc: no\n')
        with self.assertRaises(StartError) as caught:
            second.listen()
        self.assertIn("'rtspAddress' 127.0.0.1:", caught.exception.message)
        self.assertIn(" has it", caught.exception.message)
        self.patch(sys, "__stderr__", io.StringIO())
        with self.assertRaises(SystemExit) as ended:
            second.privilegedStartService()
        self.assertEqual((ended.exception.code, str(sys.__stderr__.getvalue()).count("\n")), (1, 1))  # type: ignore

    def test_log_of_the_application(self) -> None:
        """It is ours, at the level of the file."""
        application: Any = Application("relay")
        self.make(YAML).setServiceParent(application)
        self.assertIsNotNone(application.getComponent(ILogObserver))
        self.assertEqual(len(list(IServiceCollection(application))), 1)

    async def test_webrtc_port_in_use(self) -> None:
        """The key and the transport are named."""
        webrtc = 'webrtcAddress: "127.0.0.1:0"\nwebrtcLocalUDPAddress: "127.0.0.1:0"\n'
        first = self.make(YAML.replace("webrtc: no\n", webrtc))
        first.listen()
        first.startService()
        self.addCleanup(lambda: maybeDeferred(first.stopService))
        (media,) = first.webrtc_addresses
        taken = f'webrtcAddress: "127.0.0.1:0"\nwebrtcLocalUDPAddress: "127.0.0.1:{media[1]}"\n'
        second = self.make(YAML.replace("webrtc: no\n", taken))
        with self.assertRaises(StartError) as caught:
            second.listen()
        self.addCleanup(lambda: [port.stopListening() for port in second.ports])
        self.assertIn(f"'webrtcLocalUDPAddress' 127.0.0.1:{media[1]} (UDP): ", caught.exception.message)
        # Twisted leaves the socket that it could not bind to the garbage collector, whose warning would come into the
        # middle of some other test's log line.
        del caught
        gc.collect()

    async def test_every_address(self) -> None:
        """An empty host listens on IPv6 and IPv4 at once where there is IPv6."""
        service = self.make('rtspAddress: ":0"\napi: no\nhls: no\nwebrtc: no\n')
        service.listen()
        (port,) = service.ports
        self.assertIn(port.getHost().host, ("::", "0.0.0.0"))
        service.startService()
        await maybeDeferred(service.stopService)

    def test_settings_are_values(self) -> None:
        """They can be changed only by making new ones."""
        self.assertEqual(evolve(load(YAML), log_level="info").log_level, "info")


class OptionsTests(SynchronousTestCase):
    """The command line of the tap."""

    def setUp(self) -> None:
        handler = signal.getsignal(signal.SIGINT)
        self.addCleanup(signal.signal, signal.SIGINT, handler)
        self.file = Path(self.mktemp())

    def parse(self, *words: str) -> RelayOptions:
        options = RelayOptions()
        options.parseOptions(list(words))
        return options

    def test_file(self) -> None:
        """One argument; the reactor that is there stays."""
        self.file.write_text(YAML)
        self.assertEqual(self.parse(str(self.file)).settings, load(YAML))

    def test_one_line_for_what_is_wrong(self) -> None:
        """No traceback: a missing file, a wrong key."""
        self.file.write_text("nope: 1")
        for name, words in ((str(self.file), 'unknown field "nope"'), ("/nowhere", "No such file")):
            with self.assertRaises(SystemExit) as caught:
                self.parse(name)
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))

    def test_twistd_finds_them(self) -> None:
        """The plugin names the module, and twistd takes two names out of it."""
        (maker,) = (one for one in getPlugins(IServiceMaker) if one.tapname == "camsvc-relay")
        self.assertEqual((maker.options, maker.makeService), (RelayOptions, makeService))

    def test_version(self) -> None:
        """What `--version` prints."""
        out = io.StringIO()
        self.patch(sys, "stdout", out)
        with self.assertRaises(SystemExit):
            self.parse("--version")
        self.assertEqual(out.getvalue(), f"camsvc-relay/{__version__}\n")
