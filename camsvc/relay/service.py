"""The whole engine wired together: what listens, what is given to whom, and the order in which it all ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import TimeoutError
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized
from twisted.web.resource import Resource

from camsvc.errors import StartError
from camsvc.relay import wall_time
from camsvc.relay.auth import SlowRefusals, make_authorizer
from camsvc.relay.control_api import VERSION, ControlApi, EngineParts
from camsvc.relay.hls import muxer
from camsvc.relay.hls.resource import HlsMuxers, HlsResource
from camsvc.relay.http_server import site
from camsvc.relay.media.stream import Stream
from camsvc.relay.paths.path import PathContext, RelayPath
from camsvc.relay.paths.path_table import CommandSlots, PathTable
from camsvc.relay.paths.pull import FfmpegPull, LocalPull, local_source, new_secret
from camsvc.relay.recording.disk_writer import DiskWriter
from camsvc.relay.recording.file_recorder import FileRecorder
from camsvc.relay.rtsp import connection_limit
from camsvc.relay.rtsp.admission import SessionContext
from camsvc.relay.rtsp.listener import RtspListener
from camsvc.relay.settings import RelaySettings
from camsvc.relay.webrtc.dtls import DtlsCertificate
from camsvc.relay.webrtc.dtls_srtp import DtlsSrtpTransport
from camsvc.relay.webrtc.pacer import Pacer
from camsvc.relay.webrtc.udp_mux import UdpMux
from camsvc.relay.webrtc.viewer import ViewerContext
from camsvc.relay.webrtc.viewers import Viewers
from camsvc.relay.webrtc.whep import WhepResource
from camsvc.system.atomic_files import keep_from_others
from camsvc.system.clocks import Clocks
from camsvc.system.floods.bounded_port import listen
from camsvc.system.logs import observer
from camsvc.system.processes import port_holder
from camsvc.system.tasks import within

#: Connections of HTTP at a time: together fewer than ``connection_limit.OTHER_FILES``.
_HLS_CONNECTIONS, _WHEP_CONNECTIONS, _API_CONNECTIONS = 250, 120, 60
_COMMANDS_S = 2.0
_FILES_S = 2.0
_SOCKETS_S = 0.5


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class RelayService(Service):
    """The engine as a service of twistd."""

    _log = Logger()

    def __init__(self, reactor: Any, settings: RelaySettings, clocks: Clocks) -> None:
        """Nothing listens yet; ``clocks`` say what time it is, in names of files and in what the API shows."""
        self._reactor = reactor
        self._settings = settings
        self._clocks = clocks
        self.ports: list[IListeningPort] = []
        self._disk = DiskWriter(reactor)
        self._slots = CommandSlots(reactor)
        self._secret = new_secret()
        self._authorizer = make_authorizer(reactor, settings.callback_url)
        self._for_clients = SlowRefusals(reactor, self._authorizer)
        self._paths = PathTable(self._path_context, self._slots)
        sessions = SessionContext(
            reactor, clocks, self._for_clients, self._paths.find, settings.write_timeout_s, self._secret
        )
        self._listener = RtspListener(sessions, settings.read_timeout_s, connection_limit.connections())
        self._muxers = HlsMuxers(
            muxer.MuxerContext(reactor, clocks, settings.hls_segment_count, settings.hls_segment_s)
        )
        self._udp_mux = UdpMux(reactor, settings.webrtc_udp, settings.webrtc_interfaces, settings.webrtc_hosts)
        make_transport = partial(DtlsSrtpTransport, reactor, DtlsCertificate())
        viewer_context = ViewerContext(reactor, clocks, make_transport, Pacer(reactor))
        self._viewers = Viewers(self._for_clients, self._paths.find, self._udp_mux, viewer_context)

    def _path_context(self, paths: PathTable) -> PathContext:
        port = self._settings.rtsp[1]

        def pull(path: RelayPath) -> LocalPull | FfmpegPull:
            source = local_source(path.options.source, port)
            if source is None:
                return FfmpegPull(self._slots.slot(f"{path.name} source"), path, port, self._secret)
            return LocalPull(self._reactor, path, source, self._authorizer, paths.find, self._clocks)

        def record(path: RelayPath, stream: Stream) -> FileRecorder:
            return FileRecorder(self._reactor, self._clocks, self._disk, path.name, path.options, stream)

        return PathContext(self._reactor, self._clocks, port, self._slots.slot, pull, record)

    def setServiceParent(self, parent: Any) -> None:
        """Take part in the application, and set what its log looks like."""
        if isinstance(parent, Componentized):
            parent.setComponent(ILogObserver, observer(self._settings.log_level))
        super().setServiceParent(parent)  # type: ignore[no-untyped-call]

    def privilegedStartService(self) -> None:
        """Listen.

        Raises:
            SystemExit: after one line that says which port is in use.
        """
        try:
            self.listen()
        except StartError as why:
            # twistd has put its log in the place of sys.stderr by now.
            print(f"camsvc-relay: {why.message}", file=sys.__stderr__)
            raise SystemExit(1) from None

    @property
    def webrtc_addresses(self) -> list[tuple[str, int]]:
        """Where WebRTC's packets are taken, by UDP."""
        return self._udp_mux.candidates()

    def listen(self) -> None:
        """Open the ports.

        StartError says which one is in use, or not ours to open.
        """
        self.ports.append(self._open("rtspAddress", self._settings.rtsp, self._listener))
        settings = self._settings
        if settings.webrtc is not None:
            self._serve("webrtcAddress", settings.webrtc, WhepResource(self._viewers), _WHEP_CONNECTIONS)
            self._open_udp()
        if settings.api is not None:
            started = wall_time.utc(self._clocks)
            engine = EngineParts(self._paths, self._listener, self._muxers, self._viewers, settings.keys, started)
            self._serve("apiAddress", settings.api, ControlApi(engine, self._authorizer), _API_CONNECTIONS)
        if settings.hls is not None:
            hls = HlsResource(self._for_clients, self._paths.find, self._muxers)
            self._serve("hlsAddress", settings.hls, hls, _HLS_CONNECTIONS)

    def _serve(self, key: str, address: tuple[str, int], resource: Resource, most: int) -> None:
        self.ports.append(self._open(key, address, site(self._reactor, resource, most)))

    def _open_udp(self) -> None:
        try:
            self._udp_mux.listen()
        except CannotListenError as why:
            where = _written(*self._settings.webrtc_udp)
            raise StartError(f"cannot listen on 'webrtcLocalUDPAddress' {where} (UDP): {why.socketError}") from why

    def _open(self, key: str, address: tuple[str, int], factory: IProtocolFactory) -> IListeningPort:
        host, port = address
        hosts = [host] if host else ["::", "0.0.0.0"]
        failure: CannotListenError | None = None
        for candidate in hosts:
            try:
                return listen(self._reactor, port, factory, 128, candidate)
            except CannotListenError as why:
                failure = failure or why
        holder = port_holder(port)
        because = f"{holder} has it" if holder else getattr(failure, "socketError", failure)
        raise StartError(f"cannot listen on '{key}' {_written(host, port)}: {because}")

    def startService(self) -> None:
        """Begin with the paths of the file."""
        super().startService()  # type: ignore[no-untyped-call]
        keep_from_others()  # again, as twistd sets another when it becomes a daemon
        self._disk.start()
        self._paths.start(self._settings.paths)
        hosts: list[Any] = [port.getHost() for port in self.ports]
        addresses = ", ".join(_written(host.host, host.port) for host in hosts)
        self._log.info("{version} listens on {addresses}", version=VERSION, addresses=addresses)

    async def stopService(self) -> None:
        """End all in good order, within three seconds: ports, paths with their files, commands, connections."""
        super().stopService()  # type: ignore[no-untyped-call]
        for port in self.ports:
            await self._stop_step("closing a port", port.stopListening, _SOCKETS_S)
        await self._stop_step("closing HLS", self._muxers.stop)
        await self._stop_step("closing paths", self._paths.stop)
        await self._stop_step("closing files", self._disk.when_closed, _FILES_S)
        await self._stop_step("ending commands", partial(self._slots.end, _COMMANDS_S), _COMMANDS_S + 0.5)
        await self._stop_step("closing viewers of WebRTC", self._viewers.close_all)
        await self._stop_step("closing WebRTC", self._udp_mux.close, _SOCKETS_S)
        await self._stop_step("closing connections", self._listener.close_all, _SOCKETS_S)
        await self._stop_step("ending the thread that writes files", self._disk.stop)

    async def _stop_step(self, doing: str, work: Callable[[], Any], limit_s: float = 0.0) -> None:
        """Do a part of the stop; where it fails or takes longer than ``limit_s``, that is logged, and no more."""
        try:
            result = work()
            if result is not None:
                await within(self._reactor, limit_s, result)
        except TimeoutError:
            self._log.error("{doing} took too long", doing=doing)
        except Exception:
            self._log.failure("while {doing}", doing=doing)
