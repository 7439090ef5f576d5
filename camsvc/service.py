"""The one place that wires everything: what is made of what, started and stopped in which order."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import ILogObserver, Logger

from camsvc import logs
from camsvc.access.admission import Admission
from camsvc.access.audit import Audit
from camsvc.access.credentials import load as credentials_of
from camsvc.access.journal import Journal
from camsvc.access.refusals import Refusals
from camsvc.access.rights import Rights
from camsvc.access.tolls import Tolls
from camsvc.api.audit_methods import AuditMethods
from camsvc.api.camera_methods import CameraMethods
from camsvc.api.client_methods import ClientMethods
from camsvc.api.components import Components
from camsvc.api.config_methods import ConfigMethods
from camsvc.api.discover_methods import DiscoverMethods
from camsvc.api.event_methods import EventMethods
from camsvc.api.events import Events
from camsvc.api.external_methods import ExternalMethods
from camsvc.api.file_methods import FileMethods
from camsvc.api.key_methods import KeyMethods
from camsvc.api.media_methods import MediaMethods
from camsvc.api.metrics_methods import MetricsMethods
from camsvc.api.notifications import Notifications
from camsvc.api.offer_methods import OfferMethods
from camsvc.api.registry import Registry
from camsvc.api.session_methods import SessionMethods
from camsvc.api.stream_methods import StreamMethods
from camsvc.api.system_methods import SystemMethods
from camsvc.api.views import Views
from camsvc.camera_tables import TestCamera, network_key, table_of
from camsvc.devices import identity, settings
from camsvc.devices.discovery import Discovery
from camsvc.devices.external import ExternalStreams
from camsvc.devices.health import LauncherHealth
from camsvc.devices.inventory import Inventory
from camsvc.devices.network import NetworkCameras
from camsvc.devices.offers import Offers
from camsvc.devices.probe import Probes
from camsvc.devices.scan import Scanner
from camsvc.devices.udev import UdevReader
from camsvc.devices.wsdiscovery import WsDiscovery
from camsvc.library import recordings
from camsvc.library.recordings import RECORDINGS, SNAPSHOTS
from camsvc.library.retention import Retention
from camsvc.library.store import Store
from camsvc.library.thumbnail_names import THUMBNAILS
from camsvc.media.engine import Engine
from camsvc.media.engine_certificate import EngineCertificate
from camsvc.media.finisher import Finisher
from camsvc.media.joiner import Joiner
from camsvc.media.mediamtx import EngineApi
from camsvc.media.recorder import Recorder
from camsvc.media.snapshots import Snapshots
from camsvc.media.streams import Streams
from camsvc.media.sweeper import Sweeper
from camsvc.media.thumbnails import Thumbnails
from camsvc.model import Found, Mode
from camsvc.prepare import Prepared, write_pid
from camsvc.processes import ExitWatch, boottime_s, end
from camsvc.server.accounts import Accounts
from camsvc.server.callback import Callback
from camsvc.server.files import Files
from camsvc.server.hosts import Hosts
from camsvc.server.http import QuietSite
from camsvc.server.metrics import MetricsPage
from camsvc.server.page_files import PageFiles
from camsvc.server.proxies import Proxies
from camsvc.server.public_port import PublicPort
from camsvc.server.rpc import Rpc
from camsvc.server.site import Pages, Root
from camsvc.server.video import Video
from camsvc.server.ws import Factory

FINISH_LIMIT_S = 5.0
LAUNCHER_GRACE_S = 3.0
EXPECTED_S = 30 * 86400.0
"""A camera on USB that has been away for no more than so many seconds is listed, as DISCONNECTED."""

_log = Logger()


class Camsvc(Service):
    """The daemon: data flows from discovery to inventory to streams and recorder to notifications to sockets."""

    def __init__(self, reactor: Any, prepared: Prepared) -> None:
        self._reactor = reactor
        self._prepared = prepared
        config = self._config = prepared.config
        folder, database = prepared.folder, prepared.database
        media = config.media
        api_secret = folder.secret("api")

        store = self._store = Store(reactor, config.recordings_dir, config.snapshots_dir, config.thumbnails_dir)
        tokens = prepared.tokens
        credentials = database.now(partial(credentials_of, tokens, now=time.time()))
        self._rights = Rights(reactor, credentials, database.run)
        addresses = prepared.addresses
        self._engine_api = EngineApi(reactor, addresses.api, api_secret)
        log_file = config.state_dir / "engine.log"
        self._engine = Engine(
            reactor, prepared.engine, addresses, self._engine_api, folder, log_file, prepared.leftover
        )

        # Upward, one after the next: each is told by the one before.
        self._inventory = Inventory()
        probes = Probes(reactor, config.discovery.probe_limit_s)
        self._discovery = Discovery(reactor, database, self._inventory, probes, config.usb)
        self._udev = UdevReader(reactor, self._discovery.event, self._discovery.replace_all)
        self._health = LauncherHealth(reactor, folder, self._launcher_said)
        ffprobe = prepared.ffmpeg.removesuffix("ffmpeg") + "ffprobe"
        self._network = NetworkCameras(reactor, self._inventory, self._health, ffprobe, media.transcode)
        self._external = ExternalStreams(database, self._inventory, self._network)
        scanner = Scanner(reactor, config.discovery.scan_per_second)
        self._offers = Offers(reactor, database, config.discovery, scanner, WsDiscovery(reactor))
        self._streams = Streams(
            reactor,
            self._engine,
            self._engine_api,
            addresses,
            folder,
            prepared.launcher,
            prepared.ffmpeg,
            config.recordings_dir,
            partial(table_of, config.camera, config.usb),
            media.transcode,
        )
        self._finisher = Finisher(reactor, database, store, Joiner(reactor, store, prepared.ffmpeg))
        self._recorder = Recorder(
            reactor, database, self._inventory, self._streams, store, self._finisher, config.storage
        )
        snapshots = Snapshots(
            reactor,
            database,
            self._inventory,
            self._health,
            self._streams,
            folder,
            store,
            prepared.ffmpeg,
        )
        views = Views(
            tokens,
            config.access,
            media.rtsp_port,
            self._recorder.recording,
            self._streams.watchable,
            media.rtsps_port if addresses.rtsps else None,
        )
        components = Components(
            self._inventory, self._engine, self._streams, self._listening, lambda: self._audit.trouble is None
        )
        self._events = Events(views, components)
        notifications = Notifications(views, self._events.leave)
        self._inventory.subscribe(self._streams.camera_changed)
        self._inventory.subscribe(self._recorder.camera_changed)
        self._streams.changes.subscribe(notifications.camera_changed)
        self._streams.changes.subscribe(self._events.camera_changed)
        self._finisher.subscribe(notifications.recording_changed)
        self._finisher.subscribe(self._events.recording_changed)
        snapshots.subscribe(self._events.snapshot_taken)
        self._engine.subscribe(self._events.look_at_health)
        self._streams.on_states = self._paths_seen
        self._engine.busy = lambda: bool(self._recorder.under_way())

        self._thumbnails = Thumbnails(reactor, database, store, prepared.ffmpeg)
        self._finisher.subscribe(self._thumbnails.recording_changed)
        snapshots.subscribe(self._thumbnails.snapshot_taken)
        self._retention = Retention(reactor, database, store)
        self._audit = Audit(reactor, database)
        self._refusals = Refusals(reactor, self._audit.record)
        self._accounts = Accounts(reactor, database, credentials, self._rights, config, self._audit.record)
        metrics = MetricsMethods(self._inventory, self._streams, self._health, self._recorder, store)
        registry = Registry(
            SessionMethods(credentials, config.limits.logins_per_minute, self._audit.record),
            CameraMethods(self._inventory, self._streams, self._health, views),
            MediaMethods(self._recorder, self._finisher, snapshots, database, views),
            FileMethods(database, store, config.storage, self._recorder, self._finisher, self._retention, views),
            StreamMethods(self._inventory, self._streams, self._health, self._recorder, views),
            ExternalMethods(self._external, self._inventory, self._recorder),
            OfferMethods(self._offers),
            EventMethods(self._events),
            ClientMethods(lambda: self._ws.connections, self._events),
            metrics,
            KeyMethods(credentials, self._rights, database, self._inventory),
            SystemMethods(self._inventory, self._engine, self._streams, components),
            AuditMethods(self._audit),
            self._accounts.methods,
            DiscoverMethods(lambda: registry.all()),
            ConfigMethods(self._inventory, self._streams, self._health, database, views),
            record=self._audit.record,
        )
        hosts = Hosts(config.server)
        tolls = Tolls(config.limits)
        self._ws = Factory(
            reactor, registry, notifications, config.limits, hosts, self._rights, tolls, self._refusals
        )
        files = Files(
            reactor,
            credentials,
            self._rights,
            {RECORDINGS: config.recordings_dir, SNAPSHOTS: config.snapshots_dir, THUMBNAILS: config.thumbnails_dir},
            self._finisher.when_finished,
            self._recorder.under_way,
            lambda kind, name: database.run(lambda db: recordings.find(db, kind, name)),
            self._thumbnails.ready,
        )
        pages = Pages(self._ready, components, config.media.rtsp_port)
        self._video = Video(
            reactor, media, folder, credentials, self._rights, self._inventory, self._streams, self._health
        )
        rpc = Rpc(registry, credentials, tolls, hosts)
        cookie, login = self._accounts.cookie, self._accounts.pages
        root = Root(hosts, cookie, pages, login, files, rpc, self._ws, tolls, config.server.hsts_s)
        root.putChild(b"page", PageFiles().app.resource())
        root.putChild(b"metrics", MetricsPage(credentials, metrics.figures).app.resource())
        self._video.mount(root)
        proxies = Proxies(config.server.trusted_proxies)
        site = QuietSite(root, proxies, config.limits, reactor, credentials, self._refusals)
        self._public_port = PublicPort(reactor, site, config.server, prepared.certificates)
        self._certificate = EngineCertificate(self._engine, self._engine_api, folder, prepared.engine_told)
        if addresses.rtsps:
            self._public_port.subscribe(lambda pair: self._certificate.renew(pair.certificate, pair.key))
        journal = Journal(folder.path / "watching.jsonl", boottime_s)
        self._sweeper = Sweeper(reactor, self._engine, self._engine_api, credentials, journal)
        self._rights.subscribe(self._sweeper.right_revoked)
        publish_key = bytes.fromhex(folder.secret("publish").decode())
        admission = Admission(
            credentials,
            journal,
            publish_key,
            folder.secret("internal"),
            api_secret,
            time.time,
            boottime_s,
            self._refusals,
        )
        self._callback_site = QuietSite(Callback(folder.secret("callback"), admission).app.resource())
        self._callback_port: Any = None
        self._said_ready = False

    def setServiceParent(self, parent: Any) -> None:
        """Give the application our log lines before its logger starts."""
        parent.setComponent(ILogObserver, logs.observer(self._config.logs.level, self._config.logs.format))
        super().setServiceParent(parent)

    def startService(self) -> None:
        """Start all; ``/health/ready`` tells when it is done."""
        super().startService()
        prepared, config = self._prepared, self._config
        write_pid(prepared.lock)
        _log.info("starting on {state}", state=config.state_dir)
        if prepared.ended_engine:
            _log.warn(
                "an engine of an earlier run was still there (pid {pid}); it was ended", pid=prepared.ended_engine
            )
        self._store.start()
        self._read_library()
        self._find_cameras()
        self._finisher.resume()
        self._recorder.resume()
        prepared.database.start(self._reactor)
        self._rights.start()
        self._accounts.start()
        prepared.folder.start(self._reactor)
        self._health.start()
        self._network.start()
        self._offers.start()
        self._retention.start()
        self._thumbnails.start()
        if config.discovery.usb:
            self._discovery.start()
            self._udev.start()
        # The callback is there before the first call to the engine: MediaMTX 1.20 asks it about API calls too.
        self._callback_port = self._reactor.listenTCP(
            config.server.callback_port, self._callback_site, interface="127.0.0.1"
        )
        self._engine.start()
        self._streams.start()
        self._sweeper.start()
        self._public_port.start()

    async def stopService(self) -> None:
        """Stop all in good order: finish recordings, tell clients, end engine and launchers, leave nothing behind."""
        _log.info("stopping")
        await self._public_port.stop()
        self._udev.stop()
        self._discovery.stop()
        self._retention.stop()
        self._thumbnails.stop()
        if self._config.media.run:
            await self._recorder.stop_all(FINISH_LIMIT_S)
        else:
            self._recorder.leave()
        self._events.system("system.shutdown")
        await self._ws.shut(2.0)
        self._video.end_viewers()
        self._network.stop()
        self._offers.stop()
        self._sweeper.stop()
        self._streams.stop()
        self._certificate.stop()
        await self._engine.stop()
        if self._config.media.run:
            await self._end_launchers()
        self._health.stop()
        if self._callback_port is not None:
            await self._callback_port.stopListening()
        await self._engine_api.close()
        await self._video.close()
        self._prepared.folder.stop()
        self._store.stop()
        self._accounts.stop()
        await self._rights.stop()
        self._refusals.stop()
        await self._audit.stop()
        self._prepared.database.stop()
        self._prepared.lock.close()
        super().stopService()
        _log.info("stopped")

    async def _end_launchers(self) -> None:
        """Launchers end by themselves when the engine is gone; what is left after some seconds is killed."""
        ends = []
        for health in self._health.all():
            try:
                watch = ExitWatch(self._reactor, health.pid)
            except ProcessLookupError:
                continue
            ends.append(Deferred.fromCoroutine(end(self._reactor, watch, 2, LAUNCHER_GRACE_S)))
        await DeferredList(ends)

    def _read_library(self) -> None:
        for kind, folder in ((RECORDINGS, self._config.recordings_dir), (SNAPSHOTS, self._config.snapshots_dir)):
            on_disk = recordings.scan(folder, recordings.EXTENSIONS[kind])
            rebuild = partial(recordings.rebuild, kind=kind, on_disk=on_disk)
            added, dropped = self._prepared.database.now(rebuild)
            if added or dropped:
                _log.info("{kind}: {added} files were new to the index, {dropped} are gone",
                          kind=kind, added=added, dropped=dropped)  # fmt: skip

    def _find_cameras(self) -> None:
        for device, known in self._prepared.database.now(settings.load).items():
            self._inventory.settle(device, known)
        for camera in self._config.camera:
            if isinstance(camera, TestCamera):
                mode = Mode("YU12", camera.width, camera.height, (float(camera.fps),))
                found = Found(f"test:{camera.name}", camera.kind, camera.name, (mode,), always_on=camera.always_on)
                device = self._prepared.database.now(partial(identity.assign, found=found))
                self._inventory.present(device, found)
            else:
                found = Found(network_key(camera), camera.kind, camera.name, (), camera.url, camera.always_on)
                device = self._prepared.database.now(partial(identity.assign, found=found))
                self._network.add(device, found, camera.transport)
        self._external.load()
        self._offers.load()
        if self._config.discovery.usb:
            expected = partial(identity.expected, since=time.time() - EXPECTED_S)
            self._discovery.expect(self._prepared.database.now(expected))

    def _launcher_said(self, device: str, error: str | None) -> None:
        self._inventory.error(device, error)
        self._network.launcher_changed(device)

    def _listening(self) -> bool | None:
        return self._udev.listening if self._config.discovery.usb else None

    def _ready(self) -> dict[str, Any]:
        return {
            "engine": self._engine.up or f"the media engine {self._engine.trouble}",
            "paths": self._streams.in_step or "the engine has not taken every camera's path",
            "api": self._public_port.listening or "not listening",
        }

    def _paths_seen(self) -> None:
        self._events.look_at_health()
        self._say_when_ready()

    def _say_when_ready(self) -> None:
        if self._said_ready or not self._streams.in_step:
            return
        self._said_ready = True
        config, choice = self._config, self._prepared.engine
        version = (self._engine.version or "?").removeprefix("camsvc-relay/")
        engine = f"{choice.words if choice else 'run by systemd'}, version {version}"
        _log.info("ready")
        self._events.system("system.startup")
        _log.info("page    {scheme}://{host}:{port}/", scheme=self._public_port.scheme,
                  host=_reached_at(config.server.listen), port=config.server.port)  # fmt: skip
        host, port = _reached_at(config.media.rtsp_listen), config.media.rtsp_port
        for camera in self._inventory.all():
            _log.info("stream  rtsp://{host}:{port}/{device}?token=TOKEN  ({name})",
                      host=host, port=port, device=camera.device, name=camera.name)  # fmt: skip
        _log.info("engine  {engine}", engine=engine)
        if self._prepared.certificates is not None and not self._prepared.addresses.rtsps:
            _log.info("RTSP is not encrypted: camsvc-relay does no RTSPS, MediaMTX does")
        token, here = self._prepared.launcher.with_name("camsvc"), Path.cwd()
        _log.info("token   {command} token --role admin",
                  command=token.relative_to(here) if token.is_relative_to(here) else token)  # fmt: skip


def _reached_at(listen: str) -> str:
    """What stands in a URL for an address to listen on."""
    if listen in ("", "0.0.0.0", "::"):
        return "HOST"
    return f"[{listen}]" if ":" in listen else listen
